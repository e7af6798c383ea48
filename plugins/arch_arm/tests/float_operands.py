"""Random operands of floating point, most of them where something happens: zeros, denormals, NaNs, ties, limits."""

from __future__ import annotations

import random

EXPONENT_BITS = {16: 5, 32: 8, 64: 11}


def random_float(rng: random.Random, width: int) -> int:
    """Return the bits of a number."""
    exponent_bits = EXPONENT_BITS[width]
    fraction_bits = width - 1 - exponent_bits
    top = (1 << exponent_bits) - 1
    fraction = random_fraction(rng, fraction_bits)
    kind = rng.randrange(16)
    if kind == 0:
        exponent, fraction = 0, 0
    elif kind == 1:
        exponent, fraction = 0, fraction or 1
    elif kind == 2:
        exponent, fraction = top, 0
    elif kind == 3:
        exponent = top
    elif kind == 4:
        exponent = rng.choice([0, 1, 2, top - 1])
    elif kind == 5:
        exponent = rng.randrange(top + 1)
    elif kind in (6, 7):  # products and quotients near the limits
        exponent = rng.choice([top // 4, top // 2, top - top // 4]) + rng.randrange(-3, 4)
    elif kind == 8:  # near the limits of half precision, and of single precision in double
        middle = top >> 1
        exponent = max(0, middle + rng.choice([-150, -127, -126, -25, -24, -15, -14, 15, 16, 31, 32, 127, 128])) & top
    else:
        exponent = (top >> 1) + rng.randrange(-40, 41) % (top + 1) if width > 16 else rng.randrange(1, top)
    return rng.getrandbits(1) << (width - 1) | (exponent & top) << fraction_bits | fraction


def random_fraction(rng: random.Random, bits: int) -> int:
    """Return a fraction: random, short, or next to a short one."""
    full = (1 << bits) - 1
    kind = rng.randrange(5)
    if kind == 0:
        return rng.getrandbits(bits)
    if kind == 1:
        return rng.getrandbits(bits) & full << rng.randrange(bits + 1) & full
    if kind == 2:
        return (1 << rng.randrange(bits)) & full
    if kind == 3:
        return rng.choice([0, 1, full, full - 1, 1 << (bits - 1), (1 << (bits - 1)) - 1])
    return (1 << rng.randrange(bits)) + rng.choice([-1, 1]) & full


def random_double_register(rng: random.Random) -> int:
    """Return a doubleword register: one double, two singles, or four half-precision numbers; some of them equal."""
    kind = rng.randrange(8)
    if kind < 4:
        return random_float(rng, 64)
    if kind < 7:
        return random_float(rng, 32) << 32 | random_float(rng, 32)
    return sum(random_float(rng, 16) << position for position in (0, 16, 32, 48))
