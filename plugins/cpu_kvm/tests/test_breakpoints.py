"""Breakpoints of the virtual CPU: before the very instruction, wherever it stands in a translated block."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import pytest
from arm_machine import DEVICE, SUPERVISOR_MASKED, SUPERVISOR_OPEN, Machine
from test_unicorn_engine import SLICED_PROGRAMS, THUMB
from unicorn import arm_const
from vmsim_cpu_kvm.run_loop import RunResult

INSTRUCTIONS = 400


def machine_with(source: str, thumb: bool) -> Machine:
    machine = Machine()
    machine.load(source, thumb=thumb)
    machine.engine.write_coprocessor(15, 1, 0, 0, 2, 0x00F00000)  # CPACR: VFP for all
    machine.engine.write_register(arm_const.UC_ARM_REG_FPEXC, 1 << 30)
    machine.start(0, SUPERVISOR_MASKED | (THUMB if thumb else 0))
    machine.set_register(0, DEVICE)
    machine.set_register(13, 0x8000)
    machine.events.next_tick = 1 << 62
    return machine


def trace_of(machine: Machine) -> list[tuple[int, int]]:
    """Return (count, PC) before every instruction up to the end."""
    trace = []
    while True:
        trace.append((machine.engine.retired, machine.register(15)))
        if machine.run(1) is RunResult.ENDLESS_LOOP:
            return trace


def stops_of(machine: Machine, addresses: set[int], lengths: Callable[[], int] = lambda: INSTRUCTIONS) -> list[object]:
    """Return (count, PC) of every stop at one of `addresses`, each being stepped over as GDB does it."""
    stops: list[object] = []
    machine.engine.set_breakpoints(addresses)
    while True:
        result = machine.engine.run(1 << 62, lengths())
        if result is RunResult.ENDLESS_LOOP:
            return stops
        if result is RunResult.AT_BREAKPOINT:
            stops.append((machine.engine.retired, machine.register(15)))
            machine.engine.set_breakpoints(())
            if machine.run(1) is RunResult.ENDLESS_LOOP:
                return stops
            machine.engine.set_breakpoints(addresses)
        else:
            assert result is RunResult.REACHED_LIMIT, machine.engine.failure


@pytest.mark.parametrize("name", SLICED_PROGRAMS)
def test_every_instruction_can_be_stopped_at_and_nothing_changes(name: str) -> None:
    trace = trace_of(machine_with(*SLICED_PROGRAMS[name]))
    undisturbed = machine_with(*SLICED_PROGRAMS[name])
    undisturbed.run(INSTRUCTIONS)
    places = sorted({pc for _, pc in trace})
    rng = random.Random(name)
    for chosen in [*({place} for place in places), set(places), set(rng.sample(places, len(places) // 2))]:
        for lengths in (lambda: INSTRUCTIONS, lambda: rng.randint(1, 5)):
            machine = machine_with(*SLICED_PROGRAMS[name])
            assert stops_of(machine, chosen, lengths) == [stop for stop in trace if stop[1] in chosen]
            assert machine.snapshot() == undisturbed.snapshot()


def test_a_breakpoint_is_met_again_until_it_is_removed() -> None:
    machine = machine_with("nop; nop; add r1, r1, #1; end: b end", False)
    machine.engine.set_breakpoints({8})
    for _ in range(3):
        assert machine.engine.run(1 << 62, 100) is RunResult.AT_BREAKPOINT
        assert (machine.register(15), machine.engine.retired, machine.register(1)) == (8, 2, 0)
    machine.engine.set_breakpoints(())
    assert machine.engine.run(1 << 62, 100) is RunResult.ENDLESS_LOOP
    assert machine.register(1) == 1


def test_a_breakpoint_in_code_that_is_translated_already_is_met() -> None:
    source = "loop: add r1, r1, #1; add r2, r2, #1; add r3, r3, #1; b loop"
    machine = machine_with(source, False)
    machine.run(1000)
    for address in itertools.islice(itertools.cycle((8, 4, 12, 0)), 12):
        machine.engine.set_breakpoints({address})
        assert machine.engine.run(1 << 62, 100) is RunResult.AT_BREAKPOINT
        assert machine.register(15) == address
    assert machine.register(3) in (machine.register(1), machine.register(1) - 1)
    machine.engine.set_breakpoints(())
    assert machine.engine.run(1 << 62, 1000) is RunResult.REACHED_LIMIT


def test_the_middle_of_an_instruction_is_no_place_to_stop() -> None:
    machine = machine_with("movw r1, #0x1234; movw r2, #0x5678; end: b end", True)
    machine.engine.set_breakpoints({2, 6})
    assert machine.engine.run(1 << 62, 100) is RunResult.ENDLESS_LOOP
    machine = machine_with("nop; nop; end: b end", False)
    machine.engine.set_breakpoints({1, 2, 3, 6})
    assert machine.engine.run(1 << 62, 100) is RunResult.ENDLESS_LOOP


def test_an_interrupt_that_is_due_comes_before_the_breakpoint() -> None:
    machine = machine_with("loop: add r1, r1, #1; b loop", False)
    machine.load("vector: b vector", 0x18)
    machine.start(0, SUPERVISOR_OPEN)
    machine.engine.set_breakpoints({0, 0x18})
    machine.engine.set_interrupts(True, False, False)
    assert machine.engine.run(1 << 62, 100) is RunResult.AT_BREAKPOINT
    assert (machine.register(15), machine.engine.retired) == (0x18, 0)


def test_a_core_that_waits_stops_when_it_has_woken() -> None:
    machine = machine_with("wfi; add r1, r1, #1; end: b end", False)
    machine.engine.set_breakpoints({4})
    assert machine.engine.run(1 << 62, 100) is RunResult.WAITING
    machine.engine.set_interrupts(True, False, False)  # masked: it only wakes
    assert machine.engine.run(1 << 62, 100) is RunResult.AT_BREAKPOINT
    assert (machine.register(15), machine.engine.retired) == (4, 1)


def test_code_that_is_rewritten_is_stopped_at_too() -> None:
    machine = machine_with("nop; nop; nop; nop; end: b end", False)
    machine.engine.set_breakpoints({12})
    assert machine.engine.run(1 << 62, 100) is RunResult.AT_BREAKPOINT
    machine.load("mov r1, #1; mov r2, #2; mov r3, #3; mov r4, #4")
    machine.start(0)
    assert machine.engine.run(1 << 62, 100) is RunResult.AT_BREAKPOINT
    assert [machine.register(number) for number in (1, 2, 3, 4)] == [1, 2, 3, 0]
