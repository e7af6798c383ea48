"""Consoles to which somebody connects while the machine runs: a pseudo-terminal, a TCP port of this host."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import tty
from abc import abstractmethod

from vmsim_core.console.console import READ_SIZE, Console
from vmsim_core.errors import VmsimError
from vmsim_core.serial_port import ByteSink, SerialPort

LOOPBACK = "127.0.0.1"
BACKLOG = 256 * 1024
"""Output that nobody has read yet is kept up to this many bytes, so that a late visitor sees how the guest started."""

_IN_USE = b"vmsim: this console is in use by another client\r\n"


class RemoteConsole(Console):
    """A console that somebody reads some of the time; output that is not taken is kept, the oldest dropped."""

    @property
    def interactive(self) -> bool:
        """Whether somebody is connected now."""
        return self._peer() is not None

    @property
    def live(self) -> bool:
        """Somebody may always connect."""
        return True

    @abstractmethod
    def _peer(self) -> int | None:
        """Return the (non-blocking) descriptor of who is connected, if anybody is."""

    @abstractmethod
    def _peer_left(self) -> None:
        """Be told that nobody is connected any more."""

    def _receive(self) -> None:
        peer = self._peer()
        if peer is None:
            return
        try:
            data = os.read(peer, READ_SIZE)
        except BlockingIOError:
            return
        except OSError:  # reset by the client; EIO from a pseudo-terminal that nobody has open
            data = b""
        if data:
            self._feed(data)
        else:
            self._peer_left()

    def _flush(self) -> None:
        peer = self._peer()
        try:
            while peer is not None and self._unwritten:
                del self._unwritten[: os.write(peer, self._unwritten)]
        except BlockingIOError:
            pass
        except OSError:
            self._peer_left()
        del self._unwritten[:-BACKLOG]


class PtyConsole(RemoteConsole):
    """A pseudo-terminal, for screen, minicom and their like."""

    def __init__(self, port: SerialPort, feed: ByteSink) -> None:
        super().__init__(port, feed)
        try:
            self._master, slave = os.openpty()
        except OSError as error:
            raise VmsimError(f"console: cannot make a pseudo-terminal: {error.strerror}") from None
        self.name = os.ttyname(slave)
        tty.setraw(slave)  # or the guest's output would be echoed back to it
        os.close(slave)  # from now on the master reports whether anybody has the other end open
        os.set_blocking(self._master, False)
        self._connected = False
        print(f"console: {self.name}", file=sys.stderr, flush=True)

    def _peer(self) -> int | None:
        return self._master if self._connected else None

    def _peer_left(self) -> None:
        self._connected = False
        self._unwatch(self._master)

    def _receive(self) -> None:
        # Nothing announces a visitor: reading says whether one is there.
        self._connected = True
        self._watch(self._master)
        super()._receive()

    def _release(self) -> None:
        os.close(self._master)


class TcpConsole(RemoteConsole):
    """A TCP port of this host: one client at a time, who may leave and come back."""

    def __init__(self, port: SerialPort, feed: ByteSink, number: int) -> None:
        super().__init__(port, feed)
        self._client: socket.socket | None = None
        try:
            self._server = socket.create_server((LOOPBACK, number))
        except OSError as error:
            why = "it is in use; tcp:0 picks a free one" if error.errno == errno.EADDRINUSE else error.strerror
            raise VmsimError(f"console: cannot listen on port {number}: {why}") from None
        self._server.setblocking(False)
        self._watch(self._server.fileno())
        self.number: int = self._server.getsockname()[1]
        print(f"console: {LOOPBACK}:{self.number}", file=sys.stderr, flush=True)

    def _peer(self) -> int | None:
        return self._client.fileno() if self._client is not None else None

    def _peer_left(self) -> None:
        if self._client is not None:
            self._unwatch(self._client.fileno())
            self._client.close()
            self._client = None

    def _receive(self) -> None:
        super()._receive()
        try:
            visitor, _ = self._server.accept()
        except OSError:  # nobody, or somebody who has left again
            return
        visitor.setblocking(False)
        visitor.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._client is None:
            self._client = visitor
            self._watch(visitor.fileno())
        else:
            with visitor, contextlib.suppress(OSError):
                visitor.send(_IN_USE)

    def _release(self) -> None:
        self._peer_left()
        self._server.close()
