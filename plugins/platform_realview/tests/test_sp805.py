"""The watchdog SP805, against a model that steps through every clock edge."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from realview_testing import (
    MICROSECOND,
    accesses,
    advance,
    any_guest,
    check_any_guest,
    exit_causes,
    interrupts,
    make_copy,
    make_device,
)
from vmsim_core.exits import Reset
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.sp805 import Sp805

LOAD, VALUE, CONTROL, CLEAR, RAW, MASKED = range(0, 0x18, 4)
LOCK, ITCR, ITOP = 0xC00, 0xF00, 0xF04
INTERRUPT, RESET = 1, 2
UNLOCK = 0x1ACC_E551


class ReferenceWatchdog:
    """What DDI 0270 says, one clock edge after the other."""

    def __init__(self) -> None:
        self.load = self.value = 0xFFFF_FFFF
        self.control = 0
        self.raw = 0
        self.raw_reset = self.stopped = self.load_waits = False
        self.resets = 0
        self.was_reset = False

    def drive(self) -> None:
        reset = self.raw_reset and bool(self.control & RESET)
        self.resets += reset and not self.was_reset
        self.was_reset = reset

    @property
    def counting(self) -> bool:
        return bool(self.control & INTERRUPT) and not self.stopped

    def edge(self) -> None:
        if self.load_waits:
            self.load_waits = False
        elif self.counting and self.value == 0:
            self.value = self.load
            if self.load == 0:
                self.reach_zero()
        elif self.counting:
            self.value -= 1
            if self.value == 0:
                self.reach_zero()

    def reach_zero(self) -> None:
        if self.raw:
            self.raw_reset = self.stopped = True
        self.raw = 1
        self.drive()

    def reload(self) -> None:
        self.value = self.load
        self.load_waits = self.value != 0
        if self.counting and self.value == 0:
            self.reach_zero()

    def write(self, offset: int, value: int) -> None:
        if offset == LOAD:
            self.load = value
            self.reload()
        elif offset == CONTROL:
            started = value & ~self.control & INTERRUPT
            self.control = value & (INTERRUPT | RESET)
            if started:
                self.stopped = False
                self.reload()
            self.drive()
        elif offset == CLEAR:
            self.raw = 0
            self.reload()


STEPS = st.one_of(
    st.tuples(st.just(LOAD), st.one_of(st.integers(0, 40), st.just(0xFFFF_FFFF))),
    st.tuples(st.just(CONTROL), st.integers(0, 7)),
    st.tuples(st.just(CLEAR), st.just(1)),
    st.tuples(st.just(VALUE), st.integers(0, 100 * MICROSECOND)),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([10**6, 7 * 10**6, 32768]), st.lists(STEPS, max_size=30), st.integers(0, 29))
def test_like_the_reference(clock: int, steps: list[tuple[int, int]], checkpoint_at: int) -> None:
    device = make_device(Sp805, clock=clock)
    reference = ReferenceWatchdog()
    resets = 0
    for index, (offset, value) in enumerate(steps):
        if index == checkpoint_at:
            resets = len(exit_causes(device))
            device = make_copy(device)
        if offset == VALUE:
            before = device.now * clock // TICKS_PER_SECOND
            advance(device, value)
            for _ in range(device.now * clock // TICKS_PER_SECOND - before):
                reference.edge()
        else:
            device.write(offset, 4, value)
            reference.write(offset, value)
        assert device.read(VALUE, 4) == reference.value
        assert device.read(RAW, 4) == reference.raw
        assert device.read(LOAD, 4) == reference.load
        assert device.read(CONTROL, 4) == reference.control
        assert interrupts(device) == bool(device.read(MASKED, 4)) == bool(reference.raw and reference.control & 1)
        assert resets + len(exit_causes(device)) == reference.resets


def test_reset_values() -> None:
    device = make_device(Sp805)
    assert [device.read(offset, 4) for offset in (LOAD, VALUE, CONTROL, RAW, MASKED, LOCK, ITCR)] == [
        0xFFFF_FFFF, 0xFFFF_FFFF, 0, 0, 0, 0, 0,
    ]  # fmt: skip
    assert [device.read(offset, 4) for offset in range(0xFE0, 0x1000, 4)] == [
        0x05, 0x18, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1,
    ]  # fmt: skip


def test_an_interrupt_warns_and_then_the_board_is_reset() -> None:
    """The period is one more than WdogLoad, as Linux's driver reckons: two of them are the timeout."""
    device = make_device(Sp805, clock=10**6)
    device.write(LOAD, 4, 499_999)
    device.write(CONTROL, 4, INTERRUPT | RESET)
    advance(device, 500_000 * MICROSECOND - 1)
    assert not interrupts(device)
    advance(device, 1)
    assert interrupts(device)
    advance(device, 500_000 * MICROSECOND - 1)
    assert exit_causes(device) == []
    advance(device, 1)
    assert exit_causes(device) == [Reset(source="device")]
    advance(device, 10 * TICKS_PER_SECOND)
    assert exit_causes(device) == [Reset(source="device")]


def test_a_watchdog_that_is_fed_never_bites() -> None:
    device = make_device(Sp805)
    device.write(LOAD, 4, 11_999_999)
    device.write(CONTROL, 4, INTERRUPT | RESET)
    for _ in range(50):
        advance(device, 9 * TICKS_PER_SECOND // 10)
        assert interrupts(device)
        device.write(CLEAR, 4, 1)
        assert not interrupts(device)
    assert exit_causes(device) == []


def test_without_reset_enable_it_only_stops() -> None:
    device = make_device(Sp805, clock=10**6)
    device.write(LOAD, 4, 9)
    device.write(CONTROL, 4, INTERRUPT)
    advance(device, 100 * MICROSECOND)
    assert interrupts(device)
    assert exit_causes(device) == []
    assert device.system.events.pending() == []
    device.write(CONTROL, 4, INTERRUPT | RESET)
    assert exit_causes(device) == [Reset(source="device")]


@pytest.mark.parametrize("offset", [LOAD, CONTROL, CLEAR, ITCR, ITOP])
def test_lock_guards_the_registers(offset: int) -> None:
    device = make_device(Sp805, clock=10**6)
    device.write(LOAD, 4, 10)
    device.write(CONTROL, 4, INTERRUPT)
    advance(device, 12 * MICROSECOND)
    device.write(LOCK, 4, 1)
    assert device.read(LOCK, 4) == 1
    before = [device.read(each, 4) for each in (LOAD, VALUE, CONTROL, RAW, ITCR, ITOP)]
    device.write(offset, 4, 0xFFFF_FFF0 | 2)
    assert [device.read(each, 4) for each in (LOAD, VALUE, CONTROL, RAW, ITCR, ITOP)] == before
    device.write(LOCK, 4, UNLOCK)
    assert device.read(LOCK, 4) == 0
    device.write(offset, 4, 0xFFFF_FFF0 | 3)
    assert [device.read(each, 4) for each in (LOAD, VALUE, CONTROL, RAW, ITCR, ITOP)] != before


def test_integration_test_drives_the_outputs() -> None:
    device = make_device(Sp805)
    device.write(ITOP, 4, 3)
    assert not interrupts(device) and not exit_causes(device)
    device.write(ITOP, 4, 2)
    device.write(ITCR, 4, 1)
    assert interrupts(device) and not exit_causes(device)
    device.write(ITOP, 4, 1)
    assert not interrupts(device)
    assert exit_causes(device) == [Reset(source="device")]


def test_an_idle_watchdog_costs_nothing() -> None:
    device = make_device(Sp805)
    device.write(LOAD, 4, 1)
    assert device.system.events.pending() == []
    device.write(CONTROL, 4, INTERRUPT)
    device.write(CONTROL, 4, 0)
    assert device.system.events.pending() == []


@any_guest
@given(st.lists(accesses, max_size=40))
def test_any_guest(sequence: list[tuple[bool, int, int, int, int]]) -> None:
    check_any_guest(make_device(Sp805), sequence)
