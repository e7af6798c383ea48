"""How many cases of each row were compared in a session, and against what: a table for people."""

from __future__ import annotations

from collections.abc import Iterator

from instruction_oracle import Tally
from row_judges import judge_of
from vmsim_arch_arm.engine.table import Row

_tallies: dict[tuple[str, Row], Tally] = {}


def record(instruction_set: str, row: Row, tally: Tally) -> None:
    """Add to what was compared of a row."""
    total = _tallies.setdefault((instruction_set, row), Tally())
    total.cases += tally.cases
    total.raised += tally.raised


def summary() -> Iterator[str]:
    """Yield a line for each oracle, and the rows that Unicorn does not judge."""
    rows: dict[str, list[Tally]] = {}
    others: list[str] = []
    for (instruction_set, row), tally in _tallies.items():
        judge = judge_of(row)
        rows.setdefault(judge.name, []).append(tally)
        if not judge.is_unicorn:
            others.append(f"      {instruction_set:8} {row}: {judge.oracle}")
    for oracle, tallies in rows.items():
        cases, raised = sum(each.cases for each in tallies), sum(each.raised for each in tallies)
        fewest = min(each.cases for each in tallies)
        yield f"{oracle}: {len(tallies)} rows, {cases} cases, {fewest} or more of a row; {raised} of them exceptions"
    yield from others


def table() -> Iterator[str]:
    """Yield a line for each row: instruction set, name and section, cases, exceptions among them, oracle."""
    for (instruction_set, row), tally in _tallies.items():
        yield f"{instruction_set:8} {tally.cases:7} {tally.raised:7}  {row}  [{judge_of(row).name}]"


def is_empty() -> bool:
    """Whether no row was compared."""
    return not _tallies
