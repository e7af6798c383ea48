"""What a system description may say about caches and DRAM. Without a word, the caches of a Cortex-A9."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from vmsim_core.component import ComponentParams
from vmsim_core.units import Duration, MemorySize

LEVELS = range(2, 8)
"""The levels that cores share; 7 is the most that CLIDR can tell a guest (DDI 0406C, B4.1.20)."""

Cycles = Annotated[int, Field(ge=0, le=10_000)]
Entries = Annotated[int, Field(ge=1, le=64)]


def _is_power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0


class CacheParams(ComponentParams):
    """One cache. Cycles are those of the core's clock; a shared cache's are those of the first core's."""

    size: MemorySize = 32 << 10
    """Bytes of data that it holds."""
    ways: int = Field(default=4, ge=1, le=64)
    """Lines in a set."""
    line: MemorySize = 32
    """Bytes of a line: 16 to 256, a power of two."""
    latency: Cycles = 4
    """Cycles until a hit's data can be used; of a level behind others, cycles that it adds."""
    miss_latency: Cycles = 5
    """Cycles that a miss adds before the next level is asked."""
    interval: Cycles = 1
    """Cycles between two accesses, and those that a write which hits takes."""
    replacement: Literal["lru", "plru", "random"] = "lru"
    """Which line makes room: the one used longest ago, an approximation of that by a tree of bits, or any."""
    seed: int = Field(default=1, ge=1, le=0xFFFF_FFFF)
    """Where ``replacement: random`` begins; the same seed makes the same run."""
    write: Literal["back", "through"] = "back"
    """Whether a write stays here until its line leaves, where the page does not ask for write-through."""
    allocate: Literal["attributes", "always", "reads"] = "attributes"
    """What brings a line here: what the page's attributes say, any cacheable access, or reads alone."""
    inclusive: bool = False
    """Whether a line that leaves takes its copies in the caches above along."""
    mshrs: Entries = 2
    """Misses that may be under way at a time (line-fill buffers)."""
    write_buffers: Entries = 1
    """Writes to the next level that may be under way at a time (eviction buffers)."""
    prefetcher: Literal["none", "stride", "stream"] = "none"
    """What asks for lines ahead: nothing, constant strides of an instruction, or streams of neighbouring lines."""
    prefetch_degree: int = Field(default=1, ge=1, le=16)
    """Lines that the prefetcher asks for ahead."""
    prefetch_entries: int = Field(default=2, ge=1, le=1024)
    """Streams, or instructions with a stride, that the prefetcher follows."""

    @model_validator(mode="after")
    def _geometry(self) -> CacheParams:
        if not _is_power_of_two(self.line) or not 16 <= self.line <= 256:
            raise ValueError(f"a line of {self.line} bytes is not possible: 16 to 256, a power of two")
        sets, rest = divmod(self.size, self.ways * self.line)
        if rest or not _is_power_of_two(sets):
            raise ValueError(
                f"{self.size} bytes in {self.ways} ways of {self.line}-byte lines are not a power of two of sets"
            )
        if self.size > 1 << 30:
            raise ValueError("a cache has at most 1GiB")
        if self.replacement == "plru" and not _is_power_of_two(self.ways):
            raise ValueError(f"replacement: plru needs a power of two of ways, not {self.ways}")
        return self


class InstructionCacheParams(CacheParams):
    """A first-level instruction cache: a hit costs the core nothing beyond its pipeline."""

    latency: Cycles = 1
    """Cycles until a hit's instructions can be used."""


class SharedCacheParams(CacheParams):
    """A cache that all cores share."""

    size: MemorySize = 128 << 10
    """Bytes of data that it holds."""
    ways: int = Field(default=8, ge=1, le=64)
    """Lines in a set."""
    latency: Cycles = 14
    """Cycles that a hit adds to the way through the levels above."""
    miss_latency: Cycles = 14
    """Cycles that a miss adds before the next level, or memory, is asked."""
    interval: Cycles = 4
    """Cycles between two accesses."""
    mshrs: Entries = 8
    """Misses that may be under way at a time."""
    write_buffers: Entries = 4
    """Writes to the next level, or memory, that may be under way at a time."""
    prefetch_entries: int = Field(default=8, ge=1, le=1024)
    """Streams, or instructions with a stride, that the prefetcher follows."""
    outer: bool = True
    """Whether it is an outer cache behind a controller of its own (L2C-310), as the architecture means it: the outer
    attributes of pages count, and the guest's CP15 operations do not reach it."""


class FixedDramParams(ComponentParams):
    """RAM that always takes the same time."""

    type: Literal["fixed"] = "fixed"
    """Every access takes ``latency``."""
    latency: Duration = 110_000
    """From the request to the data."""
    interval: Duration = 10_000
    """Between two requests: 10ns are 3.2 GB/s in lines of 32 bytes."""


class BankedDramParams(ComponentParams):
    """What DDR2 and DDR3 have in common."""

    controller: Duration = 30_000
    """What the memory controller and the wires add to every access."""
    banks: int = Field(default=8, ge=1, le=64)
    """Banks, a power of two."""
    row: MemorySize = 4096
    """Bytes of an open row, over the whole width of the bus; a power of two."""
    page: Literal["open", "closed"] = "open"
    """Whether a row stays open after an access."""
    write_queue: int = Field(default=16, ge=0, le=64)
    """Writes that the controller keeps back for a good moment; 0 writes at once."""

    @model_validator(mode="after")
    def _powers_of_two(self) -> BankedDramParams:
        for name in ("banks", "row"):
            if not _is_power_of_two(getattr(self, name)):
                raise ValueError(f"{name}: {getattr(self, name)} is no power of two")
        return self


class Ddr2Params(BankedDramParams):
    """DDR2-533, 4-4-4, on 32 bits (JESD79-2F, speed grade 533C; tRFC of 512 Mb)."""

    type: Literal["ddr2"]
    """Banks with rows, by the timing of DDR2."""
    trcd: Duration = 15_000
    """From opening a row to reading it."""
    trp: Duration = 15_000
    """To close a row."""
    tcl: Duration = 15_000
    """From reading to the data."""
    tras: Duration = 45_000
    """From opening a row to closing it, at least."""
    twr: Duration = 15_000
    """From the end of a write to closing the row, at least."""
    trtp: Duration = 7_500
    """From a read to closing the row, at least."""
    trrd: Duration = 10_000
    """From opening a row to opening one of another bank, at least (pages of 2 KiB)."""
    tfaw: Duration = 50_000
    """In which four rows may be opened (pages of 2 KiB)."""
    twtr: Duration = 7_500
    """From the end of a write to a read, at least."""
    trfc: Duration = 105_000
    """A refresh of all banks."""
    trefi: Duration = 7_800_000
    """Between two refreshes."""
    burst: MemorySize = 32
    """Bytes of a burst, a power of two."""
    tburst: Duration = 15_000
    """Time of a burst on the data bus."""


class Ddr3Params(BankedDramParams):
    """DDR3-1066, 7-7-7, on 32 bits (JESD79-3F, speed bin 1066F; tRFC of 1 Gb)."""

    type: Literal["ddr3"]
    """Banks with rows, by the timing of DDR3."""
    trcd: Duration = 13_125
    """From opening a row to reading it."""
    trp: Duration = 13_125
    """To close a row."""
    tcl: Duration = 13_125
    """From reading to the data."""
    tras: Duration = 37_500
    """From opening a row to closing it, at least."""
    twr: Duration = 15_000
    """From the end of a write to closing the row, at least."""
    trtp: Duration = 7_500
    """From a read to closing the row, at least."""
    trrd: Duration = 10_000
    """From opening a row to opening one of another bank, at least (pages of 2 KiB)."""
    tfaw: Duration = 50_000
    """In which four rows may be opened (pages of 2 KiB)."""
    twtr: Duration = 7_500
    """From the end of a write to a read, at least."""
    trfc: Duration = 110_000
    """A refresh of all banks."""
    trefi: Duration = 7_800_000
    """Between two refreshes."""
    burst: MemorySize = 32
    """Bytes of a burst, a power of two."""
    tburst: Duration = 7_500
    """Time of a burst on the data bus."""


DramParams = Annotated[FixedDramParams | Ddr2Params | Ddr3Params, Field(discriminator="type")]


class HierarchyParams(ComponentParams):
    """Caches and DRAM. Each core has first-level caches of its own; all further levels are shared."""

    l1i: InstructionCacheParams | None = None
    """Each core's instruction cache; 32KiB if nothing is said of it."""
    l1d: CacheParams | None = None
    """Each core's data cache; 32KiB if nothing is said of it."""
    l1: CacheParams | None = None
    """Instead of the two, one first-level cache for each core."""
    l2: SharedCacheParams | None = None
    """The second level, which all cores share."""
    l3: SharedCacheParams | None = None
    """The third level, if there is one."""
    l4: SharedCacheParams | None = None
    """The fourth level, if there is one."""
    l5: SharedCacheParams | None = None
    """The fifth level, if there is one."""
    l6: SharedCacheParams | None = None
    """The sixth level, if there is one."""
    l7: SharedCacheParams | None = None
    """The seventh level, if there is one."""
    snoop_latency: Cycles = 10
    """Cycles to take a line, or the right to write it, from another core's cache."""
    dram: DramParams = FixedDramParams()
    """Time of RAM."""
    dma: Literal["coherent", "incoherent"] = "coherent"
    """Whether devices see and change what caches hold; the guest's drivers maintain the caches in either case."""

    @property
    def shared(self) -> list[SharedCacheParams]:
        """The shared levels, nearest first."""
        return [level for number in LEVELS if (level := getattr(self, f"l{number}")) is not None]

    @property
    def instructions(self) -> CacheParams:
        """What each core fetches from."""
        return self.l1 or self.l1i or InstructionCacheParams()

    @property
    def data(self) -> CacheParams:
        """What each core reads and writes."""
        return self.l1 or self.l1d or CacheParams()

    @model_validator(mode="after")
    def _levels_fit(self) -> HierarchyParams:
        if self.l1 is not None and (self.l1i is not None or self.l1d is not None):
            raise ValueError("l1 stands for l1i and l1d: set these to null")
        if self.instructions.line != self.data.line:
            raise ValueError("l1i and l1d must have lines of one size")
        present = [number for number in LEVELS if getattr(self, f"l{number}") is not None]
        for number, expected in zip(present, LEVELS, strict=False):
            if number != expected:
                raise ValueError(f"there is an l{number} but no l{expected}")
        lines = [self.data.line, *(level.line for level in self.shared)]
        if lines != sorted(lines):
            raise ValueError("the lines of a level must not be shorter than those of the level above")
        outer = [level.outer for level in self.shared]
        if outer != sorted(outer):
            raise ValueError("an inner level cannot be behind an outer one")
        return self
