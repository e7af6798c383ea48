/* Stops in a wait for an interrupt that no device will ever raise. */

#include "vmsim.h"

int main(void)
{
    __asm__ volatile("cpsid if\n1: wfi\n\tb 1b");
    return 1;
}
