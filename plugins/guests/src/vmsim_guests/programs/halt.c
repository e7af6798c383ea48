/* Stops as Linux does at "System halted": interrupts masked, a branch to itself. */

#include "vmsim.h"

int main(void)
{
    __asm__ volatile("cpsid if\n1: b 1b");
    return 1;
}
