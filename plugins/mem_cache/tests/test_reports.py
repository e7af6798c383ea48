"""The statistics add up, and say what happened."""

from __future__ import annotations

from random import Random

import pytest
from cache_machine import SMALL, Machine
from vmsim_core.cpu import Core, CoreParams
from vmsim_mem_cache.benchmark import nanoseconds

ACCESSES = 4000


@pytest.fixture(scope="module")
def used() -> Machine:
    """A machine after some thousand random accesses."""
    machine, random, now = Machine(SMALL), Random(1), 0
    for number in range(ACCESSES):
        place = random.randrange(0x1000) & ~3
        if number % 4 == 0:
            now = machine.port.write(place, 4, number, now=now)
        elif number % 4 == 1:
            now = machine.port.fetch(place, now=now)[1]
        elif number % 4 == 2:
            now = machine.port.walk(place, now=now)[1]
        else:
            now = machine.port.read(place, 4, now=now)[1]
    machine.system.events.now = now
    return machine


def test_every_access_is_a_hit_or_a_miss_of_its_kind(used: Machine) -> None:
    for cache, kind in (("l1d", "write"), ("l1i", "fetch"), ("l1d", "walk"), ("l1d", "read")):
        hits, misses = (used.statistic(f"{cache}.{kind}_{outcome}") for outcome in ("hits", "misses"))
        assert hits + misses == ACCESSES / 4
        assert hits > 0
        assert misses > 0
    assert used.statistic("l1d.accesses") == ACCESSES * 3 / 4
    assert used.statistic("l1d.hits") + used.statistic("l1d.misses") == used.statistic("l1d.accesses")
    assert used.statistic("l1d.miss_rate") == used.statistic("l1d.misses") / used.statistic("l1d.accesses")


def test_what_one_level_misses_the_next_is_asked_for(used: Machine) -> None:
    misses = used.statistic("l1d.misses") + used.statistic("l1i.misses")
    assert used.statistic("l2.accesses") == misses
    assert used.statistic("dram.reads") == used.statistic("l2.misses")
    assert used.statistic("dram.bytes_read") == 32 * used.statistic("dram.reads")
    written = used.statistic("l2.writeback_hits") + used.statistic("l2.writeback_misses")
    assert used.statistic("l1d.writebacks") == written
    assert used.statistic("dram.writes") == used.statistic("l2.writebacks")
    assert used.statistic("dram.bytes") == 32 * (used.statistic("dram.reads") + used.statistic("dram.writes"))


def test_lines_that_came_are_there_or_have_left(used: Machine) -> None:
    for name in ("l1d", "l1i", "l2"):
        came = used.statistic(f"{name}.misses") + used.statistic(f"{name}.writeback_misses")
        assert came - used.statistic(f"{name}.evictions") == used.cache(name).held
    assert used.statistic("l2.occupancy") == 1


def test_each_line_is_cold_once(used: Machine) -> None:
    assert used.statistic("l1d.cold") == 0x1000 / 32
    assert used.statistic("l2.cold") == 0x1000 / 32


def test_each_line_that_came_is_in_a_histogram(used: Machine) -> None:
    for name in ("l1d", "l1i", "l2"):
        buckets = {each.name: each.value for each in used.hierarchy.statistics if f"{name}.fill_latency" in each.name}
        assert sum(buckets.values()) == used.statistic(f"{name}.misses")
    # From L2 a line takes 23 cycles, from RAM 147; L2 asks RAM 37 cycles after the core has asked.
    assert used.statistic("l1d.fill_latency.up_to_32_cycles") > 0
    assert used.statistic("l1d.fill_latency.up_to_16_cycles") == 0
    assert used.statistic("l2.fill_latency.up_to_128_cycles") == 0
    assert used.statistic("l2.fill_latency.up_to_256_cycles") > 0


def test_the_histogram_has_every_read(used: Machine) -> None:
    buckets = {each.name: each.value for each in used.hierarchy.statistics if "read_latency" in each.name}
    assert sum(buckets.values()) == ACCESSES / 2
    hits = used.statistic("l1d.read_hits") + used.statistic("l1d.walk_hits")
    # One of them is of a line that a write has asked for and that is still on its way.
    assert buckets["core0.read_latency.up_to_4_cycles"] == hits - 1
    assert buckets["core0.read_latency.up_to_32_cycles"] > 0
    assert buckets["core0.read_latency.up_to_256_cycles"] > 0
    assert buckets["core0.read_latency.up_to_2_cycles"] == 0


def test_bandwidth_is_bytes_in_time(used: Machine) -> None:
    seconds = used.system.events.now / 10**12
    assert used.statistic("dram.bandwidth") == pytest.approx(used.statistic("dram.bytes") / seconds)


def test_uncached_accesses_are_counted_apart() -> None:
    machine = Machine(SMALL)
    machine.port.read(0x40, 4, 0, 0)
    machine.port.write(0x40, 4, 1, 0, 0)
    assert machine.statistic("core0.uncached_reads") == machine.statistic("core0.uncached_writes") == 1
    assert machine.statistic("l1d.accesses") == 0


def test_misses_are_counted_for_1000_instructions() -> None:
    machine = Machine(SMALL)
    core = Core(machine.system, "cpu0", CoreParams(start="none"), 0)
    machine.system.cores.append(core)
    machine.port.read(0x40, 4)
    assert machine.statistic("l1d.mpki") == 0
    core.models["none"] = type("Model", (), {"retired": 500, "time": 0})()  # type: ignore[assignment]
    assert machine.statistic("l1d.mpki") == 2


def test_a_reset_starts_all_counts_anew_and_nothing_else() -> None:
    machine = Machine(SMALL)
    machine.port.read(0x40, 4)
    machine.hierarchy.statistics.reset()
    assert machine.statistic("l1d.misses") == machine.statistic("l1d.miss_rate") == 0
    assert machine.statistic("l1d.occupancy") == 1 / 8
    machine.port.read(0x40, 4, now=10**9)
    assert (machine.statistic("l1d.hits"), machine.statistic("l1d.miss_rate")) == (1, 0)


@pytest.mark.parametrize("what", ["read", "write", "fetch"])
def test_the_benchmark_measures_what_it_says(what: str) -> None:
    machine = Machine()
    assert nanoseconds(machine.port, what, 0, 32, 8, 100) > 0
    cache = "l1i" if what == "fetch" else "l1d"
    assert machine.statistic(f"{cache}.accesses") == 808
    assert machine.statistic(f"{cache}.misses") == 8
    with pytest.raises(ValueError, match="none of read, write, fetch"):
        nanoseconds(machine.port, "jump", 0, 32, 8, 1)
