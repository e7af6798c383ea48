"""The dual timer SP804, against a model that steps through every clock edge."""

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
    interrupts,
    make_copy,
    make_device,
)
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.sp804 import Sp804

LOAD, VALUE, CONTROL, CLEAR, RAW, MASKED, BACKGROUND = range(0, 0x1C, 4)
SECOND_TIMER = 0x20
ITCR, ITOP = 0xF00, 0xF04
ONE_SHOT, SIZE_32, INTERRUPT, PERIODIC, ENABLE = 0x01, 0x02, 0x20, 0x40, 0x80


class ReferenceTimer:
    """What DDI 0271 says, one clock edge after the other."""

    def __init__(self) -> None:
        self.load = 0
        self.value = 0xFFFF_FFFF
        self.control = INTERRUPT
        self.raw = 0
        self.load_waits = False
        self.prescaler = 0

    @property
    def mask(self) -> int:
        return 0xFFFF_FFFF if self.control & SIZE_32 else 0xFFFF

    def edge(self) -> None:
        if self.load_waits:
            self.load_waits = False
            return
        if not self.control & ENABLE:
            return
        self.prescaler += 1
        if self.prescaler == (1, 16, 256, 256)[self.control >> 2 & 3]:
            self.prescaler = 0
            self.decrement()

    def decrement(self) -> None:
        counting = self.value & self.mask
        reload = self.load & self.mask if self.control & PERIODIC else self.mask + 1
        halts = self.control & ONE_SHOT or reload == 0
        if counting == 0:
            if halts:
                return
            counting = reload
        counting -= 1
        if counting == 0:
            self.raw = 1
            if self.control & PERIODIC and not halts:
                counting = reload
        self.value = self.value & ~self.mask | counting

    def write(self, offset: int, value: int) -> None:
        if offset == LOAD:
            self.load = self.value = value
            self.load_waits = True
            self.prescaler = 0
            if self.control & ENABLE and not value & self.mask:
                self.raw = 1
        elif offset == BACKGROUND:
            self.load = value
        elif offset == CONTROL:
            if (self.control ^ value) & 0x8C:
                self.prescaler = 0
            self.control = value & 0xEF
        elif offset == CLEAR:
            self.raw = 0


LOADS = st.one_of(st.integers(0, 40), st.sampled_from([0xFFFF, 0x10000, 0x10003, 0x5000A, 0xFFFF_FFFF]))
STEPS = st.one_of(
    st.tuples(st.sampled_from([LOAD, BACKGROUND]), LOADS),
    st.tuples(st.just(CONTROL), st.integers(0, 0xFF)),
    st.tuples(st.just(CLEAR), st.just(1)),
    st.tuples(st.just(VALUE), st.integers(0, 300 * MICROSECOND)),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([10**6, 7 * 10**6, 32768]), st.lists(STEPS, max_size=30), st.integers(0, 29))
def test_like_the_reference(clock: int, steps: list[tuple[int, int]], checkpoint_at: int) -> None:
    device = make_device(Sp804, clock=clock)
    reference = ReferenceTimer()
    for index, (offset, value) in enumerate(steps):
        if index == checkpoint_at:
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
        assert interrupts(device) == bool(reference.raw and reference.control & INTERRUPT)
        assert device.read(LOAD, 4) == device.read(BACKGROUND, 4) == reference.load


def test_reset_values() -> None:
    device = make_device(Sp804)
    for timer in (0, SECOND_TIMER):
        assert [device.read(timer + offset, 4) for offset in (LOAD, VALUE, CONTROL, RAW, MASKED, BACKGROUND)] == [
            0, 0xFFFF_FFFF, INTERRUPT, 0, 0, 0,
        ]  # fmt: skip
    assert [device.read(offset, 4) for offset in range(0xFE0, 0x1000, 4)] == [
        0x04, 0x18, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1,
    ]  # fmt: skip


def test_periodic_interrupt_is_on_time_for_ever() -> None:
    device = make_device(Sp804)
    device.write(LOAD, 4, 10_000)
    device.write(CONTROL, 4, SIZE_32 | INTERRUPT | PERIODIC | ENABLE)
    rises: list[int] = []
    device.irq.connect(lambda level: rises.append(device.now) if level else None)
    for _ in range(100):
        advance(device, 10_000 * MICROSECOND)
        device.write(CLEAR, 4, 1)
    # The first clock edge takes the load.
    assert rises == [(10_000 * n + 1) * MICROSECOND for n in range(1, 100)]


def test_one_shot_halts_until_loaded_again() -> None:
    device = make_device(Sp804)
    device.write(CONTROL, 4, SIZE_32 | INTERRUPT | ONE_SHOT | ENABLE)
    device.write(LOAD, 4, 5)
    advance(device, 6 * MICROSECOND - 1)
    assert not interrupts(device)
    advance(device, 1)
    assert interrupts(device)
    device.write(CLEAR, 4, 1)
    advance(device, TICKS_PER_SECOND)
    assert not interrupts(device)
    assert device.read(VALUE, 4) == 0
    device.write(LOAD, 4, 5)
    advance(device, 6 * MICROSECOND)
    assert interrupts(device)


def test_masked_interrupt_shows_when_enabled() -> None:
    device = make_device(Sp804)
    device.write(LOAD, 4, 5)
    device.write(CONTROL, 4, SIZE_32 | ENABLE)
    advance(device, 10 * MICROSECOND)
    assert (device.read(RAW, 4), device.read(MASKED, 4), interrupts(device)) == (1, 0, False)
    device.write(CONTROL, 4, SIZE_32 | ENABLE | INTERRUPT)
    assert (device.read(RAW, 4), device.read(MASKED, 4), interrupts(device)) == (1, 1, True)


def test_two_timers_share_one_interrupt() -> None:
    device = make_device(Sp804)
    for timer, load in ((0, 3), (SECOND_TIMER, 7)):
        device.write(timer + LOAD, 4, load)
        device.write(timer + CONTROL, 4, SIZE_32 | INTERRUPT | PERIODIC | ENABLE)
    advance(device, 5 * MICROSECOND)
    assert (device.read(MASKED, 4), device.read(SECOND_TIMER + MASKED, 4)) == (1, 0)
    advance(device, 5 * MICROSECOND)
    device.write(CONTROL, 4, 0)
    device.write(CLEAR, 4, 0)
    assert interrupts(device)
    device.write(SECOND_TIMER + CLEAR, 4, 0)
    assert not interrupts(device)


def test_nothing_is_scheduled_for_a_counter_that_nobody_waits_for() -> None:
    device = make_device(Sp804)
    device.write(LOAD, 4, 1)
    device.write(CONTROL, 4, SIZE_32 | PERIODIC | ENABLE)
    advance(device, 2 * MICROSECOND)
    assert device.read(RAW, 4) == 1
    assert device.system.events.pending() == []


@pytest.mark.parametrize("output", range(4))
def test_integration_test_drives_the_output(output: int) -> None:
    device = make_device(Sp804)
    device.write(ITCR, 4, 1)
    device.write(ITOP, 4, output)
    assert interrupts(device) == bool(output)
    device.write(ITCR, 4, 0)
    assert not interrupts(device)


@any_guest
@given(st.lists(accesses, max_size=40))
def test_any_guest(sequence: list[tuple[bool, int, int, int, int]]) -> None:
    check_any_guest(make_device(Sp804), sequence)
