/* Switches the machine off through the test device. */

#include "vmsim.h"

int main(void)
{
    power_off();
}
