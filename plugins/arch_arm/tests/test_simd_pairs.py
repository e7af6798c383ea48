"""Two singles at a time on the host's FPU (host_float.pxd): where that is the same, and next to where it is not."""

from __future__ import annotations

import random

import keystone
import pytest
from instruction_case import Case
from instruction_oracle import OurSide, unicorn_side
from vmsim_arch_arm import tables

INEXACT_SEEN = 1 << 4
CASES = 1000
# Of exponents: what flushes to zero, what rounds to it or to infinity, and what takes part in a sum of such.
EXPONENTS = [0, 1, 2, 3, 63, 64, 126, 127, 128, 190, 191, 252, 253, 254, 255]
OPERATIONS = [
    f"{name}.f32 {operands}"
    for name in ("vadd", "vsub", "vmul", "vmla", "vmls")
    for operands in ("d0, d2, d4", "q0, q1, q2", "q0, q0, q0")
]
BY_SCALAR = [f"{name}.f32 q0, q1, d4[1]" for name in ("vmul", "vmla", "vmls")]


def number(rng: random.Random, ordinary: bool) -> int:
    exponent = rng.randrange(110, 145) if ordinary else rng.choice(EXPONENTS)
    fraction = rng.choice([rng.getrandbits(23), 0, 1, 0x7FFFFF])
    return rng.getrandbits(1) << 31 | exponent << 23 | fraction


@pytest.mark.parametrize("source", OPERATIONS + BY_SCALAR)
def test_pairs_are_what_unicorn_has(source: str) -> None:
    code, _ = keystone.Ks(keystone.KS_ARCH_ARM, keystone.KS_MODE_ARM).asm(source, as_bytes=True)
    ours, rng = OurSide(tables.rows), random.Random(source)
    for number_of_case in range(CASES):
        # Mostly one of the numbers only is extraordinary: in either half, of either operand.
        odd = [rng.random() < (number_of_case % 4) / 12 for _ in range(64)]
        halves = [number(rng, not each) for each in odd]
        d = [low | high << 32 for low, high in zip(halves[::2], halves[1::2], strict=True)]
        fpscr = rng.choice([INEXACT_SEEN, INEXACT_SEEN, 0]) | rng.getrandbits(5) << 22
        case = Case(int.from_bytes(code, "little"), 4, False, d=d, fpscr=fpscr)
        expected, result = unicorn_side().execute(case), ours.execute(case)
        assert ([hex(each) for each in result.d], hex(result.fpscr)) == (
            [hex(each) for each in expected.d],
            hex(expected.fpscr),
        ), f"{source} of {[hex(each) for each in d[:6]]}"
