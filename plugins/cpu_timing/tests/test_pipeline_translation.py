"""What translation costs, and which translations the TLBs hold: counted and timed, page by page."""

from __future__ import annotations

import pytest
from pipeline_machine import CYCLE, Machine
from vmsim_arch_arm.state import ArmState

MIB = 1 << 20
TABLE, PAGES = 0x4000, 0x10000
WINDOW = 0x80000000
SECTION, SUPERSECTION, LARGE_PAGE, SMALL_PAGE = 1 << 20, 1 << 24, 1 << 16, 1 << 12
FULL_ACCESS_SECTION = 3 << 10 | 0b10
MICRO, MAIN, WALK = 7, 5, 3
"""Cycles of a miss in the micro TLB, of one in the main TLB, and of a read of the tables."""


def word(machine: Machine, address: int, value: int) -> None:
    """Write a word of RAM."""
    machine.ram.view[address : address + 4] = value.to_bytes(4, "little")


def map_window(machine: Machine, size: int) -> None:
    """Map 16 MiB at WINDOW, in pieces of `size` that all show RAM's beginning (B3.5.1)."""
    for number in range(16):
        first = TABLE + 4 * (WINDOW // MIB + number)
        if size == SUPERSECTION:
            word(machine, first, FULL_ACCESS_SECTION | 1 << 18)
        elif size == SECTION:
            word(machine, first, FULL_ACCESS_SECTION)
        else:
            table = PAGES + 0x400 * number
            word(machine, first, table | 1)
            for page in range(256):
                word(machine, table + 4 * page, 3 << 4 | (0b10 if size == SMALL_PAGE else 0b01))


class Reader:
    """A machine with its MMU on that reads words, `stride` bytes apart, from WINDOW on, through `pages` in a circle."""

    def __init__(self, size: int, stride: int = SMALL_PAGE, pages: int = 4096, **params: int) -> None:
        source = "loop: ldr r0, [r8, r10]; add r10, r10, r9; and r10, r10, r11; b loop"
        self.machine = Machine(source, micro_tlb_miss=MICRO, main_tlb_miss=MAIN, **params)
        word(self.machine, TABLE, FULL_ACCESS_SECTION)
        map_window(self.machine, size)
        self.machine.port.walk_ticks = WALK * CYCLE
        state = self.machine.engine.save_state(ArmState())
        state.sctlr |= 1
        state.ttbr0, state.dacr = TABLE, 1
        state.r8_12_usr[:4] = [WINDOW, stride, 0, pages * SMALL_PAGE - 1]
        self.machine.engine.load_state(state)

    def read(self, count: int) -> tuple[int, int, int]:
        """Read `count` words; return how often the data micro TLB and the main TLB had nothing, and the cycles."""
        before = self.machine.engine.timing_counters()
        cycles = self.machine.cycles(4 * count)
        after = self.machine.engine.timing_counters()
        micro, main = (after[name] - before[name] for name in ("data_micro_tlb_misses", "main_tlb_misses"))
        return micro, main, cycles


@pytest.mark.parametrize(("size", "entries"), [(SUPERSECTION, 1), (SECTION, 2), (LARGE_PAGE, 32), (SMALL_PAGE, 512)])
def test_an_entry_is_of_what_is_mapped_together(size: int, entries: int) -> None:
    micro, main, _ = Reader(size).read(512)
    # One more in the main TLB: the section of the code.
    assert (micro, main) == (entries, entries + 1)


def test_what_a_miss_costs() -> None:
    _, _, nearby = Reader(SMALL_PAGE, stride=4).read(8)
    _, _, far = Reader(SMALL_PAGE).read(8)
    # Seven more pages: each goes past both TLBs and reads two words of the tables.
    assert far - nearby == 7 * (MICRO + MAIN + 2 * WALK)


def test_the_main_tlb_serves_what_the_micro_tlb_has_lost() -> None:
    reader = Reader(SMALL_PAGE, pages=8, micro_tlb=4)
    assert reader.read(8)[:2] == (8, 8 + 1)
    micro, main, cycles = reader.read(8)
    assert (micro, main) == (8, 0)
    kept = Reader(SMALL_PAGE, pages=4, micro_tlb=4)
    kept.read(8)
    assert kept.read(8)[:2] == (0, 0)
    large = Reader(SMALL_PAGE, pages=8)
    large.read(8)
    assert cycles - large.read(8)[2] == 8 * MICRO
