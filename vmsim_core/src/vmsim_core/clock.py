"""Clock domains: cycles from ticks by exact integer ratio, never by a rounded period."""

from __future__ import annotations

from dataclasses import dataclass

from vmsim_core.units import TICKS_PER_SECOND


@dataclass(frozen=True)
class Clock:
    """A clock with an edge at tick 0 and a frequency in hertz."""

    hertz: int

    def cycles(self, ticks: int) -> int:
        """Return the number of whole cycles that have passed at `ticks`."""
        return ticks * self.hertz // TICKS_PER_SECOND

    def ticks(self, cycles: int) -> int:
        """Return the first tick at which `cycles` whole cycles have passed."""
        return -(-cycles * TICKS_PER_SECOND // self.hertz)

    def elapsed(self, since: int, now: int) -> int:
        """Return the number of clock edges in the ticks (`since`, `now`]."""
        return self.cycles(now) - self.cycles(since)

    def after(self, now: int, cycles: int) -> int:
        """Return the tick of the edge that is `cycles` edges after `now`."""
        return self.ticks(self.cycles(now) + cycles)
