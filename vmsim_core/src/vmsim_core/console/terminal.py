"""Raw mode of the user's terminal, given back whatever ends or suspends the program."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import termios
import threading
from types import FrameType
from typing import Any

_FATAL = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

_IFLAG, _LFLAG, _CC = 0, 3, 6


def is_our_terminal(descriptor: int) -> bool:
    """Whether `descriptor` is a terminal that we may read: a background job would be stopped for trying."""
    try:
        return os.isatty(descriptor) and os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # a terminal, but not the controlling one: nobody else reads it
        return os.isatty(descriptor)


class RawTerminal:
    """A terminal in raw mode: every key arrives at once and none is a signal.

    Output processing stays on, so that messages on stderr still begin at the left margin.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._cooked = termios.tcgetattr(descriptor)
        self._replaced_handlers: dict[int, Any] = {}
        self._active = True
        self._make_raw()
        atexit.register(self.restore)
        if threading.current_thread() is threading.main_thread():  # Python allows handlers nowhere else
            for number in _FATAL:
                self._handle(number, self._end)
            self._handle(signal.SIGTSTP, self._suspend)

    def restore(self) -> None:
        """Give the terminal and the signals back as they were; harmless when it was done before."""
        if not self._active:
            return
        self._active = False
        self._make_cooked()
        atexit.unregister(self.restore)
        for number, handler in self._replaced_handlers.items():
            signal.signal(number, handler)

    def _make_raw(self) -> None:
        mode = termios.tcgetattr(self._descriptor)
        mode[_IFLAG] &= ~(
            termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP
            | termios.INLCR | termios.IGNCR | termios.ICRNL | termios.IXON
        )  # fmt: skip
        mode[_LFLAG] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
        mode[_CC][termios.VMIN] = 1
        mode[_CC][termios.VTIME] = 0
        termios.tcsetattr(self._descriptor, termios.TCSANOW, mode)

    def _make_cooked(self) -> None:
        with contextlib.suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(self._descriptor, termios.TCSANOW, self._cooked)

    def _handle(self, number: signal.Signals, handler: Any) -> None:
        # What nohup ignores stays ignored, and a handler that is not Python's could not be put back.
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            self._replaced_handlers[number] = signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.restore()
        signal.raise_signal(number)  # for whoever handled it before us

    def _suspend(self, number: int, frame: FrameType | None) -> None:
        self._make_cooked()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTSTP)
        # Stopped here, until the shell's `fg`.
        signal.signal(signal.SIGTSTP, self._suspend)
        self._make_raw()
