"""The clock of a KVM guest: instructions retired, and simulated time, which is a period for each of them."""

from __future__ import annotations

import logging

from vmsim_core.errors import VmsimError

from vmsim_cpu_kvm.kvm_api import KvmError
from vmsim_cpu_kvm.kvm_time import GuestClock, clocks

log = logging.getLogger("vmsim")


class VcpuClock:
    """Counts by the best clock that the host has; single steps are added by whoever makes them."""

    def __init__(self, path: str, period: int, cpi: int, time_from: str) -> None:
        self._path = path
        self.period = period
        self.retired = 0
        """Instructions retired."""
        self._origin_tick = self._origin_count = 0
        self._clocks = clocks(time_from, period, cpi)

    @property
    def _clock(self) -> GuestClock:
        return self._clocks[0]

    @property
    def time(self) -> int:
        """The tick at which the next instruction starts."""
        return self._origin_tick + (self.retired - self._origin_count) * self.period

    def set_time(self, tick: int) -> None:
        """Let the next instruction start at `tick`."""
        self._origin_tick, self._origin_count = tick, self.retired

    def bind(self) -> None:
        """Count for the thread that calls, by the next clock where one cannot be had; raises VmsimError."""
        while True:
            try:
                self._clock.bind()
            except KvmError as error:
                if len(self._clocks) == 1:
                    raise VmsimError(
                        f"{self._path}: this host does not count the guest's {self._clock.name}: {error.strerror}"
                    ) from None
                self._clocks.pop(0)
            else:
                log.info("%s: simulated time is taken from: %s", self._path, self._clock.name)
                return

    def begin(self) -> None:
        """Be told that a run begins, or goes on after a look at the guest."""
        self._clock.begin()

    def enter(self) -> None:
        """Be told that the guest is entered."""
        self._clock.enter()

    def leave(self, slept: bool = False) -> None:
        """Be told that the guest is left, and if it slept at the end."""
        self.retired += self._clock.leave(slept)

    def nanoseconds(self, ticks: int) -> int:
        """Return how long the guest will have to run for so much simulated time, as far as can be foreseen."""
        return self._clock.nanoseconds(ticks)

    def levels(self) -> dict[str, int]:
        """Return what simulated time is taken from: 1 for that, 0 for what it is not."""
        names = ("instructions", "cycles", "host")
        return {f"time_from_{name}": int(self._clock.name == name) for name in names}

    def close(self) -> None:
        """Give back what belongs to the host."""
        for clock in self._clocks:
            clock.close()
