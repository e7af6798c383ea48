/* How long memory takes: chains of loads that need one another, and streams of loads that do not.
   Each line names what was measured, the cycles, and the number of loads, in hexadecimal. */

#include "caches.h"
#include "vmsim.h"

#define LINE 32u
#define KIB 1024u
#define BUFFER 0x02000000u
#define BUFFER_BYTES (512 * KIB)
#define UNROLLED 16u

static uint32_t order[BUFFER_BYTES / LINE];
static uint32_t state = 1;

static uint32_t next_random(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(state >> 8) * below >> 24);
}

static uint32_t cycles(void)
{
    BARRIER();
    return READ_CP15(0, 9, 13, 0);
}

static void start_counting(void)
{
    WRITE_CP15(0, 9, 12, 0, 5);             /* PMCR: enable, and begin at zero (B4.1.117) */
    WRITE_CP15(0, 9, 12, 1, 0x80000000u);   /* PMCNTENSET: the cycle counter */
}

static void write_number(uint32_t value)
{
    char text[12] = " 0x";
    for (int digit = 0; digit < 8; digit++)
        text[3 + digit] = "0123456789abcdef"[value >> (28 - 4 * digit) & 15];
    uart_write(text);
}

static void report(const char *name, uint32_t taken, uint32_t loads)
{
    uart_write(name);
    write_number(taken);
    write_number(loads);
    uart_write("\n");
}

/* Each place leads to another one; a round through all of them comes back to the first. */
static void link(uint32_t base, uint32_t count, uint32_t stride, uint32_t step_in_line)
{
    for (uint32_t index = 0; index < count; index++)
        order[index] = index;
    for (uint32_t last = count - 1; last > 0; last--) {
        uint32_t other = next_random(last), kept = order[last];
        order[last] = order[other];
        order[other] = kept;
    }
#define PLACE(number) (base + (number) * stride + ((number) * step_in_line & (stride - 1)))
    for (uint32_t index = 0; index < count; index++)
        *(uint32_t *)PLACE(order[index]) = PLACE(order[index + 1 == count ? 0 : index + 1]);
}

static uint32_t chase(uint32_t *from, uint32_t rounds)
{
    uint32_t before = cycles();
    __asm__ volatile(
        ".balign 32\n"
        "1:\n\t"
        ".rept 16\n\t"
        "ldr %0, [%0]\n\t"
        ".endr\n\t"
        "subs %1, %1, #1\n\t"
        "bne 1b"
        : "+r"(from), "+r"(rounds) :: "memory", "cc");
    return cycles() - before;
}

static uint32_t stream(uint32_t from, uint32_t rounds)
{
    uint32_t before = cycles();
    __asm__ volatile(
        ".balign 32\n"
        "1:\n\t"
        ".rept 16\n\t"
        "ldr r2, [%0], #32\n\t"
        ".endr\n\t"
        "subs %1, %1, #1\n\t"
        "bne 1b"
        : "+r"(from), "+r"(rounds) :: "r2", "memory", "cc");
    return cycles() - before;
}

/* What begins and ends a measurement falls out of the difference between a long and a short one. */
static void measure_chain(const char *name, uint32_t base, uint32_t count, uint32_t stride, uint32_t step_in_line,
                          uint32_t times)
{
    uint32_t loads = count * times;
    link(base, count, stride, step_in_line);
    chase((uint32_t *)base, loads / UNROLLED);
    uint32_t once = chase((uint32_t *)base, loads / UNROLLED);
    report(name, chase((uint32_t *)base, 2 * loads / UNROLLED) - once, loads);
}

static void measure_stream(const char *name, uint32_t bytes)
{
    uint32_t loads = bytes / LINE;
    stream(BUFFER, loads / UNROLLED);
    uint32_t half = stream(BUFFER, loads / 2 / UNROLLED);
    stream(BUFFER, loads / UNROLLED);
    report(name, stream(BUFFER, loads / UNROLLED) - half, loads / 2);
}

int main(void)
{
    switch_caches_on();
    start_counting();
    measure_chain("chain-l1", BUFFER, 16 * KIB / LINE, LINE, 0, 4);
    measure_chain("chain-l2", BUFFER, 64 * KIB / LINE, LINE, 0, 1);
    measure_chain("chain-ram", BUFFER, BUFFER_BYTES / LINE, LINE, 0, 1);
    /* A line of each page: the data is in L1, what it takes beyond that is translation. */
    measure_chain("pages-16", PAGES, 16, PAGE_BYTES, LINE, 128);
    measure_chain("pages-96", PAGES, 96, PAGE_BYTES, LINE, 22);
    measure_chain("pages-256", PAGES, 256, PAGE_BYTES, LINE, 8);
    measure_stream("stream-l1", 16 * KIB);
    measure_stream("stream-l2", 64 * KIB);
    measure_stream("stream-ram", BUFFER_BYTES);
    return 0;
}
