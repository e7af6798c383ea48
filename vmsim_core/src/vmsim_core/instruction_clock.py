"""CPU models whose clock is the instruction: each takes a fixed number of cycles, so that all of them agree on time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vmsim_core.component import ComponentParams
from vmsim_core.cpu import Core, CpuModel
from vmsim_core.errors import VmsimError
from vmsim_core.ram import Ram
from vmsim_core.units import TICKS_PER_SECOND

if TYPE_CHECKING:
    from vmsim_core.system import System


class InstructionClockCpu(CpuModel):
    """What the models kvm and atomic have in common. An instruction takes `cpi` cycles of the core's clock."""

    def __init__(self, system: System, path: str, params: ComponentParams, core: Core) -> None:
        super().__init__(system, path, params, core)
        self.statistics.level("instruction_ticks", lambda: self.period, "simulated time of an instruction", "tick")
        system.address_map.listen_to_ram_writes(self.memory_written)

    @property
    def period(self) -> int:
        """Ticks that one instruction takes; raises VmsimError when they are no whole number."""
        description = self.system.description.cpus[self.core.index]
        ticks, remainder = divmod(description.cpi * TICKS_PER_SECOND, description.clock)
        if remainder:
            raise VmsimError(
                f"{self.core.path}: {description.cpi} cycles of {description.clock} Hz are no whole number of "
                "picoseconds; choose a clock that divides them"
            )
        return ticks

    def memory_written(self, ram: Ram, offset: int, size: int) -> None:
        """Drop what was decoded or translated of what was written, at every address where it is seen."""
        for start, length in self._seen_at(ram, offset, size):
            self._invalidate(start, length)

    def skip_to(self, tick: int) -> None:
        """Let idle time pass, to the first instruction slot at or after `tick`."""
        periods = -(-(tick - self.time) // self.period)
        if periods > 0:
            self.time += periods * self.period
            self._set_time(self.time)

    @abstractmethod
    def _set_time(self, tick: int) -> None:
        """Let the next instruction start at `tick`."""

    @abstractmethod
    def _invalidate(self, physical: int, size: int) -> None:
        """Drop what was decoded or translated of `size` bytes of RAM at `physical`."""

    def _seen_at(self, ram: Ram, offset: int, size: int) -> Iterator[tuple[int, int]]:
        for region in self.system.address_map.ram_regions:
            start = max(offset, region.offset)
            end = min(offset + size, region.offset + region.size)
            if region.ram is ram and start < end:
                yield region.base + start - region.offset, end - start
