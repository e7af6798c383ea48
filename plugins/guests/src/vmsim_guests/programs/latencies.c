/* How long memory takes: chains of loads that need one another, several chains at a time, and streams of accesses that
   need no other. How long operations take is in operations.c. */

#include "caches.h"
#include "measuring.h"
#include "vmsim.h"

#define LINE 32u
#define KIB 1024u
#define BUFFER 0x02000000u
#define COPY 0x02100000u
#define IN_L1 (16 * KIB)
#define IN_L2 (64 * KIB)
#define IN_RAM (512 * KIB)
#define UNROLLED 16u

static uint32_t order[IN_RAM / LINE];
static uint32_t state = 1;

static uint32_t next_random(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(state >> 8) * below >> 24);
}

/* A word anywhere. */
struct place {
    uint32_t next;
} __attribute__((packed));

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
        ((struct place *)PLACE(order[index]))->next = PLACE(order[index + 1 == count ? 0 : index + 1]);
}

/* Not inlined: what follows the loop is in the instruction cache from the second call on. */
#define MEASURED __attribute__((noinline)) uint32_t

/* The accesses of a round, in a loop. */
#define LOOP(accesses) \
    ".balign 32\n" \
    "1:\n\t" \
    ".rept 16\n\t" \
    accesses "\n\t" \
    ".endr\n\t" \
    "subs %[rounds], %[rounds], #1\n\t" \
    "bne 1b"

static MEASURED chase(uint32_t from, uint32_t rounds)
{
    uint32_t before = cycles();
    __asm__ volatile(LOOP("ldr %[from], [%[from]]") : [from] "+r"(from), [rounds] "+r"(rounds) :: "memory", "cc");
    return cycles() - before;
}

static MEASURED chase_four(uint32_t from, uint32_t distance, uint32_t rounds)
{
    uint32_t second = from + distance, third = second + distance, fourth = third + distance;
    uint32_t before = cycles();
    __asm__ volatile(
        LOOP("ldr %0, [%0]\n\t" "ldr %1, [%1]\n\t" "ldr %2, [%2]\n\t" "ldr %3, [%3]")
        : "+r"(from), "+r"(second), "+r"(third), "+r"(fourth), [rounds] "+r"(rounds) :: "memory", "cc");
    return cycles() - before;
}

typedef uint32_t stream(uint32_t from, uint32_t rounds);

#define STREAM(name, accesses) \
    static MEASURED name(uint32_t from, uint32_t rounds) \
    { \
        uint32_t to = COPY, before = cycles(); \
        __asm__ volatile(LOOP(accesses) : [from] "+r"(from), [to] "+r"(to), [rounds] "+r"(rounds) \
                         :: "r4", "r5", "r6", "r8", "memory", "cc"); \
        return cycles() - before; \
    }

STREAM(read_lines, "ldr r4, [%[from]], #32")
STREAM(write_lines, "str r4, [%[from]], #32")
STREAM(write_words, ".rept 8\n\t" "str r4, [%[from]], #4\n\t" ".endr")
STREAM(copy_words, ".rept 2\n\t" "ldmia %[from]!, {r4-r6, r8}\n\t" "stmia %[to]!, {r4-r6, r8}\n\t" ".endr")

/* What begins and ends a measurement falls out of the difference between a long and a short one. */
static void measure_chain(const char *name, uint32_t base, uint32_t count, uint32_t stride, uint32_t step_in_line,
                          uint32_t times)
{
    uint32_t loads = count * times;
    link(base, count, stride, step_in_line);
    chase(base, loads / UNROLLED);
    uint32_t once = chase(base, loads / UNROLLED);
    report(name, chase(base, 2 * loads / UNROLLED) - once, loads);
}

static void measure_four_chains(const char *name, uint32_t bytes)
{
    uint32_t each = bytes / LINE / 4;
    for (uint32_t chain = 0; chain < 4; chain++)
        link(BUFFER + chain * bytes / 4, each, LINE, 0);
    chase_four(BUFFER, bytes / 4, each / UNROLLED);
    uint32_t once = chase_four(BUFFER, bytes / 4, each / UNROLLED);
    report(name, chase_four(BUFFER, bytes / 4, 2 * each / UNROLLED) - once, 4 * each);
}

static void measure_stream(const char *name, stream *run, uint32_t bytes)
{
    uint32_t lines = bytes / LINE;
    run(BUFFER, lines / UNROLLED);
    uint32_t half = run(BUFFER, lines / 2 / UNROLLED);
    run(BUFFER, lines / UNROLLED);
    report(name, run(BUFFER, lines / UNROLLED) - half, lines / 2);
}

int main(void)
{
    switch_caches_on();
    start_counting();
    measure_chain("chain-l1", BUFFER, IN_L1 / LINE, LINE, 0, 4);
    measure_chain("chain-l2", BUFFER, IN_L2 / LINE, LINE, 0, 1);
    measure_chain("chain-ram", BUFFER, IN_RAM / LINE, LINE, 0, 1);
    /* A line of each page: the data is in L1, what it takes beyond that is translation. */
    measure_chain("pages-16", PAGES, 16, PAGE_BYTES, LINE, 128);
    measure_chain("pages-96", PAGES, 96, PAGE_BYTES, LINE, 22);
    measure_chain("pages-256", PAGES, 256, PAGE_BYTES, LINE, 8);
    measure_chain("cross-4", BUFFER + 2, IN_L1 / LINE, LINE, 0, 4);
    measure_chain("cross-8", BUFFER + 6, IN_L1 / LINE, LINE, 0, 4);
    measure_four_chains("parallel-l1", IN_L1);
    measure_four_chains("parallel-l2", IN_L2);
    measure_four_chains("parallel-ram", IN_RAM);
    measure_stream("read-l2", read_lines, IN_L2);
    measure_stream("read-ram", read_lines, IN_RAM);
    measure_stream("write-l2", write_lines, IN_L2);
    measure_stream("write-words-l2", write_words, IN_L2);
    measure_stream("write-words-ram", write_words, IN_RAM);
    measure_stream("copy-ram", copy_words, IN_RAM);
    measure_operations();
    return 0;
}
