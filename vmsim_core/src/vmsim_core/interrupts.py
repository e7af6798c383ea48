"""Level-sensitive interrupt lines between components."""

from __future__ import annotations

from collections.abc import Callable

InterruptSink = Callable[[bool], None]


class InterruptLine:
    """An output pin: its owner sets the level, whoever it is wired to is told of changes only."""

    __slots__ = ("_sinks", "level", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.level = False
        self._sinks: list[InterruptSink] = []

    def connect(self, sink: InterruptSink) -> None:
        """Wire the line to `sink`, which is told the present level at once."""
        self._sinks.append(sink)
        sink(self.level)

    @property
    def connected(self) -> bool:
        """Whether anything is wired to the line."""
        return bool(self._sinks)

    def set(self, level: bool) -> None:
        """Drive the line; True is asserted."""
        if level != self.level:
            self.level = level
            for sink in self._sinks:
                sink(level)
