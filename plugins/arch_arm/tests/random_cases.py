"""Random words of a row of the table, and random states to execute them in."""

from __future__ import annotations

import random
import struct
from functools import cache
from types import CodeType

from instruction_case import DATA, SIZES, WINDOW, Case
from vmsim_arch_arm.engine.table import FIELDS, Row

SPECIAL = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF)
FPSCR_BITS = 0xF7C0_009F
"""Flags, QC, AHP, DN, FZ, rounding mode and the cumulative exception bits."""
ADDITIONS = (0x3001, 0x3101, 0x3201)
"""ADD r0, #1; ADD r1, #1; ADD r2, #1: in an IT block they leave the flags alone, and show which of them it executes."""

_IDLE = random.Random("data").randbytes(WINDOW)
_OUTSIDE_IT_BLOCKS = ("branches.cbz", "branches.it", "system.change_state", "system.set_endianness")


def random_word(row: Row, rng: random.Random) -> int | None:
    """Return a word of a row that is not UNPREDICTABLE; None if none was found."""
    ones, zeros, condition = _word_masks(row)
    for _ in range(1000):
        word = rng.getrandbits(8 * row.size) & zeros | ones
        if condition >= 0 and rng.random() < 0.8:
            word = word & ~(0xF << condition) | 14 << condition
        if row.matches(word) and not is_unpredictable(row, word):
            return word
    return None


@cache
def _word_masks(row: Row) -> tuple[int, int, int]:
    """Return the bits that are one, those that may be one, and where the condition is (-1: nowhere)."""
    bits = row.pattern.replace(" ", "")
    ones = int("".join("1" if bit in "1+" else "0" for bit in bits), 2)
    zeros = int("".join("0" if bit in "0-" else "1" for bit in bits), 2)
    condition = next((part.shift for part in row.parts if part.letter == "c"), -1)
    return ones, zeros, condition


def is_unpredictable(row: Row, word: int) -> bool:
    """Whether the row's own condition says so; bits that are to be zero or one are not looked at."""
    code = _unpredictable(row)
    return code is not None and bool(eval(code, {}, dict.fromkeys(FIELDS, 0) | row.fields_of(word)))


@cache
def _unpredictable(row: Row) -> CodeType | None:
    return compile(row.unpredictable, str(row), "eval") if row.unpredictable else None


def random_value(rng: random.Random) -> int:
    """Return a 32-bit value, often a special one."""
    return rng.choice(SPECIAL) if rng.random() < 0.3 else rng.getrandbits(32)


def random_values(rng: random.Random, count: int) -> list[int]:
    """Return 32-bit values, a fifth of them special: as `random_value`, but many at once."""
    values = list(struct.unpack(f"<{count}I", rng.randbytes(4 * count)))
    choices = rng.randbytes(count)
    for index, choice in enumerate(choices):
        if choice < 52:
            values[index] = SPECIAL[choice % len(SPECIAL)]
    return values


def random_case(row: Row, instruction_set: str, word: int, rng: random.Random) -> Case:
    """Return a random state for a word; bases of loads and stores lead to the compared memory, most of the time."""
    case = Case(word, SIZES[instruction_set], instruction_set != "ARM")
    case.mode = rng.choice([0x10, 0x13, 0x1F])
    case.nzcv, case.q, case.ge = rng.getrandbits(4), rng.getrandbits(1), rng.getrandbits(4)
    values = random_values(rng, 15 + 64)
    case.r = values[:15]
    case.d = [low << 32 | high for low, high in zip(values[15:47], values[47:], strict=True)]
    case.fpscr = rng.getrandbits(32) & FPSCR_BITS
    case.data = _IDLE
    if case.thumb and may_be_in_it_block(row) and rng.random() < 0.4:
        put_into_it_block(case, 1 if row.kind == "branch" else rng.randint(1, 4), rng)
    if row.kind in ("load", "store") or row.execute == "branches.tbb":
        case.data = rng.randbytes(WINDOW)
        fields = row.fields_of(word)
        aligned = rng.random() < 0.8
        for letter in "nD":
            if letter in fields and fields[letter] < 15:
                case.r[fields[letter]] = DATA + (4 * rng.randrange(-64, 64) if aligned else rng.randrange(-256, 256))
        case.r[13] = DATA + 4 * rng.randrange(-64, 64)
        if "m" in fields and fields["m"] < 15 and fields["m"] != fields.get("n"):
            case.r[fields["m"]] = rng.choice([0, 1, 2, 4, 8, 0xFFFF_FFFC, 0xFFFF_FFFF])
    return case


def may_be_in_it_block(row: Row) -> bool:
    """Whether words of a Thumb row may stand in an IT block: not those that have a condition or change the state."""
    return row.execute not in _OUTSIDE_IT_BLOCKS and all(part.letter != "c" for part in row.parts)


def put_into_it_block(case: Case, instructions: int, rng: random.Random) -> None:
    """Let the case be the first of the `instructions` that remain of an IT block; additions follow."""
    base = rng.randrange(8)
    # After the condition's last bit come those of the instructions that follow, then a one (A2.5.2).
    conditions = rng.getrandbits(instructions) if base < 7 else 0
    case.it = base << 5 | (conditions << 1 | 1) << 4 - instructions
    case.rest = ADDITIONS[: instructions - 1]


def leave_rest_of_it_block(case: Case) -> None:
    """Let the case be the last instruction of its IT block, if it is in one, as one that branches has to be."""
    if case.rest:
        case.it, case.rest = case.it & 0xF0 | 8, ()
