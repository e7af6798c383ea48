"""The event queue: things that happen at a tick, in an order that is the same on every run.

Order is (tick, priority, component path, name): nothing depends on when an event was scheduled, so a
restored machine sees the same order as one that was never stopped.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

from vmsim_core.units import NEVER

DEFAULT_PRIORITY = 50
_MANY_STALE_ENTRIES = 1000


class Event:
    """Something that its owner wants to happen at a tick; scheduled at most once at a time."""

    __slots__ = ("action", "key", "name", "path", "priority", "tick")

    def __init__(self, path: str, name: str, action: Callable[[], None], priority: int = DEFAULT_PRIORITY) -> None:
        self.path = path
        self.name = name
        self.action = action
        self.priority = priority
        self.tick = NEVER
        self.key = (priority, path, name)

    @property
    def scheduled(self) -> bool:
        """Whether the event is going to happen."""
        return self.tick != NEVER

    def __repr__(self) -> str:
        return f"<Event {self.path}.{self.name} at {self.tick}>"


class EventQueue:
    """Events by time. `now` is the tick of the event that runs, or of the last one that ran."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, tuple[int, str, str], Event]] = []
        self._clean_at = _MANY_STALE_ENTRIES
        self.now = 0
        self.next_tick = NEVER
        """The tick of the earliest event; a CPU model compares it with its deadline after a device access."""

    def schedule(self, event: Event, tick: int) -> None:
        """Make `event` happen at `tick` (not before `now`), instead of when it was scheduled before."""
        if tick < self.now:
            raise ValueError(f"{event!r} cannot happen at {tick}: it is {self.now} already")
        if tick >= NEVER:
            self.cancel(event)
            return
        event.tick = tick
        heapq.heappush(self._heap, (tick, event.key, event))
        if len(self._heap) > self._clean_at:
            self._drop_stale_entries()
        self._update_next()

    def cancel(self, event: Event) -> None:
        """Make `event` not happen; harmless when it is not scheduled."""
        event.tick = NEVER
        self._update_next()

    def run_until(self, tick: int) -> None:
        """Run every event that is due at `tick` or before, each with `now` at its own tick."""
        while self.next_tick <= tick:
            due, _, event = heapq.heappop(self._heap)
            self.now = due
            event.tick = NEVER
            self._update_next()
            event.action()
        self.now = max(self.now, tick)

    def pending(self) -> list[Event]:
        """Return the scheduled events in the order in which they will happen."""
        live = {(tick, event.key): event for tick, _, event in self._heap if event.tick == tick}
        return [live[key] for key in sorted(live)]

    def _drop_stale_entries(self) -> None:
        # Entries of events that were moved nearer stay behind, and far ones would never reach the top.
        self._heap = [(event.tick, event.key, event) for event in self.pending()]
        self._clean_at = 2 * len(self._heap) + _MANY_STALE_ENTRIES

    def _update_next(self) -> None:
        heap = self._heap
        # Entries of events that were moved or cancelled are dropped when they reach the top.
        while heap and heap[0][2].tick != heap[0][0]:
            heapq.heappop(heap)
        self.next_tick = heap[0][0] if heap else NEVER
