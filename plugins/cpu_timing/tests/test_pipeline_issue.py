"""When instructions issue, in cycles: worked out by hand from docs/timing-cpu.md and the table of latencies."""

from __future__ import annotations

import pytest
from pipeline_machine import Machine
from vmsim_cpu_timing.latencies import INTERVALS, LATENCIES

READ = 4
"""Cycles of a load here, as of a hit in L1."""


def issue(source: str, **options: int) -> list[int]:
    """Return the cycles at which the instructions of `source`, one each, issue."""
    return Machine(source, **options).issue_cycles(source.count(";") + 1)


@pytest.mark.parametrize(
    ("source", "cycles"),
    [
        pytest.param("mov r0, #1; mov r1, #2; mov r2, #3; nop", [0, 1, 2, 3], id="one a cycle"),
        pytest.param("add r0, r0, #1; add r0, r0, #1; add r0, r0, #1", [0, 1, 2], id="results go on at once"),
        pytest.param("add r0, r1, r2, lsl #3; add r3, r0, #1", [0, LATENCIES["alu_shift"]], id="shifted by a constant"),
        pytest.param("add r0, r1, r2, lsl r3; add r3, r0, #1", [0, 3], id="shifted by a register"),
        pytest.param("mul r0, r1, r2; add r3, r0, #1", [0, LATENCIES["multiply"]], id="a product is waited for"),
        pytest.param("mul r0, r1, r2; add r3, r1, #1", [0, INTERVALS["multiply"]], id="a product not needed"),
        pytest.param("umull r0, r1, r2, r3; add r4, r1, #1", [0, LATENCIES["multiply_long"]], id="its upper half"),
        pytest.param("cmp r0, #0; addeq r1, r1, #1", [0, 1], id="flags"),
        pytest.param("muls r0, r1, r2; addne r3, r3, #1", [0, LATENCIES["multiply"]], id="flags of a product"),
        pytest.param("ldr r0, [r8]; add r1, r0, #1", [0, READ], id="a load is waited for"),
        pytest.param("ldr r0, [r8]; add r1, r1, #1; add r2, r0, #1", [0, 1, READ], id="by whoever needs it"),
        pytest.param("ldr r8, [r8]; ldr r8, [r8]; ldr r8, [r8]", [0, READ, 2 * READ], id="a chain of loads"),
        pytest.param("ldr r0, [r8], #4; add r8, r8, #4; add r1, r0, #1", [0, 1, READ], id="the base is there at once"),
        pytest.param("ldr r0, [r8, #4]!; ldr r1, [r8, #4]!; nop", [0, 1, 2], id="base after base"),
        pytest.param("ldr pc, [r8]", [0], id="a load of the PC"),
        pytest.param("str r0, [r8]; str r1, [r8, #4]; nop", [0, 1, 2], id="stores are not waited for"),
        pytest.param("vadd.f32 s0, s1, s2; vadd.f32 s3, s0, s1", [0, LATENCIES["fp_add"]], id="sums of singles"),
        pytest.param("vdiv.f64 d0, d1, d2; vadd.f64 d3, d4, d5", [0, INTERVALS["fp_divide_double"]], id="the divider"),
        pytest.param("vdiv.f64 d0, d1, d2; vadd.f64 d3, d0, d5", [0, LATENCIES["fp_divide_double"]], id="a quotient"),
    ],
)
def test_operands_and_intervals(source: str, cycles: list[int]) -> None:
    assert issue(source, read=READ) == cycles


def test_two_a_cycle_but_one_access() -> None:
    assert issue("mov r0, #1; mov r1, #2; mov r2, #3; mov r3, #4", issue_width=2) == [0, 0, 1, 1]
    assert issue("mov r0, #1; add r0, r0, #1; mov r2, #3", issue_width=2) == [0, 1, 1]
    assert issue("ldr r0, [r8]; ldr r1, [r9]; mov r2, #1", issue_width=2) == [0, 1, 1]


def test_loads_under_way_are_limited() -> None:
    source = "ldr r0, [r8]; ldr r1, [r8]; ldr r2, [r8]; ldr r3, [r8]; nop"
    assert issue(source, read=10, load_buffer=4) == [0, 1, 2, 3, 4]
    # The third finds both places taken: what follows waits for the first to be done, then for the second.
    assert issue(source, read=10, load_buffer=2) == [0, 1, 2, 10, 11]


@pytest.mark.parametrize(
    ("load", "more"),
    [
        pytest.param("ldr r0, [r8, #4]", 0, id="aligned"),
        pytest.param("ldrh r0, [r8, #1]", 0, id="within a word"),
        pytest.param("ldrh r0, [r8, #3]", 1, id="a halfword across a word"),
        pytest.param("ldr r0, [r8, #2]", 1, id="across a word"),
        pytest.param("ldr r0, [r8, #5]", 6, id="across a doubleword"),
    ],
)
def test_loads_that_are_not_aligned_take_longer(load: str, more: int) -> None:
    after = "add r1, r0, #1; add r2, r2, #1; ldr r3, [r8]; add r3, r3, #1"
    assert issue(f"{load}; {after}", read=READ) == [READ + more + cycle for cycle in (-READ - more, 0, 1, 2, 2 + READ)]


def test_stores_wait_for_a_place() -> None:
    source = "str r0, [r8]; str r0, [r8, #4]; str r0, [r8, #8]; nop"
    assert issue(source, write=20, store_buffer=4) == [0, 1, 2, 3]
    assert issue(source, write=20, store_buffer=2) == [0, 1, 2, 20]


@pytest.mark.parametrize("barrier", ["dmb", "dsb"])
def test_barriers_wait_for_loads_and_stores(barrier: str) -> None:
    assert issue(f"str r0, [r8]; {barrier}; nop", write=20) == [0, 1, 20]
    assert issue(f"ldr r0, [r8]; {barrier}; nop", read=20) == [0, 1, 20]
    # The core is rid of it at once, but nobody sees it yet.
    assert issue(f"str r0, [r8]; nop; {barrier}; nop", write=1, seen=20) == [0, 1, 2, 20]


def test_a_barrier_of_instructions_flushes() -> None:
    assert issue("nop; isb; nop", flush_penalty=8) == [0, 1, 1 + 1 + 8]


def test_latencies_are_parameters() -> None:
    machine = Machine("mul r0, r1, r2; add r3, r0, #1", latencies={"multiply": 7})
    assert machine.issue_cycles(2) == [0, 7]


# --- branches ---------------------------------------------------------------------------------------------------------

LOOP = "loop: subs r0, r0, #1; nop; bne loop; nop"


def test_a_loop_that_was_learned_costs_nothing_but_its_end() -> None:
    machine = Machine(f"mov r0, #8; {LOOP}", mispredict_penalty=8)
    cycles = machine.issue_cycles(1 + 3 * 8 + 1)
    rounds = [following - this for this, following in zip(cycles[1::3], cycles[4::3], strict=False)]
    # Two-bit counters begin at 1, weakly not taken: the first round is not expected to come back, the last one is.
    assert rounds == [3 + 8, 3, 3, 3, 3, 3, 3, 3 + 8]


@pytest.mark.parametrize(
    ("source", "cycles"),
    [
        pytest.param("b over; nop; over: nop", [0, 1], id="taken always"),
        pytest.param("cmp r0, r0; bne over; nop; over: nop", [0, 1, 2, 3], id="forward, not taken: right"),
        pytest.param("cmp r0, r0; beq over; nop; over: nop", [0, 1, 1 + 1 + 8], id="forward, taken: wrong"),
        pytest.param("b go; back: nop; nop; go: cmp r0, r0; beq back", [0, 1, 2, 3], id="backward, taken: right"),
        pytest.param("b go; back: nop; go: cmp r0, r0; bne back; nop", [0, 1, 2, 2 + 1 + 8], id="not taken: wrong"),
    ],
)
def test_static_prediction(source: str, cycles: list[int]) -> None:
    machine = Machine(source, branch_prediction="static", mispredict_penalty=8)
    assert machine.issue_cycles(len(cycles)) == cycles


def test_a_taken_branch_can_cost() -> None:
    assert Machine("b over; nop; over: nop; nop", taken_penalty=2).issue_cycles(3) == [0, 1 + 2, 4 + 0]


def test_returns_are_predicted_and_other_targets_learned() -> None:
    call = "mov r4, #3; again: bl function; subs r4, r4, #1; bne again; nop; function: bx lr"
    machine = Machine(call, branch_prediction="static", mispredict_penalty=8)
    cycles = machine.issue_cycles(1 + 4 * 3)
    # bl, bx, subs and bne of each round; only the last bne goes another way than backward.
    assert cycles == list(range(13))


# --- fetching ---------------------------------------------------------------------------------------------------------


def test_the_next_line_is_fetched_while_one_issues() -> None:
    nops = "; ".join(["nop"] * 24)
    assert Machine(nops, fetch=8).issue_cycles(24) == list(range(24))
    # A line takes 20 cycles, its eight instructions take eight.
    slow = Machine(nops, fetch=20).issue_cycles(24)
    assert [slow[8] - slow[0], slow[16] - slow[8]] == [20, 20]
    assert slow[7] - slow[0] == 7


def test_a_jump_waits_for_its_line() -> None:
    machine = Machine("b over; .space 64; over: nop; nop", fetch=20)
    assert machine.issue_cycles(3) == [0, 1 + 20, 22]


@pytest.mark.parametrize("decoded", [False, True])
def test_an_instruction_in_two_lines_takes_both_fetches_decoded_or_not(decoded: bool) -> None:
    # Fifteen halfwords of a line, then 32 bits across its end.
    source = "; ".join([*["nop"] * 15, "add.w r0, r0, #1", *["nop"] * 4])
    machine = Machine(source, thumb=True, fetch=30)
    if decoded:
        machine.issue_cycles(20)
        machine.engine.set_now(10**9)
        machine.start(thumb=True)
    cycles = machine.issue_cycles(20)
    assert cycles == [*range(15), *range(30, 35)]
    assert sum(kind == "fetch" for kind, *_ in machine.port.accesses) == 2 * (1 + decoded)
