"""Serial ports: where a UART of the guest meets a console of the host."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

ByteSink = Callable[[bytes], None]


class SerialPort:
    """One serial line. The UART sends and takes; the host's side listens and feeds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._listeners: list[ByteSink] = []
        self._input: deque[int] = deque()
        self._input_arrived: Callable[[], None] = lambda: None

    def listen(self, listener: ByteSink) -> None:
        """Have `listener` called with the bytes that the guest sends, as it sends them."""
        self._listeners.append(listener)

    def feed(self, data: bytes) -> None:
        """Offer bytes to the guest; they wait here until its UART has room."""
        self._input.extend(data)
        self._input_arrived()

    def send(self, data: bytes) -> None:
        """Pass on bytes that the guest sent (called by the UART)."""
        for listener in self._listeners:
            listener(data)

    def take(self) -> int | None:
        """Return the next byte that waits for the guest, or None (called by the UART)."""
        return self._input.popleft() if self._input else None

    def attach_uart(self, input_arrived: Callable[[], None]) -> None:
        """Have `input_arrived` called when there are bytes to take (called by the UART)."""
        self._input_arrived = input_arrived

    @property
    def waiting(self) -> bytes:
        """The bytes that wait for the guest; part of the machine's state."""
        return bytes(self._input)

    @waiting.setter
    def waiting(self, data: bytes) -> None:
        self._input = deque(data)
