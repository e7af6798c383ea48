"""Loads and stores: every row on Unicorn and on our engine."""

from __future__ import annotations

import random

import pytest
from instruction_case import Case
from instruction_oracle import OurSide, check_row, unicorn_side
from load_store_oracle import ELSEWHERE, preparation
from vmsim_arch_arm.engine.table import Row, check
from vmsim_arch_arm.tables import exclusive, extra_load_store, load_store, load_store_multiple, load_store_thumb

CASES = 50
BIG_ENDIAN = 0x200
MODULES = (load_store, extra_load_store, load_store_thumb, load_store_multiple, exclusive)
SETS = ("ARM", "THUMB16", "THUMB32")
ROWS = [(name, row) for module in MODULES for name in SETS for row in getattr(module, name, [])]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name} {row}" for name, row in ROWS])
def test_row(name: str, row: Row) -> None:
    """Each row executes as on Unicorn."""
    if row.name in ELSEWHERE:
        pytest.skip(ELSEWHERE[row.name])
    ours, unicorn = OurSide(lambda wanted: [row] if wanted == name else []), unicorn_side()
    check_row(row, name, CASES, prepare=preparation(row, ours, unicorn), sides=(ours, unicorn))


@pytest.mark.parametrize("name", SETS)
def test_unambiguous(name: str) -> None:
    """No word is of two rows."""
    check(row for wanted, row in ROWS if wanted == name)


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name} {row}" for name, row in ROWS])
def test_row_big_endian(name: str, row: Row) -> None:
    """The same with big-endian data (CPSR.E, A3.3)."""
    if row.name in ELSEWHERE or row.kind not in ("load", "store"):
        pytest.skip("no data that Unicorn could compare")
    ours, unicorn = OurSide(lambda wanted: [row] if wanted == name else []), unicorn_side()
    little = preparation(row, ours, unicorn)

    def prepare(case: Case, rng: random.Random) -> None:
        little(case, rng)
        case.mode |= BIG_ENDIAN

    check_row(row, name, 10, prepare=prepare, sides=(ours, unicorn))
