"""The vCPU interface: what the virtual CPU asks of an engine, whichever it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum

from vmsim_arch_arm.state import ArmState
from vmsim_core.debug import ExceptionObserver


class VcpuExit(Enum):
    """Why an engine came back."""

    LIMIT = "limit"
    WAITING = "waiting"
    STOPPED = "stopped"
    ENDLESS_LOOP = "endless loop"
    ENDLESS_EXCEPTIONS = "endless exceptions"
    FAILED = "failed"
    BREAKPOINT = "breakpoint"


class Vcpu(ABC):
    """One ARM core, executed by an engine on the simulator's RAM and devices."""

    name: str
    """The engine's name, as ``engine:`` in a system description says it."""
    failure: str = ""
    """Why `run` returned FAILED."""

    @property
    @abstractmethod
    def retired(self) -> int:
        """Instructions retired since the engine was made."""

    @property
    @abstractmethod
    def time(self) -> int:
        """The tick at which the next instruction starts."""

    @abstractmethod
    def set_time(self, tick: int) -> None:
        """Let the next instruction start at `tick`."""

    @abstractmethod
    def run(self, deadline: int, instructions: int) -> VcpuExit:
        """Run up to the first instruction that starts at tick `deadline` or later, at most `instructions` of them."""

    @abstractmethod
    def stop(self) -> None:
        """Make `run` come back after the current instruction."""

    @abstractmethod
    def set_interrupts(self, irq: bool, fiq: bool, fiq_wired: bool) -> None:
        """Set the levels of the interrupt inputs."""

    @abstractmethod
    def set_breakpoints(self, addresses: frozenset[int]) -> None:
        """Come back from `run` before an instruction at one of these virtual addresses, instead of earlier ones."""

    @abstractmethod
    def observe_exceptions(self, observer: ExceptionObserver | None) -> None:
        """Call `observer` after each exception that is taken; raises VmsimError when the engine cannot see them."""

    @property
    @abstractmethod
    def accessing(self) -> int | None:
        """The address of the instruction whose device access is being served; None when none is."""

    @abstractmethod
    def load_state(self, state: ArmState) -> None:
        """Take over an architectural state."""

    @abstractmethod
    def suspend(self) -> None:
        """Be told that memory may change unseen until `load_state`."""

    @abstractmethod
    def save_state(self) -> ArmState:
        """Give the architectural state."""

    @abstractmethod
    def read_memory(self, address: int, size: int) -> bytes | None:
        """Return memory at a virtual address, or None where the guest could not read it."""

    @abstractmethod
    def invalidate(self, physical: int, size: int) -> None:
        """Drop what was translated from `size` bytes of RAM at `physical`, which the host has written."""

    @abstractmethod
    def counters(self) -> dict[str, int]:
        """Return what the engine counted, by name."""

    def levels(self) -> dict[str, int]:
        """Return numbers about the engine that are no counts, by name."""
        return {}

    @abstractmethod
    def close(self) -> None:
        """Let go of host resources."""
