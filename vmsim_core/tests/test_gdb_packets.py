"""Packets of GDB's remote protocol: framing that nothing can upset."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vmsim_core.gdb.packets import PACKET_SIZE, Mark, NotADebuggerError, PacketReader, encode, text


def test_the_manuals_examples() -> None:
    assert encode(b"") == b"$#00"
    assert encode(b"OK") == b"$OK#9a"
    assert encode(b"#$}*") == b"$}\x03}\x04}]}\x0a#%02x" % (4 * 0x7D + 3 + 4 + 0x5D + 0x0A & 0xFF)
    assert text("é\n") == b"c3a90a"


@given(st.lists(st.binary(max_size=50)), st.integers(1, 20))
def test_what_is_sent_arrives_however_it_is_cut(packets: list[bytes], step: int) -> None:
    stream = b"+" + b"+".join(encode(each) for each in packets) + b"\x03"
    reader = PacketReader()
    received = [item for at in range(0, len(stream), step) for item in reader.feed(stream[at : at + step])]
    assert [item for item in received if isinstance(item, bytes)] == packets
    assert received[-1] is Mark.INTERRUPT


@given(st.lists(st.binary(max_size=40)))
def test_garbage_is_refused_or_taken_as_damaged(pieces: list[bytes]) -> None:
    reader = PacketReader()
    try:
        for piece in pieces:
            assert all(isinstance(item, bytes | Mark) for item in reader.feed(piece))
    except NotADebuggerError as error:
        assert "it sent" in str(error)


@pytest.mark.parametrize("wrong", [b"$OK#9b", b"$OK#zz", b"$OK#+9", b"$}#7d"])
def test_a_wrong_checksum_or_escape_is_seen(wrong: bytes) -> None:
    assert PacketReader().feed(wrong) == [Mark.DAMAGED]


def test_a_packet_has_a_limit() -> None:
    assert PacketReader().feed(encode(b"x" * (PACKET_SIZE - 1))) == [b"x" * (PACKET_SIZE - 1)]
    reader = PacketReader()
    with pytest.raises(NotADebuggerError, match="more than"):
        for _ in range(100):
            reader.feed(b"$" + b"x" * 1000)
    with pytest.raises(NotADebuggerError, match="more than"):
        PacketReader().feed(encode(b"x" * PACKET_SIZE))


def test_a_browser_is_no_debugger() -> None:
    with pytest.raises(NotADebuggerError, match="'P' where a packet begins"):
        PacketReader().feed(b"POST / HTTP/1.1\r\n\r\n$k#6b")
