/* The cycle counter, and lines that a program can read. */

#include "measuring.h"
#include "vmsim.h"

void start_counting(void)
{
    WRITE_CP15(0, 9, 12, 0, 5);             /* PMCR: enable, and begin at zero (B4.1.117) */
    WRITE_CP15(0, 9, 12, 1, 0x80000000u);   /* PMCNTENSET: the cycle counter */
}

uint32_t cycles(void)
{
    BARRIER();
    return READ_CP15(0, 9, 13, 0);
}

static void write_number(uint32_t value)
{
    char text[12] = " 0x";
    for (int digit = 0; digit < 8; digit++)
        text[3 + digit] = "0123456789abcdef"[value >> (28 - 4 * digit) & 15];
    uart_write(text);
}

void report(const char *name, uint32_t taken, uint32_t times)
{
    uart_write(name);
    write_number(taken);
    write_number(times);
    uart_write("\n");
}
