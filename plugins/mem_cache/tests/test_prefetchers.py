"""Prefetchers on streams and strides: what they ask for, what it saves, and where they stop."""

from __future__ import annotations

from typing import Any

import pytest
from cache_machine import Machine

PC = 0x8000


def machine_with(prefetcher: str, **options: Any) -> Machine:
    return Machine({"l1d": {"prefetcher": prefetcher, "mshrs": 8, **options}, "l2": {}})


def walk(machine: Machine, places: range | list[int], pc: int = PC, gap: int = 1_000_000) -> int:
    """Read one place after the other, with time between; return the ticks that were spent waiting."""
    now = spent = 0
    for place in places:
        _, done = machine.port.read(place, 4, now=now, pc=pc)
        spent += done - now
        now = done + gap
    return spent


def counts(machine: Machine) -> tuple[float, float, float]:
    names = ("prefetches", "useful_prefetches", "read_misses")
    one, two, three = (machine.statistic(f"l1d.{name}") for name in names)
    return one, two, three


def test_a_stream_misses_twice_and_then_no_more() -> None:
    machine = machine_with("stream")
    walk(machine, range(0, 4096, 32))
    # The second miss makes sure of the stream; then every line was asked for, up to the end of the page.
    assert counts(machine) == (126, 126, 2)


def test_a_stream_may_run_down() -> None:
    machine = machine_with("stream")
    walk(machine, range(4064, -32, -32))
    assert counts(machine) == (126, 126, 2)


def test_as_many_streams_are_followed_as_there_are_entries() -> None:
    places = [base + line for line in range(0, 1024, 32) for base in (0, 0x2000, 0x4000)]
    few, enough = machine_with("stream", prefetch_entries=2), machine_with("stream", prefetch_entries=3)
    walk(few, places)
    walk(enough, places)
    assert counts(enough)[2] == 6
    assert counts(few)[2] == len(places)


def test_single_misses_are_no_stream() -> None:
    machine = machine_with("stream", prefetch_entries=8)
    walk(machine, [0x0, 0x1000, 0x200, 0x2000, 0x800, 0x3000])
    assert counts(machine)[0] == 0


def test_a_stride_is_learnt_for_each_instruction() -> None:
    machine = machine_with("stride", prefetch_entries=16)
    walk(machine, range(0, 4096, 256))
    # A step, and twice again the same one: the fourth access is the first that has the next line asked for.
    assert counts(machine) == (12, 12, 4)


def test_instructions_with_strides_of_their_own_do_not_disturb_each_other() -> None:
    machine = machine_with("stride", prefetch_entries=16)
    now = 0
    for number in range(16):
        for pc, place in ((PC, 256 * number), (PC + 4, 0x2000 + 128 * number)):
            now = machine.port.read(place, 4, now=now, pc=pc)[1] + 1_000_000
    assert counts(machine)[2] == 8


def test_random_accesses_have_no_stride() -> None:
    machine = machine_with("stride", prefetch_entries=16)
    walk(machine, [number * 2654435761 % 0x10000 & ~31 for number in range(200)])
    assert counts(machine)[0] <= 2


@pytest.mark.parametrize("prefetcher", ["stride", "stream"])
def test_a_stream_is_faster_with_than_without(prefetcher: str) -> None:
    without, with_it = machine_with("none"), machine_with(prefetcher)
    slow, fast = (walk(machine, range(0, 4096, 32)) for machine in (without, with_it))
    assert fast < slow / 10


def test_a_degree_asks_further_ahead() -> None:
    near, far = machine_with("stream"), machine_with("stream", prefetch_degree=4)
    # Without time between accesses one line ahead is late, four are less so.
    late, less_late = (walk(machine, range(0, 4096, 32), gap=20_000) for machine in (near, far))
    assert less_late < late / 2


@pytest.mark.parametrize("prefetcher", ["stride", "stream"])
def test_nothing_outside_the_page_is_asked_for(prefetcher: str) -> None:
    machine = machine_with(prefetcher, prefetch_degree=16)
    walk(machine, range(0xF800, 0x10000, 32))
    held = [address for address, _, _ in machine.cache("l1d").contents()]
    assert min(held) >= 0xF000
    assert max(held) < 0x10000


def test_prefetches_go_without_where_every_mshr_is_busy() -> None:
    machine = machine_with("stream", mshrs=1)
    walk(machine, range(0, 1024, 32), gap=0)
    assert counts(machine)[0] == 0
    assert counts(machine)[2] == 32


def test_an_unused_prefetch_is_not_useful() -> None:
    machine = machine_with("stream", prefetch_degree=4)
    walk(machine, [0, 32])
    assert counts(machine) == (4, 0, 2)
