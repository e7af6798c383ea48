"""The atomic CPU: executes instructions one after the other, straight on RAM, without waiting for anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from vmsim_arch_arm.engine.arm_engine import ArmEngine
from vmsim_arch_arm.engine.loop import RunResult
from vmsim_arch_arm.semihosting import serve_semihosting
from vmsim_arch_arm.state import ArmState
from vmsim_core.architecture import ArchState
from vmsim_core.component import ComponentParams
from vmsim_core.cpu import Core, CpuExit, MemoryMode
from vmsim_core.debug import ExceptionObserver, Observer, Watchpoint
from vmsim_core.errors import SwitchError
from vmsim_core.instruction_clock import InstructionClockCpu

if TYPE_CHECKING:
    from vmsim_core.system import System

_EXITS = {
    RunResult.REACHED_LIMIT: CpuExit.DEADLINE,
    RunResult.WAITING: CpuExit.WAITING,
    RunResult.STOPPED: CpuExit.STOPPED,
    RunResult.ENDLESS_LOOP: CpuExit.HALTED,
    RunResult.ENDLESS_EXCEPTIONS: CpuExit.HALTED,
    RunResult.FAILED: CpuExit.FAILED,
    RunResult.AT_BREAKPOINT: CpuExit.BREAKPOINT,
    RunResult.AT_WATCHPOINT: CpuExit.WATCHPOINT,
}


class AtomicParams(ComponentParams):
    """Parameters of the atomic CPU."""

    warming: bool = False
    """Whether every access goes through the caches, which so stay warm (functional warming); without, they are
    bypassed."""


class AtomicCpu(InstructionClockCpu):
    """Our own engine at full speed. It agrees with the virtual CPU on every instruction, and on time exactly."""

    type_name = "atomic"
    architecture = "arm"
    Params: ClassVar[type[ComponentParams]] = AtomicParams

    def __init__(self, system: System, path: str, params: ComponentParams, core: Core) -> None:
        super().__init__(system, path, params, core)
        address_map = system.address_map
        regions = [(region.base, region.ram, region.offset, region.size) for region in address_map.ram_regions]
        self._engine = ArmEngine(regions, address_map.read, address_map.write, system.events)
        self._engine.set_cycles_per_instruction(system.description.cpus[core.index].cpi)
        if self.params.warming:
            self.memory_mode = MemoryMode.ATOMIC
            self._engine.connect(system.memory_hierarchy.port(core.index))
        if system.workload.semihosting:
            self._engine.enable_semihosting(serve_semihosting(system, self._engine.read_memory))
        for name in self._engine.counters():
            self.statistics.formula(f"engine.{name}", self._counter(name), f"the engine's {name}")

    def run(self, deadline: int, instructions: int) -> CpuExit:
        """Execute; see CpuModel.run."""
        result = self._engine.run(deadline, instructions)
        self.time = self._engine.time
        self.retired = self._engine.retired
        if result is RunResult.ENDLESS_LOOP:
            self.exit_detail = f"a branch to itself with interrupts masked at {self.save_state().pc:#010x}"
        elif result is RunResult.ENDLESS_EXCEPTIONS:
            self.exit_detail = f"an exception whose handler raises it again at {self.save_state().pc:#010x}"
        elif result is RunResult.FAILED:
            self.exit_detail = f"{self._engine.failure} (pc {self.save_state().pc:#010x})"
        elif result is RunResult.AT_WATCHPOINT:
            self.watch_hit = self._engine.watch_hit
        return _EXITS[result]

    def stop(self) -> None:
        """Make `run` come back after the current instruction."""
        self._engine.stop()

    def load_state(self, state: ArchState) -> None:
        """Take over `state`, read it back and compare."""
        assert isinstance(state, ArmState)
        self._set_time(self.time)
        self._engine.load_state(state)
        lost = [difference.field for difference in state.differences(self.save_state())]
        if lost:
            raise SwitchError(f"{self.path}: cannot hold {', '.join(lost)} bit-exactly")

    def save_state(self) -> ArmState:
        """Give the complete architectural state."""
        return self._engine.save_state(ArmState())

    def suspend(self) -> None:
        """Be told that memory may change unseen until `load_state`."""
        self._engine.suspend()

    def set_interrupts(self, irq: bool, fiq: bool) -> None:
        """Be told the levels of the core's interrupt inputs."""
        self._engine.set_interrupts(irq, fiq, self.core.fiq_wired)

    def set_breakpoints(self, addresses: frozenset[int]) -> None:
        """Come back from `run` before an instruction at one of these addresses."""
        self._engine.set_breakpoints(addresses)

    def set_watchpoints(self, watchpoints: tuple[Watchpoint, ...]) -> None:
        """Come back from `run` after an instruction that touches one of these."""
        self._engine.set_watchpoints(watchpoints)

    def observe(self, observer: Observer | None) -> None:
        """Call `observer` after each instruction."""
        self._engine.observe(observer)

    def observe_exceptions(self, observer: ExceptionObserver | None) -> None:
        """Call `observer` after each exception that is taken."""
        self._engine.observe_exceptions(observer)

    @property
    def accessing(self) -> int | None:
        """The address of the instruction whose device access is being served."""
        return self._engine.accessing

    def read_memory(self, address: int, size: int) -> bytes | None:
        """Return memory as the program sees it; None where it cannot be read."""
        return self._engine.read_memory(address, size)

    def release(self) -> None:
        """Let go of the engine."""
        self._engine.close()

    def _set_time(self, tick: int) -> None:
        self._engine.set_clock(tick, self.period)

    def _invalidate(self, physical: int, size: int) -> None:
        self._engine.invalidate(physical, size)

    def _counter(self, name: str) -> Callable[[], int]:
        return lambda: self._engine.counters()[name]
