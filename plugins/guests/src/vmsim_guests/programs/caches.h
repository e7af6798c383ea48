/* Memory as an operating system has it: translated, cached, and the L2 cache on. */

#ifndef CACHES_H
#define CACHES_H

#define RAM_END 0x10000000u

/* RAM that is mapped a second time, by small pages; everything else is mapped to itself, by sections. */
#define PAGE_BYTES 4096u
#define PAGE_COUNT 512u
#define PAGES 0x80000000u       /* where they are seen */
#define PAGES_AT 0x04000000u    /* where they are */

void switch_caches_on(void);

#endif
