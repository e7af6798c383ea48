"""Watching for a text in what the guest sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vmsim_core.console.text import TextMatcher, TextWatcher
from vmsim_core.errors import VmsimError
from vmsim_core.serial_port import SerialPort

FEW_LETTERS = st.text("ab", max_size=40)


@given(FEW_LETTERS, st.text("ab", min_size=1, max_size=5), st.lists(st.integers(1, 4), max_size=40))
def test_a_match_is_found_at_its_last_byte_however_the_stream_is_cut(text: str, wanted: str, cuts: list[int]) -> None:
    stream, matcher = text.encode(), TextMatcher(wanted.encode())
    found = None
    position = 0
    for size in [*cuts, len(stream)]:
        taken = matcher.match(stream[position : position + size])
        if taken is not None:
            found = position + taken
            break
        position += size
    start = text.find(wanted)
    assert found == (None if start < 0 else start + len(wanted))


def test_a_match_does_not_count_twice() -> None:
    matcher = TextMatcher(b"aa")
    assert [matcher.match(b"a") for _ in range(4)] == [None, 1, None, 1]


def test_little_of_the_stream_is_kept() -> None:
    matcher = TextMatcher(b"login: ")
    matcher.match(b"x" * 1_000_000)
    assert len(matcher._tail) < len(b"login: ")


def test_a_watcher_calls_once_within_the_sending_access() -> None:
    port = SerialPort("uart0")
    seen: list[str] = []
    TextWatcher(port, "Zürich #", lambda: seen.append("seen"))
    for byte in "Welcome to Zürich ".encode():
        port.send(bytes([byte]))
    assert seen == []
    port.send(b"#")
    assert seen == ["seen"]
    port.send("Zürich #".encode())
    assert seen == ["seen"]


def test_a_closed_watcher_is_silent() -> None:
    port = SerialPort("uart0")
    seen: list[str] = []
    TextWatcher(port, "#", lambda: seen.append("seen")).close()
    port.send(b"#")
    assert seen == []


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(VmsimError, match="cannot be empty"):
        TextWatcher(SerialPort("uart0"), "", lambda: None)
