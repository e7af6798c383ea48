"""What the oracle needs to know about Advanced SIMD: operands where something happens, and aligned addresses."""

from __future__ import annotations

import random
from collections.abc import Callable

from float_operands import random_float
from instruction_case import DATA, Case
from vmsim_arch_arm.engine.table import Row

LANES = (0, 1, 2, 0x7F, 0x80, 0x81, 0xFE, 0xFF)


def concerns(row: Row) -> bool:
    """Whether a row is of Advanced SIMD."""
    return row.execute.startswith("simd")


def preparation(row: Row) -> Callable[[Case, random.Random], None]:
    """Return what check_row calls as `prepare`."""

    def prepare(case: Case, rng: random.Random) -> None:
        # Fewer values than registers: operands are equal now and then.
        case.d = rng.choices([random_register(row, rng) for _ in range(12)], k=32)
        if "shl" in row.execute and rng.random() < 0.5:
            for number in range(0, 32, 2):
                case.d[number] = shift_amounts(rng)
        if row.kind in ("load", "store"):
            aim(row, case, rng)
            case.big_endian = rng.random() < 0.2

    return prepare


def special_lanes(rng: random.Random) -> int:
    """Return a doubleword of 8-, 16-, 32- or 64-bit elements that are 0, 1, or the extremes, or nearly."""
    bits = rng.choice((8, 16, 32, 64))
    result = 0
    for position in range(0, 64, bits):
        byte = rng.choice(LANES)
        below = (1 << bits - 1) - 1
        element = byte if bits == 8 or byte < 3 else (byte >> 7) << (bits - 1) | below * (byte >> 1 & 1) ^ byte & 1
        result |= element << position
    return result


def random_register(row: Row, rng: random.Random) -> int:
    """Return a doubleword of the kind that a row works on, most of the time."""
    if row.execute == "simd_float.vcvt_from_half" and rng.random() < 0.8:
        return sum(random_float(rng, 16) << position for position in range(0, 64, 16))
    if row.execute.startswith("simd_float") and rng.random() < 0.8:
        return random_float(rng, 32) << 32 | random_float(rng, 32)
    return special_lanes(rng) if rng.random() < 0.4 else rng.getrandbits(64)


def shift_amounts(rng: random.Random) -> int:
    """Return bytes that are small amounts, to either side; only the lowest one of an element counts."""
    return int.from_bytes(bytes(rng.randrange(-70, 70) & 0xFF for _ in range(8)), "little")


def asks_for_alignment(word: int) -> bool:
    """Whether a word may check its address: by its field align, or by the lower bits of index_align (A7.7)."""
    is_lane, size = word >> 23 & 1, word >> 10 & 3
    if not is_lane or size == 2:
        return word & 0x30 != 0
    return word & 0x10 != 0


def aim(row: Row, case: Case, rng: random.Random) -> None:
    """Aim at the compared memory, at its page boundary more often than not.

    The address is aligned if the word asks for it: Unicorn does not check.
    """
    n, m = case.word >> 16 & 15, case.word & 15
    near = 40 if row.execute.endswith("multiple") else 8
    address = DATA + (rng.randrange(-near, 4) if rng.random() < 0.7 else rng.randrange(-0x700, 0x700))
    case.r[n] = address & ~31 if asks_for_alignment(case.word) else address
    if m < 15 and m != n:
        case.r[m] = rng.getrandbits(32)
