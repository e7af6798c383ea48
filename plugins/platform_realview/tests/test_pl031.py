"""The real-time clock PL031."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from realview_testing import accesses, advance, any_guest, check_any_guest, interrupts, make_copy, make_device
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.pl031 import Pl031

DATA, MATCH, LOAD, CONTROL, MASK, RAW, MASKED, CLEAR = range(0, 0x20, 4)
NEW_YEAR_2026 = 1_767_225_600


def test_base_time_is_fixed() -> None:
    device = make_device(Pl031)
    assert device.read(DATA, 4) == NEW_YEAR_2026
    assert device.read(CONTROL, 4) == 1
    advance(device, 90 * TICKS_PER_SECOND - 1)
    assert device.read(DATA, 4) == NEW_YEAR_2026 + 89
    advance(device, 1)
    assert device.read(DATA, 4) == NEW_YEAR_2026 + 90


@pytest.mark.parametrize(
    "base",
    ["2001-09-09T01:46:40Z", "2001-09-09T01:46:40", "2001-09-09T03:46:40+02:00", datetime(2001, 9, 9, 1, 46, 40)],
)
def test_base_time_as_asked_for(base: object) -> None:
    assert make_device(Pl031, base=base).read(DATA, 4) == 1_000_000_000


def test_base_time_of_the_host() -> None:
    before = int(time.time())
    assert before <= make_device(Pl031, base="host").read(DATA, 4) <= time.time()


@pytest.mark.parametrize("base", ["yesterday", "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z"])
def test_base_time_that_is_none(base: str) -> None:
    with pytest.raises(ValidationError):
        make_device(Pl031, base=base)


def test_time_can_be_set() -> None:
    device = make_device(Pl031)
    advance(device, TICKS_PER_SECOND // 2)
    device.write(LOAD, 4, 0xFFFF_FFFF)
    assert device.read(DATA, 4) == device.read(LOAD, 4) == 0xFFFF_FFFF
    advance(device, TICKS_PER_SECOND // 2)
    assert device.read(DATA, 4) == 0


def test_match_interrupts() -> None:
    device = make_device(Pl031)
    device.write(MASK, 4, 1)
    device.write(MATCH, 4, NEW_YEAR_2026 + 3)
    advance(device, 3 * TICKS_PER_SECOND - 1)
    assert not interrupts(device)
    advance(device, 1)
    assert interrupts(device)
    assert device.read(RAW, 4) == device.read(MASKED, 4) == 1
    device.write(MASK, 4, 0)
    assert not interrupts(device)
    assert (device.read(RAW, 4), device.read(MASKED, 4)) == (1, 0)
    device.write(MASK, 4, 1)
    device.write(CLEAR, 4, 1)
    assert not interrupts(device)
    assert device.read(RAW, 4) == 0


def test_match_follows_a_new_time() -> None:
    device = make_device(Pl031)
    device.write(MASK, 4, 1)
    device.write(MATCH, 4, 1000)
    device.write(LOAD, 4, 990)
    advance(device, 10 * TICKS_PER_SECOND)
    assert interrupts(device)
    device.write(CLEAR, 4, 1)
    device.write(LOAD, 4, 1000)
    assert interrupts(device)


def test_restored_clock_goes_on_whatever_the_host_says() -> None:
    device = make_device(Pl031)
    device.write(MASK, 4, 1)
    device.write(MATCH, 4, NEW_YEAR_2026 + 20)
    advance(device, 15 * TICKS_PER_SECOND + 7)
    twin = make_copy(device)
    assert twin.read(DATA, 4) == NEW_YEAR_2026 + 15
    advance(twin, 5 * TICKS_PER_SECOND - 8)
    assert not interrupts(twin)
    advance(twin, 1)
    assert interrupts(twin)


@any_guest
@given(st.lists(accesses, max_size=40))
def test_any_guest(sequence: list[tuple[bool, int, int, int, int]]) -> None:
    check_any_guest(make_device(Pl031), sequence)
