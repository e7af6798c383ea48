"""The level 2 cache controller (ARM DDI 0246)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from realview_testing import accesses, add_device, check_any_guest, make_device, make_system
from vmsim_core.memory_hierarchy import Maintenance
from vmsim_platform_realview.l2c310 import L2c310

CONTROL, AUXILIARY, TAG_LATENCY, PREFETCH = 0x100, 0x104, 0x108, 0xF60


def test_identification_and_power_on_values() -> None:
    l2c = make_device(L2c310)
    assert [l2c.read(offset, 4) for offset in (0x000, 0x004, CONTROL, AUXILIARY, TAG_LATENCY, 0x10C)] == [
        0x410000C8, 0x1C100100, 0, 0x02020000, 0x777, 0x777,
    ]  # fmt: skip


def test_the_cache_type_follows_the_auxiliary_control() -> None:
    l2c = make_device(L2c310)
    l2c.write(AUXILIARY, 4, 0b011 << 17 | 1 << 16)
    assert l2c.read(0x004, 4) == 0x1C000000 | 0b01101 << 18 | 0b01101 << 6


@pytest.mark.parametrize(
    ("size", "ways", "auxiliary"),
    [
        (128 << 10, 8, 1 << 17), (512 << 10, 8, 3 << 17), (512 << 10, 16, 2 << 17 | 1 << 16),
        (8 << 20, 16, 6 << 17 | 1 << 16), (4096, 2, 1 << 17), (16 << 20, 8, 1 << 17),
    ],
)  # fmt: skip
def test_it_tells_of_the_cache_that_there_is(size: int, ways: int, auxiliary: int) -> None:
    """As far as it can: another one looks like the board's own."""
    system = make_system()
    system.outer_cache_geometry = size, ways
    l2c = add_device(system, L2c310)
    assert l2c.read(AUXILIARY, 4) == 0x0200_0000 | auxiliary


class Caches:
    """Notes what the controller asks of a memory hierarchy."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def maintain_outer(self, *what: object) -> None:
        """Note the operation and the address."""
        self.asked.append(what)

    maintain_outer_way = maintain_outer


@pytest.mark.parametrize(
    ("offset", "value", "asked"),
    [
        (0x770, 0x1234_567F, [(Maintenance.INVALIDATE, 0x1234_5660)]),
        (0x7B0, 0xFFFF_FFFF, [(Maintenance.CLEAN, 0xFFFF_FFE0)]),
        (0x7F0, 0x40, [(Maintenance.CLEAN_AND_INVALIDATE, 0x40)]),
        (0x77C, 0xFF, [(Maintenance.INVALIDATE, None)]),
        (0x7BC, 0xFFFF, [(Maintenance.CLEAN, None)]),
        (0x7FC, 0x14, [(Maintenance.CLEAN_AND_INVALIDATE, 2, 8), (Maintenance.CLEAN_AND_INVALIDATE, 4, 8)]),
        (0x7B8, 0xF001_3FE0, [(Maintenance.CLEAN, 7, 8, 0x1FF, 512)]),
        (0x7F8, 0x3000_0020, [(Maintenance.CLEAN_AND_INVALIDATE, 3, 8, 1, 512)]),
        (0x730, 0, []),
    ],
)
def test_the_caches_are_asked_to_maintain(offset: int, value: int, asked: list[tuple[object, ...]]) -> None:
    caches = Caches()
    system = make_system()
    l2c = add_device(system, L2c310)
    system._memory_hierarchy = caches  # type: ignore[assignment]
    l2c.write(offset, 4, value)
    assert caches.asked == asked


def test_it_says_whether_the_caches_are_enabled() -> None:
    system = make_system()
    l2c = add_device(system, L2c310)
    assert not system.outer_cache_enabled()
    l2c.write(CONTROL, 4, 1)
    assert system.outer_cache_enabled()


@pytest.mark.parametrize("offset", [0x730, 0x770, 0x77C, 0x7B0, 0x7B8, 0x7BC, 0x7F0, 0x7F8, 0x7FC, 0x954])
def test_maintenance_is_done_at_once(offset: int) -> None:
    l2c = make_device(L2c310)
    l2c.write(offset, 4, 0xFFFF)
    assert l2c.read(offset, 4) == 0
    assert l2c.undefined_accesses.value == 0


def test_it_is_set_up_while_it_is_disabled_only() -> None:
    l2c = make_device(L2c310)
    l2c.write(TAG_LATENCY, 4, 0x111)
    l2c.write(CONTROL, 4, 0xFFFFFFFF)
    assert l2c.read(CONTROL, 4) == 1
    for offset in (AUXILIARY, TAG_LATENCY, 0x10C):
        l2c.write(offset, 4, 0)
    assert [l2c.read(offset, 4) for offset in (AUXILIARY, TAG_LATENCY, 0x10C)] == [0x02020000, 0x111, 0x777]
    assert l2c.undefined_accesses.value == 3
    l2c.write(CONTROL, 4, 0)
    l2c.write(TAG_LATENCY, 4, 0xFFFFFFFF)
    assert l2c.read(TAG_LATENCY, 4) == 0x777


def test_prefetch_is_enabled_by_two_registers_with_the_same_bits() -> None:
    l2c = make_device(L2c310)
    l2c.write(AUXILIARY, 4, 0x32020000)
    assert l2c.read(PREFETCH, 4) == 0x30000000
    l2c.write(PREFETCH, 4, 0x10000007)
    assert (l2c.read(PREFETCH, 4), l2c.read(AUXILIARY, 4)) == (0x10000007, 0x12020000)


def test_event_counters_can_be_written_and_reset() -> None:
    l2c = make_device(L2c310)
    l2c.write(0x20C, 4, 11)
    l2c.write(0x210, 4, 22)
    l2c.write(0x200, 4, 0b011)
    assert [l2c.read(offset, 4) for offset in (0x200, 0x20C, 0x210)] == [1, 11, 0]
    l2c.write(0x204, 4, 0x2 << 2)
    l2c.write(0x20C, 4, 33)
    assert l2c.read(0x20C, 4) == 11, "it has an event to count"


@pytest.mark.parametrize(
    ("offset", "after_ones"),
    [
        (0x204, 0x3F),
        (0x214, 0x1FF),
        (0x218, 0),
        (0x21C, 0),
        (0x93C, 0xFFFF),
        (0x950, 1),
        (0xC00, 0xFFF00001),
        (0xC04, 0xFFF00000),
        (0xF40, 3),
        (0xF80, 3),
        (0xFFC, 0),
    ],
)
def test_registers_keep_the_bits_that_exist(offset: int, after_ones: int) -> None:
    l2c = make_device(L2c310)
    assert l2c.read(offset, 4) == 0
    l2c.write(offset, 4, 0xFFFFFFFF)
    assert l2c.read(offset, 4) == after_ones


@given(st.lists(accesses, max_size=30))
def test_no_guest_breaks_it_and_a_copy_goes_on_the_same(sequence: list[tuple[bool, int, int, int, int]]) -> None:
    check_any_guest(make_device(L2c310), sequence)
