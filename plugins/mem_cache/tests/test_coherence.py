"""MESI between two cores, aliases of RAM, instructions, uncached accesses and devices."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from cache_machine import (
    ALIAS,
    CLEAN,
    CLEAN_AND_INVALIDATE,
    CYCLE,
    INVALIDATE,
    LONG_AGO,
    SMALL,
    UNCACHED,
    WRITE_BACK_ALLOCATE,
    WRITE_THROUGH,
    Machine,
)
from vmsim_core.memory_hierarchy import Maintenance
from vmsim_core.testing.port_driver import PortDriver
from vmsim_mem_cache.port import CachePort


@pytest.fixture
def two() -> Machine:
    return Machine(cores=2)


def states(machine: Machine, address: int = 0x40) -> str:
    return machine.state("l1d0", address) + machine.state("l1d1", address)


# --- MESI -------------------------------------------------------------------------------------------------------------


def test_a_line_is_exclusive_then_shared_then_taken(two: Machine) -> None:
    one, other = two.ports
    one.read(0x40, 4)
    assert states(two) == "EI"
    other.read(0x44, 4)
    assert states(two) == "SS"
    one.write(0x40, 4, 7)
    assert states(two) == "MI"
    assert other.read(0x40, 4)[0] == 7
    assert states(two) == "SS"
    other.write(0x44, 4, 8)
    assert states(two) == "IM"
    one.write(0x48, 4, 9)
    assert states(two) == "MI"
    assert [one.read(place, 4)[0] for place in (0x40, 0x44, 0x48)] == [7, 8, 9]
    assert two.statistic("l1d0.taken") == 1
    assert two.statistic("l1d1.taken") == 2


def test_a_dirty_line_that_is_shared_is_below_too(two: Machine) -> None:
    two.ports[0].write(0x40, 4, 7)
    two.ports[1].read(0x40, 4)
    assert two.state("l2", 0x40) == "M"
    # Neither copy is dirty any more, so both may be lost.
    two.cache("l1d0").drop()
    two.cache("l1d1").drop()
    assert two.ports[0].read(0x40, 4)[0] == 7


def test_taking_the_right_to_write_costs_a_snoop(two: Machine) -> None:
    for port in two.ports:
        port.read(0x40, 4)
    assert two.ports[0].write(0x40, 4, 1, now=LONG_AGO) == LONG_AGO + (1 + 10) * CYCLE
    assert two.ports[0].write(0x40, 4, 1, now=LONG_AGO) == LONG_AGO + CYCLE


def test_a_page_table_walk_sees_what_another_core_wrote(two: Machine) -> None:
    two.ports[0].write(0x40, 4, 0xC02)
    assert two.ports[1].walk(0x40)[0] == 0xC02


@pytest.mark.parametrize("inner", [UNCACHED, WRITE_THROUGH])
def test_a_write_that_stays_nowhere_is_seen_by_the_other_core(two: Machine, inner: int) -> None:
    two.ports[1].write(0x44, 4, 5)
    two.ports[0].write(0x40, 4, 7, inner=inner)
    assert [two.ports[1].read(place, 4)[0] for place in (0x40, 0x44)] == [7, 5]


def test_maintenance_by_address_reaches_the_other_core(two: Machine) -> None:
    two.ports[1].write(0x40, 4, 7)
    two.ports[0].maintain_address(CLEAN_AND_INVALIDATE, 0x40)
    assert states(two) == "II"
    assert two.state("l2", 0x40) == "M"


# --- one byte, two addresses ------------------------------------------------------------------------------------------


def test_an_alias_is_the_same_line() -> None:
    machine = Machine()
    machine.port.write(ALIAS + 0x80, 4, 0x1234)
    assert machine.port.read(0x80, 4)[0] == 0x1234
    assert machine.port.peek(0x82, 2) == 0
    assert [address for address, _, _ in machine.cache("l1d").contents()] == [0x80]
    machine.hierarchy.maintain_outer(Maintenance.CLEAN, ALIAS + 0x80)
    machine.port.maintain_address(CLEAN, ALIAS + 0x80)
    machine.hierarchy.maintain_outer(Maintenance.CLEAN, ALIAS + 0x80)
    assert machine.ram_word(0x80) == 0x1234


# --- instructions -----------------------------------------------------------------------------------------------------


def test_instructions_are_stale_until_they_are_invalidated() -> None:
    machine = Machine()
    port = machine.port
    machine.set_ram_word(0x100, 1)
    assert port.fetch(0x100)[::2] == (machine.ram.view[0x100:0x120].tobytes(), True)
    port.write(0x100, 4, 2)
    port.maintain_address(CLEAN, 0x100, to_unification=True)
    line, _, filled = port.fetch(0x100)
    assert (line[0], filled) == (1, False)
    port.invalidate_instructions(0x104)
    line, _, filled = port.fetch(0x100)
    assert (line[0], filled) == (2, True)


def test_a_store_that_was_not_cleaned_is_not_fetched() -> None:
    machine = Machine()
    machine.port.write(0x100, 4, 2)
    machine.port.invalidate_instructions()
    assert machine.port.fetch(0x100)[0][0] == 0


@pytest.mark.parametrize("way", [PortDriver, lambda port: port], ids=["as an engine", "the port alone"])
def test_a_unified_cache_says_when_a_store_changed_instructions(way: Callable[[CachePort], PortDriver]) -> None:
    machine = Machine({"l1": {"size": 512}})
    port, now = way(machine.port), count(LONG_AGO, LONG_AGO)

    def fetched(address: int = 0x100) -> tuple[int, bool]:
        line, _, filled = port.fetch(address, now=next(now))
        return line[8], filled

    assert [fetched(), fetched()] == [(0, True), (0, False)]
    for value in (2, 3):
        port.write(0x108, 4, value, now=next(now))
    assert [fetched(), fetched()] == [(3, True), (3, False)]
    port.write(0x108, 4, 4, now=next(now))
    assert [fetched(), fetched()] == [(4, True), (4, False)]
    port.write(0x108, 4, 5, inner=0, outer=0, now=next(now))
    assert fetched() == (5, True)
    port.read(0x208, 4, now=next(now))
    assert [fetched(0x200), fetched(0x200)] == [(0, True), (0, False)]


def test_uncached_fetches_see_what_was_cleaned_and_stay_nowhere() -> None:
    machine = Machine()
    machine.port.write(0x100, 4, 2)
    assert machine.port.fetch(0x104, inner=0, outer=0)[0][0] == 0
    machine.port.maintain_address(CLEAN, 0x100)
    assert machine.port.fetch(0x104, inner=0, outer=0)[::2][0][0] == 2
    assert machine.cache("l1i").held == 0


# --- cacheability -----------------------------------------------------------------------------------------------------


def test_uncached_accesses_neither_lose_nor_miss_a_dirty_line() -> None:
    machine = Machine()
    port = machine.port
    port.write(0x40, 4, 7)
    assert port.read(0x40, 4, inner=0, outer=0)[0] == 7
    port.write(0x44, 4, 8, inner=0, outer=0)
    assert machine.state("l1d", 0x40) == "M"
    assert [port.read(place, 4)[0] for place in (0x40, 0x44)] == [7, 8]
    assert machine.ram_word(0x44) == 8
    machine.hierarchy.mem_writeback()
    assert [machine.ram_word(place) for place in (0x40, 0x44)] == [7, 8]


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        (WRITE_BACK_ALLOCATE, WRITE_BACK_ALLOCATE, ["l1d", "l2"]),
        (WRITE_BACK_ALLOCATE, UNCACHED, ["l1d"]),
        (UNCACHED, WRITE_BACK_ALLOCATE, ["l2"]),
        (UNCACHED, UNCACHED, []),
    ],
)
def test_attributes_say_which_level_takes_a_line(inner: int, outer: int, expected: list[str]) -> None:
    machine = Machine()
    machine.port.read(0x40, 4, inner, outer)
    assert [name for name in ("l1d", "l2") if machine.state(name, 0x40) != "I"] == expected


def test_a_line_that_only_the_inner_cache_may_hold_leaves_for_ram() -> None:
    machine = Machine()
    machine.port.write(0x40, 4, 7, outer=UNCACHED)
    machine.port.maintain_address(CLEAN, 0x40)
    assert machine.state("l2", 0x40) == "I"
    assert machine.ram_word(0x40) == 7


def test_write_through_pages_are_below_at_once() -> None:
    machine = Machine()
    machine.port.read(0x40, 4, WRITE_THROUGH, WRITE_THROUGH)
    machine.port.write(0x40, 4, 7, WRITE_THROUGH, WRITE_THROUGH)
    assert machine.state("l1d", 0x40) == machine.state("l2", 0x40) == "E"
    assert machine.ram_word(0x40) == 7


# --- maintenance ------------------------------------------------------------------------------------------------------


def test_invalidation_by_a_guest_loses_what_was_written() -> None:
    machine = Machine()
    machine.port.write(0x40, 4, 7)
    machine.port.maintain_address(INVALIDATE, 0x40)
    assert machine.port.read(0x40, 4)[0] == 0


def test_a_set_and_a_way_are_those_of_the_geometry_that_the_guest_knows() -> None:
    machine = Machine()  # L1D: 4 sets of 2 ways
    machine.port.write(0x40, 4, 7)  # set 2, way 0
    machine.port.write(0x40 + 128, 4, 8)  # set 2, way 1
    machine.port.maintain_set_way(INVALIDATE, 2, 4, 1, 2)
    assert machine.state("l1d", 0x40) + machine.state("l1d", 0x40 + 128) == "MI"
    for number, way in [(2, 3), (6, 0), (0, 0)]:  # those do not exist, or are elsewhere
        machine.port.maintain_set_way(INVALIDATE, number, 8, way, 4)
    assert machine.state("l1d", 0x40) == "M"
    machine.port.maintain_set_way(INVALIDATE, 0, 2, 0, 1)
    assert machine.state("l1d", 0x40) == "I"


def test_what_lies_beside_the_guests_line_in_a_longer_one_is_not_lost() -> None:
    """CTR tells of 32 bytes, and so does the L2C-310."""
    longer = {"size": 1024, "ways": 2, "line": 128}
    machine = Machine({"l1i": longer, "l1d": longer, "l2": longer})
    for place in range(0, 128, 32):
        machine.port.write(place, 4, place + 1)
    machine.port.maintain_address(INVALIDATE, 0x44)
    machine.hierarchy.maintain_outer(Maintenance.INVALIDATE, 0x44)
    assert [machine.port.read(place, 4)[0] for place in range(0, 128, 32)] == [1, 33, 0, 97]
    for place in range(0, 128, 32):
        machine.port.write(place, 4, 7)
    machine.port.maintain_set_way(INVALIDATE, 0, 1, 0, 1)
    assert [machine.port.read(place, 4)[0] for place in range(0, 128, 32)] == [1, 33, 0, 97]


def test_the_controllers_line_is_all_of_its_shorter_ones() -> None:
    shorter = {"size": 256, "ways": 2, "line": 16}
    machine = Machine({"l1i": shorter, "l1d": shorter, "l2": shorter})
    for place in (0x40, 0x50):
        machine.port.write(place, 4, 7)
        machine.port.maintain_address(CLEAN, place)
    machine.hierarchy.maintain_outer(Maintenance.CLEAN, 0x50)
    assert [machine.ram_word(place) for place in (0x40, 0x50)] == [7, 7]


@pytest.mark.parametrize("inner", [{}, {"l2": {"size": 1024, "ways": 4, "outer": False}}])
@pytest.mark.parametrize(("sets", "ways"), [(1, 1), (2, 4), (16, 2), (4, 2), (64, 4)])
def test_a_loop_over_any_geometry_cleans_every_inner_line(inner: dict[str, Any], sets: int, ways: int) -> None:
    machine = Machine({"l1i": SMALL["l1i"], "l1d": SMALL["l1d"], **inner})
    places = range(0, 2048, 32)
    for place in places:
        machine.port.write(place, 4, place + 1)
    for number in range(sets):
        for way in range(ways):
            machine.port.maintain_set_way(CLEAN, number, sets, way, ways)
    assert [machine.ram_word(place) for place in places] == [place + 1 for place in places]


@pytest.mark.parametrize(("sets", "ways"), [(1, 1), (1, 8), (16, 2), (512, 8)])
def test_a_loop_over_any_geometry_cleans_every_outer_line(sets: int, ways: int) -> None:
    machine = Machine()
    for place in range(0, 2048, 32):
        machine.port.write(place, 4, place + 1, inner=UNCACHED)
        machine.port.write(place, 4, place + 2, inner=WRITE_THROUGH)
        machine.port.read(place, 4, inner=UNCACHED)
    assert machine.cache("l2").held
    for number in range(sets):
        for way in range(ways):
            machine.hierarchy.maintain_outer_way(Maintenance.CLEAN, way, ways, number, sets)
    assert machine.cache("l2").dirty == 0


# --- the controller of an outer cache ---------------------------------------------------------------------------------


def test_while_it_is_disabled_an_outer_cache_loses_nothing() -> None:
    machine = Machine()
    machine.system.outer_cache_enabled = lambda: False
    machine.port.write(0x40, 4, 7)
    machine.port.maintain_address(CLEAN_AND_INVALIDATE, 0x40)
    assert machine.state("l2", 0x40) == "M"
    machine.hierarchy.maintain_outer(Maintenance.INVALIDATE, None)
    assert machine.state("l2", 0x40) == "I"
    assert machine.ram_word(0x40) == 7


def test_while_it_is_disabled_incoherent_devices_see_what_an_outer_cache_holds() -> None:
    machine = Machine({**SMALL, "dma": "incoherent"})
    enabled = False
    machine.system.outer_cache_enabled = lambda: enabled
    for value in (7, 8):
        machine.port.write(0x40, 4, value)
        machine.port.maintain_address(CLEAN_AND_INVALIDATE, 0x40)
        assert machine.system.address_map.read_block(0x40, 1) == b"\x07"  # when it is enabled, the one before
        enabled = True
    enabled = False
    machine.system.address_map.write_block(0x44, b"\x09")
    assert [machine.port.read(place, 4)[0] for place in (0x40, 0x44)] == [8, 9]


def test_cp15_does_not_reach_an_outer_cache_and_its_controller_nothing_else() -> None:
    machine = Machine()
    machine.port.write(0x40, 4, 7)
    machine.hierarchy.maintain_outer(Maintenance.CLEAN_AND_INVALIDATE, None)
    assert machine.state("l1d", 0x40) == "M"
    machine.port.maintain_address(CLEAN_AND_INVALIDATE, 0x40)
    for way in range(2):
        machine.port.maintain_set_way(INVALIDATE, 2, 4, way, 2)
    assert machine.state("l2", 0x40) == "M"
    assert machine.ram_word(0x40) == 0
    machine.hierarchy.maintain_outer(Maintenance.CLEAN, None)
    assert machine.state("l2", 0x40) == "E"
    assert machine.ram_word(0x40) == 7


def test_cp15_reaches_an_inner_second_level() -> None:
    machine = Machine({**SMALL, "l2": {"size": 1024, "ways": 4, "outer": False}})
    machine.port.write(0x40, 4, 7)
    machine.port.maintain_address(CLEAN, 0x40, to_unification=True)
    assert machine.ram_word(0x40) == 0
    machine.port.maintain_address(CLEAN, 0x40)
    assert machine.ram_word(0x40) == 7


def test_an_address_without_ram_harms_nobody() -> None:
    machine = Machine()
    machine.port.write(0x40, 4, 7)
    for address in (0x1000_0000, 0xFFFF_FFE0, 0x7FFF_0040):
        machine.hierarchy.maintain_outer(Maintenance.INVALIDATE, address)
        machine.port.maintain_address(INVALIDATE, address)
        assert machine.port.peek(address, 4) == 0
    assert machine.port.read(0x40, 4)[0] == 7


# --- devices ----------------------------------------------------------------------------------------------------------


def test_a_coherent_device_reads_what_caches_hold() -> None:
    machine = Machine()
    machine.port.write(0x40, 4, 7)
    machine.port.write(0x60, 4, 8)
    assert machine.system.address_map.read_block(ALIAS + 0x40, 36)[::32] == b"\x07\x08"
    assert machine.state("l1d", 0x40) == "E"


def test_a_coherent_device_writes_past_no_cache() -> None:
    machine = Machine()
    machine.port.write(0x40, 4, 7)
    machine.port.read(0x60, 4)
    machine.port.fetch(0x40)
    # The rest of a line that is written in part is not lost.
    machine.system.address_map.write_block(0x44, bytes([9]) * 32)
    assert [machine.port.read(place, 4)[0] for place in (0x40, 0x44, 0x60)] == [7, 0x09090909, 0x09090909]
    assert machine.port.fetch(0x40)[0][:5] == b"\x07\0\0\0\x09"


def test_a_large_transfer_is_the_same_as_many_small_ones() -> None:
    machine = Machine()
    for place in range(0, 4096, 32):
        machine.port.write(place, 4, place)
    machine.system.address_map.write_block(0, bytes(0x8000))
    assert machine.hierarchy.mem_writeback() == 0
    assert machine.port.read(0xFE0, 4)[0] == 0


def test_an_incoherent_device_sees_ram_alone() -> None:
    machine = Machine({**SMALL, "dma": "incoherent"})
    machine.port.write(0x40, 4, 7)
    assert machine.system.address_map.read_block(0x40, 4) == bytes(4)
    machine.port.read(0x80, 4)
    machine.system.address_map.write_block(0x80, b"\x09\0\0\0")
    assert machine.port.read(0x80, 4)[0] == 0
    machine.port.maintain_address(INVALIDATE, 0x80)
    machine.hierarchy.maintain_outer(Maintenance.INVALIDATE, 0x80)
    assert machine.port.read(0x80, 4)[0] == 9
