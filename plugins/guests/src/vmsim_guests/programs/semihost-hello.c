/* ARM semihosting from ARM and from Thumb code: write a text, write a character, exit. It uses no device. */

#include "vmsim.h"

#define SYS_WRITEC 0x03
#define SYS_WRITE0 0x04
#define SYS_EXIT 0x18
#define APPLICATION_EXIT 0x20026

static void semihosting(uint32_t operation, const void *parameter)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = parameter;

    __asm__ volatile("svc 0x123456" : "+r"(r0) : "r"(r1) : "memory");
}

__attribute__((target("thumb"), noinline)) static void semihosting_thumb(uint32_t operation, const void *parameter)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = parameter;

    __asm__ volatile("svc 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

int main(void)
{
    static const char star = '*';

    semihosting(SYS_WRITE0, "hello from ARM\n");
    semihosting_thumb(SYS_WRITE0, "hello from Thumb\n");
    semihosting(SYS_WRITEC, &star);
    semihosting_thumb(SYS_WRITEC, "\n");
    semihosting(SYS_EXIT, (const void *)APPLICATION_EXIT);
    return 1;
}
