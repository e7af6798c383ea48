"""How host time passes while the guest is idle."""

from __future__ import annotations

import time
from collections.abc import Callable

from vmsim_core.console.console import Console
from vmsim_core.console.recording import INPUT_PRIORITY
from vmsim_core.events import Event, EventQueue
from vmsim_core.units import NEVER, TICKS_PER_SECOND

LOOK_AROUND = 0.1
"""The run loop gets back control this often (seconds), for limits of host time, visitors and the like."""

CATCH_UP = 0.1
"""Time lost to a slow host is made up for in idle time, so that a sleep of many short naps takes as long as it says;
but never more than this (seconds): what a long computation took is not deducted from the next sleep."""


class Pacer:
    """Paces idle guest time to the wall clock while somebody is at the console, or always with `realtime`.

    Elsewhere idle time is skipped. Only idle time is paced: a busy guest is as fast as the host can make it.
    """

    def __init__(
        self,
        console: Console,
        events: EventQueue,
        realtime: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._events = events
        self._realtime = realtime
        self._clock = clock
        # An event, so that what wakes the guest is fed at the very tick that a recording will say.
        self._input = Event("console", "input", console.poll, INPUT_PRIORITY)
        self._anchor: tuple[float, int] | None = None
        """A host time and the tick that belonged to it."""

    def idle_until(self, now: int, target: int) -> int:
        """Let the guest's idle time from `now` pass; return the tick at which to go on, `target` at the latest.

        Input at the console makes it earlier; the bytes are fed at the tick that is returned.
        """
        if target < NEVER and not (self._realtime or self._console.interactive):
            self._anchor = None
            return target
        start = self._host_time_of(now)
        self._anchor = (start, now)
        due = start + (target - now) / TICKS_PER_SECOND
        pause = min(due - self._clock(), LOOK_AROUND)
        arrived = pause > 0 and self._console.wait(pause)
        host_now = self._clock()
        tick = target if host_now >= due else now + int((host_now - start) * TICKS_PER_SECOND)
        if arrived:
            self._events.schedule(self._input, tick)
        return tick

    def _host_time_of(self, tick: int) -> float:
        """Return the host time that belongs to `tick`, which is now or, to catch up, a little earlier."""
        host_now = self._clock()
        if self._anchor is None:
            return host_now
        host_then, tick_then = self._anchor
        ideal = host_then + (tick - tick_then) / TICKS_PER_SECOND
        return min(max(ideal, host_now - CATCH_UP), host_now)
