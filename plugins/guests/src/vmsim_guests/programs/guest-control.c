/* Asks the simulator for everything that it can be asked for: wrong requests are answered with an error, a file is read,
   a region of interest is marked, a checkpoint taken, statistics written, and the CPU switched to each model that the
   arguments name. Whether the user allows the last three is printed, not checked. */

#include "simctl.h"
#include "vmsim.h"

#define ROUNDS 2000u

static void print_status(const char *what, uint32_t status)
{
    char digit[] = "0\n";

    digit[0] += (char)status;
    uart_write(what);
    uart_write(digit);
}

static uint32_t work(uint32_t value)
{
    for (uint32_t i = 0; i < ROUNDS; i++)
        value = (value ^ value << 5) + i;
    return value;
}

static void wrong_requests(void)
{
    CHECK(simctl_do((enum simctl_command)99, 0) == SIMCTL_UNKNOWN);
    CHECK(simctl_do((enum simctl_command)0, 0) == SIMCTL_UNKNOWN);
    CHECK(simctl_roi_begin(256) == SIMCTL_INVALID);
    CHECK(simctl_roi_end(1) == SIMCTL_INVALID);
    CHECK(simctl_switch("no-such-model") == SIMCTL_INVALID);
    CHECK(simctl_do(SIMCTL_SWITCH_NUMBERED, SIMCTL_MODEL_COUNT) == SIMCTL_INVALID);
}

static void print_file(void)
{
    char text[65];
    uint32_t count, offset = 0;

    while ((count = simctl_read_file(text, offset, sizeof text - 1)) != 0) {
        text[count] = 0;
        uart_write(text);
        offset += count;
    }
}

static void switch_to_argument(uint32_t index)
{
    SIMCTL_TEXT = 0;
    SIMCTL_ARG_SELECT = index;
    for (uint32_t character; (character = SIMCTL_ARG_CHAR) != 0;)
        SIMCTL_TEXT = character;
    print_status("switch ", simctl_do(SIMCTL_SWITCH_NAMED, 0));
}

int main(void)
{
    uint32_t before, after;

    CHECK(simctl_present());
    wrong_requests();
    print_file();

    CHECK(simctl_roi_begin(1) == SIMCTL_OK);
    CHECK(simctl_roi_begin(1) == SIMCTL_INVALID);
    CHECK(simctl_stats_reset() == SIMCTL_OK);
    before = work(1);
    print_status("checkpoint ", simctl_checkpoint());
    after = work(1);
    CHECK(before == after);
    print_status("dump ", simctl_stats_dump());
    for (uint32_t i = 0; i < argument_count(); i++) {
        switch_to_argument(i);
        CHECK(work(1) == before);
    }
    CHECK(simctl_roi_end(1) == SIMCTL_OK);
    return 0;
}
