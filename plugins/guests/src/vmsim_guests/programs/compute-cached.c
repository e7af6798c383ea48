/* The work of compute.c, with memory as an operating system has it: translated and cached. */

#define main compute
#include "compute.c"
#undef main
#include "caches.h"

int main(void)
{
    switch_caches_on();
    return compute();
}
