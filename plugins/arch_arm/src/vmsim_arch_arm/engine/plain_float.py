"""The functions of host_float.pxd for interpreted runs."""

from __future__ import annotations

import math
import struct


def single_of(bits: int) -> float:
    """Return the single-precision number with these bits."""
    return float(struct.unpack("<f", struct.pack("<I", bits))[0])


def bits_of_single(value: float) -> int:
    """Return the bits of a number, rounded to single precision."""
    try:
        return int(struct.unpack("<I", struct.pack("<f", value))[0])
    except OverflowError:
        return 0x7F800000 | (value < 0) << 31


def double_of(bits: int) -> float:
    """Return the double-precision number with these bits."""
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


def bits_of_double(value: float) -> int:
    """Return the bits of a number."""
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def host_sqrt(value: float) -> float:
    """Return the correctly rounded square root."""
    return math.sqrt(value)


def pair_add(n: int, m: int) -> int:
    """Return that two numbers at a time are not added in interpreted runs."""
    return 0


pair_sub = pair_mul = pair_add
