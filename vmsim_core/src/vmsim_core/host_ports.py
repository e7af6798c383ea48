"""Where input devices and displays of the guest meet the host, as :mod:`vmsim_core.serial_port` does for UARTs.

A device enters itself in the system's `keyboards`, `mice` or `displays` under its own path.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


class Keyboard(Protocol):
    """A keyboard of the guest."""

    @property
    def keys(self) -> Collection[str]:
        """The names of its keys."""

    def key(self, name: str, pressed: bool) -> None:
        """Press or release the key called `name` as Linux's input event codes do without ``KEY_``, in small letters
        (``a``, ``enter``, ``leftshift``, ``f1``).

        Raises ValueError for a key that the keyboard does not have.
        """


class Mouse(Protocol):
    """A mouse of the guest."""

    @property
    def buttons(self) -> Collection[str]:
        """The names of its buttons."""

    def move(self, right: int, down: int, wheel: int = 0) -> None:
        """Move by so many counts; a positive `wheel` turns away from the user."""

    def button(self, name: str, pressed: bool) -> None:
        """Press or release a button: ``left``, ``middle``, ``right`` or what else the mouse has.

        Raises ValueError for a button that it does not have.
        """


@dataclass(frozen=True)
class Picture:
    """What a display shows: `height` lines of `width` pixels, three bytes (red, green, blue) each."""

    width: int
    height: int
    rgb: bytes


class Display(Protocol):
    """A display of the guest."""

    def picture(self) -> Picture | None:
        """Return what it shows now; None while it is off."""
