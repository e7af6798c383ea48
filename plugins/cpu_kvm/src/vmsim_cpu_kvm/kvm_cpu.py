"""The virtual CPU: runs the guest near native speed on the simulator's own devices."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal

from vmsim_arch_arm.state import ArmState
from vmsim_core.architecture import ArchState
from vmsim_core.component import ComponentParams
from vmsim_core.cpu import Core, CpuExit, MemoryMode
from vmsim_core.debug import ExceptionObserver
from vmsim_core.errors import SwitchError, VmsimError
from vmsim_core.instruction_clock import InstructionClockCpu

from vmsim_cpu_kvm.engine import Vcpu, VcpuExit
from vmsim_cpu_kvm.kvm_probe import why_not

if TYPE_CHECKING:
    from vmsim_core.system import System

log = logging.getLogger("vmsim")

_EXITS = {
    VcpuExit.LIMIT: CpuExit.DEADLINE,
    VcpuExit.WAITING: CpuExit.WAITING,
    VcpuExit.STOPPED: CpuExit.STOPPED,
    VcpuExit.ENDLESS_LOOP: CpuExit.HALTED,
    VcpuExit.ENDLESS_EXCEPTIONS: CpuExit.HALTED,
    VcpuExit.FAILED: CpuExit.FAILED,
    VcpuExit.BREAKPOINT: CpuExit.BREAKPOINT,
}


class KvmParams(ComponentParams):
    """Parameters of the virtual CPU."""

    engine: Literal["auto", "unicorn", "kvm"] = "auto"
    """What executes: the host's /dev/kvm (ARM hosts), Unicorn, or the best that there is."""
    time_from: Literal["auto", "instructions", "cycles", "host"] = "auto"
    """What the engine kvm takes simulated time from: the guest's instructions, its cycles, the host's time, or the best
    that the host can count. Unicorn always counts instructions."""


class KvmCpu(InstructionClockCpu):
    """The virtual CPU. With the Unicorn engine its clock is the instruction: each takes `cpi` cycles of the core."""

    type_name = "kvm"
    architecture = "arm"
    memory_mode = MemoryMode.DIRECT
    Params: ClassVar[type[ComponentParams]] = KvmParams

    def __init__(self, system: System, path: str, params: ComponentParams, core: Core) -> None:
        super().__init__(system, path, params, core)
        self._vcpu = self._make_vcpu()
        for name in self._vcpu.counters():
            self.statistics.formula(f"engine.{name}", self._counter(name), f"the {self._vcpu.name} engine's {name}")
        for name in self._vcpu.levels():
            self.statistics.level(f"engine.{name}", self._level(name), "1 where simulated time is taken from that")

    def run(self, deadline: int, instructions: int) -> CpuExit:
        """Execute; see CpuModel.run."""
        result = self._vcpu.run(deadline, instructions)
        self.time = self._vcpu.time
        self.retired = self._vcpu.retired
        if result is VcpuExit.ENDLESS_LOOP:
            self.exit_detail = f"a branch to itself with interrupts masked at {self._vcpu.save_state().pc:#010x}"
        elif result is VcpuExit.ENDLESS_EXCEPTIONS:
            self.exit_detail = f"an exception whose handler raises it again at {self._vcpu.save_state().pc:#010x}"
        elif result is VcpuExit.FAILED:
            self.exit_detail = f"{self._vcpu.failure} (pc {self._where()})"
        return _EXITS[result]

    def _where(self) -> str:
        """Return the PC of a vCPU that has failed: its registers may be lost."""
        try:
            return f"{self._vcpu.save_state().pc:#010x}"
        except VmsimError:
            return "unknown"

    def stop(self) -> None:
        """Make `run` come back after the current instruction."""
        self._vcpu.stop()

    def load_state(self, state: ArchState) -> None:
        """Take over `state`, read it back and compare."""
        assert isinstance(state, ArmState)
        self._vcpu.set_time(self.time)
        self._vcpu.load_state(state)
        lost = [
            difference.field
            for difference in state.differences(self._vcpu.save_state())
            if not difference.host_dependent and not difference.field.startswith("monitor_")
        ]
        if lost:
            raise SwitchError(f"{self.path}: the {self._vcpu.name} engine cannot hold {', '.join(lost)} bit-exactly")

    def save_state(self) -> ArmState:
        """Give the complete architectural state."""
        return self._vcpu.save_state()

    def suspend(self) -> None:
        """Be told that memory may change unseen until `load_state`."""
        self._vcpu.suspend()

    def set_interrupts(self, irq: bool, fiq: bool) -> None:
        """Be told the levels of the core's interrupt inputs."""
        self._vcpu.set_interrupts(irq, fiq, self.core.fiq_wired)

    def set_breakpoints(self, addresses: frozenset[int]) -> None:
        """Come back from `run` before an instruction at one of these addresses."""
        self._vcpu.set_breakpoints(addresses)

    def observe_exceptions(self, observer: ExceptionObserver | None) -> None:
        """Call `observer` after each exception that is taken."""
        self._vcpu.observe_exceptions(observer)

    @property
    def accessing(self) -> int | None:
        """The address of the instruction whose device access is being served."""
        return self._vcpu.accessing

    def _set_time(self, tick: int) -> None:
        self._vcpu.set_time(tick)

    def _invalidate(self, physical: int, size: int) -> None:
        self._vcpu.invalidate(physical, size)

    def read_memory(self, address: int, size: int) -> bytes | None:
        """Return memory as the program sees it; None where it cannot be read."""
        return self._vcpu.read_memory(address, size)

    def release(self) -> None:
        """Let go of the engine."""
        self._vcpu.close()

    def _make_vcpu(self) -> Vcpu:
        cpi = self.system.description.cpus[self.core.index].cpi
        if self._takes_kvm():
            from vmsim_cpu_kvm.kvm_vcpu import KvmVcpu

            return KvmVcpu(self.system, self.path, self.period, cpi, self.params.time_from)
        from vmsim_cpu_kvm.unicorn_vcpu import UnicornVcpu

        return UnicornVcpu(self.system, self.period, cpi)

    def _takes_kvm(self) -> bool:
        """Whether the engine is to be the host's KVM; raises VmsimError where that is asked for and impossible."""
        if self.params.engine == "unicorn":
            return False
        reason = "the workload needs semihosting" if self.system.workload.semihosting else why_not()
        if self.params.engine == "kvm" and reason is not None:
            raise VmsimError(f"{self.path}: engine: kvm cannot be used: {reason}; engine: unicorn runs everywhere")
        if reason is not None:
            log.info("%s: engine unicorn, not kvm: %s", self.path, reason)
        return reason is None

    def _counter(self, name: str) -> Callable[[], int]:
        return lambda: self._vcpu.counters()[name]

    def _level(self, name: str) -> Callable[[], int]:
        return lambda: self._vcpu.levels()[name]
