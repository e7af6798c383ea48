"""The console on our own standard input and output."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable

from vmsim_core.console.console import READ_SIZE, Console
from vmsim_core.console.escape import HELP, EscapeKeys
from vmsim_core.console.terminal import RawTerminal, is_our_terminal
from vmsim_core.errors import VmsimError
from vmsim_core.serial_port import ByteSink, SerialPort

_STDIN, _STDOUT = 0, 1


class StdioConsole(Console):
    """Standard input and output; a terminal in raw mode with an escape key, anything else byte for byte.

    The descriptors are never made non-blocking: they are shared with the shell that started us.
    """

    def __init__(
        self, port: SerialPort, feed: ByteSink, on_quit: Callable[[], None], on_picture: Callable[[], None]
    ) -> None:
        super().__init__(port, feed)
        self.on_terminal = os.isatty(_STDOUT)
        self._live = False
        self._line_is_open = False
        self._terminal: RawTerminal | None = None
        self._escape_keys = EscapeKeys(on_quit, self._show_help, on_picture)
        if is_our_terminal(_STDIN):
            self._live = True
            self._terminal = RawTerminal(_STDIN)
            print("console: Ctrl-A x quits, Ctrl-A h lists the commands", file=sys.stderr, flush=True)
        # A terminal of which we are a background job would stop us for reading; and standard input may be closed.
        if self._terminal or not (sys.stdin is None or os.isatty(_STDIN)):
            self._watch(_STDIN)

    @property
    def interactive(self) -> bool:
        """Whether a terminal is there to type at."""
        return self._terminal is not None

    @property
    def live(self) -> bool:
        """Whether somebody types: at a terminal, or through a pipe that has carried something and is still open.

        A pipe that never carried a byte is one that we merely inherited.
        """
        return self._live

    def _receive(self) -> None:
        if _STDIN not in self._selector.get_map() or not select.select([_STDIN], [], [], 0)[0]:
            return
        try:
            data = os.read(_STDIN, READ_SIZE)
        except OSError as error:  # EIO: the terminal is gone
            raise VmsimError(f"console: cannot read standard input: {error.strerror}") from None
        self._live = bool(data)
        if not data:
            self._unwatch(_STDIN)
        elif to_guest := self._escape_keys.for_guest(data) if self._terminal else data:
            self._feed(to_guest)

    def _flush(self) -> None:
        if self._unwritten:
            self._line_is_open = not self._unwritten.endswith(b"\n")
        self._write_all(_STDOUT, "standard output")

    def _release(self) -> None:
        if self._terminal is not None:
            self._terminal.restore()
        if self.on_terminal and self._line_is_open:  # what we say next begins a line
            print(flush=True)

    def _show_help(self) -> None:
        print(HELP, file=sys.stderr, flush=True)
