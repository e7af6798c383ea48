"""What the core knows of an instruction set: a typed record of state, and a disassembler."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

from vmsim_core.section import Section

if TYPE_CHECKING:
    from vmsim_core.debug import ExecutedInstruction
    from vmsim_core.debugger import DebuggerView


@dataclass(frozen=True)
class Difference:
    """A field in which two architectural states differ."""

    field: str
    mine: object
    theirs: object
    host_dependent: bool = False


class Disassembly(NamedTuple):
    """An instruction for people."""

    encoding: str
    """As the architecture's manuals write it: ``e3a00001``, or ``f000 f801`` in Thumb."""
    text: str


class ArchState(ABC):
    """The complete architectural state of one core, in a neutral form that every CPU model takes and gives."""

    @abstractmethod
    def copy(self) -> Self:
        """Return an independent copy."""

    @abstractmethod
    def differences(self, other: Self) -> list[Difference]:
        """Return every field in which `other` differs."""

    @abstractmethod
    def serialize(self, section: Section) -> None:
        """Write every field to a checkpoint section."""

    @abstractmethod
    def deserialize(self, section: Section) -> None:
        """Take every field from a checkpoint section; raises CheckpointError for one that is missing or too wide."""


class Architecture(ABC):
    """An instruction-set architecture, offered by a plugin."""

    type_name: ClassVar[str] = ""

    @abstractmethod
    def reset_state(self, cpu: int) -> ArchState:
        """Return the state of core number `cpu` after power-on reset."""

    @abstractmethod
    def program_counter(self, state: ArchState) -> int:
        """Return the address of the instruction that is executed next."""

    @abstractmethod
    def disassemble(self, code: bytes, address: int, state: ArchState) -> str:
        """Return the instruction at the start of `code` as text, in the instruction-set state of `state`."""

    def disassemble_executed(self, instruction: ExecutedInstruction) -> Disassembly:
        """Return an instruction that was executed; without a disassembler, its bytes."""
        return Disassembly(instruction.code.hex(" "), "")

    @property
    def debugger_view(self) -> DebuggerView | None:
        """How a debugger sees a core; None for an architecture that none can look at."""
        return None
