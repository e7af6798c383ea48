/* The small library of the test programs. */

#include "simctl.h"
#include "vmsim.h"

/* UART 0, a PL011. */
#define UART 0x10009000u
#define UART_DATA REGISTER(UART + 0x00)
#define UART_FLAGS REGISTER(UART + 0x18)
#define UART_TRANSMIT_FULL (1u << 5)
#define UART_CONTROL REGISTER(UART + 0x30)
#define UART_ENABLE ((1u << 0) | (1u << 8)) /* the UART and its transmitter */

/* The interrupt controller of the Cortex-A9's private region. */
#define GIC_CPU 0x1f000100u
#define GIC_CPU_CONTROL REGISTER(GIC_CPU + 0x00)
#define GIC_PRIORITY_MASK REGISTER(GIC_CPU + 0x04)
#define GIC_ACKNOWLEDGE REGISTER(GIC_CPU + 0x0c)
#define GIC_END REGISTER(GIC_CPU + 0x10)
#define GIC_DISTRIBUTOR 0x1f001000u
#define GIC_DISTRIBUTOR_CONTROL REGISTER(GIC_DISTRIBUTOR + 0x000)
#define GIC_ENABLE(word) REGISTER(GIC_DISTRIBUTOR + 0x100 + 4 * (word))
#define GIC_PRIORITY(interrupt) (*(volatile uint8_t *)(GIC_DISTRIBUTOR + 0x400 + (interrupt)))
#define GIC_TARGET(interrupt) (*(volatile uint8_t *)(GIC_DISTRIBUTOR + 0x800 + (interrupt)))
#define GIC_SOFTWARE_INTERRUPT REGISTER(GIC_DISTRIBUTOR + 0xf00)
#define GIC_TO_SELF (2u << 24)

static int has_simctl(void)
{
    return SIMCTL_ID == SIMCTL_MAGIC;
}

void uart_write(const char *text)
{
    UART_CONTROL = UART_ENABLE;
    for (; *text; text++) {
        while (UART_FLAGS & UART_TRANSMIT_FULL)
            ;
        UART_DATA = (uint8_t)*text;
    }
}

void simctl_write(const char *text)
{
    for (; has_simctl() && *text; text++)
        SIMCTL_PUTC = (uint8_t)*text;
}

uint32_t argument_count(void)
{
    return has_simctl() ? SIMCTL_ARG_COUNT : 0;
}

uint32_t argument_number(uint32_t index)
{
    uint32_t number = 0;
    uint32_t digit;

    SIMCTL_ARG_SELECT = index;
    while ((digit = SIMCTL_ARG_CHAR) != 0)
        number = number * 10 + (digit - '0');
    return number;
}

/* Nothing ends a wait for an interrupt here; a machine without the test device stops in it. */
static _Noreturn void stop(void)
{
    __asm__ volatile("cpsid if");
    for (;;)
        WAIT_FOR_INTERRUPT();
}

_Noreturn void finish(uint32_t code)
{
    if (code == 0)
        uart_write("vmsim: ok\n");
    if (has_simctl())
        SIMCTL_EXIT = code;
    stop();
}

_Noreturn void fail(uint32_t line)
{
    static const uint32_t powers[] = {1000, 100, 10, 1};
    char digits[] = "0000\n";
    uint32_t rest = line;

    /* By subtraction: the Cortex-A9 has no division. */
    for (int i = 0; i < 4; i++)
        for (; rest >= powers[i]; rest -= powers[i])
            digits[i]++;
    uart_write("vmsim: failed at line ");
    uart_write(digits);
    finish(line);
}

_Noreturn void power_off(void)
{
    if (has_simctl())
        SIMCTL_POWEROFF = 1;
    stop();
}

/* An exception that no program expects. The code is above all line numbers and tells which. */
static void unexpected(struct frame *frame)
{
    (void)frame;
    uart_write("vmsim: unexpected exception\n");
    finish(10000);
}

exception_handler exception_handlers[6] = {
    unexpected, unexpected, unexpected, unexpected, unexpected, unexpected,
};

void gic_enable(uint32_t interrupt, uint32_t priority)
{
    GIC_PRIORITY(interrupt) = (uint8_t)priority;
    if (interrupt >= 32)
        GIC_TARGET(interrupt) = 1; /* core 0 */
    GIC_ENABLE(interrupt >> 5) = 1u << (interrupt & 31);
    GIC_DISTRIBUTOR_CONTROL = 1;
    GIC_PRIORITY_MASK = 0xff;
    GIC_CPU_CONTROL = 1;
}

uint32_t gic_acknowledge(void)
{
    return GIC_ACKNOWLEDGE;
}

void gic_end(uint32_t acknowledged)
{
    GIC_END = acknowledged;
}

void gic_send_to_self(uint32_t interrupt)
{
    GIC_SOFTWARE_INTERRUPT = GIC_TO_SELF | interrupt;
}

/* Compilers call these on their own. */
void *memset(void *target, int value, __SIZE_TYPE__ size)
{
    for (uint8_t *byte = target; size > 0; size--)
        *byte++ = (uint8_t)value;
    return target;
}

void *memcpy(void *target, const void *source, __SIZE_TYPE__ size)
{
    const uint8_t *from = source;
    for (uint8_t *to = target; size > 0; size--)
        *to++ = *from++;
    return target;
}
