"""What a suite of CPU models asks of an architecture: small guest programs, and how to read what they did.

The architecture's plugin offers a subclass (ARM's is `vmsim_arch_arm.testing.ArmPrograms`). All programs run on the
bench, from `ENTRY` on, with the probe at `PROBE`; they keep a count that `counter` finds in a state, and the handler of
interrupts keeps another one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from vmsim_core.architecture import ArchState
from vmsim_core.debug import MemoryAccess

ENTRY = 0x8000
"""Where programs begin, physical and virtual."""
DATA = 0x4000
"""Where programs store their data, physical and virtual."""


@dataclass(frozen=True)
class Program:
    """Bytes by address, and what is known of them."""

    parts: Mapping[int, bytes]
    before: int = 0
    """How many instructions there are before its loop."""
    instructions: int = 0
    """How many instructions one pass of its loop has."""


class GuestPrograms(ABC):
    """The guest code of one architecture."""

    architecture: ClassVar[str]
    """The `type_name` of the architecture."""
    alarm_ticks: ClassVar[int] = 4001
    """What `alarming` writes to the probe's ALARM."""

    @abstractmethod
    def start(self, state: ArchState, cached: bool = False, interrupts: bool = False) -> ArchState:
        """Return a copy of the reset state that begins at ENTRY with the count at zero.

        With `cached`, memory is cached wherever the architecture lets software say so. Without `interrupts`, they are
        masked.
        """

    @abstractmethod
    def random_state(self, state: ArchState, random: Random) -> ArchState:
        """Return a copy of the reset state in which everything that may have any value has a random one."""

    @abstractmethod
    def counter(self, state: ArchState) -> int:
        """Return the count that programs keep."""

    @abstractmethod
    def interrupts_taken(self, state: ArchState) -> int:
        """Return how often the handler of interrupts was entered."""

    # --- the programs -------------------------------------------------------------------------------------------------

    @abstractmethod
    def counting(self, step: int = 1) -> Program:
        """For ever: count `step` (1 or 2) in the first instruction, and branch back. Both steps have the same form."""

    @abstractmethod
    def busy(self) -> Program:
        """For ever, without a device: what a model can get wrong when it is interrupted anywhere. The count goes up."""

    @abstractmethod
    def reading(self) -> Program:
        """For ever: read the probe's TIME into the count."""

    @abstractmethod
    def alarming(self) -> Program:
        """Write `alarm_ticks` to the probe's ALARM, then count as `counting` does."""

    @abstractmethod
    def stopping(self) -> Program:
        """Write to the probe's STOP in the last instruction before the loop, then count."""

    @abstractmethod
    def raising(self) -> Program:
        """Write 1 to the probe's INTERRUPT in the last instruction before the loop, then count; the handler writes 0 to
        it and returns."""

    @abstractmethod
    def waiting(self) -> Program:
        """Wait for an interrupt in the first instruction, then count."""

    @abstractmethod
    def halting(self) -> Program:
        """Branch to itself with interrupts masked, in the first instruction."""

    @abstractmethod
    def modifying_itself(self) -> Program:
        """For ever: count 1, make that instruction count 2, execute it, and make it count 1 again: 3 in a pass."""

    @abstractmethod
    def storing(self) -> tuple[Program, MemoryAccess]:
        """For ever: count 1 in the first instruction, store the count at DATA in the second; return what the first
        store of that is."""
