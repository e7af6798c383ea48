"""What can be asked of a running simulation: by the guest, by the script of a system description, and from Python.

All three use the same words: ``switch timing`` is what the guest's tool takes as arguments, what a description says
under ``do:``, and what `parse_action` reads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmsim_core.exits import ScriptExit
from vmsim_core.validation import suggestion

if TYPE_CHECKING:
    from vmsim_core.simulation import Simulation


class Action(ABC):
    """Something to do at an instruction boundary."""

    @abstractmethod
    def perform(self, simulation: Simulation) -> None:
        """Do it; raises VmsimError when it cannot be done, the run being able to go on."""


@dataclass(frozen=True)
class TakeCheckpoint(Action):
    """Take a checkpoint into the run's folder for checkpoints."""

    def __str__(self) -> str:
        return "checkpoint"

    def perform(self, simulation: Simulation) -> None:
        """Do it; raises VmsimError when no folder was named, or as `Simulation.take_checkpoint` does."""
        simulation.checkpoint()


@dataclass(frozen=True)
class SwitchCpu(Action):
    """Let another CPU model animate all cores."""

    model: str

    def __str__(self) -> str:
        return f"switch {self.model}"

    def perform(self, simulation: Simulation) -> None:
        """Do it; raises SwitchError for a model that is not there or cannot take over."""
        for core in simulation.system.cores:
            simulation.switch(self.model, core.index)


@dataclass(frozen=True)
class ResetStatistics(Action):
    """Count from here on."""

    def __str__(self) -> str:
        return "stats reset"

    def perform(self, simulation: Simulation) -> None:
        """Do it."""
        simulation.stats.reset()


@dataclass(frozen=True)
class DumpStatistics(Action):
    """Write the statistics to a file of their own."""

    def __str__(self) -> str:
        return "stats dump"

    def perform(self, simulation: Simulation) -> None:
        """Do it; raises VmsimError when the run's statistics go nowhere, or the file cannot be written."""
        simulation.stats.dump()


@dataclass(frozen=True)
class BeginRegion(Action):
    """Enter a region of interest."""

    region: int

    def __str__(self) -> str:
        return f"roi begin {self.region}"

    def perform(self, simulation: Simulation) -> None:
        """Do it; raises VmsimError for a number that cannot be, and when the region is open already."""
        simulation.begin_region(self.region)


@dataclass(frozen=True)
class EndRegion(Action):
    """Leave a region of interest."""

    region: int

    def __str__(self) -> str:
        return f"roi end {self.region}"

    def perform(self, simulation: Simulation) -> None:
        """Do it; raises VmsimError when the region is not open."""
        simulation.end_region(self.region)


@dataclass(frozen=True)
class ExitRun(Action):
    """End the run with a code."""

    code: int = 0

    def __str__(self) -> str:
        return f"exit {self.code}"

    def perform(self, simulation: Simulation) -> None:
        """Do it."""
        simulation.system.request_exit(ScriptExit(self.code))


_ACTIONS: dict[str, tuple[str, Callable[[str], Action]]] = {
    "checkpoint": ("", lambda none: TakeCheckpoint()),
    "switch": ("MODEL", SwitchCpu),
    "stats reset": ("", lambda none: ResetStatistics()),
    "stats dump": ("", lambda none: DumpStatistics()),
    "roi begin": ("N", lambda number: BeginRegion(int(number, 0))),
    "roi end": ("N", lambda number: EndRegion(int(number, 0))),
    "exit": ("N", lambda number: ExitRun(int(number, 0))),
}
"""By the words that an action begins with: what follows them, and how that makes an action."""


def parse_action(text: str) -> Action:
    """Return the action that `text` stands for; raises ValueError when there is none."""
    words = text.split()
    for length in (2, 1):
        phrase, rest = " ".join(words[:length]), words[length:]
        if phrase not in _ACTIONS:
            continue
        wanted, make = _ACTIONS[phrase]
        if phrase == "exit" and not rest:
            rest = ["0"]
        if len(rest) != (1 if wanted else 0):
            raise ValueError(f"{text!r} is no action; write it as `{f'{phrase} {wanted}'.strip()}`")
        try:
            return make(rest[0] if rest else "")
        except ValueError:
            raise ValueError(f"{text!r} is no action: {rest[0]} is not a number") from None
    known = [f"{phrase} {wanted}".strip() for phrase, (wanted, _) in _ACTIONS.items()]
    raise ValueError(f"{text!r} is no action{suggestion(text, known)}")
