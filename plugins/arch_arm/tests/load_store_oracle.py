"""What the oracle needs to know about loads and stores: where a random instruction is to access memory."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from instruction_case import CODE, DATA, Case
from instruction_oracle import UnicornSide
from vmsim_arch_arm.engine.table import Row

CLREX, LDREX = 0xF57F_F01F, 0xE191_0F9F
"""LDREX r0, [r1]: the sizes of the others are in bits 22 and 21."""

ACCESS_SIZES = {"doubleword": (8, 1), "byte": (1, 2), "halfword": (2, 3), "word": (4, 0)}
"""By what the name of an exclusive's semantic function has: the size of the access, and how it is encoded."""

SCTLR_SW = 1 << 10
"""Enables SWP and SWPB, which Unicorn always does."""

AROUND_CODE = 0x1100
"""What literals and stores relative to the PC reach."""


def needs_alignment(row: Row) -> bool:
    """Unicorn lets two or more registers be loaded from any address: alignment faults are tested by themselves."""
    return row.execute.startswith(("load_store_dual", "load_store_multiple", "exclusive"))


def alignment(row: Row) -> int:
    """Return how the address must be aligned, if it must."""
    return access_size(row)[0] if row.execute.startswith("exclusive") else 4


def access_size(row: Row) -> tuple[int, int]:
    """Return how many bytes an exclusive accesses, and how its encoding says so."""
    return next(size for name, size in ACCESS_SIZES.items() if f"_{name}" in row.execute)


def scale(row: Row) -> int:
    """Return what an immediate counts."""
    if row.decode.endswith(("decode_words", "decode_words_sp", "_exclusive", "dual_immediate_thumb")):
        return 4
    return 2 if row.decode.endswith("decode_halfwords") else 1


def ignored_bits(row: Row) -> int:
    """Return the bits that a row does not look at."""
    bits = row.pattern.replace(" ", "")
    return int("".join("1" if bit == "-" else "0" for bit in bits), 2)


def offset_of(row: Row, case: Case, fields: dict[str, int]) -> int:
    """Return what is added to the base before the access, as A8.4 and A8.5 say."""
    if fields.get("P", 1) == 0 or (row.name.endswith("T") and not case.thumb):
        return 0
    if "m" not in fields:
        amount = fields.get("i", 0) * scale(row)
    else:
        value, shift = case.r[fields["m"]], fields.get("h", 0)
        kind = fields.get("y", 0)
        if kind == 0:
            amount = value << shift & 0xFFFF_FFFF
        elif kind == 1:
            amount = value >> (shift or 32)
        elif kind == 2:
            amount = (value - (value >> 31 << 32)) >> (shift or 32) & 0xFFFF_FFFF
        elif shift:
            amount = (value >> shift | value << 32 - shift) & 0xFFFF_FFFF
        else:
            amount = value >> 1 | (case.nzcv >> 1 & 1) << 31
    return amount if fields.get("U", 1) else -amount


def aim(row: Row, case: Case, rng: random.Random) -> None:
    """Choose the base register so that the access meets the compared memory, its page boundary more often than not."""
    fields = row.fields_of(case.word)
    base = fields.get("n", 13 if row.decode.endswith("words_sp") else 15)
    if base == 15 or row.kind == "hint":
        if "m" in fields and fields["m"] != 15:
            case.r[fields["m"]] = 0
            case.nzcv &= ~2
        if row.execute.startswith("load_store_dual"):
            case.word &= ~(0 if case.thumb or "m" in fields else 3)
        return
    target = DATA + (rng.randrange(-8, 8) if rng.random() < 0.6 else rng.randrange(-0x600, 0x600))
    if needs_alignment(row) or rng.random() < 0.5:
        target &= -alignment(row)
    if fields.get("m") == base:
        case.r[base] = 0  # any shift but RRX of it is nothing
        case.nzcv &= ~2
    else:
        if "m" in fields:
            case.r[fields["m"]] = rng.getrandbits(32) if rng.random() < 0.7 else rng.choice([0, 1, 4, 0xFFFF_FFFC])
        case.r[base] = target - offset_of(row, case, fields) & 0xFFFF_FFFF


def fill_around_code(ours: Any, unicorn: UnicornSide, rng: random.Random) -> None:
    """Put the same bytes where the PC leads, and a base of zero."""
    start, content = CODE - AROUND_CODE, rng.randbytes(2 * AROUND_CODE)
    memory = ours.data if hasattr(ours, "data") else ours.ram.view
    memory[start : start + len(content)] = content
    unicorn.engine.mem_write(start, content)
    memory[0:0x20] = content[:0x20]
    unicorn.engine.mem_write(0, content[:0x20])


def hold_address(row: Row, case: Case, unicorn: UnicornSide, rng: random.Random) -> None:
    """Let the monitor hold the address of a store exclusive more often than not, or another one, or none."""
    chance = rng.random()
    if chance < 0.2:
        return
    size, kind = access_size(row)
    fields = row.fields_of(case.word)
    address = case.r[fields["n"]] + fields.get("i", 0) * scale(row) & 0xFFFF_FFFF
    if chance < 0.3:
        address ^= 8
    case.exclusive = address, size
    load = Case(LDREX | kind << 21, 4, False, case.mode, big_endian=case.big_endian, data=case.data)
    load.r[1] = address
    assert unicorn.execute(load).exception == ""


def concerns(row: Row) -> bool:
    """Whether a row is a load or store of core registers."""
    return row.execute.startswith(("load_store", "exclusive"))


def preparation(row: Row, ours: Any, unicorn: UnicornSide) -> Callable[[Case, random.Random], None]:
    """Return what check_row calls as `prepare`."""

    def prepare(case: Case, rng: random.Random) -> None:
        if row.execute.startswith("exclusive"):
            unicorn.execute(Case(CLREX, 4, False))
        case.word &= ~ignored_bits(row)  # they should be zero
        fields = row.fields_of(case.word)
        if fields.get("n", 15) in (15, fields.get("m")):
            fill_around_code(ours, unicorn, rng)
        aim(row, case, rng)
        case.big_endian = rng.random() < 0.2
        if row.execute.startswith("exclusive.swap"):
            case.sctlr |= SCTLR_SW
        elif row.execute.startswith("exclusive.store"):
            hold_address(row, case, unicorn, rng)

    return prepare
