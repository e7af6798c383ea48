/* simctl: asks the simulator, from a shell of the guest, for a checkpoint, another CPU model, statistics and so on.

   It needs nothing but the kernel: /dev/mem, through which it reaches the simulator's own device. */

#include <stdint.h>

static uintptr_t base;
#define SIMCTL_BASE base
#include "simctl.h"

#define DEVICE 0x1e100000u
#define PAGE 4096u

/* System calls of Linux on ARM (arch/arm/tools/syscall.tbl), and values from its headers. */
enum { SYS_EXIT = 1, SYS_WRITE = 4, SYS_OPEN = 5, SYS_MMAP2 = 192 };
enum { STDOUT = 1, STDERR = 2 };
#define O_RDWR_SYNC (00000002 | 04010000)
#define PROT_READ_WRITE 3
#define MAP_SHARED 1
#define IS_ERROR(result) ((uint32_t)(result) >= (uint32_t)-4095)

static long system_call(long number, long a, long b, long c, long d, long e, long f)
{
    register long r0 __asm__("r0") = a;
    register long r1 __asm__("r1") = b;
    register long r2 __asm__("r2") = c;
    register long r3 __asm__("r3") = d;
    register long r4 __asm__("r4") = e;
    register long r5 __asm__("r5") = f;
    register long r7 __asm__("r7") = number;

    __asm__ volatile("svc #0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r7) : "memory");
    return r0;
}

static uint32_t length(const char *text)
{
    uint32_t count = 0;

    while (text[count])
        count++;
    return count;
}

static int same(const char *one, const char *other)
{
    while (*one && *one == *other)
        one++, other++;
    return *one == *other;
}

static void put(int file, const char *data, uint32_t size)
{
    while (size > 0) {
        long written = system_call(SYS_WRITE, file, (long)data, size, 0, 0, 0);
        if (IS_ERROR(written))
            return;
        data += written;
        size -= (uint32_t)written;
    }
}

static void say(int file, const char *text)
{
    put(file, text, length(text));
}

static _Noreturn void leave(int status)
{
    for (;;)
        system_call(SYS_EXIT, status, 0, 0, 0, 0, 0);
}

static _Noreturn void give_up(const char *why)
{
    say(STDERR, "simctl: ");
    say(STDERR, why);
    say(STDERR, "\n");
    leave(1);
}

static _Noreturn void explain_usage(void)
{
    say(STDERR,
        "usage: simctl checkpoint | switch MODEL | models | stats reset | stats dump | roi begin N | roi end N |\n"
        "              readfile | arguments | print TEXT | exit N\n");
    leave(2);
}

static uint32_t number(const char *text)
{
    uint32_t value = 0;

    if (!*text)
        explain_usage();
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || value > 400000000u)
            explain_usage();
        value = value * 10 + (uint32_t)(*text - '0');
    }
    return value;
}

static void find_device(void)
{
    long memory = system_call(SYS_OPEN, (long)"/dev/mem", O_RDWR_SYNC, 0, 0, 0, 0);
    long window;

    if (IS_ERROR(memory))
        give_up("/dev/mem cannot be opened: it takes root, and a kernel with CONFIG_DEVMEM");
    window = system_call(SYS_MMAP2, 0, PAGE, PROT_READ_WRITE, MAP_SHARED, memory, DEVICE / PAGE);
    if (IS_ERROR(window))
        give_up("the kernel does not let /dev/mem reach the simulator's device");
    base = (uintptr_t)window;
    if (!simctl_present())
        give_up("there is no simctl device (version 2) at 0x1e100000");
}

static int report(uint32_t status)
{
    static const char *const reasons[] = {
        [SIMCTL_UNKNOWN] = "the simulator does not know this command",
        [SIMCTL_INVALID] = "there is no such model or region, or the region is not in that state",
        [SIMCTL_REFUSED] = "the user of the simulator does not allow this",
        [SIMCTL_FAILED] = "the simulator could not do it",
        [SIMCTL_BUSY] = "the simulator is busy",
    };

    if (status == SIMCTL_OK)
        return 0;
    give_up(status <= SIMCTL_BUSY ? reasons[status] : "the simulator answers with an unknown status");
}

/* Print texts that the device gives byte by byte, a line for each. */
static void print_texts(uint32_t count, volatile uint32_t *select, volatile uint32_t *character)
{
    for (uint32_t i = 0; i < count; i++) {
        *select = i;
        for (char byte; (byte = (char)*character) != 0;)
            put(STDOUT, &byte, 1);
        say(STDOUT, "\n");
    }
}

static void print_file(void)
{
    static char buffer[PAGE];
    uint32_t count, offset = 0;

    while ((count = simctl_read_file(buffer, offset, sizeof buffer)) != 0) {
        put(STDOUT, buffer, count);
        offset += count;
    }
}

static int is_number(const char *text)
{
    return *text >= '0' && *text <= '9';
}

static int without_operand(const char *verb)
{
    if (same(verb, "checkpoint"))
        return report(simctl_checkpoint());
    if (same(verb, "readfile"))
        print_file();
    else if (same(verb, "models"))
        print_texts(SIMCTL_MODEL_COUNT, &SIMCTL_MODEL_SELECT, &SIMCTL_MODEL_CHAR);
    else if (same(verb, "arguments"))
        print_texts(SIMCTL_ARG_COUNT, &SIMCTL_ARG_SELECT, &SIMCTL_ARG_CHAR);
    else
        explain_usage();
    return 0;
}

static int with_operand(const char *verb, const char *operand)
{
    if (same(verb, "switch"))
        return report(is_number(operand) ? simctl_do(SIMCTL_SWITCH_NUMBERED, number(operand)) : simctl_switch(operand));
    if (same(verb, "stats") && same(operand, "reset"))
        return report(simctl_stats_reset());
    if (same(verb, "stats") && same(operand, "dump"))
        return report(simctl_stats_dump());
    if (same(verb, "exit")) {
        SIMCTL_EXIT = number(operand);
    } else if (same(verb, "print")) {
        while (*operand)
            SIMCTL_PUTC = (uint8_t)*operand++;
        SIMCTL_PUTC = '\n';
    } else {
        explain_usage();
    }
    return 0;
}

static int with_two_operands(const char *verb, const char *edge, const char *region)
{
    if (same(verb, "roi") && same(edge, "begin"))
        return report(simctl_roi_begin(number(region)));
    if (same(verb, "roi") && same(edge, "end"))
        return report(simctl_roi_end(number(region)));
    explain_usage();
}

/* What the kernel leaves on the stack: the number of arguments, and pointers to them. */
static _Noreturn void __attribute__((used)) begin(uint32_t *stack)
{
    uint32_t count = stack[0];
    const char *const *arguments = (const char *const *)(stack + 1);

    if (count < 2 || count > 4)
        explain_usage();
    find_device();
    if (count == 2)
        leave(without_operand(arguments[1]));
    if (count == 3)
        leave(with_operand(arguments[1], arguments[2]));
    leave(with_two_operands(arguments[1], arguments[2], arguments[3]));
}

__asm__(".globl _start\n"
        ".type _start, %function\n"
        "_start:\n"
        "    mov r0, sp\n"
        "    bic sp, sp, #7\n"
        "    bl begin\n");
