"""Where a run ends: no instruction issues at its deadline or later, and how it is cut up changes nothing."""

from __future__ import annotations

from random import Random

import pytest
from pipeline_machine import CYCLE, FOREVER, Machine, Observed

PROGRAM = """
    mov r0, #40
again:
    ldr r1, [r8], #4
    mul r2, r1, r0
    add r3, r2, r1
    str r3, [r9], #4
    subs r4, r3, #7
    ldr r5, [r10]
    dsb
    cmp r5, r4
    addne r6, r6, #1
    strd r2, r3, [r11, #8]
    subs r0, r0, #1
    bne again
    b .
"""
OPTIONS = {"read": 23, "write": 5, "seen": 40, "fetch": 9, "load_buffer": 2, "store_buffer": 2}


def whole_run(width: int) -> tuple[list[int], int]:
    """Return the ticks at which all instructions issue, and their number."""
    machine, observed = Machine(PROGRAM, issue_width=width, **OPTIONS), Observed()
    machine.engine.observe(observed)
    count = 1 + 40 * 12
    machine.engine.run(FOREVER, count)
    return observed.ticks, count


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("longest", [1, 7, 60, 3000])
def test_a_run_that_is_cut_up_anywhere_is_the_same(width: int, longest: int) -> None:
    expected, count = whole_run(width)
    random, machine, observed = Random(longest), Machine(PROGRAM, issue_width=width, **OPTIONS), Observed()
    machine.engine.observe(observed)
    deadline = machine.engine.time
    while len(observed.ticks) < count:
        deadline = max(deadline, machine.engine.time) + random.randrange(1, longest * CYCLE + 1)
        before = len(observed.ticks)
        machine.engine.run(deadline, count - before)
        assert all(tick < deadline for tick in observed.ticks[before:])
        if len(observed.ticks) < count:
            # It has not stopped early either: the next instruction could not have issued before the deadline.
            assert expected[len(observed.ticks)] >= deadline
    assert observed.ticks == expected
