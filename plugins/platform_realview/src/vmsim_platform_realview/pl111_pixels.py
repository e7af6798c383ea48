"""The pixels of the LCD controller PL111: from words of the frame buffer to red, green and blue (ARM DDI 0293, 2.3).

A component is a plane, a byte for each pixel. Everything is done to whole planes by the byte operations that Python
has in C (slices, `bytes.translate`), so that a screen takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

# LCDControl
BITS_PER_PIXEL_SHIFT = 1
MONOCHROME = 1 << 4
TFT = 1 << 5
BLUE_FIRST = 1 << 8  # BGR
BIG_ENDIAN_BYTES = 1 << 9  # BEBO
BIG_ENDIAN_PIXELS = 1 << 10  # BEPO

# LcdBpp: 1, 2, 4 and 8 bits by way of the palette, 1:5:5:5, 24 bits in a word, 5:6:5 and 4:4:4.
_BITS = (1, 2, 4, 8, 16, 32, 16, 16)
_MODE_555, _MODE_888, _MODE_565 = 4, 5, 6

Planes = tuple[bytes, bytes, bytes]


def frame_bytes(control: int, pixels: int) -> int:
    """Return the size of so many pixels in memory, in whole words."""
    return -(-pixels * _BITS[control >> BITS_PER_PIXEL_SHIFT & 7] // 32) * 4


def render(control: int, palette: Sequence[int], data: bytes, pixels: int) -> bytearray:
    """Return the first `pixels` pixels in `data`, three bytes (red, green, blue) each.

    `control` is LCDControl, `palette` the 128 words of the palette.
    """
    red, green, blue = _planes(control, palette, data)
    if not control & TFT:
        # The grey scaler of an STN panel takes the upper four bits; for a monochrome one, of red alone.
        red, green, blue = (plane.translate(_FOUR_BITS) for plane in (red, green, blue))
        if control & MONOCHROME:
            green = blue = red
    if control & BLUE_FIRST:
        red, blue = blue, red
    rgb = bytearray(3 * pixels)
    rgb[0::3], rgb[1::3], rgb[2::3] = red[:pixels], green[:pixels], blue[:pixels]
    return rgb


def _planes(control: int, palette: Sequence[int], data: bytes) -> Planes:
    mode = control >> BITS_PER_PIXEL_SHIFT & 7
    bits = _BITS[mode]
    if mode == _MODE_888:
        return data[0::4], data[1::4], data[2::4]
    if bits == 16:
        if control & BIG_ENDIAN_BYTES:
            data = _reordered(data, (2, 3, 0, 1))  # the first pixel is the upper half of the word
        return _half_words(mode, data[0::2], data[1::2])
    if control & BIG_ENDIAN_BYTES:
        data = _reordered(data, (3, 2, 1, 0))
    indices = _indices(data, bits, bool(control & BIG_ENDIAN_PIXELS))
    entries = [word >> shift & 0xFFFF for word in palette for shift in (0, 16)]
    red, green, blue = (
        indices.translate(bytes(_scaled(entry >> shift & 0x1F, 5) for entry in entries)) for shift in (0, 5, 10)
    )
    return red, green, blue


def _half_words(mode: int, low: bytes, high: bytes) -> Planes:
    """Return the planes of pixels of 16 bits with those lower and upper halves."""
    if mode == _MODE_555:
        return low.translate(_field(0, 5)), _green(low, high, 5), high.translate(_field(2, 5))
    if mode == _MODE_565:
        return low.translate(_field(0, 5)), _green(low, high, 6), high.translate(_field(3, 5))
    return low.translate(_field(0, 4)), low.translate(_field(4, 4)), high.translate(_field(0, 4))


def _green(low: bytes, high: bytes, bits: int) -> bytes:
    """Return the plane of the component whose lower three bits are the upper ones of `low`."""
    upper = high.translate(_table(lambda byte: byte << 3 & (1 << bits) - 1))
    both = int.from_bytes(low.translate(_table(lambda byte: byte >> 5)), "little") | int.from_bytes(upper, "little")
    return both.to_bytes(len(low), "little").translate(_field(0, bits))


def _indices(data: bytes, bits: int, first_in_upper_bits: bool) -> bytes:
    """Return the palette indices of pixels of 1 to 8 bits."""
    each = 8 // bits
    indices = bytearray(each * len(data))
    for position in range(each):
        shift = bits * (each - 1 - position if first_in_upper_bits else position)
        indices[position::each] = data.translate(bytes(byte >> shift & (1 << bits) - 1 for byte in range(256)))
    return bytes(indices)


def _reordered(data: bytes, order: tuple[int, ...]) -> bytes:
    """Return every word of `data` with its bytes in another order."""
    result = bytearray(len(data))
    for position, source in enumerate(order):
        result[position::4] = data[source::4]
    return bytes(result)


def _scaled(value: int, bits: int) -> int:
    """Return a component of 4 to 6 bits as 8 bits: the upper bits are repeated below, so that white is white."""
    return value << 8 - bits | value >> 2 * bits - 8


@cache
def _field(shift: int, bits: int) -> bytes:
    """Return the table that takes the component at `shift` out of a byte."""
    return _table(lambda byte: _scaled(byte >> shift & (1 << bits) - 1, bits))


def _table(of: Callable[[int], int]) -> bytes:
    return bytes(of(byte) for byte in range(256))


_FOUR_BITS = _table(lambda byte: _scaled(byte >> 4, 4))
