/* The simulator's own device, for programs without an operating system and for the Linux tool: docs/devices/simctl.md.

   Each command is carried out before the next instruction; the functions return its STATUS, 0 for well. */

#ifndef SIMCTL_H
#define SIMCTL_H

#include <stdint.h>

#ifndef SIMCTL_BASE
#define SIMCTL_BASE 0x1e100000u
#endif

#define SIMCTL_REGISTER(offset) (*(volatile uint32_t *)(SIMCTL_BASE + (offset)))
#define SIMCTL_ID SIMCTL_REGISTER(0x00)
#define SIMCTL_EXIT SIMCTL_REGISTER(0x04)
#define SIMCTL_PUTC SIMCTL_REGISTER(0x08)
#define SIMCTL_ARG_SELECT SIMCTL_REGISTER(0x0c)
#define SIMCTL_ARG_CHAR SIMCTL_REGISTER(0x10)
#define SIMCTL_ARG_COUNT SIMCTL_REGISTER(0x14)
#define SIMCTL_POWEROFF SIMCTL_REGISTER(0x18)
#define SIMCTL_RESET SIMCTL_REGISTER(0x1c)
#define SIMCTL_VERSION SIMCTL_REGISTER(0x20)
#define SIMCTL_COMMAND SIMCTL_REGISTER(0x24)
#define SIMCTL_STATUS SIMCTL_REGISTER(0x28)
#define SIMCTL_OPERAND SIMCTL_REGISTER(0x2c)
#define SIMCTL_TEXT SIMCTL_REGISTER(0x30)
#define SIMCTL_MODEL_COUNT SIMCTL_REGISTER(0x34)
#define SIMCTL_MODEL_SELECT SIMCTL_REGISTER(0x38)
#define SIMCTL_MODEL_CHAR SIMCTL_REGISTER(0x3c)
#define SIMCTL_FILE_SIZE SIMCTL_REGISTER(0x40)
#define SIMCTL_FILE_OFFSET SIMCTL_REGISTER(0x44)
#define SIMCTL_FILE_DATA SIMCTL_REGISTER(0x48)

#define SIMCTL_MAGIC 0x564d5331u /* "VMS1" */

enum simctl_command {
    SIMCTL_CHECKPOINT = 1,
    SIMCTL_SWITCH_NAMED,
    SIMCTL_SWITCH_NUMBERED,
    SIMCTL_STATS_RESET,
    SIMCTL_STATS_DUMP,
    SIMCTL_ROI_BEGIN,
    SIMCTL_ROI_END,
};

enum simctl_status {
    SIMCTL_OK,
    SIMCTL_UNKNOWN,
    SIMCTL_INVALID,
    SIMCTL_REFUSED,
    SIMCTL_FAILED,
    SIMCTL_BUSY,
};

static inline int simctl_present(void)
{
    return SIMCTL_ID == SIMCTL_MAGIC && SIMCTL_VERSION >= 2;
}

static inline uint32_t simctl_do(enum simctl_command command, uint32_t operand)
{
    SIMCTL_OPERAND = operand;
    SIMCTL_COMMAND = command;
    return SIMCTL_STATUS;
}

static inline uint32_t simctl_checkpoint(void)
{
    return simctl_do(SIMCTL_CHECKPOINT, 0);
}

/* Let the CPU model of this name go on with the program. */
static inline uint32_t simctl_switch(const char *model)
{
    SIMCTL_TEXT = 0;
    while (*model)
        SIMCTL_TEXT = (uint8_t)*model++;
    return simctl_do(SIMCTL_SWITCH_NAMED, 0);
}

static inline uint32_t simctl_stats_reset(void)
{
    return simctl_do(SIMCTL_STATS_RESET, 0);
}

static inline uint32_t simctl_stats_dump(void)
{
    return simctl_do(SIMCTL_STATS_DUMP, 0);
}

/* Mark a region of interest, 0 to 255. */
static inline uint32_t simctl_roi_begin(uint32_t region)
{
    return simctl_do(SIMCTL_ROI_BEGIN, region);
}

static inline uint32_t simctl_roi_end(uint32_t region)
{
    return simctl_do(SIMCTL_ROI_END, region);
}

/* Read from the file that the user named as workload.readfile; return the bytes that there were. */
static inline uint32_t simctl_read_file(void *target, uint32_t offset, uint32_t size)
{
    uint8_t *to = target;
    uint32_t there = SIMCTL_FILE_SIZE;
    uint32_t count = offset >= there ? 0 : there - offset < size ? there - offset : size;

    SIMCTL_FILE_OFFSET = offset;
    for (uint32_t done = 0; done < count; done += 4) {
        uint32_t word = SIMCTL_FILE_DATA;
        for (uint32_t i = 0; i < 4 && done + i < count; i++)
            to[done + i] = (uint8_t)(word >> 8 * i);
    }
    return count;
}

#endif
