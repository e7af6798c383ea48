"""The caches keep the contract of memory hierarchies, in several shapes; small ones, so that lines come and go."""

from __future__ import annotations

from vmsim_core.testing import MemorySuite
from vmsim_mem_cache.hierarchy import CacheHierarchy

SPLIT = {"l1i": {"size": 256, "ways": 2}, "l1d": {"size": 256, "ways": 2}, "l2": {"size": 1024, "ways": 4}}


class TestTwoLevels(MemorySuite):
    """First-level caches for instructions and data, and a second level."""

    hierarchy = CacheHierarchy
    params = SPLIT


class TestUnified(MemorySuite):
    """One cache for all, longer lines, random replacement."""

    hierarchy = CacheHierarchy
    params = {"l1": {"size": 1024, "ways": 2, "line": 64, "replacement": "random"}, "l2": {"size": 4096, "line": 64}}


class TestWriteThrough(MemorySuite):
    """Memory always holds the truth."""

    hierarchy = CacheHierarchy
    params = {**SPLIT, "l1d": {"size": 256, "ways": 2, "write": "through"}, "l2": {"size": 1024, "write": "through"}}
    keeps_writes = False


class TestIncoherent(MemorySuite):
    """Devices and caches do not know of each other: software does."""

    hierarchy = CacheHierarchy
    params = {**SPLIT, "dma": "incoherent"}
    coherent = False
