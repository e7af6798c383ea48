"""What the readers of kernel formats give to the loader."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Segment:
    """Bytes that belong at a physical address, and the memory they need there (zeros after the bytes: a BSS)."""

    address: int
    data: bytes | memoryview
    size: int


@dataclass(frozen=True)
class Program:
    """A program ready to be put into RAM. Bit 0 of the entry selects the Thumb state, as in a BX."""

    segments: tuple[Segment, ...]
    entry: int
