"""The timing of the LCD controller PL111: what a frame is made of (ARM DDI 0293, 3.3.1 to 3.3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FrameTiming:
    """One frame, in cycles of CLCDCLK: the vertical synchronisation, the back porch, the lines that are shown, and the
    front porch. A line is divided in the same way."""

    width: int
    """Pixels in a line."""
    lines: int
    """Lines of the panel; two panels are scanned at the same time."""
    line: int
    """How long a line takes."""
    line_start: int
    """When in a line the first pixel is sent."""
    pixels: int
    """How long the pixels of a line take."""
    porch_start: int
    """The line at which the vertical back porch begins."""
    panel_start: int
    """The line at which the first line of the panel begins."""
    all_lines: int
    """The lines of a frame."""

    @classmethod
    def decode(cls, timing: Sequence[int]) -> FrameTiming:
        """Return what LCDTiming0 to 2 say."""
        horizontal, vertical, clocks = timing[:3]
        bypass, divider = clocks >> 26 & 1, clocks >> 27 << 5 | clocks & 0x1F
        clock = 1 if bypass else divider + 2
        sync, front, back = ((horizontal >> shift & 0xFF) + 1 for shift in (8, 16, 24))
        clocks_per_line = (clocks >> 16 & 0x3FF) + 1
        porch_start = (vertical >> 10 & 0x3F) + 1
        panel_start = porch_start + (vertical >> 24 & 0xFF)
        lines = (vertical & 0x3FF) + 1
        return cls(
            width=16 * ((horizontal >> 2 & 0x3F) + 1),
            lines=lines,
            line=clock * (sync + back + clocks_per_line + front),
            line_start=clock * (sync + back),
            pixels=clock * clocks_per_line,
            porch_start=porch_start,
            panel_start=panel_start,
            all_lines=panel_start + lines + (vertical >> 16 & 0xFF),
        )

    @property
    def frame(self) -> int:
        """How long a frame takes."""
        return self.all_lines * self.line

    def compare(self, selected: int) -> int:
        """Return when in a frame the vertical compare selected by LcdVComp is: the start of the vertical
        synchronisation (0), of the back porch, of the panel's lines, or of the front porch."""
        line = (0, self.porch_start, self.panel_start, self.panel_start + self.lines)[selected]
        return line % self.all_lines * self.line

    def after_line(self, line: int) -> int:
        """Return when in a frame line `line` of the panel, counted from 1, has been sent."""
        return (self.panel_start + line) % self.all_lines * self.line

    def sent(self, moment: int) -> tuple[int, int]:
        """Return how much of the panel has been sent at `moment` of a frame: whole lines, and pixels of the next."""
        line, in_line = divmod(moment, self.line)
        if line < self.panel_start:
            return 0, 0
        if line >= self.panel_start + self.lines:
            return self.lines, 0
        sent = min(max(in_line - self.line_start, 0), self.pixels)
        return line - self.panel_start, sent * self.width // self.pixels
