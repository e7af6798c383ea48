"""The TCP port of this host at which a debugger attaches."""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import sys
from collections import deque

from vmsim_core.errors import VmsimError
from vmsim_core.gdb.packets import Mark, NotADebuggerError, PacketReader, encode

LOOPBACK = "127.0.0.1"
_READ_SIZE = 0x10000
_MAX_WAITING = 64
"""Packets that are kept until they are served; more are left to the network."""
_MAX_UNSENT = 1 << 22
"""Bytes of replies that nobody takes, after which the debugger is given up."""
_FAREWELL_SECONDS = 0.5


class DebuggerPort:
    """Listens on the loopback interface; one debugger at a time is attached. Nothing here waits unless it says so."""

    def __init__(self, number: int) -> None:
        try:
            self._server = socket.create_server((LOOPBACK, number))
        except OSError as error:
            why = "it is in use; --gdb 0 picks a free one" if error.errno == errno.EADDRINUSE else error.strerror
            raise VmsimError(f"--gdb {number}: cannot listen there: {why}") from None
        self._server.setblocking(False)
        self.number: int = self._server.getsockname()[1]
        self.visits = 0
        """Debuggers that have come so far."""
        self._client: socket.socket | None = None
        self._reader = PacketReader()
        self._received: deque[bytes | Mark] = deque()
        self._unsent = bytearray()
        self._last_packet = b""
        self._acknowledges = True

    @property
    def connected(self) -> bool:
        """Whether a debugger is there."""
        return self._client is not None

    @property
    def pending(self) -> bool:
        """Whether the debugger has said something that was not taken."""
        return bool(self._received)

    def take(self) -> bytes | Mark | None:
        """Return the next packet, or an interrupt, if there is one."""
        return self._received.popleft() if self._received else None

    def send(self, contents: bytes) -> None:
        """Send a packet, if a debugger is there."""
        self._last_packet = encode(contents)
        self._write(self._last_packet)

    def stop_acknowledging(self) -> None:
        """Neither send nor expect acknowledgements from now on: TCP loses nothing (QStartNoAckMode)."""
        self._acknowledges = False

    def poll(self) -> None:
        """Take what has arrived and send what is due."""
        self._receive()
        self._flush()
        self._accept()

    def wait(self, seconds: float) -> None:
        """Sleep for `seconds`, or until there may be something to `poll` for."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._server, selectors.EVENT_READ)
            if self._client is not None:
                writes = selectors.EVENT_WRITE if self._unsent else 0
                selector.register(self._client, selectors.EVENT_READ | writes)
            selector.select(seconds)

    def hang_up(self) -> None:
        """Let the debugger go; waits shortly for it to take what was sent."""
        client = self._client
        if client is None:
            return
        client.settimeout(_FAREWELL_SECONDS)
        with contextlib.suppress(OSError):
            client.sendall(self._unsent)
            client.shutdown(socket.SHUT_WR)
            while client.recv(_READ_SIZE):
                pass
        self._left()

    def close(self) -> None:
        """Stop listening."""
        self.hang_up()
        self._server.close()

    def _accept(self) -> None:
        try:
            visitor, _ = self._server.accept()
        except OSError:  # nobody, or somebody who has left again
            return
        if self._client is not None:
            visitor.close()
            return
        visitor.setblocking(False)
        visitor.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = visitor
        self._reader = PacketReader()
        self._acknowledges = True
        self.visits += 1

    def _receive(self) -> None:
        if self._client is None or len(self._received) >= _MAX_WAITING:
            return
        try:
            data = self._client.recv(_READ_SIZE)
            items = self._reader.feed(data)
        except BlockingIOError:
            return
        except OSError:  # reset by the other end
            self._left()
            return
        except NotADebuggerError as error:
            print(f"vmsim: --gdb: whoever connected is no debugger: {error}", file=sys.stderr, flush=True)
            self._left()
            return
        if not data:
            self._left()
            return
        for item in items:
            if self.connected:  # until one cannot be answered
                self._received_one(item)

    def _received_one(self, item: bytes | Mark) -> None:
        if item is Mark.REJECTED:
            self._write(self._last_packet)
        elif item is Mark.DAMAGED:
            self._acknowledge(b"-")
        elif item is Mark.INTERRUPT:
            self._received.append(item)
        elif isinstance(item, bytes):
            self._received.append(item)
            self._acknowledge(b"+")

    def _acknowledge(self, answer: bytes) -> None:
        if self._acknowledges:
            self._write(answer)

    def _write(self, data: bytes) -> None:
        if self._client is None:
            return
        self._unsent += data
        self._flush()
        if len(self._unsent) > _MAX_UNSENT:
            self._left()

    def _flush(self) -> None:
        try:
            while self._client is not None and self._unsent:
                del self._unsent[: self._client.send(self._unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self._left()

    def _left(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        self._received.clear()
        self._unsent.clear()
        self._last_packet = b""
