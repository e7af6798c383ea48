"""What a debugger and a trace ask of a CPU model: breakpoints, watchpoints, and every instruction seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


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


Observer = Callable[[ExecutedInstruction], None]
