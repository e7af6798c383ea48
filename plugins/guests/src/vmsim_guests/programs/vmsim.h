/* What the bare-metal test programs share: the simulator's test device, the first UART, the processor's exceptions. */

#ifndef VMSIM_H
#define VMSIM_H

#include <stdint.h>

#ifndef __ASSEMBLER__

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* End the run with the number of the line on which something was wrong. */
#define CHECK(condition) do { if (!(condition)) fail(__LINE__); } while (0)

/* A 32-bit CP15 register. */
#define READ_CP15(op1, crn, crm, op2) ({ \
    uint32_t value_; \
    __asm__ volatile("mrc p15, " #op1 ", %0, c" #crn ", c" #crm ", " #op2 : "=r"(value_)); \
    value_; })
#define WRITE_CP15(op1, crn, crm, op2, value) \
    __asm__ volatile("mcr p15, " #op1 ", %0, c" #crn ", c" #crm ", " #op2 :: "r"(value) : "memory")

#define BARRIER() __asm__ volatile("dsb\n\tisb" ::: "memory")
#define ENABLE_INTERRUPTS() __asm__ volatile("cpsie i" ::: "memory")
#define DISABLE_INTERRUPTS() __asm__ volatile("cpsid i" ::: "memory")
#define WAIT_FOR_INTERRUPT() __asm__ volatile("dsb\n\twfi" ::: "memory")

/* Text on the first UART and on the simulator's own log. */
void uart_write(const char *text);
void simctl_write(const char *text);

/* Arguments that the run was given, counted from 0; a number is decimal. */
uint32_t argument_count(void);
uint32_t argument_number(uint32_t index);

/* End the run: with a code, or as a power-off. */
_Noreturn void finish(uint32_t code);
_Noreturn void fail(uint32_t line);
_Noreturn void power_off(void);

/* Exceptions. The handler may change the frame; execution goes on at frame->pc with frame->cpsr. */
enum exception { UNDEFINED, SUPERVISOR_CALL, PREFETCH_ABORT, DATA_ABORT, IRQ, FIQ };

struct frame {
    uint32_t cpsr;      /* of the interrupted code */
    uint32_t padding;
    uint32_t r[13];
    uint32_t pc;        /* the link register exactly as the exception set it */
};

typedef void (*exception_handler)(struct frame *frame);
extern exception_handler exception_handlers[6];

/* The interrupt controller, for one core. */
void gic_enable(uint32_t interrupt, uint32_t priority);
uint32_t gic_acknowledge(void);
void gic_end(uint32_t acknowledged);
void gic_send_to_self(uint32_t interrupt);

int main(void);

#endif
#endif
