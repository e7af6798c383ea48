"""Whether the guest sleeps: KVM does not say so, but the thread that runs it sleeps then too."""

from __future__ import annotations

import resource
import time

SHORTEST, LONGEST = 2_000_000, 100_000_000
"""Nanoseconds between two looks at the guest."""
_LOOK_SHARE = 10
"""A look is to take a tenth of the time at most, on a slow host too."""


class Watch:
    """Looks at the thread that runs the guest, from one kick to the next."""

    def __init__(self) -> None:
        self.interval = SHORTEST
        """Nanoseconds after which to look again."""
        self.lead = 0
        """Nanoseconds that a look takes: a kick that comes sooner comes before the guest has run."""
        self.begin()

    def begin(self) -> None:
        """Look from now on."""
        self._switches = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
        self._used, self._since = time.thread_time_ns(), time.perf_counter_ns()

    def looked(self, since: int) -> None:
        """Be told when the look began that is over now, by `time.perf_counter_ns`."""
        self.lead = time.perf_counter_ns() - since
        self.interval = min(max(SHORTEST, _LOOK_SHARE * self.lead), LONGEST)

    def slept(self) -> bool:
        """Return whether the thread has slept for most of the time: the kernel has it sleep in a WFI of the guest.

        A thread that others keep from the processor does not give it up of its own accord.
        """
        if resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw == self._switches:
            return False
        return 2 * (time.thread_time_ns() - self._used) < time.perf_counter_ns() - self._since
