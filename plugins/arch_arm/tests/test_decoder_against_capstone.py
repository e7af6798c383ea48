"""Decoding against capstone: every halfword, random words, words of every row.

Real programs are compared in test_real_programs.py.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from capstone_names import NOT_IN_A_CORTEX_A9, SYNONYMS, comparison
from random_cases import random_word
from vmsim_arch_arm import tables

WORDS_IN_A_RUN = 20_000
WORDS_OF_A_ROW = 50
MANY_WORDS = 5_000_000


def random_words(instruction_set: str, count: int) -> Iterable[int]:
    """Yield random words of an instruction set; the first halfword of a Thumb one is 0xe800 or more (A6.1)."""
    rng = random.Random(f"{instruction_set} {count}")
    for _ in range(count):
        word = rng.getrandbits(32)
        yield (
            word
            if instruction_set == "ARM"
            else word & 0x07FF_FFFF | rng.choice([0xE800_0000, 0xF000_0000, 0xF800_0000])
        )


def test_every_halfword() -> None:
    comparison("THUMB16").check(range(0xE800))


@pytest.mark.parametrize("instruction_set", ["ARM", "THUMB32"])
def test_random_words(instruction_set: str) -> None:
    comparison(instruction_set).check(random_words(instruction_set, WORDS_IN_A_RUN))


@pytest.mark.parametrize("instruction_set", ["ARM", "THUMB32"])
def test_words_of_every_row(instruction_set: str) -> None:
    rng = random.Random(instruction_set)
    words = [random_word(row, rng) for row in tables.rows(instruction_set) for _ in range(WORDS_OF_A_ROW)]
    comparison(instruction_set).check(word for word in words if word is not None)


@pytest.mark.parametrize("instruction_set", ["ARM", "THUMB32"])
def test_no_instruction_is_missing(instruction_set: str) -> None:
    compared = comparison(instruction_set)
    if not {"mov", "b", "mcr", "vadd", "vld1"} <= compared.names:
        pytest.skip("the tables are not complete")
    theirs = {compared.capstone_name(word): word for word in random_words(instruction_set, WORDS_IN_A_RUN)}
    known = compared.names | SYNONYMS.keys() | NOT_IN_A_CORTEX_A9 | {""}
    assert {name: hex(word) for name, word in theirs.items() if name not in known} == {}


@pytest.mark.slow
@pytest.mark.parametrize("instruction_set", ["ARM", "THUMB32"])
def test_millions_of_random_words(instruction_set: str) -> None:
    comparison(instruction_set).check(random_words(instruction_set, MANY_WORDS))
