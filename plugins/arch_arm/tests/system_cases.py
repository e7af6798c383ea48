"""Rows that change modes, masks, saved state or banked registers: random cases for the sides of system_oracle."""

from __future__ import annotations

import random
from functools import cache

from instruction_case import DATA, SIZES, WINDOW
from instruction_oracle import Tally
from random_cases import ADDITIONS, may_be_in_it_block, random_word
from system_oracle import BankedEngine, BankedUnicorn, differences, random_state, random_status
from vmsim_arch_arm import psr
from vmsim_arch_arm.engine.table import Row
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState

MONITOR = 0x16
TRIES = 50
"""For each case that is asked for: not every random word and state can be judged."""
RETURNS = "subs_pc_lr"
_NOT_ADVANCED = ("SRS", "RFE")
"""After these Unicorn leaves ITSTATE as it was, or writes it over the PC: test_it_blocks.py."""
_REACHED = 512
"""Bytes around DATA, that all registers from any base need."""
BANKED_LISTS = ("load_multiple_user", "store_multiple_user", "load_multiple_return")


def concerns(row: Row) -> bool:
    """Whether a row needs all banks of registers to be compared."""
    return row.execute.startswith(("system", RETURNS)) or row.execute.endswith(BANKED_LISTS)


@cache
def banked_sides() -> tuple[BankedEngine, BankedUnicorn]:
    """Return our engine and Unicorn of this process."""
    return BankedEngine(), BankedUnicorn()


def encoded(word: int, instruction_set: str) -> bytes:
    """Return a word as it stands in memory."""
    if instruction_set == "THUMB32":
        return (word >> 16).to_bytes(2, "little") + (word & 0xFFFF).to_bytes(2, "little")
    return word.to_bytes(SIZES[instruction_set], "little")


def check_system_row(row: Row, instruction_set: str, cases: int, seed: int) -> Tally:
    """Compare `cases` random executions of a row, every bank included; raise AssertionError with the first difference.

    Words and states that the manual leaves open, or that Unicorn takes for others, are left out.
    """
    rng = random.Random(f"{instruction_set}{row}{seed}")
    ours, unicorn = banked_sides()
    tally = Tally()
    for _ in range(TRIES * cases):
        word = random_word(row, rng)
        assert word is not None
        word = returning_word(word, rng) if row.execute.startswith(RETURNS) and instruction_set == "ARM" else word
        state = random_state(rng, instruction_set != "ARM", DATA + 4 * rng.randrange(-16, 16))
        if state.cpsr & psr.T and row.name not in _NOT_ADVANCED and may_be_in_it_block(row) and rng.random() < 0.4:
            state.cpsr = psr.with_it_state(state.cpsr, rng.randrange(15) << 4 | 8)
        data = memory_for(row, word, state, rng)
        if not is_judged(row, word, state):
            continue
        code = encoded(word, instruction_set)
        mine, theirs = ours.execute(code, state, data), unicorn.execute(code, state, data)
        found = [] if mine[0] else differences(mine[1], theirs[1])
        assert (mine[0], found, mine[2]) == (theirs[0], [], theirs[2]), f"{row}: {word:#010x} {state.cpsr:#x} {found}"
        tally.cases += 1
        tally.raised += mine[0] != ""
        if tally.cases == cases:
            break
    return tally


def check_it_row(row: Row, instruction_set: str, cases: int, seed: int) -> Tally:
    """Compare random IT instructions with the blocks that follow them: additions, and one more behind the block."""
    rng = random.Random(f"{row}{seed}")
    ours, unicorn = banked_sides()
    tally = Tally()
    for _ in range(cases):
        word = random_word(row, rng)
        assert word is not None
        words = [word, *ADDITIONS, 0x3301, 0x3401]
        code = b"".join(each.to_bytes(2, "little") for each in words)
        state, data = random_state(rng, thumb=True), bytes(WINDOW)
        mine, theirs = ours.execute(code, state, data, 6), unicorn.execute(code, state, data, 6)
        assert (mine[0], differences(mine[1], theirs[1])) == (theirs[0], []), f"{word:#x} {state.cpsr:#x}"
        tally.cases += 1
    return tally


def returning_word(word: int, rng: random.Random) -> int:
    """Return SUBS PC or MOVS PC: of all the operations Unicorn knows these two as exception returns.

    The others: test_data_processing.test_every_operation_returns_from_an_exception.
    """
    return word & ~0x01EF_0000 | rng.choice([2 << 21 | rng.randrange(16) << 16, 13 << 21])


def is_judged(row: Row, word: int, state: ArmState) -> bool:
    """Whether the manual says what happens, and Unicorn does the same."""
    fields, mode = row.fields_of(word), state.cpsr & psr.MODE
    has_spsr = mode not in (Mode.USR, Mode.SYS)
    if row.name == "MRS (SPSR)" or (row.name.startswith("MSR") and fields["o"]):
        return has_spsr
    if row.name.startswith("MSR"):
        # Of User mode's fields, Unicorn writes the flags alone.
        if mode == Mode.USR:
            return not fields["l"] & 2
        return not fields["l"] & 1 or mode_written(fields, state) != MONITOR
    if row.name == "CPS":
        return not (fields.get("W") and fields["l"] == MONITOR)
    if row.name == "SRS":
        return fields["l"] in tuple(Mode) and mode != Mode.SYS
    if row.name == "RFE":
        return state.read_gpr(fields["n"]) % 4 == 0  # Unicorn has no alignment faults of RFE and SRS
    if row.execute.startswith(RETURNS) or row.execute.endswith("return"):
        return has_spsr
    return not row.execute.endswith(BANKED_LISTS) or mode != Mode.SYS


def mode_written(fields: dict[str, int], state: ArmState) -> int:
    """Return the mode that an MSR writes."""
    if "n" in fields:
        return state.read_gpr(fields["n"]) & psr.MODE
    value, rotation = fields["i"] & 0xFF, fields["i"] >> 8 << 1
    return (value >> rotation | value << (32 - rotation)) & psr.MODE


def memory_for(row: Row, word: int, state: ArmState, rng: random.Random) -> bytes:
    """Give registers values that the row can use, and return the memory: addresses and program states."""
    fields = row.fields_of(word)
    if row.name.startswith("MSR") and "n" in fields:
        state.write_gpr(fields["n"], random_status(rng) & ~psr.T | rng.getrandbits(1) << 9)
    elif row.name == "RFE":
        state.write_gpr(fields["n"], DATA + 4 * rng.randrange(-16, 16) + rng.choice((0, 0, 0, 1)))
    elif row.execute.endswith(BANKED_LISTS):
        state.write_gpr(fields["n"], DATA + 4 * rng.randrange(-16, 16))
    if row.kind not in ("load", "store") and row.name not in ("RFE", "SRS"):
        return bytes(WINDOW)
    # Around DATA each word is an address as well as a program state.
    mask = 0x7F if row.name == "RFE" else 0xFFFF_FFFF
    words = b"".join((random_status(rng) & mask).to_bytes(4, "little") for _ in range(_REACHED // 4))
    return bytes((WINDOW - _REACHED) // 2) + words + bytes((WINDOW - _REACHED) // 2)
