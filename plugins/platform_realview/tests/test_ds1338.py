"""The real-time clock DS1338, over its bus, against Python's datetime."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from i2c_testing import Master
from realview_testing import advance, make_copy, make_device, take_checkpoint
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Field
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.versatile_i2c import VersatileI2c

RTC = 0x68
SECONDS, MINUTES, HOURS, DAY, DATE, MONTH, YEAR, CONTROL, RAM = range(9)
HALT, TWELVE, PM, OSCILLATOR_STOPPED = 0x80, 0x40, 0x20, 0x20
SECOND = TICKS_PER_SECOND


def make_clock(**params: object) -> Master:
    return Master(make_device(VersatileI2c, slaves={"rtc": {"type": "ds1338", **params}}))


def sleep(clock: Master, ticks: int) -> None:
    advance(clock.device, ticks)


def registers(clock: Master) -> list[int]:
    return list(clock.read(RTC, SECONDS, 7))


def bcd(value: int) -> int:
    return int(str(value), 16)


def expected(moment: datetime, twelve: bool = False) -> list[int]:
    """Return the registers that show a moment, the days counted from Sunday."""
    digits = [int(field, 16) for field in moment.strftime("%S %M %H %d %m %y").split()]
    if twelve:
        digits[2] = TWELVE | (PM if moment.strftime("%p") == "PM" else 0) | int(moment.strftime("%I"), 16)
    return [*digits[:3], int(moment.strftime("%w")) + 1, *digits[3:]]


def set_clock(clock: Master, moment: datetime, twelve: bool = False) -> None:
    assert all(clock.write(RTC, SECONDS, *expected(moment, twelve)))


def test_base_time_goes_on() -> None:
    clock = make_clock()
    assert registers(clock) == expected(datetime(2026, 1, 1))
    sleep(clock, 90 * SECOND - 1)
    assert registers(clock) == expected(datetime(2026, 1, 1, 0, 1, 29))
    sleep(clock, 1)
    assert registers(clock) == expected(datetime(2026, 1, 1, 0, 1, 30))
    # Linux's driver takes the time only from an oscillator that has not stopped.
    assert clock.read(RTC, CONTROL, 1)[0] & OSCILLATOR_STOPPED == 0


@pytest.mark.parametrize("base", ["2001-09-09T01:46:40Z", "2001-09-09T01:46:40", "2001-09-09T03:46:40+02:00"])
def test_base_time_as_asked_for(base: str) -> None:
    assert registers(make_clock(base=base)) == expected(datetime(2001, 9, 9, 1, 46, 40))


def test_base_time_of_the_host() -> None:
    before = datetime.fromtimestamp(int(time.time()), UTC)
    seen = registers(make_clock(base="host"))
    moments = [before + timedelta(seconds=seconds) for seconds in range(60)]
    assert seen in [expected(moment) for moment in moments]


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59)).map(lambda t: t.replace(microsecond=0))
LAST_SECONDS = MOMENTS.map(lambda t: t.replace(hour=23, minute=59, second=58))


@settings(max_examples=60, deadline=None)
@given(st.one_of(MOMENTS, LAST_SECONDS), st.booleans(), st.lists(st.integers(0, 10**6), max_size=4))
def test_the_calendar(moment: datetime, twelve: bool, pauses: list[int]) -> None:
    clock = make_clock()
    sleep(clock, SECOND // 3)
    set_clock(clock, moment, twelve)
    for index, pause in enumerate(pauses):
        if index == 1:
            clock = Master(make_copy(clock.device))
        sleep(clock, pause * SECOND)
        moment += timedelta(seconds=pause)
        if moment.year > 2099:
            return
        assert registers(clock) == expected(moment, twelve)


def test_a_century_ends_where_it_began() -> None:
    clock = make_clock()
    set_clock(clock, datetime(2099, 12, 31, 23, 59, 59))
    sleep(clock, SECOND)
    assert registers(clock) == [0, 0, 0, 6, 1, 1, 0]


def test_the_day_of_the_week_is_the_users() -> None:
    clock = make_clock()
    clock.write(RTC, SECONDS, 0x58, 0x59, 0x23, 7, 0x28, 0x02, 0x24)
    sleep(clock, 2 * SECOND)
    assert registers(clock) == [0, 0, 0, 1, 0x29, 0x02, 0x24]


def test_writing_the_seconds_begins_a_second_and_nothing_else_does() -> None:
    clock = make_clock()
    sleep(clock, SECOND * 3 // 4)
    clock.write(RTC, MINUTES, 0x30)
    sleep(clock, SECOND // 4)
    assert registers(clock)[:2] == [0x01, 0x30]
    sleep(clock, SECOND * 3 // 4)
    clock.write(RTC, SECONDS, 0x10)
    sleep(clock, SECOND - 1)
    assert registers(clock)[0] == 0x10
    sleep(clock, 1)
    assert registers(clock)[0] == 0x11


def test_a_halted_clock_stands_still_and_says_so_afterwards() -> None:
    clock = make_clock()
    clock.write(RTC, SECONDS, HALT | 0x15)
    sleep(clock, 100 * SECOND)
    assert registers(clock)[0] == HALT | 0x15
    clock.write(RTC, SECONDS, 0x15)
    sleep(clock, SECOND)
    assert registers(clock)[0] == 0x16
    assert clock.read(RTC, CONTROL, 1)[0] & OSCILLATOR_STOPPED
    clock.write(RTC, CONTROL, 0)
    assert clock.read(RTC, CONTROL, 1) == b"\0"
    clock.write(RTC, CONTROL, 0xFF)
    assert clock.read(RTC, CONTROL, 1) == b"\x93"


def test_time_is_held_while_it_is_read() -> None:
    clock = make_clock(base="2026-12-31T23:59:59Z")
    clock.write(RTC, SECONDS)
    clock.start()
    clock.put_byte(RTC << 1 | 1)
    assert clock.get_byte(acknowledge=True) == 0x59
    sleep(clock, 5 * SECOND)
    rest = [clock.get_byte(acknowledge=True) for _ in range(6)]
    assert rest == expected(datetime(2026, 12, 31, 23, 59, 59))[1:]
    # The pointer goes round through the RAM, and with it comes the present.
    for _ in range(0x40 - 7):
        clock.get_byte(acknowledge=True)
    again = [clock.get_byte(acknowledge=index < 6) for index in range(7)]
    assert again == expected(datetime(2027, 1, 1, 0, 0, 4))


def test_ram_keeps_bytes_and_the_pointer_goes_round() -> None:
    clock = make_clock()
    clock.write(RTC, RAM, *range(1, 57))
    assert clock.read(RTC, RAM, 56) == bytes(range(1, 57))
    clock.write(RTC, 0x3F, 0xAA, 0x07)
    assert clock.read(RTC, 0x3F, 2) == b"\xaa\x07"
    # Only six bits of the address are there.
    assert clock.read(RTC, 0x40 + 0x3F, 1) == b"\xaa"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 255), min_size=7, max_size=7), st.integers(1, 10**6))
def test_no_time_is_too_absurd(values: list[int], pause: int) -> None:
    clock = make_clock()
    clock.write(RTC, SECONDS, *values)
    kept = [value & bits for value, bits in zip(values, (0xFF, 0x7F, 0x7F, 7, 0x3F, 0x1F, 0xFF), strict=True)]
    assert registers(clock) == kept
    sleep(clock, pause * SECOND)
    seen = registers(clock)
    if values[SECONDS] & HALT:
        assert seen == kept
        return
    twelve = bool(seen[HOURS] & TWELVE)
    hour = seen[HOURS] & 0x1F if twelve else seen[HOURS]
    year, month, date = (int(f"{seen[register]:x}") for register in (YEAR, MONTH, DATE))
    datetime(2000 + year, month, date, int(f"{hour:x}"), int(f"{seen[MINUTES]:x}"), int(f"{seen[SECONDS]:x}"))
    assert 1 <= seen[DAY] <= 7


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time", [0] * 6),
        ("time", [0, 0x80, 0, 0, 0, 0, 0]),
        ("seen", [-1] * 7),
        ("ram", bytes(55)),
        ("pointer", 64),
        ("control", 256),
    ],
)
def test_a_checkpoint_with_an_impossible_state_is_refused(field: str, value: list[int] | bytes | int) -> None:
    device = make_clock().device
    section = take_checkpoint(device.system)[1]["device.rtc"]
    section.fields[field] = Field(value)
    with pytest.raises(CheckpointError):
        device.system.components["device.rtc"].deserialize(section)
