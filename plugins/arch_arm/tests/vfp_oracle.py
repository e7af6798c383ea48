"""What the oracle needs to know about VFP: operands where something happens, and what Unicorn does differently."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from float_operands import random_double_register, random_float
from instruction_case import CODE, DATA, Case
from instruction_oracle import UnicornSide
from vmsim_arch_arm.engine.table import Row

ROUNDING = 3 << 22
AROUND_CODE = 0x1000
"""What accesses relative to the PC reach."""


def concerns(row: Row) -> bool:
    """Whether a row is VFP's."""
    return row.execute.startswith("vfp")


def is_double(row: Row) -> bool:
    """Whether a row is the one with double-precision registers."""
    return row.pattern.replace(" ", "")[23] == "1"


def preparation(row: Row, ours: Any, unicorn: UnicornSide) -> Callable[[Case, random.Random], None]:
    """Return what check_row calls as `prepare`."""

    def prepare(case: Case, rng: random.Random) -> None:
        if row.kind in ("load", "store"):
            if case.word >> 16 & 15 == 15:
                fill_around_code(ours, unicorn, rng)
            else:
                aim(row, case, rng)
            case.big_endian = rng.random() < 0.2
        elif row.kind == "system":
            case.it = 0  # Unicorn does not advance ITSTATE after VMRS of an identification register
        else:
            # Fewer values than registers: operands are equal now and then.
            case.d = rng.choices([random_register(row, rng) for _ in range(12)], k=32)
            if rng.random() < 0.5 or row.execute == "vfp_convert.vcvt_f32_fixed":
                # Half of the cases round to nearest: there the host may be asked. Conversion from fixed point always
                # does (test_vfp_cases.py), but Unicorn rounds as the FPSCR says.
                case.fpscr &= ~ROUNDING

    return prepare


def aim(row: Row, case: Case, rng: random.Random) -> None:
    """Aim at the compared memory, at the page boundary more often than not.

    The address is aligned: others are aborted (test_vfp_cases.py), but not by Unicorn.
    """
    near = 3 if row.name in ("VLDR", "VSTR") else 34
    address = DATA + 4 * (rng.randrange(-near, near) if rng.random() < 0.7 else rng.randrange(-0x180, 0x180))
    if row.name in ("VLDR", "VSTR"):
        offset = (case.word & 0xFF) << 2
        address -= offset if case.word >> 23 & 1 else -offset
    case.r[case.word >> 16 & 15] = address


def random_register(row: Row, rng: random.Random) -> int:
    """Return a register of the row's precision, most of the time."""
    if rng.random() < 0.2:
        return random_double_register(rng)
    if is_double(row):
        return random_float(rng, 64)
    return random_float(rng, 32) << 32 | random_float(rng, 32)


def fill_around_code(ours: Any, unicorn: UnicornSide, rng: random.Random) -> None:
    """Put the same bytes where the PC leads, but for the instruction."""
    memory = ours.data if hasattr(ours, "data") else ours.ram.view
    for start in (CODE - AROUND_CODE, CODE + 8):
        content = rng.randbytes(AROUND_CODE)
        memory[start : start + AROUND_CODE] = content
        unicorn.engine.mem_write(start, content)
