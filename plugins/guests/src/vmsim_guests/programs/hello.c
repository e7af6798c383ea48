/* Says hello on the first UART and ends with 0. */

#include "vmsim.h"

int main(void)
{
    uart_write("hello from bare metal\n");
    simctl_write("hello from the test device\n");
    return 0;
}
