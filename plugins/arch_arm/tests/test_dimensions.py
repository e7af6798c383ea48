"""The random cases go where something may go wrong: what they cover is counted, without Unicorn."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from instruction_case import CODE, DATA, Case
from instruction_oracle import OurSide, check_row, unicorn_side
from preparations import preparation_of
from random_cases import may_be_in_it_block, random_case, random_word
from row_judges import UNICORN, all_rows, judge_of
from vmsim_arch_arm import tables
from vmsim_arch_arm.engine.table import Row
from vmsim_core.debug import ExecutedInstruction

PAGE = 0x1000
CASES = 400
WORDS = 2000
"""Words and states that are not executed: enough that each of fifteen conditions is among them."""
ROWS = [(name, row) for name, row in all_rows() if judge_of(row).oracle == UNICORN]
MEMORY_ROWS = [(name, row) for name, row in ROWS if row.kind in ("load", "store")]
FLOAT_ROWS = [(name, row) for name, row in ROWS if row.kind == "vfp" or row.execute.startswith("simd_float")]

ALIGNED = ("exclusive", "load_store_dual", "load_store_multiple", "vfp_transfer")
"""Semantic functions with accesses that have to be aligned; faults: test_load_store_cases.py, test_vfp_cases.py."""
NEVER_ACROSS = ("exclusive", "vfp_transfer.vldr_single", "vfp_transfer.vstr_single")
"""Of these, what is never on both sides of a page boundary."""


class Watched:
    """Our engine, with what its instructions touched."""

    def __init__(self) -> None:
        self.side = OurSide(tables.rows)
        self.side.engine.observe(self._see)
        self._seen: list[ExecutedInstruction] = []

    def _see(self, instruction: ExecutedInstruction) -> None:
        self._seen.append(instruction)

    def execute(self, case: Case) -> ExecutedInstruction:
        """Execute a case and return what was seen of it."""
        self._seen.clear()
        self.side.execute(case)
        return next(each for each in self._seen if each.address == CODE)


@pytest.fixture(scope="module")
def ours() -> Watched:
    return Watched()


def named(rows: list[tuple[str, Row]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("name", "row"), rows, ids=[f"{name} {row}" for name, row in rows])


def cases_of(name: str, row: Row, ours: OurSide, count: int = CASES) -> Iterator[Case]:
    """Yield cases as test_every_row.py has them."""
    rng = random.Random(f"{name}{row}{count}")
    prepare = preparation_of(row, ours, unicorn_side())
    for _ in range(count):
        word = random_word(row, rng)
        assert word is not None
        case = random_case(row, name, word, rng)
        if prepare is not None:
            prepare(case, rng)
        yield case


@named(MEMORY_ROWS)
def test_where_memory_is_accessed(ours: Watched, name: str, row: Row) -> None:
    """On both sides of a page boundary, across it, not aligned, big-endian: whatever the row may do."""
    found = Counter[str]()
    largest = 0
    for case in cases_of(name, row, ours.side):
        accesses = ours.execute(case).accesses
        if not accesses:
            continue
        first, last = min(each.address for each in accesses), max(each.address + each.size - 1 for each in accesses)
        largest = max(largest, last - first + 1)
        found["across"] += first // PAGE != last // PAGE
        found["unaligned"] += any(each.address % each.size for each in accesses)
        found["below" if last < DATA else "above" if first >= DATA else "across"] += 1
        found["big-endian"] += case.big_endian
    expected = {"big-endian"}
    if "(literal)" not in row.name:
        expected |= {"below", "above"}
        if largest > 1 and not row.execute.startswith(NEVER_ACROSS):
            expected.add("across")
    if largest > 1 and not row.execute.startswith(ALIGNED) and name != "THUMB16":
        expected.add("unaligned")
    assert expected <= {each for each, count in found.items() if count}, found


@named([(name, row) for name, row in ROWS if name != "ARM"])
def test_it_states_and_flags(name: str, row: Row) -> None:
    """Every condition, met and not met, and every number of instructions that remain."""
    rng = random.Random(f"{name}{row}")
    word = random_word(row, rng)
    assert word is not None
    cases = [random_case(row, name, word, rng) for _ in range(WORDS // 2)]
    assert len({case.nzcv for case in cases}) == 16
    if may_be_in_it_block(row):
        assert {case.it >> 4 for case in cases if case.it} >= set(range(15))
        assert {len(case.rest) for case in cases} == ({0} if row.kind == "branch" else set(range(4)))


@named([(name, row) for name, row in ROWS if name == "ARM" and row.pattern.startswith("cccc")])
def test_conditions(name: str, row: Row) -> None:
    rng = random.Random(str(row))
    words = [random_word(row, rng) for _ in range(WORDS)]
    assert {word >> 28 for word in words if word is not None} == set(range(15))


@named(FLOAT_ROWS)
def test_floating_point_modes(ours: Watched, name: str, row: Row) -> None:
    """Rounding modes, flushing to zero, default NaNs and exceptions that are pending already, in all combinations."""
    modes = {case.fpscr >> 22 & 15 for case in cases_of(name, row, ours.side)}
    # Fixed point to VFP: Unicorn rounds as the FPSCR says, a Cortex-A9 to nearest (test_vfp_cases.py).
    assert len(modes) == (4 if row.execute == "vfp_convert.vcvt_f32_fixed" else 16)


def test_a_wrong_row_is_noticed() -> None:
    """The comparison has teeth: ADC that does not add the carry, and LDR that is not sign-extended."""
    for name, execute in (
        ("ADC (register)", "data_processing.add_register"),
        ("LDRSB (register)", "load_store.load_byte"),
    ):
        right = next(row for row in tables.rows("ARM") if row.name == name)
        wrong = replace(right, execute=execute)
        ours = OurSide(lambda wanted, row=wrong: [row] if wanted == "ARM" else [])
        with pytest.raises(AssertionError, match="ours / Unicorn's"):
            check_row(wrong, "ARM", 60, sides=(ours, unicorn_side()))
