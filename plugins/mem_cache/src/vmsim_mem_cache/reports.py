"""The statistics of caches, of cores' accesses, and of DRAM: what was counted, under names that architects expect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from vmsim_core.statistics import Statistic, StatisticsGroup
from vmsim_core.units import TICKS_PER_SECOND

from vmsim_mem_cache.cache import KINDS, Cache
from vmsim_mem_cache.dram import Dram
from vmsim_mem_cache.port import CachePort

_DEMAND = ("read", "write", "fetch", "walk")
_KIND_TEXT = {
    "read": "reads",
    "write": "writes",
    "fetch": "instruction fetches",
    "walk": "page table walks",
    "prefetch": "prefetches",
    "writeback": "lines and writes from the level above",
}
_CACHE_TEXT = {
    "cold": ("misses of lines that were never here before", "count"),
    "merged": ("hits of lines that were still on their way", "count"),
    "evictions": ("lines that made room", "line"),
    "writebacks": ("dirty lines that were written to the next level or to RAM", "line"),
    "written_through": ("writes that were passed on at once", "count"),
    "bypassed": ("accesses that found no line and may have none here", "count"),
    "taken": ("lines that another core's write took away", "line"),
    "recalled": ("lines that an inclusive cache below took along", "line"),
    "snooped": ("dirty lines that came from another core's cache", "line"),
    "prefetches": ("lines that the prefetcher asked for", "line"),
    "useful_prefetches": ("prefetched lines that were used", "line"),
    "mshr_waits": ("misses that waited for an MSHR", "count"),
    "write_buffer_waits": ("writes that waited for a write buffer", "count"),
    "wait_ticks": ("time that was waited for MSHRs and write buffers", "ticks"),
}
_DRAM_TEXT = {
    "reads": ("reads", "count"),
    "writes": ("writes", "count"),
    "bytes_read": ("bytes read", "byte"),
    "bytes_written": ("bytes written", "byte"),
    "row_hits": ("accesses that found their row open", "count"),
    "row_closed": ("accesses that found no row open", "count"),
    "row_conflicts": ("accesses that found another row open", "count"),
    "refreshes": ("refreshes of all banks", "count"),
    "forwarded": ("reads of what was still waiting to be written", "count"),
    "busy_ticks": ("time that the data bus was busy", "ticks"),
}

Count = Callable[[], int]


def report_cache(group: StatisticsGroup, cache: Cache, instructions: Statistic) -> None:
    """Declare the statistics of a cache, under its name; `instructions` are those of the machine."""
    name = cache.name

    def of_kind(outcome: str, kind: str) -> Count:
        return lambda: _list(cache.counters(), outcome)[KINDS.index(kind)]

    def demand(*outcomes: str) -> Count:
        kinds = [KINDS.index(kind) for kind in _DEMAND]
        return lambda: sum(_list(cache.counters(), outcome)[kind] for outcome in outcomes for kind in kinds)

    for outcome in ("hits", "misses"):
        group.formula(f"{name}.{outcome}", demand(outcome), f"{outcome} of cores' accesses")
        for kind in KINDS:
            group.formula(f"{name}.{kind}_{outcome}", of_kind(outcome, kind), f"{outcome} of {_KIND_TEXT[kind]}")
    for counter, (text, unit) in _CACHE_TEXT.items():
        group.formula(f"{name}.{counter}", _counter(cache.counters, counter), text, unit)
    misses = group[f"{name}.misses"]
    accesses = group.formula(f"{name}.accesses", demand("hits", "misses"), "cores' accesses that came here")
    group.ratio(f"{name}.miss_rate", misses, accesses, "misses of cores' accesses among all of them")
    group.ratio(f"{name}.mpki", misses, instructions, "misses for 1000 instructions", "1/kinstruction", scale=1000)
    fills = partial(_fills, cache)
    _report_histogram(group, f"{name}.fill_latency", "lines that came from below, from look-up to arrival in", fills)
    group.level(f"{name}.occupancy", lambda: cache.held / cache.lines, "lines that are held now", "ratio")


def report_port(group: StatisticsGroup, name: str, port: CachePort, data: Cache) -> None:
    """Declare the statistics of a core's accesses; `data` is its first-level data cache."""
    group.formula(
        f"{name}.uncached_reads", _counter(port.counters, "uncached_reads"), "reads that went past all caches"
    )
    group.formula(
        f"{name}.uncached_writes", _counter(port.counters, "uncached_writes"), "writes that went past all caches"
    )
    _report_histogram(group, f"{name}.read_latency", "reads and walks that took", port.latencies)


def report_dram(group: StatisticsGroup, dram: Dram, ticks: Statistic) -> None:
    """Declare the statistics of DRAM; `ticks` is the time that passes."""

    def moved() -> int:
        count = dram.counters()
        return count["bytes_read"] + count["bytes_written"]

    for counter, (text, unit) in _DRAM_TEXT.items():
        group.formula(f"dram.{counter}", _counter(dram.counters, counter), text, unit)
    both = group.formula("dram.bytes", moved, "bytes moved", "byte")
    text = "bytes moved in a second of simulated time"
    group.ratio("dram.bandwidth", both, ticks, text, "byte/s", scale=TICKS_PER_SECOND)


def _report_histogram(group: StatisticsGroup, name: str, text: str, buckets: Callable[[], list[int]]) -> None:
    """Declare a statistic for each bucket: up to 1, 2, 4 and so on cycles, and what is more."""

    def in_bucket(number: int) -> Count:
        return lambda: buckets()[number]

    last = len(buckets()) - 1
    for number in range(last + 1):
        limit = f"more_than_{1 << number - 1}" if number == last else f"up_to_{1 << number}"
        group.formula(f"{name}.{limit}_cycles", in_bucket(number), f"{text} {limit.replace('_', ' ')} cycles")


def _fills(cache: Cache) -> list[int]:
    return _list(cache.counters(), "fills")


def _counter(counters: Callable[[], Mapping[str, int | list[int]]], name: str) -> Count:
    def read() -> int:
        value = counters()[name]
        assert isinstance(value, int)
        return value

    return read


def _list(counters: Mapping[str, int | list[int]], name: str) -> list[int]:
    value = counters[name]
    assert isinstance(value, list)
    return value
