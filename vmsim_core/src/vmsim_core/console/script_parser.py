"""Reading input scripts. A line that begins with @ is a directive; the table of them is at the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from vmsim_core.console import script_gestures
from vmsim_core.console.script_gestures import Names
from vmsim_core.console.script_steps import After, Button, Key, Send, Step, Wait
from vmsim_core.errors import SourcePosition, VmsimError
from vmsim_core.units import parse_time

ENTER = b"\r"
"""What the Enter key of a terminal sends; the guest's line discipline makes a newline of it."""

_ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "e": b"\x1b", "\\": b"\\"}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|[nrte\\])|\\")

_FARTHEST = 100_000
"""Counts that one @mouse may move: some minutes of simulated time."""


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
        elif directive in _DIRECTIVES:
            yield from _DIRECTIVES[directive](argument, place)
        else:
            known = ", ".join(_DIRECTIVES)
            raise _mistake(start, f"there is no {directive}; use {known}, @# or, to type an @, @@")


def _wait(argument: str, place: SourcePosition) -> Iterator[Step]:
    yield Wait(_unescape(argument, place), SourcePosition(place.file, place.line, 1))


def _send(argument: str, place: SourcePosition) -> Iterator[Step]:
    yield Send(_unescape(argument, place))


def _after(argument: str, place: SourcePosition) -> Iterator[Step]:
    try:
        ticks = parse_time(argument)
    except ValueError as error:
        raise _mistake(place, str(error)) from None
    yield After(ticks, SourcePosition(place.file, place.line, 1))


def _press(argument: str, place: SourcePosition) -> Iterator[Step]:
    return script_gestures.press(_names(argument, place))


def _click(argument: str, place: SourcePosition) -> Iterator[Step]:
    return script_gestures.click(_names(argument, place))


def _keys(pressed: bool) -> Directive:
    return lambda argument, place: (Key(name, pressed, at) for name, at in _names(argument, place))


def _buttons(pressed: bool) -> Directive:
    return lambda argument, place: (Button(name, pressed, at) for name, at in _names(argument, place))


def _type(argument: str, place: SourcePosition) -> Iterator[Step]:
    text = _unescape(argument, place).decode(errors="replace")
    try:
        yield from script_gestures.type_text(text, place)
    except ValueError as error:
        raise _mistake(place, str(error)) from None


def _mouse(argument: str, place: SourcePosition) -> Iterator[Step]:
    counts = []
    for word, at in _names(argument, place):
        if not re.fullmatch(r"[+-]?[0-9]{1,6}", word) or abs(int(word)) > _FARTHEST:
            raise _mistake(at, f"{word!r} is not a number of counts from -{_FARTHEST} to {_FARTHEST}")
        counts.append(int(word))
    if not 2 <= len(counts) <= 3:
        raise _mistake(place, "how far to the right and down is needed, and the wheel if it turns: @mouse 10 -5 1")
    return script_gestures.move(counts[0], counts[1], counts[2] if len(counts) == 3 else 0, place)


def _names(text: str, place: SourcePosition) -> Names:
    words = re.finditer(r"\S+", text)
    names = [(word[0], SourcePosition(place.file, place.line, place.column + word.start())) for word in words]
    if not names:
        raise _mistake(place, "a name is missing")
    return names


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


def _mistake(position: SourcePosition, message: str) -> VmsimError:
    return VmsimError(f"{position}: {message}")


Directive = Callable[[str, SourcePosition], Iterator[Step]]
"""Makes steps of the argument of a directive, which begins at a position."""

_DIRECTIVES: dict[str, Directive] = {
    "@wait": _wait,
    "@send": _send,
    "@after": _after,
    "@press": _press,
    "@key-down": _keys(True),
    "@key-up": _keys(False),
    "@type": _type,
    "@mouse": _mouse,
    "@click": _click,
    "@button-down": _buttons(True),
    "@button-up": _buttons(False),
}
