/* A periodic SP804 interrupt through the GIC wakes the core ten times. */

#include "vmsim.h"

#define TIMER 0x10011000u
#define TIMER_LOAD REGISTER(TIMER + 0x00)
#define TIMER_CONTROL REGISTER(TIMER + 0x08)
#define TIMER_CLEAR REGISTER(TIMER + 0x0c)
#define TIMER_MASKED_STATUS REGISTER(TIMER + 0x14)
#define TIMER_PERIODIC_32_BIT 0xe2u /* enabled, periodic, interrupt on, 32 bits */

#define TIMER_INTERRUPT 36
#define PERIOD 1000 /* at 1 MHz: a millisecond */
#define INTERRUPTS 10

static volatile uint32_t count;

static void on_irq(struct frame *frame)
{
    uint32_t acknowledged = gic_acknowledge();

    CHECK(acknowledged == TIMER_INTERRUPT);
    CHECK(TIMER_MASKED_STATUS == 1);
    TIMER_CLEAR = 1;
    CHECK(TIMER_MASKED_STATUS == 0);
    gic_end(acknowledged);
    count++;
    frame->pc -= 4;
}

int main(void)
{
    exception_handlers[IRQ] = on_irq;
    gic_enable(TIMER_INTERRUPT, 0x80);
    TIMER_LOAD = PERIOD;
    TIMER_CONTROL = TIMER_PERIODIC_32_BIT;

    /* Asleep with interrupts masked, so that none is lost between the test and the sleep. */
    while (count < INTERRUPTS) {
        uint32_t before = count;
        WAIT_FOR_INTERRUPT();
        ENABLE_INTERRUPTS();
        DISABLE_INTERRUPTS();
        CHECK(count == before + 1);
    }
    TIMER_CONTROL = 0;
    return 0;
}
