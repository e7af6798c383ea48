/* Memory as an operating system has it: translated, cached, and the L2 cache on. */

#include "caches.h"
#include "vmsim.h"

#define MIB 0x100000u

/* Short descriptors (ARM DDI 0406C, B3.5.1): sections that anybody may read and write. */
#define SECTION_NORMAL 0x1c0eu  /* write-back, write-allocate */
#define SECTION_DEVICE 0x0c16u  /* never executed */
#define TABLE 0x1u
#define SMALL_PAGE_NORMAL 0x7eu
#define WALK_CACHEABLE 0x48u    /* TTBR0: the tables are write-back, write-allocate (B4.1.154) */

#define SCTLR_MMU 0x1u
#define SCTLR_CACHES 0x1804u    /* I, Z, C */

/* The L2C-310 (ARM DDI 0246, 3.1). */
#define L2C 0x1f002000u
#define L2C_CONTROL REGISTER(L2C + 0x100)
#define L2C_INVALIDATE_WAYS REGISTER(L2C + 0x77c)
#define L2C_ALL_WAYS 0xffu

static uint32_t sections[4096] __attribute__((aligned(16384)));
static uint32_t pages[2][256] __attribute__((aligned(1024)));

static void invalidate_data_cache(void)
{
    for (uint32_t way = 0; way < 4; way++)
        for (uint32_t set = 0; set < 256; set++)
            WRITE_CP15(0, 7, 6, 2, way << 30 | set << 5);
}

void switch_caches_on(void)
{
    for (uint32_t index = 0; index < 4096; index++)
        sections[index] = index * MIB | (index * MIB < RAM_END ? SECTION_NORMAL : SECTION_DEVICE);
    for (uint32_t index = 0; index < PAGE_COUNT; index++)
        pages[index >> 8][index & 255] = (PAGES_AT + index * PAGE_BYTES) | SMALL_PAGE_NORMAL;
    for (uint32_t table = 0; table < 2; table++)
        sections[(PAGES / MIB) + table] = (uint32_t)pages[table] | TABLE;

    L2C_INVALIDATE_WAYS = L2C_ALL_WAYS;
    while (L2C_INVALIDATE_WAYS & L2C_ALL_WAYS)
        ;
    L2C_CONTROL = 1;

    invalidate_data_cache();
    WRITE_CP15(0, 7, 5, 0, 0);              /* ICIALLU */
    WRITE_CP15(0, 8, 7, 0, 0);              /* TLBIALL */
    WRITE_CP15(0, 3, 0, 0, 1);              /* DACR: permissions count */
    WRITE_CP15(0, 2, 0, 0, (uint32_t)sections | WALK_CACHEABLE);
    WRITE_CP15(0, 2, 0, 2, 0);
    BARRIER();
    WRITE_CP15(0, 1, 0, 0, READ_CP15(0, 1, 0, 0) | SCTLR_MMU | SCTLR_CACHES);
    BARRIER();
}
