"""What hands do at a keyboard and a mouse, as steps of an input script, each in its time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vmsim_core.console.script_steps import After, Button, Key, Move, Step
from vmsim_core.errors import SourcePosition
from vmsim_core.units import TICKS_PER_SECOND

Names = list[tuple[str, SourcePosition]]
"""Names of keys or buttons, each with its place in the script."""

_HELD = TICKS_PER_SECOND // 20
"""Well below the shortest delay after which a held key repeats."""
_BETWEEN = TICKS_PER_SECOND // 50

_COUNTS_IN_A_MOVE = 100
_NOTCHES_IN_A_MOVE = 4
_BETWEEN_MOVES = TICKS_PER_SECOND // 100

_LETTERS_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"
_NAMED = {
    " ": "space", "\n": "enter", "\r": "enter", "\t": "tab", "\x1b": "esc", "`": "grave", "-": "minus", "=": "equal",
    "[": "leftbrace", "]": "rightbrace", "\\": "backslash", ";": "semicolon", "'": "apostrophe", ",": "comma",
    ".": "dot", "/": "slash",
}  # fmt: skip
_UNSHIFTED = {character: character for character in _LETTERS_AND_DIGITS} | _NAMED
_SHIFTED = dict(
    zip('ABCDEFGHIJKLMNOPQRSTUVWXYZ)!@#$%^&*(~_+{}|:"<>?', _LETTERS_AND_DIGITS + "`-=[]\\;',./", strict=True)
)


def press(names: Names) -> Iterator[Step]:
    """Press keys together: down in their order, up in the opposite order."""
    yield from _down_and_up(Key, names)


def click(names: Names) -> Iterator[Step]:
    """Press buttons together."""
    yield from _down_and_up(Button, names)


def _down_and_up(kind: Callable[[str, bool, SourcePosition], Step], names: Names) -> Iterator[Step]:
    for name, position in names:
        yield kind(name, True, position)
    yield After(_HELD, names[0][1])
    for name, position in reversed(names):
        yield kind(name, False, position)
    yield After(_BETWEEN, names[0][1])


def type_text(text: str, position: SourcePosition) -> Iterator[Step]:
    """Type a text on a keyboard with the US layout; raises ValueError for a character that is not on it."""
    for character in text:
        names = ["leftshift", _UNSHIFTED[_SHIFTED[character]]] if character in _SHIFTED else [_UNSHIFTED.get(character)]
        if None in names:
            raise ValueError(f"there is no key for {character!r} on a US keyboard")
        yield from press([(name, position) for name in names if name is not None])


def move(right: int, down: int, wheel: int, position: SourcePosition) -> Iterator[Step]:
    """Move the mouse, no faster than it can count, in a straight line."""
    far = max(-(-abs(right) // _COUNTS_IN_A_MOVE), -(-abs(down) // _COUNTS_IN_A_MOVE))
    moves = max(far, -(-abs(wheel) // _NOTCHES_IN_A_MOVE))
    for index in range(moves):
        steps = [way * (index + 1) // moves - way * index // moves for way in (right, down, wheel)]
        yield Move(steps[0], steps[1], steps[2], position)
        yield After(_BETWEEN_MOVES, position)
