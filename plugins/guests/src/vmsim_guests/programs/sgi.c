/* Software-generated interrupts to the own core: taken at once, in order of priority. */

#include "vmsim.h"

#define LOW 3
#define HIGH 9
#define SPURIOUS 1023

static volatile uint32_t order[4];
static volatile uint32_t taken;

static void on_irq(struct frame *frame)
{
    uint32_t acknowledged = gic_acknowledge();

    /* The sender is core 0, so bits 12:10 are 0. */
    CHECK(taken < 4);
    order[taken++] = acknowledged;
    gic_end(acknowledged);
    frame->pc -= 4;
}

int main(void)
{
    exception_handlers[IRQ] = on_irq;
    gic_enable(LOW, 0xa0);
    gic_enable(HIGH, 0x20);
    CHECK(gic_acknowledge() == SPURIOUS);

    /* Masked in the processor, both wait; the one of higher priority comes first. */
    gic_send_to_self(LOW);
    gic_send_to_self(HIGH);
    BARRIER();
    CHECK(taken == 0);
    ENABLE_INTERRUPTS();
    __asm__ volatile("nop\n\tnop" ::: "memory");
    CHECK(taken == 2);
    CHECK(order[0] == HIGH);
    CHECK(order[1] == LOW);

    /* Unmasked, one is taken as soon as it is sent. */
    gic_send_to_self(LOW);
    BARRIER();
    CHECK(taken == 3);
    CHECK(order[2] == LOW);

    /* While one is active, one of lower priority waits. */
    DISABLE_INTERRUPTS();
    gic_send_to_self(HIGH);
    BARRIER();
    CHECK(gic_acknowledge() == HIGH);
    gic_send_to_self(LOW);
    BARRIER();
    CHECK(gic_acknowledge() == SPURIOUS);
    gic_end(HIGH);
    CHECK(gic_acknowledge() == LOW);
    gic_end(LOW);
    CHECK(gic_acknowledge() == SPURIOUS);
    return 0;
}
