"""Exceptions that the atomic CPU takes, and the instructions that access devices, as an observer sees them."""

from __future__ import annotations

from atomic_machine import FOREVER, PERIOD, Machine
from vmsim_core.debug import TakenException

CALLS = """
    mov r0, #0
    svc #1
"""
VECTORS = """
    b 0x0
    b 0x4
    movs pc, lr
    b 0xc
    subs pc, lr, #4
    b 0x14
    subs pc, lr, #4
"""


def machine_with(source: str) -> tuple[Machine, list[TakenException]]:
    """A machine whose handlers return to the instruction after, and what is seen of it."""
    machine, seen = Machine(source), list[TakenException]()
    machine.load(0, VECTORS)
    machine.cpu.observe_exceptions(seen.append)
    return machine, seen


def test_a_supervisor_call_is_seen_when_its_handler_starts() -> None:
    machine, seen = machine_with(CALLS)
    machine.cpu.run(FOREVER, 3)
    assert seen == [TakenException(2 * PERIOD, "supervisor call", 0x8004, "svc", 0x8, "svc", False)]


def test_an_alignment_fault_is_seen_with_its_address() -> None:
    machine, seen = machine_with("mrc p15, 0, r0, c1, c0, 0\norr r0, r0, #2\nmcr p15, 0, r0, c1, c0, 0\n"
                                 "ldr r2, =0x4001\nldr r3, [r2]\nnop")  # fmt: skip
    machine.cpu.run(FOREVER, 6)
    assert [(each.kind, each.tick, each.address, each.mode, each.handler_mode) for each in seen] == [
        ("data abort", 4 * PERIOD, 0x8010, "svc", "abt")
    ]
    assert seen[0].details == (("dfsr", 0x001), ("dfar", 0x4001))
    assert machine.state.pc == 0x8018


def test_a_breakpoint_instruction_and_an_undefined_one_are_seen_as_such() -> None:
    machine, seen = machine_with("nop\nbkpt #0")
    machine.cpu.run(FOREVER, 2)
    assert seen[0] == TakenException(PERIOD, "breakpoint", 0x8004, "svc", 0xC, "abt", False, (("ifsr", 2),))
    machine, seen = machine_with("nop\nnop\nudf #0")
    machine.cpu.run(FOREVER, 3)
    assert seen[0] == TakenException(2 * PERIOD, "undefined", 0x8008, "svc", 0x4, "und", False)


def test_an_interrupt_is_seen_before_the_instruction_that_it_delays() -> None:
    machine, seen = machine_with("cpsie i\nmov r0, #1\nstr r0, [r1, #8]\nnop\nnop")
    machine.cpu.run(FOREVER, 4)
    assert seen[0] == TakenException(3 * PERIOD, "interrupt", 0x800C, "svc", 0x18, "irq", True)


def test_nobody_is_told_any_more() -> None:
    machine, seen = machine_with(CALLS)
    machine.cpu.observe_exceptions(None)
    machine.cpu.run(FOREVER, 3)
    assert seen == []


def test_an_error_of_the_observer_ends_the_run() -> None:
    machine, _ = machine_with(CALLS)
    machine.cpu.observe_exceptions(lambda taken: 1 // 0)
    try:
        machine.cpu.run(FOREVER, 10)
    except ZeroDivisionError:
        return
    raise AssertionError("the error is lost")


def test_a_device_can_ask_which_instruction_accesses_it() -> None:
    machine = Machine("nop\nldr r0, [r1]\nstr r0, [r1, #4]\nnop")
    seen: list[int | None] = []
    machine.system.address_map.observe_devices(lambda access: seen.append(machine.cpu.accessing))
    machine.cpu.run(FOREVER, 4)
    assert seen == [0x8004, 0x8008]
    assert machine.cpu.accessing is None
