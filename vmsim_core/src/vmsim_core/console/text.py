"""Watching for a text in what the guest sends."""

from __future__ import annotations

from collections.abc import Callable

from vmsim_core.errors import VmsimError
from vmsim_core.serial_port import SerialPort


class TextMatcher:
    """Finds a text in a stream; it keeps no more of the stream than the text is long."""

    def __init__(self, text: bytes) -> None:
        if not text:
            raise VmsimError("a text to wait for cannot be empty")
        self._text = text
        self._tail = b""

    def match(self, data: bytes) -> int | None:
        """Take the next bytes of the stream; return how many of them it took to complete the text, or None."""
        window = self._tail + data
        start = window.find(self._text)
        if start < 0:
            self._tail = window[max(0, len(window) - len(self._text) + 1) :]
            return None
        end = start + len(self._text) - len(self._tail)
        self._tail = b""
        return end


class TextWatcher:
    """Calls `on_seen`, once, in the very access by which the guest sends the last byte of a text."""

    def __init__(self, port: SerialPort, text: str, on_seen: Callable[[], None]) -> None:
        self._matcher = TextMatcher(text.encode())
        self._on_seen = on_seen
        self._watching = True
        port.listen(self._sent)

    def close(self) -> None:
        """Watch no more."""
        self._watching = False

    def _sent(self, data: bytes) -> None:
        if self._watching and self._matcher.match(data) is not None:
            self._watching = False
            self._on_seen()


class TextTeller:
    """Calls `on_seen` with the text, each time it has been sent, in the very access that sends its last byte."""

    def __init__(self, port: SerialPort, text: str, on_seen: Callable[[str], object]) -> None:
        self._matcher = TextMatcher(text.encode())
        self._text = text
        self._on_seen = on_seen
        port.listen(self._sent)

    def _sent(self, data: bytes) -> None:
        while (taken := self._matcher.match(data)) is not None:
            data = data[taken:]
            self._on_seen(self._text)
