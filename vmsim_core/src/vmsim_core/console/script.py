"""Input scripts: what is typed at the console, and when, the same on every run.

Each line is typed and ended with Enter, except::

    @wait TEXT    go on when the guest has sent TEXT, after what the last @wait found
    @send TEXT    type TEXT without Enter
    @after 1.5s   go on after this much simulated time
    @@TEXT        type a line that begins with @
    @# ...        a comment

In TEXT of @wait and @send, ``\\n \\r \\t \\e \\\\`` and ``\\xHH`` stand for a byte each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vmsim_core.console.text import TextMatcher
from vmsim_core.errors import SourcePosition, VmsimError
from vmsim_core.events import Event, EventQueue
from vmsim_core.serial_port import SerialPort
from vmsim_core.units import parse_time

ENTER = b"\r"
"""What the Enter key of a terminal sends; the guest's line discipline makes a newline of it."""

_ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "e": b"\x1b", "\\": b"\\"}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|[nrte\\])|\\")


@dataclass(frozen=True)
class Send:
    """Type bytes."""

    data: bytes


@dataclass(frozen=True)
class Wait:
    """Wait for the guest to send a text."""

    text: bytes
    position: SourcePosition


@dataclass(frozen=True)
class After:
    """Let simulated time pass."""

    ticks: int
    position: SourcePosition


Step = Send | Wait | After


class InputScript:
    """Types a script at a port: each reaction comes in the very access that sends the last byte of what is awaited.

    It begins when it is made.
    """

    def __init__(self, steps: list[Step], port: SerialPort, events: EventQueue) -> None:
        self._port = port
        self._events = events
        self._steps = iter(steps)
        self._current: Step | None = None
        self._pause_over = Event("console", "input_script", self._go_on)
        # Texts are looked for in order, each from where the one before was found, also while the script is pausing:
        # a text is not missed for having come early.
        self._texts = iter([step.text for step in steps if isinstance(step, Wait)])
        self._matcher = self._next_matcher()
        self._unused_matches = 0
        port.listen(self._sent)
        self._go_on()

    @property
    def pending(self) -> str | None:
        """What the script still waits for, with its place, or None when all of it was typed."""
        match self._current:
            case Wait(text, position):
                return f"{position}: waits for {text.decode(errors='replace')!r}"
            case After(_, position):
                return f"{position}: waits for the time to pass"
        return None

    def _go_on(self) -> None:
        for step in self._steps:
            self._current = step
            match step:
                case Send(data):
                    self._port.feed(data)
                case After(ticks):
                    self._events.schedule(self._pause_over, self._events.now + ticks)
                    return
                case Wait():
                    if not self._unused_matches:
                        return
                    self._unused_matches -= 1
        self._current = None

    def _sent(self, data: bytes) -> None:
        while self._matcher is not None and (taken := self._matcher.match(data)) is not None:
            self._matcher = self._next_matcher()
            data = data[taken:]
            if isinstance(self._current, Wait):
                self._go_on()
            else:
                self._unused_matches += 1

    def _next_matcher(self) -> TextMatcher | None:
        text = next(self._texts, None)
        return None if text is None else TextMatcher(text)


def read_script(argument: str) -> list[Step]:
    r"""Read the script that a user gave: a text if there is a line end in it (``\n`` will do), else a file's name."""
    text = argument.replace("\\n", "\n")
    if "\n" in text:
        return parse_script(text, Path("--input"))
    path = Path(argument)
    try:
        return parse_script(path.read_bytes().decode(), path)
    except OSError as error:
        raise VmsimError(
            f"input: cannot read {path}: {error.strerror} (a text to type instead of a file ends with \\n)"
        ) from None
    except UnicodeDecodeError as error:
        raise VmsimError(f"input: {path} is no text in UTF-8: {error.reason} at byte {error.start}") from None


def parse_script(text: str, file: Path) -> list[Step]:
    """Parse a script; raises VmsimError with file, line and column of the first mistake."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return list(_parse_lines([line.removesuffix("\r") for line in lines], file))


def _parse_lines(lines: list[str], file: Path) -> Iterator[Step]:
    for number, line in enumerate(lines, start=1):
        start = SourcePosition(file, number, 1)
        directive, _, argument = line.partition(" ")
        place = SourcePosition(file, number, len(directive) + 2)
        if not line.startswith("@"):
            yield Send(line.encode() + ENTER)
        elif line.startswith("@@"):
            yield Send(line[1:].encode() + ENTER)
        elif line.startswith("@#"):
            continue
        elif directive == "@wait":
            yield Wait(_unescape(argument, place), start)
        elif directive == "@send":
            yield Send(_unescape(argument, place))
        elif directive == "@after":
            yield After(_duration(argument, place), start)
        else:
            raise _mistake(start, f"there is no {directive}; use @wait, @send, @after, @# or, to type an @, @@")


def _unescape(text: str, place: SourcePosition) -> bytes:
    if not text:
        raise _mistake(place, "the text is missing")
    data = b""
    end = 0
    for match in _ESCAPE.finditer(text):
        name = match[1]
        if name is None:
            at = SourcePosition(place.file, place.line, place.column + match.start())
            raise _mistake(at, r"no such escape; use \n, \r, \t, \e, \\ or \x and two hexadecimal digits")
        data += text[end : match.start()].encode()
        data += _ESCAPES[name] if name in _ESCAPES else bytes.fromhex(name[1:])
        end = match.end()
    return data + text[end:].encode()


def _duration(text: str, place: SourcePosition) -> int:
    try:
        return parse_time(text)
    except ValueError as error:
        raise _mistake(place, str(error)) from None


def _mistake(position: SourcePosition, message: str) -> VmsimError:
    return VmsimError(f"{position}: {message}")
