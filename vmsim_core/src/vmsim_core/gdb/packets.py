"""Packets of GDB's remote serial protocol: framing, checksums, escapes (GDB manual, E.1)."""

from __future__ import annotations

import re
from enum import Enum

PACKET_SIZE = 0x4000
"""Bytes of a packet's contents that we take, and send, at most."""
_ESCAPE = 0x7D
_TO_ESCAPE = re.compile(rb"[#$*}]")
_START, _END = b"$#"


class Mark(Enum):
    """What comes between packets."""

    ACCEPTED = "+"
    REJECTED = "-"
    INTERRUPT = "\x03"
    DAMAGED = "a packet with a wrong checksum"


class NotADebuggerError(Exception):
    """The other end does not speak the protocol."""


def encode(contents: bytes) -> bytes:
    """Return a packet."""
    escaped = _TO_ESCAPE.sub(lambda match: bytes([_ESCAPE, match[0][0] ^ 0x20]), contents)
    return b"$%b#%02x" % (escaped, sum(escaped) & 0xFF)


def text(message: str) -> bytes:
    """Return a text as hexadecimal digits, as packets have it."""
    return message.encode().hex().encode()


class PacketReader:
    """Takes bytes as they arrive, gives packets; keeps no more than one packet's worth."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes | Mark]:
        """Take more bytes; return what is complete now. Raises NotADebuggerError."""
        self._buffer += data
        found = []
        while (item := self._next()) is not None:
            found.append(item)
        return found

    def _next(self) -> bytes | Mark | None:
        buffer = self._buffer
        if not buffer:
            return None
        if buffer[0] != _START:
            mark = bytes([buffer.pop(0)]).decode("latin-1")
            if mark not in "+-\x03":
                raise NotADebuggerError(f"it sent {mark!r} where a packet begins")
            return Mark(mark)
        end = buffer.find(_END)
        if max(end, 0) > PACKET_SIZE or (end < 0 and len(buffer) > PACKET_SIZE):
            raise NotADebuggerError(f"it sent a packet of more than {PACKET_SIZE} bytes")
        if end < 0 or len(buffer) < end + 3:
            return None
        escaped, checksum = bytes(buffer[1:end]), bytes(buffer[end + 1 : end + 3])
        del buffer[: end + 3]
        if checksum.lower() != b"%02x" % (sum(escaped) & 0xFF) or escaped.endswith(b"}"):
            return Mark.DAMAGED
        return re.sub(rb"}(.)", lambda match: bytes([match[1][0] ^ 0x20]), escaped, flags=re.DOTALL)
