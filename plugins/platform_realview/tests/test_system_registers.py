"""The RealView system registers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from realview_testing import (
    accesses,
    add_device,
    advance,
    any_guest,
    check_any_guest,
    exit_causes,
    make_device,
    make_system,
)
from vmsim_core.exits import Reset
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.system_registers import SystemRegisters

LED, OSC0, OSC4, LOCK, COUNTER_100HZ, CFGDATA1 = 0x08, 0x0C, 0x1C, 0x20, 0x24, 0x28
FLAGS, FLAGS_CLEAR, NV_FLAGS, NV_FLAGS_CLEAR, RESETCTL = 0x30, 0x34, 0x38, 0x3C, 0x40
CLCD, COUNTER_24MHZ = 0x50, 0x5C
UNLOCK = 0xA05F


def test_identifies_the_board() -> None:
    device = make_device(SystemRegisters)
    assert device.read(0x00, 4) == 0x0178_0500
    assert device.read(0x84, 4) == 0x0E00_0000
    assert device.read(0x88, 4) == 0xFF00_0000
    assert device.read(CLCD, 4) >> 8 & 0x1F == 0x1F
    assert make_device(SystemRegisters, system_id=0x0182_1234, switches=0x5A).read(0x00, 4) == 0x0182_1234
    assert make_device(SystemRegisters, switches=0x5A).read(0x04, 4) == 0x5A


def test_leds_are_eight() -> None:
    device = make_device(SystemRegisters)
    device.write(LED, 4, 0x1FF)
    assert device.read(LED, 4) == 0xFF


@pytest.mark.parametrize("offset", [OSC0, OSC4, CFGDATA1, RESETCTL, 0x8C])
def test_lock_guards_oscillators_configuration_and_reset(offset: int) -> None:
    device = make_device(SystemRegisters)
    before = device.read(offset, 4)
    device.write(offset, 4, before ^ 0x20)
    assert device.read(offset, 4) == before
    device.write(LOCK, 4, UNLOCK)
    assert device.read(LOCK, 4) == UNLOCK
    device.write(offset, 4, before ^ 0x20)
    assert device.read(offset, 4) == before ^ 0x20
    device.write(LOCK, 4, 0)
    assert device.read(LOCK, 4) == 1 << 16
    device.write(offset, 4, before)
    assert device.read(offset, 4) == before ^ 0x20


def test_flags_are_set_and_cleared_by_ones() -> None:
    device = make_device(SystemRegisters)
    for flags, clear in ((FLAGS, FLAGS_CLEAR), (NV_FLAGS, NV_FLAGS_CLEAR)):
        device.write(flags, 4, 0xF0)
        device.write(flags, 4, 0x0F)
        device.write(clear, 4, 0x81)
        assert device.read(flags, 4) == 0x7E


@settings(deadline=None)
@given(st.integers(0, 1 << 62))
def test_counters_are_exact(tick: int) -> None:
    device = make_device(SystemRegisters)
    device.system.events.now = tick
    assert device.read(COUNTER_24MHZ, 4) == tick * 24_000_000 // TICKS_PER_SECOND % 2**32
    assert device.read(COUNTER_100HZ, 4) == tick * 100 // TICKS_PER_SECOND % 2**32


def test_counters_need_no_events() -> None:
    device = make_device(SystemRegisters)
    advance(device, TICKS_PER_SECOND)
    assert device.read(COUNTER_24MHZ, 4) == 24_000_000
    assert device.system.events.pending() == []


def test_linux_resets_the_board() -> None:
    device = add_device(make_system(), SystemRegisters, "sysregs")
    device.write(RESETCTL, 4, 0xF4)
    assert exit_causes(device) == []
    device.write(LOCK, 4, UNLOCK)
    device.write(RESETCTL, 4, 0xF0)
    assert exit_causes(device) == []
    device.write(RESETCTL, 4, 0xF4)
    assert exit_causes(device) == [Reset(source="sysregs")]


def test_display_keeps_its_identity() -> None:
    device = make_device(SystemRegisters)
    device.write(CLCD, 4, 0xFFFF_FFFF)
    assert device.read(CLCD, 4) == 0x1F80
    device.write(CLCD, 4, 0)
    assert device.read(CLCD, 4) == 0x1F00


@any_guest
@given(st.lists(accesses, max_size=40))
def test_any_guest(sequence: list[tuple[bool, int, int, int, int]]) -> None:
    check_any_guest(make_device(SystemRegisters), sequence)


def test_oscillators_have_the_frequencies_that_their_settings_say() -> None:
    """As the board sets them at power-on (DUI 0440, 4.3.4), and as the guest sets one."""
    device = make_device(SystemRegisters)
    heard: list[int] = []
    device.listen_to_oscillators(lambda: heard.append(device.oscillator_frequency(4)))
    assert [device.oscillator_frequency(index) // 10**6 for index in range(5)] == [100, 40, 25, 50, 25]
    device.write(OSC4, 4, 0x3_0000 | (65 - 8) | (6 - 2) << 9)  # 24 MHz * 2 * 65 / (6 * 4)
    assert heard == []
    device.write(LOCK, 4, UNLOCK)
    device.write(OSC4, 4, 0x3_0000 | (65 - 8) | (6 - 2) << 9)
    assert heard == [130_000_000]
