"""What the CPU models have in common that execute by the ARM engine."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from vmsim_core.architecture import ArchState
from vmsim_core.cpu import CpuExit, CpuModel
from vmsim_core.debug import ExceptionObserver, Observer, Watchpoint
from vmsim_core.errors import SwitchError

from vmsim_arch_arm.engine.loop import RunResult
from vmsim_arch_arm.semihosting import serve_semihosting
from vmsim_arch_arm.state import ArmState

if TYPE_CHECKING:
    from vmsim_core.system import System

    from vmsim_arch_arm.engine.arm_engine import ArmEngine

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


class EngineCpu(CpuModel):
    """A CPU model whose instructions the ARM engine executes; a subclass makes the engine, and says what time is."""

    architecture = "arm"
    _engine: ArmEngine

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

    @abstractmethod
    def _set_time(self, tick: int) -> None:
        """Let the next instruction start at `tick`."""

    def _report_engine(self, system: System) -> None:
        """Wire semihosting and statistics; to be called when the engine is made."""
        if system.workload.semihosting:
            self._engine.enable_semihosting(serve_semihosting(system, self._engine.read_memory))
        for name in self._engine.counters():
            self.statistics.formula(f"engine.{name}", self._counter(name), f"the engine's {name}")

    def _counter(self, name: str) -> Callable[[], int]:
        return lambda: self._engine.counters()[name]
