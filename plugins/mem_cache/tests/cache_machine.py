"""A board with nothing but RAM and a memory hierarchy, for tests that are the core."""

from __future__ import annotations

from typing import Any

from vmsim_core.address_map import RamRegion
from vmsim_core.description import SystemDescription
from vmsim_core.ram import Ram
from vmsim_core.system import System
from vmsim_mem_cache.cache import Cache
from vmsim_mem_cache.hierarchy import CacheHierarchy
from vmsim_mem_cache.parameters import HierarchyParams

RAM_SIZE = 1 << 16
ALIAS = 0x7000_0000
CYCLE = 1000
LONG_AGO = 10**9
"""A tick by which whatever was begun at 0 is over."""

UNCACHED, WRITE_BACK_ALLOCATE, WRITE_THROUGH, WRITE_BACK = range(4)
CLEAN, INVALIDATE, CLEAN_AND_INVALIDATE = 1, 2, 3

SMALL: dict[str, Any] = {
    "l1i": {"size": 256, "ways": 2},
    "l1d": {"size": 256, "ways": 2},
    "l2": {"size": 1024, "ways": 4},
}
"""4 sets of 2 ways, and 8 sets of 4: a few kilobytes of accesses fill and empty them many times."""


class Machine:
    """64 KiB of RAM at 0, seen again at `ALIAS`, and the hierarchy that `params` describe."""

    def __init__(self, params: dict[str, Any] | None = None, cores: int = 1, clock: str = "1GHz") -> None:
        cpus = [{"start": "none", "clock": clock}] * cores
        self.system = System(SystemDescription.model_validate({"platform": "none", "memory": RAM_SIZE, "cpus": cpus}))
        self.ram = Ram("ram", RAM_SIZE)
        self.system.address_map.add(RamRegion("ram", 0, RAM_SIZE, self.ram))
        self.system.address_map.add(RamRegion("alias", ALIAS, RAM_SIZE, self.ram))
        validated = HierarchyParams.model_validate(SMALL if params is None else params)
        self.system.make_memory_hierarchy = lambda: CacheHierarchy(self.system, "caches", validated)
        hierarchy = self.system.memory_hierarchy
        assert isinstance(hierarchy, CacheHierarchy)
        self.hierarchy = hierarchy
        self.ports = hierarchy.ports
        self.port = self.ports[0]

    def cache(self, name: str) -> Cache:
        """Return a cache by its name."""
        return next(cache for cache in self.hierarchy.caches() if cache.name == name)

    def ram_word(self, address: int) -> int:
        """Return a word of RAM as it is behind the caches."""
        return int.from_bytes(self.ram.view[address : address + 4], "little")

    def set_ram_word(self, address: int, value: int) -> None:
        """Write RAM behind the caches' back."""
        self.ram.view[address : address + 4] = value.to_bytes(4, "little")

    def state(self, name: str, address: int) -> str:
        """Return the MESI state of a line in a cache; I if it is not there."""
        return {line: state for line, state, _ in self.cache(name).contents()}.get(address & ~31, "I")

    def statistic(self, name: str) -> float:
        """Return a statistic of the hierarchy."""
        return self.hierarchy.statistics[name].value

    def drain(self) -> int:
        """Bring the machine to rest; return the rounds that it took."""
        return self.system.drain_manager.drain(self._advance)

    def _advance(self) -> bool:
        before = self.system.events.now
        self.system.events.run_until(self.system.events.next_tick)
        return self.system.events.now > before
