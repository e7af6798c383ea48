"""Every row of the tables in random cases, against its oracle: Unicorn, but for a few that row_judges.py knows."""

from __future__ import annotations

import pytest
import row_report
from row_judges import all_rows, judge_of
from vmsim_arch_arm.engine.table import Row

CASES = 60
MANY = 2500
"""Cases of a row in the slow test: more than two millions together."""
SEEDS = 1, 2
"""Of the quick and of the slow test; another seed is another run of the same length."""
ROWS = all_rows()
EACH_ROW = pytest.mark.parametrize(
    ("instruction_set", "row"), ROWS, ids=[f"{name}-{row}-{number}" for number, (name, row) in enumerate(ROWS)]
)


def compare(instruction_set: str, row: Row, cases: int, seed: int) -> None:
    tally = judge_of(row).check(row, instruction_set, cases, seed)
    row_report.record(instruction_set, row, tally)
    assert tally.cases == cases, "too few words and states can be judged"
    assert tally.raised < cases or row.name in ONLY_EXCEPTIONS


ONLY_EXCEPTIONS = ("UDF", "BKPT")


@EACH_ROW
def test_row(instruction_set: str, row: Row) -> None:
    compare(instruction_set, row, CASES, SEEDS[0])


@pytest.mark.slow
@EACH_ROW
def test_row_in_many_cases(instruction_set: str, row: Row) -> None:
    compare(instruction_set, row, MANY, SEEDS[1])


def test_the_cases_are_enough() -> None:
    """Fifty of each row in a quick run, two millions against Unicorn in a full one."""
    assert CASES >= 50
    assert MANY * sum(judge_of(row).is_unicorn for _, row in ROWS) >= 2_000_000
