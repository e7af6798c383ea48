"""What an ATA drive says of itself: the 256 words of IDENTIFY DEVICE (ATA/ATAPI-6, T13/1410D, 8.15)."""

from __future__ import annotations

from dataclasses import dataclass

MOST_SECTORS_PER_BLOCK = 16
"""The most sectors that READ MULTIPLE and WRITE MULTIPLE transfer at a time."""

# The signature of a CompactFlash card (CompactFlash specification 4.1, Identify Device); Linux knows it, too.
_COMPACT_FLASH = 0x848A
_FIRMWARE = "1.0"
_MODEL = "vmsim CompactFlash"

_MOST_LBA28_SECTORS = 0x0FFF_FFFF
_MOST_CYLINDERS = 16383
"""What a drive says that has more than can be reached by cylinder, head and sector."""


@dataclass(frozen=True)
class Geometry:
    """A translation of cylinder, head and sector."""

    cylinders: int
    heads: int
    sectors_per_track: int

    @property
    def sectors(self) -> int:
        """How many sectors can be reached with it."""
        return self.cylinders * self.heads * self.sectors_per_track


def default_geometry(sectors: int) -> Geometry:
    """Return the translation that a drive of so many sectors has at power-on."""
    sectors_per_track = min(63, sectors)
    heads = min(16, sectors // sectors_per_track)
    return Geometry(min(_MOST_CYLINDERS, sectors // (heads * sectors_per_track)), heads, sectors_per_track)


def identify_device(sectors: int, serial: str, current: Geometry, multiple: int) -> bytes:
    """Return the 512 bytes for a drive of `sectors` sectors with what the guest has set: the current translation, and
    the sectors in a block of READ MULTIPLE (0 when that is disabled)."""
    default = default_geometry(sectors)
    addressable = min(sectors, _MOST_LBA28_SECTORS)
    words = [0] * 256
    words[0] = _COMPACT_FLASH
    words[1], words[3], words[6] = default.cylinders, default.heads, default.sectors_per_track
    words[7:9] = addressable >> 16, addressable & 0xFFFF  # as CompactFlash has it, the upper half first
    words[10:20] = _text(serial[-20:].rjust(20), 10)
    words[23:27] = _text(_FIRMWARE, 4)
    words[27:47] = _text(_MODEL, 20)
    words[47] = 0x8000 | MOST_SECTORS_PER_BLOCK
    words[49] = 1 << 11 | 1 << 9  # IORDY, LBA; no DMA
    words[50] = 1 << 14
    words[51] = 2 << 8  # PIO mode 2 without IORDY
    words[53] = 1 << 1 | 1 << 0  # words 64 to 70 and 54 to 58 are valid
    words[54:57] = current.cylinders, current.heads, current.sectors_per_track
    words[57:59] = _halves(current.sectors)
    words[59] = 1 << 8 | multiple if multiple else 0
    words[60:62] = _halves(addressable)
    words[64] = 1 << 1 | 1 << 0  # PIO modes 4 and 3
    words[67], words[68] = 120, 120  # ns of a PIO cycle, without and with IORDY
    words[80] = 1 << 6 | 1 << 5 | 1 << 4  # ATA/ATAPI-6, -5, -4
    # Supported, and enabled: NOP, power management; FLUSH CACHE (EXT), 48-bit addresses.
    words[82], words[83], words[84] = 1 << 14 | 1 << 3, 1 << 14 | 1 << 13 | 1 << 12 | 1 << 10, 1 << 14
    words[85], words[86], words[87] = words[82], words[83] & ~(1 << 14), 1 << 14
    words[100:104] = [sectors >> shift & 0xFFFF for shift in (0, 16, 32, 48)]
    data = b"".join(word.to_bytes(2, "little") for word in words[:255]) + b"\xa5"
    return data + bytes([-sum(data) & 0xFF])


def _halves(value: int) -> tuple[int, int]:
    return value & 0xFFFF, value >> 16


def _text(text: str, words: int) -> list[int]:
    """Return a text as words: the first character of two is in the upper byte, spaces fill the end."""
    characters = text.encode("ascii", "replace").ljust(2 * words)
    return [characters[index] << 8 | characters[index + 1] for index in range(0, 2 * words, 2)]
