"""Advanced SIMD: every row, with every element size and register length, against Unicorn."""

from __future__ import annotations

import pytest
from instruction_oracle import check_row
from simd_oracle import preparation
from vmsim_arch_arm.engine.table import Row, check
from vmsim_arch_arm.tables import simd, simd_load_store

CASES = 60
SETS = ("ARM", "THUMB32")
ROWS = [(name, row) for module in (simd, simd_load_store) for name in SETS for row in getattr(module, name)]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name} {row} {row.pattern[25:29]}" for name, row in ROWS])
def test_row(name: str, row: Row) -> None:
    """Each row executes as on Unicorn, undefined words included."""
    assert check_row(row, name, CASES, prepare=preparation(row)) == CASES


@pytest.mark.parametrize("name", SETS)
def test_unambiguous(name: str) -> None:
    """No word is of two rows."""
    check(row for wanted, row in ROWS if wanted == name)
