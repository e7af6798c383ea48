"""Decoding of programs that compilers made, against capstone: names, and the registers of each instruction."""

from __future__ import annotations

import pytest
import real_programs
from capstone_names import comparison, is_predictable
from capstone_operands import ALWAYS, operand_difference

pytest.importorskip("vmsim_guests", reason="the guests come with vmsim-guests")
pytestmark = pytest.mark.guest

CONDITION = 0xF000_0000
FEWEST_INSTRUCTIONS = 40_000
"""Different words that are instructions: of the smallest program in its own instruction set."""

# Debian's programs are Thumb code but for a few functions, its kernel is ARM code.
SLOW = ("kernel", "THUMB32"), ("kernel", "ARM"), ("libc", "ARM"), ("busybox", "ARM")
CHOICES = [
    pytest.param(program, name, marks=[pytest.mark.slow] if (program, name) in SLOW else [], id=f"{program}-{name}")
    for program in real_programs.PROGRAMS
    for name in ("ARM", "THUMB32")
]


@pytest.mark.parametrize(("program", "instruction_set"), CHOICES)
def test_names(program: str, instruction_set: str) -> None:
    words = words_or_skip(program, instruction_set)
    comparison(instruction_set).check(words)


@pytest.mark.parametrize(("program", "instruction_set"), CHOICES)
def test_operands(program: str, instruction_set: str) -> None:
    """Of ARM code, each word as if its condition were AL, because a condition makes destinations sources."""
    words = words_or_skip(program, instruction_set)
    if instruction_set == "ARM":
        words = sorted({with_condition(word, ALWAYS) for word in words})
    compared = comparison(instruction_set)
    instructions, differences = 0, {}
    for word in words:
        row = compared.row_of(word)
        if row is None or not is_predictable(row, word):
            continue
        instructions += 1
        if difference := operand_difference(instruction_set, word, row.execute):
            differences.setdefault(row.execute, difference)
    assert not differences, "\n" + "\n".join(differences.values())
    assert instructions > FEWEST_INSTRUCTIONS


def with_condition(word: int, condition: int) -> int:
    """Return an ARM word with another condition, if it has one."""
    return word if word & CONDITION == CONDITION else word & ~CONDITION | condition << 28


def words_or_skip(program: str, instruction_set: str) -> list[int]:
    from vmsim_guests.errors import GuestError

    try:
        return list(real_programs.words_of(real_programs.code_of(program), instruction_set))
    except GuestError as error:
        pytest.skip(str(error))
