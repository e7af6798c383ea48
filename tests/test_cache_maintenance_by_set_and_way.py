"""Cache maintenance by set and way, by CP15 and by the L2C-310: loops over a geometry reach all that is cached."""

from __future__ import annotations

import struct

import pytest
from bare_machine import BareMachine
from cached_machine import ALL_L2_CLEAN, L2_ON, MODELS, SOURCE, machine_for

pytestmark = pytest.mark.parametrize("model", MODELS)

LINES = 2048
"""64 KiB: twice what the largest of the caches below holds."""

FILL = f"""
    ldr r4, =0x{SOURCE:x}
    ldr r5, ={LINES}
filling:
    str r5, [r4], #32
    subs r5, r5, #1
    bne filling
"""


def by_set_and_way(crm: int) -> str:
    """Go through the sets and ways of CCSIDR with an operation (as in DDI 0406C, B2.2.7)."""
    return f"""
        mov r0, #0
        mcr p15, 2, r0, c0, c0, 0
        isb
        mrc p15, 1, r0, c0, c0, 0
        ubfx r1, r0, #13, #15
        ubfx r2, r0, #3, #10
        and r0, r0, #7
        add r0, r0, #4
        clz r3, r2
    each_set:
        mov r5, r2
    each_way:
        lsl r6, r5, r3
        lsl r7, r1, r0
        orr r6, r6, r7
        mcr p15, 0, r6, c7, c{crm}, 2
        subs r5, r5, #1
        bpl each_way
        subs r1, r1, #1
        bpl each_set
        dsb
    """


GEOMETRIES = [
    "{size: 32KiB}",
    "{size: 16KiB}",
    "{size: 1KiB, ways: 2}",
    "{size: 32KiB, ways: 16}",
    "{size: 24KiB, ways: 3}",
]
"""CCSIDR tells of 128 sets in 4 ways of 32 bytes, whatever there is."""


def words(machine: BareMachine) -> list[int]:
    block = machine.system.address_map.read_block(SOURCE, LINES * 32)
    return [value for (value, *_) in struct.iter_unpack("<8I", block)]


@pytest.mark.parametrize("l2", ["{size: 128KiB}", "{size: 8KiB, ways: 4}", "{size: 64KiB, outer: false}"])
@pytest.mark.parametrize("l1d", GEOMETRIES)
def test_a_loop_over_sets_and_ways_reaches_every_line(model: str, l1d: str, l2: str) -> None:
    machine = machine_for(model, L2_ON + FILL + by_set_and_way(10) + ALL_L2_CLEAN, l1d=l1d, l2=l2)
    machine.finish()
    assert words(machine) == list(range(LINES, 0, -1))


@pytest.mark.parametrize("left_out", ["loop", "L2"])
def test_without_the_loop_or_the_controller_lines_are_missing(model: str, left_out: str) -> None:
    maintenance = {"loop": ALL_L2_CLEAN, "L2": by_set_and_way(10)}[left_out]
    machine = machine_for(model, L2_ON + FILL + maintenance)
    machine.finish()
    assert words(machine).count(0) >= 1000


def test_a_loop_that_invalidates_loses_what_is_dirty(model: str) -> None:
    machine = machine_for(model, L2_ON + FILL + by_set_and_way(6) + ALL_L2_CLEAN)
    machine.finish()
    found = words(machine)
    assert found[:1024] == list(range(LINES, 1024, -1))
    # All but those that made room for page tables.
    assert found.count(0) >= 1020


def test_the_controllers_ways_and_indices_reach_every_line(model: str) -> None:
    each_index = """
        mov r0, #512
    each_index:
        sub r0, r0, #1
        mov r1, #8
    each_way_of_it:
        sub r1, r1, #1
        lsl r2, r0, #5
        orr r2, r2, r1, lsl #28
        str r2, [r12, #0x7b8]
        cmp r1, #0
        bne each_way_of_it
        cmp r0, #0
        bne each_index
    """
    each_way = "".join(f"mov r0, #{1 << way}\n str r0, [r12, #0x7fc]\n" for way in range(8))
    for maintenance in (each_index, each_way):
        machine = machine_for(model, L2_ON + FILL + by_set_and_way(14) + maintenance, l2="{size: 512KiB, ways: 4}")
        machine.finish()
        assert words(machine) == list(range(LINES, 0, -1))
