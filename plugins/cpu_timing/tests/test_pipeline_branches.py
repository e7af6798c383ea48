"""What branches cost, in cycles: conditions in Thumb code, and branches to what is loaded."""

from __future__ import annotations

import pytest
from pipeline_machine import Machine

MISPREDICT = 8
READ = 20
"""Cycles of a load here, as of a hit in L2."""


def issue(source: str, count: int, thumb: bool = False, **options: object) -> list[int]:
    """Return when the first instructions issue; forward branches are not expected to be taken."""
    machine = Machine(
        source, thumb=thumb, branch_prediction="static", mispredict_penalty=MISPREDICT, **options  # type: ignore[arg-type]
    )  # fmt: skip
    return machine.issue_cycles(count)


@pytest.mark.parametrize(
    ("source", "cycles"),
    [
        pytest.param("movs r0, #0; cbz r0, over; nop; over: nop", [0, 1, 2 + MISPREDICT], id="cbz taken: wrong"),
        pytest.param("movs r0, #1; cbz r0, over; nop; over: nop", [0, 1, 2, 3], id="cbz not taken: right"),
        pytest.param("movs r0, #1; cbnz r0, over; nop; over: nop", [0, 1, 2 + MISPREDICT], id="cbnz taken: wrong"),
        pytest.param("cmp r0, r0; beq over; nop; over: nop", [0, 1, 2 + MISPREDICT], id="a condition of its own"),
        pytest.param(
            "cmp r0, r0; it eq; beq over; nop; over: nop", [0, 1, 2, 3 + MISPREDICT], id="in an IT block: wrong"
        ),
        pytest.param("cmp r0, r0; it ne; bne over; nop; over: nop", [0, 1, 2, 3], id="in an IT block: right"),
        pytest.param("b over; nop; over: nop", [0, 1], id="without a condition"),
    ],
)
def test_conditional_branches_of_thumb_code(source: str, cycles: list[int]) -> None:
    assert issue(source, len(cycles), thumb=True) == cycles


RETURN = "mov sp, r8; bl function; nop; nop; function: push {lr}; pop {pc}"


def test_a_return_from_the_stack_that_was_predicted_waits_for_nothing() -> None:
    # mov, bl, push, pop, and behind the call.
    assert issue(RETURN, 5, read=READ) == [0, 1, 2, 3, 4]


def test_a_return_to_elsewhere_is_known_when_it_is_loaded() -> None:
    elsewhere = "mov sp, r8; bl function; nop; function: add lr, lr, #4; push {lr}; pop {pc}"
    assert issue(elsewhere, 6, read=READ)[4:] == [4, 4 + READ + MISPREDICT]


def test_what_was_waited_for_is_counted() -> None:
    machine = Machine(
        "ldr pc, [r8]; nop", read=READ, branch_prediction="static", mispredict_penalty=MISPREDICT
    )  # fmt: skip
    machine.ram.view[0x40000:0x40004] = (0x8004).to_bytes(4, "little")
    assert machine.issue_cycles(2) == [0, READ + MISPREDICT]
    assert machine.engine.timing_counters()["waited_for_branches"] == (READ + MISPREDICT - 1) * 1000


def test_a_load_whose_condition_fails_takes_no_place() -> None:
    before = "cmp r0, r0; ldr r1, [r8]"
    assert issue(f"{before}; ldrne r2, [r8]; ldrne r2, [r8]; nop", 5, read=READ, load_buffer=1) == [0, 1, 2, 3, 4]
    # Of two that are made the second waits for the first.
    assert issue(f"{before}; ldreq r2, [r8]; nop", 4, read=READ, load_buffer=1) == [0, 1, 2, 1 + READ]
