"""The memory hierarchy `caches`: set-associative caches that hold data, in front of DRAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from vmsim_core.clock import Clock
from vmsim_core.component import ComponentParams
from vmsim_core.cpu import MemoryMode
from vmsim_core.errors import DrainError, VmsimError
from vmsim_core.memory_hierarchy import Maintenance, MemoryHierarchy
from vmsim_core.ram import Ram
from vmsim_core.units import format_time

from vmsim_mem_cache.cache import Cache, MainMemory
from vmsim_mem_cache.dram import Dram
from vmsim_mem_cache.parameters import BankedDramParams, CacheParams, FixedDramParams, HierarchyParams
from vmsim_mem_cache.port import CachePort
from vmsim_mem_cache.ram_map import RamMap
from vmsim_mem_cache.reports import report_cache, report_dram, report_port

if TYPE_CHECKING:
    from vmsim_core.system import System

MAX_CORES = 8


class CacheHierarchy(MemoryHierarchy):
    """First-level caches for each core, levels that the cores share, and DRAM. Its parameters explain themselves."""

    type_name = "caches"
    Params: ClassVar[type[ComponentParams]] = HierarchyParams

    def __init__(self, system: System, path: str, params: ComponentParams) -> None:
        super().__init__(system, path, params)
        self._clocks = [Clock(core.clock) for core in system.description.cpus]
        if len(self._clocks) > MAX_CORES:
            raise VmsimError(f"{path}: {len(self._clocks)} cores are more than the {MAX_CORES} that caches connect")
        self.memory = MainMemory(self._ram_map(), make_dram(self.params.dram))
        self.shared: list[Cache] = []
        self.data: list[Cache] = []
        """Each core's first-level data cache, or unified cache."""
        self.instructions: list[Cache] = []
        """Each core's first-level instruction cache; the data cache where it is unified."""
        self._make_shared()
        self._make_first_levels()
        self.ports = [
            CachePort(self.memory, fetched, data, clock.ticks(1))
            for fetched, data, clock in zip(self.instructions, self.data, self._clocks, strict=True)
        ]
        self._lines: dict[str, int] = {}
        self._settled = self.event("settled", lambda: None)
        self._report()

    # --- building ---------------------------------------------------------------------------------------------------

    def _ram_map(self) -> RamMap:
        regions = self.system.address_map.ram_regions
        try:
            return RamMap([(region.base, region.ram, region.offset, region.size) for region in regions])
        except ValueError as error:
            raise VmsimError(f"{self.path}: {error}") from None

    def _make_shared(self) -> None:
        below: Cache | None = None
        for number, params in reversed(list(enumerate(self.params.shared, 2))):
            cache = self._cache(f"l{number}", params, self._clocks[0], below)
            if below is not None:
                below.is_below(cache)
            self.shared.insert(0, cache)
            below = cache

    def _make_first_levels(self) -> None:
        below = self.shared[0] if self.shared else None
        for index, clock in enumerate(self._clocks):
            suffix = str(index) if len(self._clocks) > 1 else ""
            if self.params.l1 is not None:
                self.data.append(self._cache(f"l1{suffix and f'-{suffix}'}", self.params.data, clock, below))
                self.instructions.append(self.data[-1])
            else:
                self.data.append(self._cache(f"l1d{suffix}", self.params.data, clock, below))
                self.instructions.append(self._cache(f"l1i{suffix}", self.params.instructions, clock, below))
        for cache in self.data:
            for peer in self.data:
                if peer is not cache:
                    cache.keep_coherent_with(peer)
        if below is not None:
            for cache in self._first_levels():
                below.is_below(cache)

    def _cache(self, name: str, params: CacheParams, clock: Clock, below: Cache | None) -> Cache:
        settings: dict[str, Any] = {"outer": False, **params.model_dump()}
        settings["pipelined"], settings["cycle"] = params.interval <= 1, clock.ticks(1)
        for cycles in ("latency", "miss_latency", "interval"):
            settings[cycles] = clock.ticks(settings[cycles])
        settings["snoop_latency"] = clock.ticks(self.params.snoop_latency)
        return Cache(name, self.memory, below, settings)

    def _report(self) -> None:
        group = self.statistics
        run = group.formula("instructions", self._instructions_run, "instructions of all cores", "instruction")
        ticks = group.formula("ticks", self._latest_time, "simulated time", "ticks")
        for cache in self.caches():
            report_cache(group, cache, run)
        for index, (port, cache) in enumerate(zip(self.ports, self.data, strict=True)):
            report_port(group, f"core{index}", port, cache)
        report_dram(group, self.memory.dram, ticks)

    def _instructions_run(self) -> int:
        return sum(core.instructions_run for core in self.system.cores)

    def _first_levels(self) -> list[Cache]:
        # Each once, also where instructions and data share one.
        return list(dict.fromkeys([*self.data, *self.instructions]))

    def caches(self) -> list[Cache]:
        """Return all caches, those nearest to memory first."""
        return [*reversed(self.shared), *self._first_levels()]

    # --- what a CPU and the board ask -------------------------------------------------------------------------------

    def port(self, core: int) -> CachePort:
        """Return the way of core number `core` to memory."""
        return self.ports[core]

    def fetch_latency(self, core: int) -> int:
        """Return the ticks that a hit in the first instruction cache of a core takes."""
        params = self.params.instructions if self.params.l1 is None else self.params.data
        return self._clocks[core].ticks(params.latency)

    @classmethod
    def outer_geometry(cls, params: ComponentParams) -> tuple[int, int] | None:
        """Return the bytes and the ways of the nearest outer level; None if there is none."""
        assert isinstance(params, HierarchyParams)
        return next(((level.size, level.ways) for level in params.shared if level.outer), None)

    def maintain_outer(self, operation: Maintenance, physical: int | None) -> None:
        """Do what an outer cache controller (L2C-310) was told: to the line at an address, or to everything."""
        now = self._latest_time()
        address = None if physical is None else self.memory.ram.first_alias(physical)
        for cache in self._outer():
            now = cache.maintain(self._lossless(operation), address, now)

    def maintain_outer_way(self, operation: Maintenance, way: int, ways: int, number: int = 0, sets: int = 1) -> None:
        """Do what an outer cache controller was told to do to a way, or to one set of it."""
        now, levels = self._latest_time(), self._outer()
        for level, cache in enumerate(levels):
            for address in cache.addresses_of(way, ways, number, sets):
                # What a line is cleaned to is maintained with it, whichever way has it.
                for each in levels[level:]:
                    each.maintain(self._lossless(operation), address, now, whole=True)

    def _outer(self) -> list[Cache]:
        return [cache for cache, params in zip(self.shared, self.params.shared, strict=True) if params.outer]

    def _lossless(self, operation: Maintenance) -> Maintenance:
        # A guest invalidates a cache before it enables it. Ours has been at work, so what it holds is no garbage.
        return operation if self.system.outer_cache_enabled() else Maintenance(operation | Maintenance.CLEAN)

    def _seen_by_devices(self) -> list[Cache]:
        """Return the caches that devices have to see through, those nearest to memory first."""
        if self.params.dma == "coherent":
            return self.caches()
        # A cache that is disabled is none: the guest does not maintain it.
        return [] if self.system.outer_cache_enabled() else self._outer()[::-1]

    def device_reads(self, ram: Ram, offset: int, size: int) -> None:
        """Be told that a device is about to read RAM: dirty lines go there first, unless DMA is incoherent."""
        if (caches := self._seen_by_devices()) and self._holds_lines():
            for address, length in self.memory.ram.addresses(ram, offset, size):
                for cache in caches:
                    cache.write_back(address, length)

    def device_writes(self, ram: Ram, offset: int, size: int) -> None:
        """Be told that a device is about to write RAM: lines are cleaned and dropped, unless DMA is incoherent."""
        if (caches := self._seen_by_devices()) and self._holds_lines():
            self.device_reads(ram, offset, size)
            for address, length in self.memory.ram.addresses(ram, offset, size):
                for cache in caches:
                    cache.drop(address, length)

    def _holds_lines(self) -> bool:
        return any(cache.held for cache in self.caches())

    # --- coming to rest ---------------------------------------------------------------------------------------------

    def _latest_time(self) -> int:
        return max([self.now, *(core.active.time for core in self.system.cores)])

    def drain(self) -> bool:
        """Finish the fills, evictions and writes that are under way."""
        if any(core.active.memory_mode is MemoryMode.ATOMIC for core in self.system.cores):
            # Data has moved at once, and nobody has waited for the time that it takes.
            self._clear_timing()
            return True
        now = self._latest_time()
        self.memory.settle(now)
        if self.memory.busy_until <= now:
            return True
        self.schedule(self._settled, self.memory.busy_until)
        return False

    def drain_pending(self) -> str:
        """Say until when the caches are busy."""
        return f"has lines under way until {format_time(self.memory.busy_until)}"

    def drain_sanity_check(self) -> None:
        """Raise DrainError if anything is still under way."""
        if self.memory.busy_until > self._latest_time():
            raise DrainError(f"{self.path} said that it was drained, but it {self.drain_pending()}")

    def mem_writeback(self) -> int:
        """Write every dirty line to RAM and keep it; return how many lines were written."""
        # The lines nearest to a core are the newest: they come last.
        self._lines = {cache.name: cache.write_back() for cache in self.caches()}
        self._clear_timing()
        return sum(self._lines.values())

    def mem_invalidate(self) -> int:
        """Drop every line, dirty or not, and what was learned of them; return how many lines."""
        self._lines = {cache.name: cache.drop() for cache in self.caches()}
        for cache in self.caches():
            cache.forget_history()
        self._clear_timing()
        return sum(self._lines.values())

    def lines_by_part(self) -> dict[str, int]:
        """Return the lines of the last `mem_writeback` or `mem_invalidate` by cache."""
        return self._lines

    def unwritten(self) -> str:
        """Say which caches hold dirty lines."""
        return ", ".join(f"{each.name} holds {each.dirty} dirty lines" for each in self.caches() if each.dirty)

    def copied(self) -> str:
        """Say which caches hold lines."""
        return ", ".join(f"{each.name} holds {each.held} lines" for each in self.caches() if each.held)

    def _clear_timing(self) -> None:
        for cache in self.caches():
            cache.clear_timing()
        self.memory.clear_timing(self._latest_time())

    def reset(self) -> None:
        """Bring the power-on state: nothing is held."""
        super().reset()
        self.mem_invalidate()

    def restored(self) -> None:
        """Be told that RAM has other contents now."""
        self.mem_invalidate()


def make_dram(params: FixedDramParams | BankedDramParams) -> Dram:
    """Return the model of DRAM that the parameters describe."""
    if isinstance(params, FixedDramParams):
        return Dram({"latency": params.latency, "interval": params.interval})
    timing = params.model_dump()
    names = {name.removeprefix("t"): value for name, value in timing.items() if name.startswith("t") and name != "type"}
    return Dram(
        {**names, "controller": params.controller},
        banks=params.banks,
        row_bytes=params.row,
        burst_bytes=timing["burst"],
        close_rows=params.page == "closed",
        write_queue=params.write_queue,
    )
