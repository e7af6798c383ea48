/* Ends with the number in its last argument; with 0 if it has none. */

#include "vmsim.h"

int main(void)
{
    uint32_t count = argument_count();

    return count == 0 ? 0 : (int)argument_number(count - 1);
}
