"""The timing CPU: a small in-order core whose every access takes the time that the memory hierarchy says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from vmsim_arch_arm.engine_cpu import EngineCpu
from vmsim_core.clock import Clock
from vmsim_core.component import ComponentParams
from vmsim_core.cpu import Core, CpuExit, MemoryMode
from vmsim_core.drain import DrainState
from vmsim_core.errors import DrainError
from vmsim_core.ram import Ram
from vmsim_core.units import format_time

from vmsim_cpu_timing.latencies import interval_table, latency_table
from vmsim_cpu_timing.parameters import TimingParams
from vmsim_cpu_timing.timed_engine import TimedEngine

if TYPE_CHECKING:
    from vmsim_core.system import System


class TimingCpu(EngineCpu):
    """In order: instructions wait for their operands, their fetch and the caches. Its clock is the core's."""

    type_name = "timing"
    memory_mode = MemoryMode.TIMING
    resets = ("TLBs", "branch predictor")
    Params: ClassVar[type[ComponentParams]] = TimingParams

    def __init__(self, system: System, path: str, params: ComponentParams, core: Core) -> None:
        super().__init__(system, path, params, core)
        address_map, hierarchy = system.address_map, system.memory_hierarchy
        regions = [(region.base, region.ram, region.offset, region.size) for region in address_map.ram_regions]
        self._cycle = Clock(system.description.cpus[core.index].clock).ticks(1)
        engine = TimedEngine(regions, address_map.read, address_map.write, system.events)
        engine.configure(
            hierarchy.port(core.index), self._cycle, self.params, latency_table(self.params.latencies),
            interval_table(), hierarchy.fetch_latency(core.index),
        )  # fmt: skip
        self._engine: TimedEngine = engine
        self._report_engine(system)
        address_map.listen_to_ram_writes(self.memory_written)
        for name in engine.timing_counters():
            unit = "tick" if name.startswith("waited_") else "count"
            self.statistics.formula(name, self._timing_counter(name), f"the pipeline's {name}", unit)

    def run(self, deadline: int, instructions: int) -> CpuExit:
        """Execute; while draining, begin nothing and let pass the time that what was begun takes."""
        if self.drain_state is DrainState.DRAINING:
            self.skip_to(min(self._engine.complete, deadline))
            return CpuExit.DEADLINE
        return super().run(deadline, instructions)

    def drain(self) -> bool:
        """Let what was begun be completed; no instruction begins any more."""
        return self._engine.complete <= self.time

    def drain_pending(self) -> str:
        """Say until when something is in flight."""
        return f"has instructions in flight until {format_time(self._engine.complete)}"

    def drain_sanity_check(self) -> None:
        """Raise DrainError if anything is in flight."""
        if self._engine.complete > self.time:
            raise DrainError(f"{self.path} said that it was drained, but it {self.drain_pending()}")

    def memory_written(self, ram: Ram, offset: int, size: int) -> None:
        """Fetch again: the line that is being executed may have been written. All others are the caches' business."""
        self._engine.fetch_again()

    def skip_to(self, tick: int) -> None:
        """Let idle time pass, to the first cycle at or after `tick`."""
        if tick > self.time:
            self._set_time(tick)

    def _set_time(self, tick: int) -> None:
        self._engine.set_now(tick)
        self.time = self._engine.time

    def _timing_counter(self, name: str) -> Callable[[], int]:
        return lambda: self._engine.timing_counters()[name]
