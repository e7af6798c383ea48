"""When accesses are complete: the latencies of a Cortex-A9, and what is busy with what."""

from __future__ import annotations

from typing import Any

import pytest
from cache_machine import CYCLE, LONG_AGO, SMALL, WRITE_THROUGH, Machine

A9: dict[str, Any] = {"l2": {}}
"""The default first-level caches, and an L2."""
RAM = 147 * CYCLE
"""37 cycles and 110 ns, at 1 GHz."""


def warm(machine: Machine, *places: int) -> None:
    """Have L1D and L2 hold lines that arrived long ago."""
    for place in places:
        machine.port.read(place, 4)
    machine.hierarchy.mem_writeback()


# --- latencies --------------------------------------------------------------------------------------------------------


def test_the_latencies_of_each_level() -> None:
    machine = Machine(A9)
    assert machine.port.read(0x40, 4) == (0, RAM)
    assert machine.port.read(0x40, 4, now=RAM) == (0, RAM + 4 * CYCLE)
    machine.cache("l1d").drop()
    assert machine.port.read(0x40, 4, now=LONG_AGO) == (0, LONG_AGO + 23 * CYCLE)


def test_instructions_take_as_long_but_for_the_first_level() -> None:
    machine = Machine(A9)
    ends = []
    for now in (0, LONG_AGO):
        ends.append(machine.port.fetch(0x40, now=now)[1] - now)
    machine.cache("l1i").drop()
    ends.append(machine.port.fetch(0x40, now=2 * LONG_AGO)[1] - 2 * LONG_AGO)
    assert ends == [144 * CYCLE, CYCLE, 20 * CYCLE]


def test_the_clock_of_the_core_counts() -> None:
    assert Machine(A9).port.read(0x40, 4)[1] == 37_000 + 110_000
    assert Machine(A9, clock="2GHz").port.read(0x40, 4)[1] == 18_500 + 110_000


def test_a_write_that_hits_takes_a_cycle() -> None:
    machine = Machine(A9)
    warm(machine, 0x40)
    assert [machine.port.write(0x40, 4, 1, now=now) - now for now in (0, 5000)] == [CYCLE, CYCLE]


def test_uncached_accesses_take_the_time_of_ram_even_when_a_cache_has_the_bytes() -> None:
    machine = Machine(A9)
    warm(machine, 0x40)
    assert machine.port.read(0x40, 4, 0, 0, now=0)[1] == RAM
    assert machine.port.write(0x40, 4, 1, 0, 0, now=LONG_AGO) == LONG_AGO + RAM


# --- misses that meet -------------------------------------------------------------------------------------------------


def test_two_lines_at_a_time_are_on_their_way() -> None:
    machine = Machine(A9)
    ends = [machine.port.read(place, 4)[1] for place in range(0, 0x6000, 0x1000)]
    # The memory's interval is 10 ns. A third line waits for a line-fill buffer: 69 ns for a line on average.
    assert ends == [147_000, 157_000, 285_000, 295_000, 423_000, 433_000]
    assert machine.statistic("l1d.mshr_waits") == 4


def test_lines_of_l2_come_every_seven_cycles() -> None:
    machine = Machine(A9)
    places = range(0, 0x8000, 0x1000)
    warm(machine, *places)
    machine.cache("l1d").drop()
    ends = [machine.port.read(place, 4)[1] for place in places]
    assert ends[-1] - ends[-3] == 14 * CYCLE


def test_accesses_keep_the_interval_of_their_cache_also_where_they_hit() -> None:
    machine = Machine({"l2": {}, "l1d": {"interval": 4}})
    warm(machine, 0x40)
    reads = [machine.port.read(0x40, 4, now=LONG_AGO)[1] - LONG_AGO for _ in range(3)]
    assert reads == [4 * CYCLE, 8 * CYCLE, 12 * CYCLE]


def test_one_line_fill_buffer_makes_misses_wait_for_each_other() -> None:
    machine = Machine({"l2": {}, "l1d": {"mshrs": 1}})
    first, second = (machine.port.read(place, 4)[1] for place in (0, 0x1000))
    assert second - first == RAM - 9 * CYCLE


def test_a_second_access_to_a_line_on_its_way_waits_for_that_line_only() -> None:
    machine = Machine(A9)
    warm(machine, 0x800)
    _, done = machine.port.read(0x40, 4)
    assert machine.port.read(0x44, 4, now=2000)[1] == done
    assert machine.port.read(0x44, 4, now=done - 1000)[1] == done + 3 * CYCLE
    # What is written goes to the line-fill buffer, and is seen when the line is there.
    assert machine.port.write(0x48, 4, 1, now=3000) == 3000 + CYCLE
    assert machine.port.write(0x48, 4, 2, now=4000) == 4000 + CYCLE
    assert machine.port.visible == done
    # Other lines are hit meanwhile.
    assert machine.port.read(0x800, 4, now=2000)[1] == 6000
    assert machine.statistic("l1d.merged") == 3
    assert machine.statistic("dram.reads") == 2


def test_a_write_that_misses_waits_for_a_line_fill_buffer_and_no_longer() -> None:
    machine = Machine(A9)
    taken = [machine.port.write(place, 4, 1) for place in (0, 0x1000, 0x2000)]
    # There are two of them: the third line is asked for when the first has come.
    assert taken == [9 * CYCLE, 10 * CYCLE, RAM]
    assert machine.port.visible == 2 * RAM - 9 * CYCLE
    assert machine.port.read(0x2000, 4, now=taken[2])[1] == machine.port.visible


def test_what_is_written_through_is_seen_when_it_has_left() -> None:
    machine = Machine({"l2": {}, "l1d": {"write": "through"}})
    machine.port.read(0, 4)
    rid = machine.port.write(0, 4, 1, now=RAM)
    assert rid < machine.port.visible


def test_a_core_and_its_fetches_share_l2() -> None:
    machine = Machine({"l2": {"interval": 20}})
    _, data = machine.port.read(0x40, 4)
    _, fetched, _ = machine.port.fetch(0x1000)
    # The fetch asks L2 three cycles before the data did, but was told of later; it does not fit in before it.
    assert (data, fetched) == (RAM, RAM + 20 * CYCLE)


# --- lines that leave -------------------------------------------------------------------------------------------------


def test_a_second_dirty_line_waits_until_the_eviction_buffer_is_free() -> None:
    # L1D has one set of two ways; what it evicts goes to RAM, which takes 1 us.
    slow = {"type": "fixed", "latency": "1us", "interval": "1ns"}
    machine = Machine({"l1d": {"size": 64, "ways": 2, "mshrs": 8, "write_buffers": 1}, "dram": slow})
    for place in (0, 0x1000):
        machine.port.write(place, 4, 1)
    machine.hierarchy.memory.clear_timing()
    machine.cache("l1d").clear_timing()
    _, first = machine.port.read(0x2000, 4)
    _, second = machine.port.read(0x3000, 4)
    # Misses are known after 9 cycles. The first dirty line leaves at once and is in RAM at 1010 ns (it comes after
    # the fill); until then the second cannot leave, and its line cannot come.
    assert first == 9_000 + 1_000_000
    assert second == 9_000 + 1_000 + 1_000_000 + 1_000
    assert machine.statistic("l1d.write_buffer_waits") == 1


def test_writes_through_wait_for_write_buffers() -> None:
    slow = {"type": "fixed", "latency": "1us", "interval": "1ns"}
    machine = Machine({"l1d": {"write_buffers": 2}, "dram": slow})
    warm(machine, 0x40)
    ends = [machine.port.write(0x40, 4, number, WRITE_THROUGH, WRITE_THROUGH) for number in range(4)]
    assert ends[:2] == [1000, 2000]
    assert ends[2] > 1_000_000


@pytest.mark.parametrize("options", [{}, {"dram": {"type": "ddr3"}}, {"l1d": {"replacement": "random", "seed": 5}}])
def test_the_same_accesses_take_the_same_time(options: dict[str, Any]) -> None:
    def run() -> list[int]:
        machine = Machine(SMALL | options)
        now, ends = 0, []
        for number in range(3000):
            place = number * 2654435761 % 0x4000 & ~3
            if number % 3:
                now = machine.port.read(place, 4, now=now)[1]
            else:
                now = machine.port.write(place, 4, number, now=now)
            ends.append(now)
        return ends

    assert run() == run()


def test_another_seed_is_another_run() -> None:
    ends = []
    for seed in (1, 2):
        machine = Machine({"l1d": {"size": 256, "ways": 4, "replacement": "random", "seed": seed}})
        now = 0
        for number in range(300):
            now = machine.port.read(number * 7 % 12 * 64, 4, now=now)[1]
        ends.append(now)
    assert ends[0] != ends[1]
