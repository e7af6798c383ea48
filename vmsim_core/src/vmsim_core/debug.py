"""What debuggers and traces ask of a CPU model and of the bus: breakpoints, watchpoints, and what happens, seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmsim_core.device import Device


@dataclass(frozen=True)
class Watchpoint:
    """`size` bytes at a virtual address whose reads or writes stop the run."""

    address: int
    size: int
    reads: bool
    writes: bool


@dataclass(frozen=True)
class MemoryAccess:
    """A data access of an instruction: `size` bytes (1 to 4) at a virtual address."""

    write: bool
    address: int
    size: int
    value: int


@dataclass(frozen=True)
class ExecutedInstruction:
    """One instruction, as an observer sees it after it was executed."""

    tick: int
    """When it started."""
    address: int
    """Where it is, virtual."""
    code: bytes
    """Its encoding, as it stands in memory."""
    instruction_set: str
    """The architecture's name for how `code` is to be read, such as ARM or Thumb."""
    executed: bool
    """Whether its condition held."""
    exception: str
    """The exception that it raised, empty without."""
    registers: tuple[tuple[str, int], ...]
    """The registers that it changed, by name, with their new values."""
    accesses: tuple[MemoryAccess, ...]
    """The data that it touched, in order."""
    context: int = 0
    """What else the architecture must know to disassemble it; for Thumb, ITSTATE as it was before."""


@dataclass(frozen=True)
class TakenException:
    """An exception at the moment when the core has entered its handler."""

    tick: int
    """When the handler's first instruction starts."""
    kind: str
    """The architecture's name for it, such as data abort."""
    address: int
    """The instruction that raised it, or before which it was taken; virtual."""
    mode: str
    """The mode that it was taken from."""
    handler: int
    """Where execution goes on; virtual."""
    handler_mode: str
    """The mode that it was taken to."""
    interrupt: bool
    """Whether it came from outside, and not from an instruction."""
    details: tuple[tuple[str, int], ...] = ()
    """Registers that say more about it, such as fault status and address."""


@dataclass(frozen=True)
class DeviceAccess:
    """An access to physical addresses that are no RAM."""

    write: bool
    address: int
    size: int
    value: int
    """What was written or read; 0 for a read that the bus answered with an error."""
    device: Device | None
    """The device that was accessed; None where nothing answers."""
    offset: int
    """In the device's window."""
    error: bool
    """Whether the bus answered with an error."""


Observer = Callable[[ExecutedInstruction], None]
ExceptionObserver = Callable[[TakenException], None]
DeviceObserver = Callable[[DeviceAccess], None]
