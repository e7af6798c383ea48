"""The few instructions that Unicorn cannot judge, as the manual has them: every field of the state is compared."""

from __future__ import annotations

import random

from instruction_case import DATA, WINDOW
from instruction_oracle import Tally
from random_cases import may_be_in_it_block, random_word
from system_cases import banked_sides, encoded
from system_oracle import random_state
from vmsim_arch_arm import psr
from vmsim_arch_arm.engine.loop import RunResult
from vmsim_arch_arm.engine.table import Row
from vmsim_arch_arm.exceptions import ExceptionKind, take
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState

WHY = {
    "WFE": "Unicorn halts", "WFI": "Unicorn halts", "SEV": "Unicorn shows no event register",
    "YIELD": "Unicorn stops before it", "SMC": "Unicorn has a monitor", "UDF": "Unicorn ends without an exception",
}  # fmt: skip
"""Rows by name, and why Unicorn does not judge them."""


def concerns(row: Row) -> bool:
    """Whether the model judges a row."""
    return row.name in WHY


def check_modelled_row(row: Row, instruction_set: str, cases: int, seed: int) -> Tally:
    """Compare `cases` random executions of a row with the model; raise AssertionError with the first difference."""
    rng = random.Random(f"{instruction_set}{row}{seed}")
    ours, _ = banked_sides()
    tally = Tally()
    for _ in range(cases):
        word = random_word(row, rng)
        assert word is not None
        state = random_state(rng, instruction_set != "ARM", DATA)
        state.event_register = rng.getrandbits(1)
        if state.cpsr & psr.T and may_be_in_it_block(row) and rng.random() < 0.4:
            state.cpsr = psr.with_it_state(state.cpsr, rng.randrange(15) << 4 | rng.choice((8, 4)))
        if row.name == "SMC" and tally.cases % 20:  # a run that fails costs an engine
            state.cpsr = state.cpsr & ~psr.MODE | Mode.USR
        raised, after, _ = ours.execute(encoded(word, instruction_set), state, bytes(WINDOW))
        expected, expected_exception = model(row, word, state)
        found = after.differences(expected)
        assert (raised, found) == (expected_exception, []), f"{row}: {word:#010x} {state.cpsr:#x}"
        failed = ours.result is RunResult.FAILED
        assert failed == (row.name == "SMC" and expected_exception == "" and expected.pc == state.pc)
        tally.cases += 1
        tally.raised += raised != ""
    return tally


def model(row: Row, word: int, state: ArmState) -> tuple[ArmState, str]:
    """Return the state after a word, and the exception that it takes."""
    after = state.copy()
    after.pc += row.size
    it_state = psr.it_state(state.cpsr)
    after.cpsr = psr.with_it_state(after.cpsr, psr.it_advance(it_state))
    condition = it_state >> 4 if it_state else row.fields_of(word).get("c", 14)
    if not psr.condition_passed(condition, state.cpsr):
        return after, ""
    if row.name == "UDF" or (row.name == "SMC" and state.cpsr & psr.MODE == Mode.USR):
        return undefined(state), "undefined"
    if row.name == "SMC":
        return state.copy(), ""  # there is no monitor: the run ends before it
    if row.name == "WFI":
        after.waiting = 1
    elif row.name == "WFE":
        after.waiting, after.event_register = 0 if state.event_register else 2, 0
    elif row.name == "SEV":
        after.event_register = 1
    return after, ""


def undefined(state: ArmState) -> ArmState:
    """Return the state behind the Undefined Instruction exception, and behind the instruction at its vector.

    What takes an exception does not count, so the next one is executed as well: ANDEQ r0, r0, r0.
    """
    after = state.copy()
    taken = take(ExceptionKind.UNDEFINED, state.cpsr, state.sctlr, state.vbar, state.pc)
    after.cpsr, after.spsr_und, after.lr_und, after.pc = taken.cpsr, taken.spsr, taken.lr, taken.pc + 4
    return after
