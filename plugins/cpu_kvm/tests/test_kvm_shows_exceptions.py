"""Exceptions that the virtual CPU takes, and the instructions that access devices, as an observer sees them."""

from __future__ import annotations

from arm_machine import DEVICE, FOREVER, PERIOD, SUPERVISOR_MASKED, SUPERVISOR_OPEN, Access, Machine
from vmsim_core.debug import TakenException

VECTORS = """
    b 0x0
    b 0x4
    movs pc, lr
    b 0xc
    subs pc, lr, #4
    b 0x14
    subs pc, lr, #4
"""
CODE = 0x8000


def machine_with(source: str, cpsr: int = SUPERVISOR_MASKED) -> tuple[Machine, list[TakenException]]:
    """A machine whose handlers return to the instruction after, and what is seen of it."""
    machine, seen = Machine(), list[TakenException]()
    machine.load(VECTORS)
    machine.load(source, CODE)
    machine.start(CODE, cpsr)
    machine.set_register(1, DEVICE)
    machine.events.next_tick = FOREVER
    machine.engine.observe_exceptions(seen.append)
    return machine, seen


def test_a_supervisor_call_is_seen_when_its_handler_starts() -> None:
    machine, seen = machine_with("mov r0, #0\nsvc #1")
    machine.run(3)
    assert seen == [TakenException(2 * PERIOD, "supervisor call", 0x8004, "svc", 0x8, "svc", False)]


def test_a_breakpoint_instruction_and_an_undefined_one_are_seen_as_such() -> None:
    machine, seen = machine_with("nop\nbkpt #0")
    machine.run(2)
    assert seen[0] == TakenException(PERIOD, "breakpoint", 0x8004, "svc", 0xC, "abt", False, (("ifsr", 2),))
    machine, seen = machine_with("nop\nnop\nudf #0")
    machine.run(3)
    assert seen[0] == TakenException(2 * PERIOD, "undefined", 0x8008, "svc", 0x4, "und", False)


def test_an_interrupt_is_seen_before_the_instruction_that_it_delays() -> None:
    machine, seen = machine_with("nop\nmov r0, #1\nstr r0, [r1, #8]\nnop\nnop", SUPERVISOR_OPEN)

    def raise_interrupt(access: Access) -> None:
        machine.engine.set_interrupts(True, False, False)

    machine.on_access = raise_interrupt
    machine.run(4)
    assert seen[0] == TakenException(3 * PERIOD, "interrupt", 0x800C, "svc", 0x18, "irq", True)


def test_nobody_is_told_any_more() -> None:
    machine, seen = machine_with("mov r0, #0\nsvc #1")
    machine.engine.observe_exceptions(None)
    machine.run(3)
    assert seen == []


def test_a_device_can_ask_which_instruction_accesses_it() -> None:
    machine, _ = machine_with("nop\nldr r0, [r1]\nstr r0, [r1, #4]\nnop")
    seen: list[int | None] = []
    machine.on_access = lambda access: seen.append(machine.engine.accessing)
    machine.run(4)
    assert seen == [0x8004, 0x8008]
    assert machine.engine.accessing is None
