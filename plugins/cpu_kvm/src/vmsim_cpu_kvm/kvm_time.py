"""What the guest's time is counted by: instructions, cycles, or the host's own time, whichever the host can tell.

An instruction takes `cpi` cycles of the core's clock under the models that count instructions. Where the host counts
those of the guest (perf_event_open(2), exclude_host), simulated time is the same here. Where it counts cycles only,
the guest's cycles are those of the simulated core. Where it counts neither, simulated time is the time that the guest
ran on the host. In the last two cases the number of instructions is worked out from the time: an estimate.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import time
from abc import ABC, abstractmethod

from vmsim_cpu_kvm.kvm_api import last_error, libc

_PERF_EVENT_OPEN = {"aarch64": 241, "x86_64": 298}
_TYPE_HARDWARE = 0
_CYCLES, _INSTRUCTIONS = 0, 1
_EXCLUDE_HOST = 1 << 19
_ATTR_SIZE = 64
_FLAG_CLOEXEC = 8
_TICKS_PER_NANOSECOND = 1000


class GuestClock(ABC):
    """Counts while the guest runs. `numerator` / `denominator` instructions go by for each count."""

    name: str
    numerator = 1
    denominator = 1

    def __init__(self) -> None:
        self._rest = 0

    def bind(self) -> None:  # noqa: B027
        """Count for the thread that calls; raises KvmError where that is not possible."""

    @abstractmethod
    def begin(self) -> None:
        """Be told that a run begins, or goes on after a look at the guest."""

    @abstractmethod
    def enter(self) -> None:
        """Be told that the guest is entered."""

    @abstractmethod
    def leave(self, slept: bool = False) -> int:
        """Return how many instructions the guest has executed since it was entered, if it slept at the end or not."""

    def nanoseconds(self, ticks: int) -> int:
        """Return how long the guest will have to run for so much simulated time, as far as can be foreseen."""
        return ticks // _TICKS_PER_NANOSECOND

    def close(self) -> None:  # noqa: B027
        """Give back what belongs to the host."""

    def _instructions(self, count: int) -> int:
        whole, self._rest = divmod(count * self.numerator + self._rest, self.denominator)
        return whole


class HostClock(GuestClock):
    """The host's time while the guest runs; a nanosecond is one of simulated time."""

    name = "host"
    numerator = _TICKS_PER_NANOSECOND

    def __init__(self, period: int) -> None:
        super().__init__()
        self.denominator = period
        self._entered = self._used = 0

    def begin(self) -> None:
        """Remember how much of the processor the thread has had."""
        self._used = time.thread_time_ns()

    def enter(self) -> None:
        """Remember when."""
        self._entered = time.perf_counter_ns()

    def leave(self, slept: bool = False) -> int:
        """Return what went by on the clock; if the guest slept, what the thread has had of the processor."""
        passed = time.perf_counter_ns() - self._entered
        if slept:
            passed = min(passed, time.thread_time_ns() - self._used)
        return self._instructions(passed)


class PerfClock(GuestClock):
    """A counter of the host's performance monitors that counts in the guest only."""

    def __init__(self, name: str, event: int, cpi: int) -> None:
        super().__init__()
        self.name = name
        self.denominator = cpi
        self._event = event
        self._counter = -1
        self._last = 0

    def bind(self) -> None:
        """Open the counter for this thread."""
        self.close()
        attributes = struct.pack("=IIQQQQQ", _TYPE_HARDWARE, _ATTR_SIZE, self._event, 0, 0, 0, _EXCLUDE_HOST)
        buffer = ctypes.create_string_buffer(attributes, _ATTR_SIZE)
        number = _PERF_EVENT_OPEN[platform.machine()]
        opened = libc.syscall(ctypes.c_long(number), buffer, 0, -1, -1, ctypes.c_ulong(_FLAG_CLOEXEC))
        if opened < 0:
            raise last_error()
        self._counter = opened
        self._last = self._read()

    def begin(self) -> None:
        """Leave out what was counted while single instructions were."""
        self._last = self._read()

    def enter(self) -> None:
        """Do nothing: the counter stands still outside the guest."""

    def leave(self, slept: bool = False) -> int:
        """Return what was counted."""
        now = self._read()
        count, self._last = now - self._last, now
        return self._instructions(count)

    def close(self) -> None:
        """Close the counter."""
        if self._counter >= 0:
            os.close(self._counter)
            self._counter = -1

    def _read(self) -> int:
        return int.from_bytes(os.read(self._counter, 8), "little")


def clocks(wanted: str, period: int, cpi: int) -> list[GuestClock]:
    """Return the clocks to try in turn: the one that is wanted, or for ``auto`` all, the best first."""
    every = [
        PerfClock("instructions", _INSTRUCTIONS, 1),
        PerfClock("cycles", _CYCLES, cpi),
        HostClock(period),
    ]
    return [clock for clock in every if wanted in ("auto", clock.name)]
