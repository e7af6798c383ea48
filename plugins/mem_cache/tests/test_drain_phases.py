"""Coming to rest: time passes until nothing is under way, then RAM is made the truth; each phase is needed."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from cache_machine import LONG_AGO, SMALL, Machine
from vmsim_core.errors import DrainError


def test_a_machine_that_did_nothing_is_at_rest_at_once() -> None:
    machine = Machine()
    assert machine.drain() == 1
    assert machine.system.events.now == 0


def test_a_drain_lets_a_fill_arrive() -> None:
    machine = Machine()
    _, done = machine.port.read(0x40, 4)
    assert not machine.hierarchy.drain()
    assert "147.000 ns" in machine.hierarchy.drain_pending()
    with pytest.raises(DrainError, match="lines under way until 147"):
        machine.hierarchy.drain_sanity_check()
    assert machine.drain() == 2
    assert machine.system.events.now == done == 147_000
    machine.hierarchy.drain_sanity_check()


def test_a_drain_lets_writes_reach_dram() -> None:
    machine = Machine({**SMALL, "dram": {"type": "ddr2", "write_queue": 8}})
    now = LONG_AGO
    for number in range(4):
        now = machine.port.write(0x40 + 0x1000 * number, 4, number, inner=0, outer=0, now=now)
    machine.system.events.now = now
    machine.drain()
    # Four rows of different banks, the first of them opened at the arrival of its write.
    assert machine.system.events.now > now
    assert machine.statistic("dram.row_closed") == 4


def test_write_back_is_what_gives_ram_the_truth() -> None:
    machine = Machine()
    for place in range(0, 512, 32):
        machine.port.write(place, 4, place + 1)
    machine.system.events.now = LONG_AGO
    machine.drain()
    stale = [place for place in range(0, 512, 32) if machine.ram_word(place) != place + 1]
    assert len(stale) == 16
    # Half of them are in L1D still, all are dirty somewhere.
    assert machine.system.drain_manager.mem_writeback() == {"caches.l2": 8, "caches.l1d": 8}
    assert [machine.ram_word(place) for place in range(0, 512, 32)] == list(range(1, 513, 32))
    assert machine.system.drain_manager.mem_writeback() == {}


def test_what_is_written_back_stays_and_every_copy_is_new() -> None:
    machine = Machine()
    machine.port.write(0x40, 4, 1)
    machine.hierarchy.mem_writeback()
    assert machine.state("l1d", 0x40) == machine.state("l2", 0x40) == "E"
    # L2 had the line before it was written: it must not give the old bytes later.
    machine.cache("l1d").drop()
    assert machine.port.read(0x40, 4)[0] == 1


def test_the_newest_copy_wins() -> None:
    machine = Machine()
    machine.port.write(0x40, 4, 1)
    machine.port.maintain_address(1, 0x40)
    machine.port.write(0x40, 4, 2)
    assert machine.state("l1d", 0x40) == machine.state("l2", 0x40) == "M"
    assert machine.hierarchy.mem_writeback() == 2
    assert machine.ram_word(0x40) == 2


def test_without_invalidation_a_write_behind_the_caches_is_not_seen() -> None:
    machine = Machine()
    machine.port.read(0x40, 4)
    machine.port.fetch(0x40)
    machine.hierarchy.mem_writeback()
    machine.set_ram_word(0x40, 9)
    assert machine.port.read(0x40, 4)[0] == 0
    assert machine.hierarchy.mem_invalidate() == 3
    assert machine.port.read(0x40, 4)[0] == 9
    assert machine.port.fetch(0x40)[0][0] == 9


def test_invalidation_writes_nothing_back() -> None:
    machine = Machine()
    machine.port.write(0x40, 4, 7)
    machine.hierarchy.mem_invalidate()
    assert machine.ram_word(0x40) == 0
    assert machine.port.read(0x40, 4)[0] == 0


@pytest.mark.parametrize("phase", ["mem_writeback", "mem_invalidate"])
def test_both_phases_forget_what_was_busy(phase: str) -> None:
    machine = Machine()
    for place in range(0, 512, 32):
        machine.port.write(place, 4, 1)
    getattr(machine.hierarchy, phase)()
    assert machine.hierarchy.drain()
    assert machine.port.read(0x2000, 4)[1] == 147_000


HISTORIES: dict[str, dict[str, Any]] = {
    "lru": {},
    "random": {"l1d": {"replacement": "random"}, "l2": {"replacement": "random"}},
    "plru": {"l1d": {"replacement": "plru"}},
    "stride": {"l1d": {"prefetcher": "stride"}},
    "stream": {"l2": {"prefetcher": "stream"}},
    "ddr3": {"dram": {"type": "ddr3"}},
}


def work(machine: Machine, seed: int, start: int) -> list[tuple[int, int]]:
    """Make accesses to lines in a row, anywhere, and to those before that row; return what each gave."""
    random, now, seen = Random(seed), start, []
    anywhere = [random.randrange(0x4000) & ~3 for _ in range(400)]
    row = [place for part in (range(0x400, 0x500, 32), anywhere, range(0x300, 0x400, 32)) for place in part]
    for place in row:
        if random.random() < 0.3 and place in anywhere:
            now = machine.port.write(place, 4, place, now=now)
        else:
            seen.append(machine.port.read(place, 4, now=now, pc=0x8000))
            now = seen[-1][1]
    return seen


@pytest.mark.parametrize("history", HISTORIES)
def test_after_a_restore_nothing_is_known_of_before(history: str) -> None:
    """At an earlier time, as at a later one: a process that was used goes on as a new one does."""
    shape = {name: SMALL.get(name, {}) | HISTORIES[history].get(name, {}) for name in {**SMALL, **HISTORIES[history]}}
    for now in (LONG_AGO, 3 * LONG_AGO):
        new, used = Machine(shape), Machine(shape)
        work(used, 1, 2 * LONG_AGO)
        for machine in (new, used):
            machine.system.events.now = now
            machine.ram.view[:] = bytes(len(machine.ram.view))
            machine.hierarchy.restored()
        assert work(new, 2, now) == work(used, 2, now)


def test_a_reset_and_a_restore_leave_nothing() -> None:
    for forget in ("reset", "restored"):
        machine = Machine()
        machine.port.write(0x40, 4, 7)
        getattr(machine.hierarchy, forget)()
        assert machine.port.read(0x40, 4)[0] == 0
