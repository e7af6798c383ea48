"""The pixel formats and the cursor of the PL111, against a renderer that takes one pixel after the other."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vmsim_platform_realview.pl111_cursor import Cursor
from vmsim_platform_realview.pl111_pixels import frame_bytes, render

MONOCHROME, TFT, BGR, BEBO, BEPO = 1 << 4, 1 << 5, 1 << 8, 1 << 9, 1 << 10
BITS = (1, 2, 4, 8, 16, 32, 16, 16)


def reference_bits(control: int, words: list[int], index: int) -> int:
    """Return the bits of a pixel, by the tables of DDI 0293, 2.3: where it is in a word that the DMA has read."""
    bits = BITS[control >> 1 & 7]
    word, place = words[index * bits // 32], index * bits % 32
    if bits == 16 and control & BEBO:
        place ^= 16
    elif bits <= 8:
        byte, in_byte = divmod(place, 8)
        if control & BEPO:
            in_byte = 8 - bits - in_byte
        if control & BEBO:
            byte = 3 - byte
        place = 8 * byte + in_byte
    return word >> place & (1 << bits) - 1


def reference_pixel(control: int, palette: list[int], words: list[int], index: int) -> list[int]:
    """Return red, green and blue of a pixel."""
    value, mode = reference_bits(control, words, index), control >> 1 & 7
    if mode < 4:
        value = palette[value // 2] >> 16 * (value % 2) & 0xFFFF
    widths = {5: (8, 8, 8), 6: (5, 6, 5), 7: (4, 4, 4)}.get(mode, (5, 5, 5))
    colour = []
    for width in widths:
        component = value & (1 << width) - 1
        value >>= width
        if control & TFT:
            # Components of 4 to 6 bits, repeated until there are 8.
            colour.append(int(f"{component:0{width}b}" * 2, 2) >> 2 * width - 8)
        else:
            colour.append((component >> width - 4) * 17)
    if control & MONOCHROME and not control & TFT:
        colour = [colour[0]] * 3
    return colour[::-1] if control & BGR else colour


words = st.lists(st.integers(0, 0xFFFF_FFFF), min_size=16, max_size=16)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 0xFFFF), words, st.lists(st.integers(0, 0xFFFF_FFFF), min_size=128, max_size=128))
def test_like_the_reference(control: int, data: list[int], palette: list[int]) -> None:
    pixels = 512 // BITS[control >> 1 & 7]
    assert frame_bytes(control, pixels) == 64
    rgb = render(control, palette, b"".join(word.to_bytes(4, "little") for word in data), pixels)
    assert list(rgb) == [part for index in range(pixels) for part in reference_pixel(control, palette, data, index)]


@pytest.mark.parametrize(
    ("mode", "word", "colours"),
    [
        (4, 0x7C1F_03E0, [(0, 255, 0), (255, 0, 255)]),
        (6, 0xF81F_07E0, [(0, 255, 0), (255, 0, 255)]),
        (7, 0x0F0F_00F0, [(0, 255, 0), (255, 0, 255)]),
        (5, 0xFF80_4020, [(0x20, 0x40, 0x80)]),
    ],
)
def test_direct_colours(mode: int, word: int, colours: list[tuple[int, int, int]]) -> None:
    rgb = render(mode << 1 | TFT, [0] * 128, word.to_bytes(4, "little"), len(colours))
    assert list(rgb) == [part for colour in colours for part in colour]


def test_a_line_that_ends_within_a_word_is_followed_by_the_next() -> None:
    """16 pixels of one bit are half a word."""
    palette = [0x7FFF_0000] + [0] * 127
    assert frame_bytes(0, 48) == 8
    rgb = render(TFT, palette, bytes([1, 0, 2, 0, 4, 0, 0xFF, 0xFF]), 48)
    assert [at // 3 for at in range(0, len(rgb), 3) if rgb[at]] == [0, 17, 34]


def reference_cursor(cursor: Cursor, picture: bytes, width: int, height: int) -> bytes:
    """Draw the cursor the other way about: what is at each pixel of the screen?"""
    result = bytearray(picture)
    for y in range(height):
        for x in range(width):
            column = x - cursor.position[0] + cursor.clip[0]
            line = y - cursor.position[1] + cursor.clip[1]
            if x < cursor.position[0] or y < cursor.position[1] or max(column, line) >= cursor.size:
                continue
            in_bytes = b"".join(word.to_bytes(4, "little") for word in cursor.image)
            byte = in_bytes[line * cursor.size // 4 + column // 4]
            kind = byte >> (6, 4, 2, 0)[column % 4] & 3
            for part in range(3):
                at = 3 * (y * width + x) + part
                if kind < 2:
                    result[at] = cursor.colours[kind] >> 8 * part & 0xFF
                elif kind == 3:
                    result[at] = 255 - picture[at]
    return bytes(result)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 0xFFFF_FFFF), st.sampled_from([32, 64]),
    st.tuples(st.integers(0, 50), st.integers(0, 20)), st.tuples(st.integers(0, 63), st.integers(0, 63)),
)  # fmt: skip
def test_the_cursor_is_drawn_like_the_reference(
    seed: int, size: int, position: tuple[int, int], clip: tuple[int, int]
) -> None:
    bits = Random(seed).getrandbits
    image = [bits(32) for _ in range(size * size // 16)]
    cursor = Cursor(image, size, position, clip, [bits(24), bits(24)])
    before = bytes(bits(8) for _ in range(3 * 48 * 16))
    picture = bytearray(before)
    cursor.draw(picture, 48, 16)
    assert picture == reference_cursor(cursor, before, 48, 16)


def test_a_cursor_of_all_four_kinds() -> None:
    """Colour 0, colour 1, transparent and inverted, from the upper bits of the first byte down."""
    cursor = Cursor([0xAAAA_AA1B] + [0xAAAA_AAAA] * 63, 32, (1, 1), (0, 0), [0x33_2211, 0x66_5544])
    picture = bytearray(b"\x10\x20\x30" * 32)
    cursor.draw(picture, 8, 4)
    shown = [tuple(picture[3 * at : 3 * at + 3]) for at in range(9, 14)]
    assert shown == [(0x11, 0x22, 0x33), (0x44, 0x55, 0x66), (0x10, 0x20, 0x30), (0xEF, 0xDF, 0xCF), (0x10, 0x20, 0x30)]
    assert picture.count(b"\x10\x20\x30") == 29
