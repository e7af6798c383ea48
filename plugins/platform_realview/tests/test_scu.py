"""The snoop control unit (ARM DDI 0407, chapter 2)."""

from __future__ import annotations

import pytest
from a9_testing import make_board
from hypothesis import given
from hypothesis import strategies as st
from realview_testing import accesses, add_device, check_any_guest, make_device
from vmsim_platform_realview.scu import Scu


@pytest.mark.parametrize(("cpus", "configuration"), [(1, 0x10), (2, 0x31), (4, 0xF3)])
def test_the_configuration_counts_the_cores(cpus: int, configuration: int) -> None:
    scu = add_device(make_board(cpus).system, Scu, "scu")
    assert scu.read(0x04, 4) == configuration


def test_each_core_has_a_byte_of_power_status() -> None:
    scu = make_device(Scu)
    scu.write(0x08, 1, 0x03)
    scu.write(0x0A, 1, 0xFE)
    assert scu.read(0x08, 4) == 0x00020003
    assert scu.read(0x0A, 1) == 2


@pytest.mark.parametrize(
    ("offset", "reset", "after_ones"),
    [
        (0x00, 0, 0x7F),
        (0x04, 0x10, 0x10),
        (0x0C, 0, 0),
        (0x40, 0, 0xFFF00000),
        (0x44, 0, 0xFFF00000),
        (0x50, 0xF, 0xF),
        (0x54, 0, 0xFFF),
    ],
)
def test_registers_keep_the_bits_that_exist(offset: int, reset: int, after_ones: int) -> None:
    scu = make_device(Scu)
    assert scu.read(offset, 4) == reset
    scu.write(offset, 4, 0xFFFFFFFF)
    assert scu.read(offset, 4) == after_ones


@given(st.lists(accesses, max_size=30))
def test_no_guest_breaks_it_and_a_copy_goes_on_the_same(sequence: list[tuple[bool, int, int, int, int]]) -> None:
    check_any_guest(make_device(Scu), sequence)
