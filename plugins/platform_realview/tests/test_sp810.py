"""The system controller SP810."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from realview_testing import accesses, any_guest, check_any_guest, make_device
from vmsim_platform_realview.sp810 import Sp810

CONTROL, ENABLE, DISABLE, CLOCKS, STATUS = 0x00, 0x24, 0x28, 0x2C, 0x30


def test_resets_to_doze() -> None:
    assert make_device(Sp810).read(CONTROL, 4) == 0x9


def test_is_a_primecell() -> None:
    device = make_device(Sp810)
    assert [device.read(offset, 4) for offset in range(0xFE0, 0x1000, 4)] == [
        0x10, 0x18, 0x04, 0x00, 0x0D, 0xF0, 0x05, 0xB1,
    ]  # fmt: skip


@pytest.mark.parametrize(("request_", "mode"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 4), (7, 4)])
def test_mode_is_reached_at_once(request_: int, mode: int) -> None:
    device = make_device(Sp810)
    device.write(CONTROL, 4, request_)
    assert device.read(CONTROL, 4) == request_ | mode << 3


@pytest.mark.parametrize("timer", range(4))
def test_linux_selects_timclk(timer: int) -> None:
    device = make_device(Sp810)
    selected = 1 << (15 + 2 * timer)
    device.write(CONTROL, 4, device.read(CONTROL, 4) | selected)
    assert device.read(CONTROL, 4) == 0x9 | selected


def test_peripheral_clocks_are_enabled_and_disabled_by_ones() -> None:
    device = make_device(Sp810)
    device.write(DISABLE, 4, 0xFFFF_FFFF)
    device.write(ENABLE, 4, 0xF0)
    device.write(DISABLE, 4, 0x10)
    assert device.read(CLOCKS, 4) == device.read(STATUS, 4) == 0xE0


@any_guest
@given(st.lists(accesses, max_size=40))
def test_any_guest(sequence: list[tuple[bool, int, int, int, int]]) -> None:
    check_any_guest(make_device(Sp810), sequence)
