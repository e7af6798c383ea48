"""What a debugger has to know of an architecture: its registers, and where the memory is that a program sees."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from vmsim_core.architecture import ArchState

ReadMemory = Callable[[int, int], bytes]
"""Return `size` bytes of RAM at a physical address; raises BusError outside RAM."""


@dataclass(frozen=True)
class DebuggerRegister:
    """A register, as GDB's target descriptions have it (GDB manual, Target Description Format)."""

    name: str
    bits: int = 32
    type: str = "int"
    """GDB's type."""
    group: str = ""
    """GDB's group: general, float, vector, or one of our own such as system."""
    saved: bool = True
    """Whether GDB saves it around a call of a function of the program."""


@dataclass(frozen=True)
class DebuggerFeature:
    """A set of registers under a name that GDB knows, or one of our own."""

    name: str
    registers: tuple[DebuggerRegister, ...]


class DebuggerView(ABC):
    """How a debugger sees a core. Registers and memory are little-endian."""

    gdb_architecture: ClassVar[str]
    """GDB's name of the architecture."""
    mode_register: ClassVar[str] = ""
    """The register that says which bank others are in; of several that change, it is written first."""
    stops_before_watched_access: ClassVar[bool] = False
    """Whether GDB believes that a watchpoint stops before the access and takes a step of its own to complete it."""

    @property
    @abstractmethod
    def features(self) -> tuple[DebuggerFeature, ...]:
        """All registers, in the order of their numbers."""

    @abstractmethod
    def read(self, state: ArchState, register: str) -> int:
        """Return a register's value."""

    @abstractmethod
    def write(self, state: ArchState, register: str, value: int) -> None:
        """Change a register in `state`; raises VmsimError for a value that it cannot have."""

    @abstractmethod
    def translate(self, state: ArchState, address: int, read: ReadMemory) -> int | None:
        """Return the physical address that a virtual one means, whatever the permissions; None where there is none.

        What it returns holds for the rest of the same 4 KiB.
        """
