"""How many cases of each row were compared in a session, and against what: a table for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from instruction_oracle import Tally
from row_judges import Judge, judge_of
from vmsim_arch_arm.engine.table import Row

_tallies: dict[tuple[str, Row], Tally] = {}


def record(instruction_set: str, row: Row, tally: Tally) -> None:
    """Add to what was compared of a row."""
    total = _tallies.setdefault((instruction_set, row), Tally())
    total.cases += tally.cases
    total.raised += tally.raised


def summary() -> Iterator[str]:
    """Yield a line for each oracle, and the rows that Unicorn does not judge."""
    rows, cases, raised = Counter[str](), Counter[str](), Counter[str]()
    others: list[tuple[str, Row, Judge]] = []
    for (instruction_set, row), tally in _tallies.items():
        judge = judge_of(row)
        oracle = judge.oracle.partition(":")[0]
        rows[oracle] += 1
        cases[oracle] += tally.cases
        raised[oracle] += tally.raised
        if not judge.is_unicorn:
            others.append((instruction_set, row, judge))
    for oracle, count in rows.most_common():
        fewest = min(tally.cases for (_, row), tally in _tallies.items() if judge_of(row).oracle.startswith(oracle))
        yield (
            f"{count:5} rows, {cases[oracle]:8} cases ({raised[oracle]} exceptions), at least {fewest} of a row: {oracle}"
        )
    for instruction_set, row, judge in others:
        yield f"      {instruction_set:8} {str(row)}: {judge.oracle}"


def table() -> Iterator[str]:
    """Yield a line for each row: instruction set, name and section, cases, exceptions among them, oracle."""
    for (instruction_set, row), tally in _tallies.items():
        yield f"{instruction_set:8} {tally.cases:7} {tally.raised:7}  {row}  [{judge_of(row).oracle.partition(':')[0]}]"


def is_empty() -> bool:
    """Whether no row was compared."""
    return not _tallies
