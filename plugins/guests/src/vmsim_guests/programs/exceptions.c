/* Undefined instructions, supervisor calls, data and prefetch aborts through the MMU: the link register, the saved
 * status, the fault registers, and going on after each. */

#include "vmsim.h"

#define SECTION_SHIFT 20
#define SECTIONS 4096
#define RAM_SECTIONS 0x100
#define DEVICE_END 0x200
#define SECTION_DEVICE 0x00c06u         /* shareable device, read and write */
#define SECTION_NORMAL 0x01c0eu         /* write-back write-allocate, read and write */
#define SECTION_READ_ONLY 0x0940eu      /* the same memory, no writes */

/* Addresses with no RAM and no device: nothing is mapped there. */
#define HOLE 0x1e000000u
#define READ_ONLY 0x40000000u

#define SCTLR_MMU (1u << 0)
#define SCTLR_DATA_CACHE (1u << 2)
#define SCTLR_INSTRUCTION_CACHE (1u << 12)

#define MODE_MASK 0x1fu
#define MODE_SVC 0x13u
#define THUMB_BIT (1u << 5)

#define FAULT_TRANSLATION_SECTION 0x005u
#define FAULT_PERMISSION_SECTION 0x00du
#define FAULT_STATUS_MASK 0x40fu
#define FAULT_WRITE 0x800u

static uint32_t translation_table[SECTIONS] __attribute__((aligned(16384)));

/* What the handlers saw, and where to go on. */
static volatile uint32_t count;
static volatile uint32_t seen_pc;
static volatile uint32_t seen_cpsr;
static volatile uint32_t resume_at;

static void record(struct frame *frame)
{
    count++;
    seen_pc = frame->pc;
    seen_cpsr = frame->cpsr;
    frame->pc = resume_at;
}

static void switch_mmu_on(void)
{
    for (uint32_t i = 0; i < RAM_SECTIONS; i++)
        translation_table[i] = (i << SECTION_SHIFT) | SECTION_NORMAL;
    for (uint32_t i = RAM_SECTIONS; i < DEVICE_END; i++)
        translation_table[i] = (i << SECTION_SHIFT) | SECTION_DEVICE;
    translation_table[HOLE >> SECTION_SHIFT] = 0;
    translation_table[READ_ONLY >> SECTION_SHIFT] = SECTION_READ_ONLY; /* the first megabyte again */

    WRITE_CP15(0, 2, 0, 2, 0);                          /* TTBCR: one table */
    WRITE_CP15(0, 2, 0, 0, (uint32_t)translation_table);
    WRITE_CP15(0, 3, 0, 0, 1);                          /* domain 0: check permissions */
    WRITE_CP15(0, 8, 7, 0, 0);                          /* invalidate the TLB */
    WRITE_CP15(0, 7, 5, 0, 0);                          /* and the instruction cache */
    BARRIER();
    WRITE_CP15(0, 1, 0, 0, READ_CP15(0, 1, 0, 0) | SCTLR_MMU | SCTLR_DATA_CACHE | SCTLR_INSTRUCTION_CACHE);
    BARRIER();
}

/* Execute an instruction that must cause an exception at the label 1; execution goes on at the label 2. The link
 * register is lost when the exception's mode is the current one. */
#define PROVOKE(instruction, address, value) \
    __asm__ volatile( \
        "adr    r2, 2f\n\t" \
        "str    r2, [%2]\n\t" \
        "adr    r2, 1f\n\t" \
        "str    r2, [%3]\n\t" \
        "1: " instruction "\n\t" \
        "2:" \
        :: "r"(address), "r"(value), "r"(&resume_at), "r"(&provoked_at) : "r2", "lr", "memory")

static volatile uint32_t provoked_at;

static void test_arm(void)
{
    count = 0;
    PROVOKE("udf #7", 0, 0);
    CHECK(count == 1);
    CHECK(seen_pc == provoked_at + 4);
    CHECK((seen_cpsr & MODE_MASK) == MODE_SVC);
    CHECK((seen_cpsr & THUMB_BIT) == 0);

    PROVOKE("svc #9", 0, 0);
    CHECK(count == 2);
    CHECK(seen_pc == provoked_at + 4);

    PROVOKE("ldr r2, [%0]", HOLE + 0x124, 0);
    CHECK(count == 3);
    CHECK(seen_pc == provoked_at + 8);
    CHECK(READ_CP15(0, 6, 0, 0) == HOLE + 0x124);
    CHECK((READ_CP15(0, 5, 0, 0) & (FAULT_STATUS_MASK | FAULT_WRITE)) == FAULT_TRANSLATION_SECTION);

    PROVOKE("str %1, [%0]", HOLE + 0x128, 1);
    CHECK(count == 4);
    CHECK(seen_pc == provoked_at + 8);
    CHECK(READ_CP15(0, 6, 0, 0) == HOLE + 0x128);
    CHECK((READ_CP15(0, 5, 0, 0) & (FAULT_STATUS_MASK | FAULT_WRITE)) == (FAULT_TRANSLATION_SECTION | FAULT_WRITE));

    PROVOKE("str %1, [%0]", READ_ONLY + 0x9000, 1);
    CHECK(count == 5);
    CHECK(READ_CP15(0, 6, 0, 0) == READ_ONLY + 0x9000);
    CHECK((READ_CP15(0, 5, 0, 0) & (FAULT_STATUS_MASK | FAULT_WRITE)) == (FAULT_PERMISSION_SECTION | FAULT_WRITE));
    CHECK(REGISTER(READ_ONLY + 0x9000) == REGISTER(0x9000));

    PROVOKE("bx %0", HOLE, 0);
    CHECK(count == 6);
    CHECK(seen_pc == HOLE + 4);
    CHECK(READ_CP15(0, 6, 0, 2) == HOLE);
    CHECK((READ_CP15(0, 5, 0, 1) & FAULT_STATUS_MASK) == FAULT_TRANSLATION_SECTION);
}

/* A base register keeps its value when the load that would write it back is aborted. */
static void test_base_is_kept(void)
{
    uint32_t base = HOLE + 0x200;

    __asm__ volatile(
        "adr    r2, 2f\n\t"
        "str    r2, [%1]\n\t"
        "ldr    r2, [%0], #4\n\t"
        "2:"
        : "+r"(base) : "r"(&resume_at) : "r2", "memory");
    CHECK(base == HOLE + 0x200);
    __asm__ volatile(
        "adr    r2, 2f\n\t"
        "str    r2, [%1]\n\t"
        "ldmia  %0!, {r2, r3}\n\t"
        "2:"
        : "+r"(base) : "r"(&resume_at) : "r2", "r3", "memory");
    CHECK(base == HOLE + 0x200);
}

/* In exceptions-thumb.S: each provokes one exception, and stores its address and where to go on. */
void thumb_undefined(volatile uint32_t *provoked, volatile uint32_t *resume);
void thumb_call(volatile uint32_t *provoked, volatile uint32_t *resume);
void thumb_load(volatile uint32_t *provoked, volatile uint32_t *resume, uint32_t address);

static void record_thumb(struct frame *frame)
{
    record(frame);
    frame->pc &= ~1u; /* the saved status, not the address, says Thumb */
}

static void test_thumb(void)
{
    count = 0;
    exception_handlers[UNDEFINED] = record_thumb;
    exception_handlers[SUPERVISOR_CALL] = record_thumb;
    exception_handlers[DATA_ABORT] = record_thumb;

    thumb_undefined(&provoked_at, &resume_at);
    CHECK(count == 1);
    CHECK(seen_pc == provoked_at + 2);
    CHECK((seen_cpsr & THUMB_BIT) != 0);

    thumb_call(&provoked_at, &resume_at);
    CHECK(count == 2);
    CHECK(seen_pc == provoked_at + 2);
    CHECK((seen_cpsr & THUMB_BIT) != 0);

    thumb_load(&provoked_at, &resume_at, HOLE + 0x300);
    CHECK(count == 3);
    CHECK(seen_pc == provoked_at + 8);
    CHECK(READ_CP15(0, 6, 0, 0) == HOLE + 0x300);
}

int main(void)
{
    exception_handlers[UNDEFINED] = record;
    exception_handlers[SUPERVISOR_CALL] = record;
    exception_handlers[PREFETCH_ABORT] = record;
    exception_handlers[DATA_ABORT] = record;
    switch_mmu_on();
    test_arm();
    test_base_is_kept();
    test_thumb();
    return 0;
}
