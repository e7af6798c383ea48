"""What a run tells at instruction boundaries beside its end, and who is told.

An event is a frozen class, like the causes in `exits`. Plugins add their own and have them told with
`Simulation.tell`; anybody may ask to be told, or let a run go on until one comes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from vmsim_core.exits import RunEvent
from vmsim_core.run_limits import EventWanted, matches

if TYPE_CHECKING:
    from vmsim_core.actions import Action
    from vmsim_core.switching import HandoverReport

E = TypeVar("E", bound=RunEvent)


@dataclass(frozen=True)
class RegionBegun(RunEvent):
    """A region of interest was entered."""

    region: int = 0
    name = "region-begun"

    def __str__(self) -> str:
        return f"{self.name}: {self.region}"


@dataclass(frozen=True)
class RegionEnded(RunEvent):
    """A region of interest was left."""

    region: int = 0
    name = "region-ended"

    def __str__(self) -> str:
        return f"{self.name}: {self.region}"


@dataclass(frozen=True)
class GuestRequest(RunEvent):
    """The guest asks for something, which is carried out right after this was told."""

    action: Action
    source: str
    """The path of the device that it asked."""
    name = "guest-request"

    def __str__(self) -> str:
        return f"{self.name}: {self.action} (by {self.source})"


@dataclass(frozen=True)
class RequestRefused(RunEvent):
    """What the guest asked for was not done."""

    action: Action
    source: str
    reason: str
    name = "request-refused"

    def __str__(self) -> str:
        return f"{self.name}: {self.action} (by {self.source}): {self.reason}"


@dataclass(frozen=True)
class ActionFailed(RunEvent):
    """What the script of the system description asked for was not done."""

    action: Action
    reason: str
    name = "action-failed"

    def __str__(self) -> str:
        return f"{self.name}: {self.action}: {self.reason}"


@dataclass(frozen=True)
class CpuSwitched(RunEvent):
    """A core was handed from one CPU model to another; the new one has executed nothing yet."""

    report: HandoverReport
    name = "cpu-switched"


@dataclass(frozen=True)
class CheckpointTaken(RunEvent):
    """A checkpoint is complete."""

    place: Path
    name = "checkpoint-taken"

    def __str__(self) -> str:
        return f"{self.name}: {self.place}"


@dataclass(frozen=True)
class StatisticsReset(RunEvent):
    """The statistics count from here on."""

    name = "statistics-reset"


@dataclass(frozen=True)
class StatisticsDumped(RunEvent):
    """The statistics were written to a file."""

    file: Path
    name = "statistics-dumped"

    def __str__(self) -> str:
        return f"{self.name}: {self.file}"


class Subscription:
    """Somebody's wish to be told."""

    def __init__(self, board: EventBoard, wanted: EventWanted, callback: Callable[[Any], object]) -> None:
        self._board = board
        self.wanted = wanted
        self.callback = callback

    def close(self) -> None:
        """Be told no more; harmless when that is so already."""
        self._board.remove(self)


class EventBoard:
    """Who is to be told of which events."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []

    def on(self, wanted: type[E] | E, callback: Callable[[E], object]) -> Subscription:
        """Have `callback` called with every event of a type, or equal to an event, from now on."""
        subscription = Subscription(self, wanted, callback)
        self._subscriptions.append(subscription)
        return subscription

    def remove(self, subscription: Subscription) -> None:
        """Forget a subscription."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def tell(self, event: RunEvent) -> None:
        """Call those who asked, in the order in which they did."""
        for each in list(self._subscriptions):
            if each in self._subscriptions and matches(event, each.wanted):
                each.callback(event)
