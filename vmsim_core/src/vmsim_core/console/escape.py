"""The escape key of the terminal: Ctrl-A and a letter are for vmsim, everything else is for the guest."""

from __future__ import annotations

from collections.abc import Callable

ESCAPE = 0x01  # Ctrl-A, as QEMU and minicom have it

HELP = """
Ctrl-A x       quit
Ctrl-A p       save a picture of the screen, in the current folder
Ctrl-A h       this list
Ctrl-A Ctrl-A  (or Ctrl-A a) send Ctrl-A to the guest
"""


class EscapeKeys:
    """Takes the commands out of what is typed; the key and its letter may arrive in different reads."""

    def __init__(
        self, on_quit: Callable[[], None], on_help: Callable[[], None], on_picture: Callable[[], None]
    ) -> None:
        self._on_quit = on_quit
        self._on_help = on_help
        self._on_picture = on_picture
        self._escaped = False

    def for_guest(self, typed: bytes) -> bytes:
        """Carry out the commands in `typed` and return the bytes that are meant for the guest."""
        to_guest = bytearray()
        for byte in typed:
            if self._escaped:
                self._escaped = False
                if byte in (ESCAPE, ord("a")):
                    to_guest.append(ESCAPE)
                elif byte == ord("x"):
                    self._on_quit()
                elif byte == ord("p"):
                    self._on_picture()
                else:
                    self._on_help()
            elif byte == ESCAPE:
                self._escaped = True
            else:
                to_guest.append(byte)
        return bytes(to_guest)
