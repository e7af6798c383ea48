"""Things to be done at instruction boundaries, unnoticed by the guest: at a time, or after so many instructions."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from vmsim_core.units import NEVER


class Appointment:
    """An action that is due at a tick or at an instruction count."""

    __slots__ = ("action", "due", "number")

    def __init__(self, due: int, number: int, action: Callable[[], object]) -> None:
        self.due = due
        self.number = number
        self.action: Callable[[], object] | None = action

    def cancel(self) -> None:
        """Have it not happen; harmless when it has happened."""
        self.action = None

    def __lt__(self, other: Appointment) -> bool:
        return (self.due, self.number) < (other.due, other.number)


class Appointments:
    """Appointments by when they are due; those for one moment in the order in which they were made."""

    def __init__(self) -> None:
        self._heap: list[Appointment] = []
        self._made = 0
        self.next = NEVER
        """When the earliest one is due."""

    def make(self, due: int, action: Callable[[], object]) -> Appointment:
        """Have `action` called when `due` is reached."""
        self._made += 1
        appointment = Appointment(due, self._made, action)
        heapq.heappush(self._heap, appointment)
        self.next = self._heap[0].due
        return appointment

    def keep(self, now: int) -> bool:
        """Call the earliest action that is due by `now`; return whether there was an appointment."""
        if now < self.next:
            return False
        action = heapq.heappop(self._heap).action
        self.next = self._heap[0].due if self._heap else NEVER
        if action is not None:
            action()
        return True
