"""The hardware cursor of the LCD controller PL111 (ARM DDI 0293, 2.5): an image of two bits for each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_COLOURS = (0, 1)
_INVERTED = 3


@dataclass(frozen=True)
class Cursor:
    """A cursor that is shown."""

    image: Sequence[int]
    """The words of the image, a line after the other; the first pixel of a byte is in its upper bits."""
    size: int
    """Its lines, and the pixels of each: 32 or 64."""
    position: tuple[int, int]
    """Where on the screen its first pixel that is shown appears (x, y)."""
    clip: tuple[int, int]
    """That pixel's place in the image: what is left of it or above is not shown."""
    colours: Sequence[int]
    """The two colours, red in the lowest byte."""

    @property
    def last_line(self) -> int:
        """The line of the screen below the cursor."""
        return self.position[1] + max(self.size - self.clip[1], 0)

    def draw(self, picture: bytearray, width: int, height: int) -> None:
        """Draw it on a picture of `width` by `height` pixels, of three bytes each."""
        colours = [colour.to_bytes(4, "little")[:3] for colour in self.colours]
        (left, top), (first_column, first_line) = self.position, self.clip
        for line in range(first_line, min(self.size, height - top + first_line)):
            for column in range(first_column, min(self.size, width - left + first_column)):
                kind = self._pixel(column, line)
                at = 3 * ((top + line - first_line) * width + left + column - first_column)
                if kind in _COLOURS:
                    picture[at : at + 3] = colours[kind]
                elif kind == _INVERTED:
                    picture[at : at + 3] = bytes(0xFF ^ component for component in picture[at : at + 3])

    def _pixel(self, column: int, line: int) -> int:
        place = line * self.size + column
        byte_in_word, pixel_in_byte = place >> 2 & 3, place & 3
        return self.image[place >> 4] >> 8 * byte_in_word + 6 - 2 * pixel_in_byte & 3
