/* Resets the board through the system registers, with the values that Linux writes on a PBX. */

#include "vmsim.h"

#define SYS_LOCK REGISTER(0x10000020)
#define SYS_RESETCTL REGISTER(0x10000040)
#define UNLOCK 0xa05fu
#define RESET_LEVEL 0x00f0u
#define RESET_NOW 0x00f4u

int main(void)
{
    SYS_LOCK = UNLOCK;
    SYS_RESETCTL = RESET_LEVEL;
    SYS_RESETCTL = RESET_NOW;
    BARRIER();
    return 1;
}
