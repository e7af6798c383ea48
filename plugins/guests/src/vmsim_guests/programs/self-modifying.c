/* Code that writes code, ARM and Thumb, makes it visible as the architecture asks, and runs it. */

#include "vmsim.h"

#define LINE 32 /* bytes in a cache line of the Cortex-A9 */
#define THUMB 1u

#define ARM_MOVE_R0(byte) (0xe3a00000u | (byte))      /* mov r0, #byte */
#define ARM_ADD_R0(byte) (0xe2800000u | (byte))       /* add r0, r0, #byte */
#define ARM_RETURN 0xe12fff1eu                        /* bx lr */
#define THUMB_MOVE_R0(byte) (uint16_t)(0x2000u | (byte)) /* movs r0, #byte */
#define THUMB_RETURN 0x4770u                          /* bx lr */

typedef uint32_t (*generated)(void);

static uint32_t code[1024] __attribute__((aligned(4096)));

/* Clean the data cache to the point of unification, then drop the instruction cache's copies and the predictor's. */
static void make_visible(const void *start, uint32_t size)
{
    uintptr_t first = (uintptr_t)start & ~(uintptr_t)(LINE - 1);
    uintptr_t end = (uintptr_t)start + size;

    for (uintptr_t line = first; line < end; line += LINE)
        WRITE_CP15(0, 7, 11, 1, line);
    __asm__ volatile("dsb" ::: "memory");
    for (uintptr_t line = first; line < end; line += LINE)
        WRITE_CP15(0, 7, 5, 1, line);
    WRITE_CP15(0, 7, 5, 6, 0);
    BARRIER();
}

static void test_arm(void)
{
    generated function = (generated)code;

    for (uint32_t i = 0; i < 200; i++) {
        code[0] = ARM_MOVE_R0(i);
        code[1] = ARM_RETURN;
        make_visible(code, 8);
        CHECK(function() == i);
    }
}

static void test_thumb(void)
{
    volatile uint16_t *thumb = (volatile uint16_t *)code;
    generated function = (generated)((uintptr_t)code | THUMB);

    for (uint32_t i = 0; i < 200; i++) {
        thumb[0] = THUMB_MOVE_R0(i);
        thumb[1] = THUMB_RETURN;
        make_visible(code, 4);
        CHECK(function() == i);
    }
}

/* One instruction in the middle of a long block changes; the rest stays. */
static void test_inside_a_block(void)
{
    generated function = (generated)code;

    code[0] = ARM_MOVE_R0(0);
    for (int i = 1; i < 1000; i++)
        code[i] = ARM_ADD_R0(1);
    code[1000] = ARM_RETURN;
    make_visible(code, sizeof code);
    CHECK(function() == 999);
    code[500] = ARM_ADD_R0(101);
    make_visible(&code[500], 4);
    CHECK(function() == 1099);
}

/* Code that changes the instruction after the next barrier, in the block that is being executed. */
static void test_ahead_of_itself(void)
{
    uint32_t result;
    uint32_t replacement = ARM_MOVE_R0(2);

    __asm__ volatile(
        "adr    r2, 1f\n\t"
        "str    %1, [r2]\n\t"
        "mcr    p15, 0, r2, c7, c11, 1\n\t"
        "dsb\n\t"
        "mcr    p15, 0, r2, c7, c5, 1\n\t"
        "mcr    p15, 0, r2, c7, c5, 6\n\t"
        "dsb\n\t"
        "isb\n\t"
        "1: mov r0, #1\n\t"
        "mov    %0, r0"
        : "=&r"(result) : "r"(replacement) : "r0", "r2", "memory");
    CHECK(result == 2);
}

int main(void)
{
    test_arm();
    test_thumb();
    test_arm();
    test_inside_a_block();
    test_ahead_of_itself();
    return 0;
}
