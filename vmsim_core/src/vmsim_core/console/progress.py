"""The line that tells how far the run is."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol, TextIO

from vmsim_core.console.console import Console
from vmsim_core.units import format_time

UPDATE_SECONDS = 0.2
RATE_SECONDS = 1.0

_ERASE = "\r\x1b[K"


class Progressing(Protocol):
    """What the line tells about; a Simulation is one."""

    @property
    def time(self) -> int:
        """Simulated time in ticks."""

    @property
    def instructions(self) -> int:
        """Instructions retired."""


def progress_wanted(console: Console, stream: TextIO | None = None) -> bool:
    """Whether a progress line pleases: on a terminal that the guest's output does not go to as well."""
    return (stream or sys.stderr).isatty() and not console.on_terminal


class Progress:
    """One line on stderr, rewritten a few times a second: time, instructions, speed, and what is awaited."""

    def __init__(
        self,
        simulation: Progressing,
        awaited: str = "",
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._simulation = simulation
        self._awaited = awaited
        self._stream = stream or sys.stderr
        self._clock = clock
        self._samples: deque[tuple[float, int]] = deque([(clock(), simulation.instructions)])
        self._shown = False

    def update(self) -> None:
        """Rewrite the line if it is time to."""
        now = self._clock()
        if now - self._samples[-1][0] < UPDATE_SECONDS:
            return
        self._samples.append((now, self._simulation.instructions))
        while len(self._samples) > 2 and now - self._samples[1][0] >= RATE_SECONDS:
            self._samples.popleft()
        self._write(_ERASE + self._line()[: self._width() - 1])
        self._shown = True

    def erase(self) -> None:
        """Take the line away: at the end, and before something else is printed."""
        if self._shown:
            self._write(_ERASE)
            self._shown = False

    def _line(self) -> str:
        (then, before), (now, instructions) = self._samples[0], self._samples[-1]
        mips = (instructions - before) / (now - then) / 1e6
        line = f"{format_time(self._simulation.time)}  {instructions / 1e6:,.1f} M instructions  {mips:.1f} MIPS"
        return f"{line}  {self._awaited}" if self._awaited else line

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except OSError:
            return 80

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
