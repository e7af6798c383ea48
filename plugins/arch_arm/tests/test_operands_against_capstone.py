"""Registers that instructions of every row read and write, against those that capstone says."""

from __future__ import annotations

import random
import re

import pytest
from capstone_operands import LEAVES_OUT, WRONG, leaves_out, operand_difference
from instruction_case import SETS
from random_cases import random_word
from vmsim_arch_arm import tables
from vmsim_arch_arm.engine.table import Row

WORDS = 6
ROWS = [(name, row) for name in SETS for row in tables.rows(name)]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name} {row}" for name, row in ROWS])
def test_row(name: str, row: Row) -> None:
    rng = random.Random(f"{name}{row}")
    for _ in range(WORDS):
        word = random_word(row, rng)
        assert word is not None
        assert operand_difference(name, word, row.execute) == ""


def test_most_is_compared() -> None:
    """What capstone leaves out is the smaller part, and each pattern of it is of some row."""
    functions = [row.execute for _, row in ROWS]
    for pattern in (*LEAVES_OUT, *map(re.escape, WRONG)):
        assert any(re.fullmatch(pattern, each) for each in functions), pattern
    assert sum(map(leaves_out, functions)) < len(functions) // 3
