"""What people typed, recorded with the tick of every byte, and fed again at exactly these ticks.

A recording is a text file: a header, then a line ``TICK PORT HEX`` for what was fed to a port at one time, and
``TICK quit`` where the user left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vmsim_core.errors import SourcePosition, VmsimError
from vmsim_core.events import Event, EventQueue
from vmsim_core.serial_port import SerialPort

HEADER = "vmsim input recording, version 1"

INPUT_PRIORITY = 1_000_000
"""Input from outside comes after everything that the machine itself does at a tick: the run loop takes live input
when all events that are due have happened."""

_LINE = re.compile(r"(?P<tick>[0-9]{1,19}) (?:quit|(?P<port>\S+) (?P<hex>(?:[0-9a-f]{2})+))")


class Recorder:
    """Writes down what live consoles feed; each line is on its way to the disk before the guest can react."""

    def __init__(self, path: Path, events: EventQueue) -> None:
        self._events = events
        self._path = path
        try:
            self._file = path.open("wb", buffering=0)
            self._write(HEADER)
        except OSError as error:
            raise self._failure(error) from None

    def fed(self, port: str, data: bytes) -> None:
        """Record that `data` is fed to `port` now."""
        self._write(f"{self._events.now} {port} {data.hex()}")

    def quit(self) -> None:
        """Record that the user ends the run now."""
        self._write(f"{self._events.now} quit")

    def close(self) -> None:
        """Finish the recording."""
        self._file.close()

    def _write(self, line: str) -> None:
        try:
            self._file.write(line.encode() + b"\n")
        except OSError as error:
            raise self._failure(error) from None

    def _failure(self, error: OSError) -> VmsimError:
        return VmsimError(f"recording: cannot write to {self._path}: {error.strerror}")


@dataclass(frozen=True)
class RecordedInput:
    """What was fed to one port at a tick; the user left if there is no port."""

    tick: int
    port: str | None
    data: bytes


class Replay:
    """Feeds a recording through the event queue.

    What was typed before the present tick is left out: the machine was restored from a checkpoint that has it.
    """

    def __init__(
        self, path: Path, ports: Mapping[str, SerialPort], events: EventQueue, on_quit: Callable[[], None]
    ) -> None:
        self._ports = ports
        self._events = events
        self._on_quit = on_quit
        self._event = Event("console", "replay", self._feed_due, INPUT_PRIORITY)
        inputs = [entry for entry in read_recording(path, ports) if entry.tick >= events.now]
        self._inputs = inputs[::-1]
        self._schedule_next()

    @property
    def finished(self) -> bool:
        """Whether everything was fed."""
        return not self._inputs

    def _schedule_next(self) -> None:
        if self._inputs:
            self._events.schedule(self._event, self._inputs[-1].tick)

    def _feed_due(self) -> None:
        while self._inputs and self._inputs[-1].tick == self._events.now:
            entry = self._inputs.pop()
            if entry.port is None:
                self._on_quit()
            else:
                self._ports[entry.port].feed(entry.data)
        self._schedule_next()


def read_recording(path: Path, ports: Mapping[str, SerialPort]) -> list[RecordedInput]:
    """Read a recording made for a machine with `ports`; raises VmsimError, with the place, for a damaged one."""
    try:
        text = path.read_bytes().decode("ascii", "replace")
    except OSError as error:
        raise VmsimError(f"recording: cannot read {path}: {error.strerror}") from None
    header, _, rest = text.partition("\n")
    if header != HEADER:
        raise _damage(path, 1, 1, f"this is no input recording of this version (it would begin with {HEADER!r})")
    return list(_entries(path, rest, ports))


def _entries(path: Path, text: str, ports: Mapping[str, SerialPort]) -> Iterator[RecordedInput]:
    lines = text.split("\n")
    last_tick = 0
    for number, line in enumerate(lines[:-1], start=2):
        match = _LINE.fullmatch(line)
        if match is None:
            raise _damage(path, number, 1, "this is neither TICK PORT HEX nor TICK quit")
        tick, port = int(match["tick"]), match["port"]
        if tick < last_tick:
            raise _damage(path, number, 1, f"tick {tick} is earlier than {last_tick} in the line before")
        if port is not None and port not in ports:
            known = ", ".join(sorted(ports))
            message = f"the machine has no serial port {port!r} (it has {known})"
            raise _damage(path, number, match.start("port") + 1, message)
        yield RecordedInput(tick, port, bytes.fromhex(match["hex"] or ""))
        last_tick = tick
    if lines[-1]:
        raise _damage(path, len(lines) + 1, 1, "the last line is cut off; remove it to replay what is before it")


def _damage(path: Path, line: int, column: int, message: str) -> VmsimError:
    return VmsimError(f"{SourcePosition(path, line, column)}: {message}")
