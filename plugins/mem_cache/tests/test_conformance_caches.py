"""The caches keep the contract of memory hierarchies, in several shapes; small ones, so that lines come and go."""

from __future__ import annotations

from random import Random

from cache_machine import RAM_SIZE, SMALL, Machine
from vmsim_core.testing import DrainSuite, MemorySuite
from vmsim_mem_cache.hierarchy import CacheHierarchy


class TestTwoLevels(MemorySuite):
    """First-level caches for instructions and data, and a second level."""

    hierarchy = CacheHierarchy
    params = SMALL


class TestUnified(MemorySuite):
    """One cache for all, longer lines, random replacement."""

    hierarchy = CacheHierarchy
    params = {"l1": {"size": 1024, "ways": 2, "line": 64, "replacement": "random"}, "l2": {"size": 4096, "line": 64}}


class TestWriteThrough(MemorySuite):
    """Memory always holds the truth."""

    hierarchy = CacheHierarchy
    params = {**SMALL, "l1d": {"size": 256, "ways": 2, "write": "through"}, "l2": {"size": 1024, "write": "through"}}
    keeps_writes = False


class TestIncoherent(MemorySuite):
    """Devices and caches do not know of each other: software does."""

    hierarchy = CacheHierarchy
    params = {**SMALL, "dma": "incoherent"}
    coherent = False


class TestPrefetching(MemorySuite):
    """Lines that nobody has asked for yet, in three levels, one of them inclusive, before DRAM with a write queue."""

    hierarchy = CacheHierarchy
    params = {
        "l1i": {"size": 256, "ways": 2, "prefetcher": "stream"},
        "l1d": {"size": 256, "ways": 2, "prefetcher": "stride", "prefetch_degree": 4},
        "l2": {"size": 1024, "ways": 4, "prefetcher": "stream", "inclusive": True},
        "l3": {"size": 4096, "ways": 4, "line": 64},
        "dram": {"type": "ddr3", "write_queue": 8},
    }


class TestDrain(DrainSuite):
    """Fills and evictions that are under way are finished first."""

    params = SMALL

    def make(self) -> CacheHierarchy:
        """Make a hierarchy on a board of its own."""
        return Machine(self.params).hierarchy

    def disturb(self, subject: CacheHierarchy, random: Random) -> None:
        """Write somewhere, now."""
        subject.ports[0].write(random.randrange(0, RAM_SIZE, 4), 4, 1, now=subject.now)

    def advance(self, subject: CacheHierarchy) -> None:
        """Let the next event happen, if there is one, or some time pass."""
        events = subject.system.events
        events.run_until(min(events.next_tick, events.now + 10_000))


class TestDrainOfBanks(TestDrain):
    """What waits in the memory controller is written first."""

    params = {**SMALL, "dram": {"type": "ddr2", "write_queue": 16}}
