"""For each row of the table: against what its random cases are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import coprocessor_cases
import manual_oracle
import system_cases
from instruction_case import SETS
from instruction_oracle import OurSide, Tally, check_row, unicorn_side
from preparations import preparation_of
from vmsim_arch_arm import tables
from vmsim_arch_arm.engine.table import Row

UNICORN = "Unicorn"


@dataclass(frozen=True)
class Judge:
    """An oracle and how it is asked."""

    oracle: str
    check: Callable[[Row, str, int, int], Tally]
    """Compares a row of an instruction set, in so many cases that follow from a seed."""

    @property
    def name(self) -> str:
        """The oracle, without the reason."""
        return self.oracle.partition(":")[0]

    @property
    def is_unicorn(self) -> bool:
        """Whether the oracle is the implementation that we did not write."""
        return self.oracle.startswith(UNICORN)


def all_rows() -> list[tuple[str, Row]]:
    """Return every row of the tables with its instruction set."""
    return [(name, row) for name in SETS for row in tables.rows(name)]


def judge_of(row: Row) -> Judge:
    """Return what judges a row."""
    if row.execute == "branches.it":
        return Judge("Unicorn, with the block that follows", system_cases.check_it_row)
    if manual_oracle.concerns(row):
        return Judge(
            f"the manual, in manual_oracle.py: {manual_oracle.WHY[row.name]}", manual_oracle.check_modelled_row
        )
    if coprocessor_cases.concerns(row):
        return Judge("Unicorn, all banks, registers that it keeps", coprocessor_cases.check_coprocessor_row)
    if system_cases.concerns(row):
        return Judge("Unicorn, all banks", system_cases.check_system_row)
    return Judge(UNICORN, check_single_row)


def check_single_row(row: Row, instruction_set: str, cases: int, seed: int) -> Tally:
    """Compare random executions of a row; the decoder has the whole table to choose from."""
    sides = engine_side(), unicorn_side()
    return check_row(row, instruction_set, cases, seed, preparation_of(row, *sides), sides=sides)


@cache
def engine_side() -> OurSide:
    """Return the engine of this process that knows every row."""
    return OurSide(tables.rows)
