"""What every console has in common: it buffers what the guest sends, and is asked between slices to do its I/O."""

from __future__ import annotations

import os
import select
import selectors
from abc import ABC, abstractmethod
from types import TracebackType

from vmsim_core.errors import VmsimError
from vmsim_core.serial_port import ByteSink, SerialPort

READ_SIZE = 4096


class Console(ABC):
    """One end of a serial line on the host.

    The guest's bytes are collected in the device access that sends them and written when the run loop polls or the
    guest is idle: an error of the host surfaces there, never in the middle of an instruction.
    """

    on_terminal = False
    """Whether the guest's output appears on the user's own terminal, where a progress line would disturb it."""

    def __init__(self, port: SerialPort, feed: ByteSink) -> None:
        self._feed = feed
        self._unwritten = bytearray()
        self._selector = selectors.PollSelector()
        self._closed = False
        port.listen(self._sent)

    @property
    def interactive(self) -> bool:
        """Whether somebody is at the other end now, so that idle time should pass as on the wall clock."""
        return False

    @property
    def live(self) -> bool:
        """Whether input may still come: a guest that waits for ever is then not halted."""
        return False

    def poll(self) -> None:
        """Take input that is there and write output that is due, without waiting for either."""
        self._receive()
        self._flush()

    def wait(self, seconds: float) -> bool:
        """Sleep for `seconds`, or until there is something to `poll` for; return whether there is."""
        self._flush()
        return bool(self._selector.select(seconds))

    def close(self) -> None:
        """Write what is left and give everything back; harmless when it was done before."""
        if self._closed:
            return
        self._closed = True
        try:
            self._flush()
        finally:
            self._release()
            self._selector.close()

    def __enter__(self) -> Console:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @abstractmethod
    def _receive(self) -> None:
        """Feed the input that is there."""

    @abstractmethod
    def _flush(self) -> None:
        """Write `_unwritten`, as far as the other end takes it now."""

    @abstractmethod
    def _release(self) -> None:
        """Close what was opened."""

    def _sent(self, data: bytes) -> None:
        if not self._closed:
            self._unwritten += data

    def _watch(self, descriptor: int) -> None:
        """Have `wait` come back when `descriptor` can be read."""
        if descriptor not in self._selector.get_map():
            self._selector.register(descriptor, selectors.EVENT_READ)

    def _unwatch(self, descriptor: int) -> None:
        if descriptor in self._selector.get_map():
            self._selector.unregister(descriptor)

    def _write_all(self, descriptor: int, name: str) -> None:
        """Write all of `_unwritten`, waiting for a reader that is slow: no byte may be lost."""
        while self._unwritten:
            try:
                del self._unwritten[: os.write(descriptor, self._unwritten)]
            except BlockingIOError:  # somebody else made the descriptor non-blocking
                select.select([], [descriptor], [])
            except OSError as error:
                self._unwritten.clear()  # so that closing does not fail a second time
                raise VmsimError(f"console: cannot write to {name}: {error.strerror}") from None


class NoConsole(Console):
    """Nobody reads and nobody types."""

    def _receive(self) -> None:
        pass

    def _flush(self) -> None:
        self._unwritten.clear()

    def _release(self) -> None:
        pass
