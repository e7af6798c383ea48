"""Breakpoints, watchpoints and an observer of the atomic CPU."""

from __future__ import annotations

from atomic_machine import FOREVER, PERIOD, Machine
from vmsim_core.cpu import CpuExit
from vmsim_core.debug import ExecutedInstruction, MemoryAccess, Watchpoint

LOOP = """
    mov r0, #0
again:
    add r0, r0, #1
    cmp r0, #3
    blt again
    mov r2, #0x4000
    str r0, [r2, #8]
    ldrh r3, [r2, #8]
    svc #7
"""


def test_a_breakpoint_stops_before_the_instruction_and_every_time() -> None:
    machine = Machine(LOOP)
    machine.cpu.set_breakpoints(frozenset({0x8004}))
    for count in range(3):
        assert machine.cpu.run(FOREVER, 100) is CpuExit.BREAKPOINT
        assert (machine.state.pc, machine.state.r[0]) == (0x8004, count)
        assert machine.cpu.run(FOREVER, 0) is CpuExit.DEADLINE
        machine.cpu.set_breakpoints(frozenset())
        machine.cpu.run(FOREVER, 1)
        machine.cpu.set_breakpoints(frozenset({0x8004}))
    assert machine.cpu.run(FOREVER, 6) is CpuExit.DEADLINE
    assert machine.cpu.retired == 1 + 3 * 3 + 4


def test_a_watchpoint_stops_after_the_instruction_that_touches_a_byte_of_it() -> None:
    machine = Machine(LOOP)
    machine.cpu.set_watchpoints((Watchpoint(0x400A, 1, reads=False, writes=True),))
    assert machine.cpu.run(FOREVER, 100) is CpuExit.WATCHPOINT
    assert machine.cpu.watch_hit == MemoryAccess(True, 0x4008, 4, 3)
    assert machine.state.pc == 0x8018
    machine.cpu.set_watchpoints((Watchpoint(0x4008, 4, reads=True, writes=False),))
    assert machine.cpu.run(FOREVER, 100) is CpuExit.WATCHPOINT
    assert machine.cpu.watch_hit == MemoryAccess(False, 0x4008, 2, 3)
    machine.cpu.set_watchpoints(())
    assert machine.cpu.run(FOREVER, 1) is CpuExit.DEADLINE


def test_an_observer_sees_every_instruction_with_what_it_changed_and_touched() -> None:
    machine = Machine(LOOP)
    seen: list[ExecutedInstruction] = []
    machine.cpu.observe(seen.append)
    machine.cpu.run(FOREVER, 14)
    assert [each.address for each in seen] == [0x8000, *[0x8004, 0x8008, 0x800C] * 3, 0x8010, 0x8014, 0x8018, 0x801C]
    assert [each.tick for each in seen] == [PERIOD * number for number in range(14)]
    assert [each.executed for each in seen] == [True] * 9 + [False] + [True] * 4
    assert seen[4].registers == (("r0", 2),)
    assert seen[11].accesses == (MemoryAccess(True, 0x4008, 4, 3),)
    assert seen[12].accesses == (MemoryAccess(False, 0x4008, 2, 3),)
    assert seen[12].registers == (("r3", 3),)
    assert seen[0].code == bytes.fromhex("0000a0e3")
    call = seen[13]
    assert (call.exception, call.instruction_set) == ("supervisor call", "ARM")
    assert dict(call.registers)["lr"] == 0x8020


def test_an_observer_and_breakpoints_change_nothing() -> None:
    plain, observed = Machine(LOOP), Machine(LOOP)
    observed.cpu.observe(lambda instruction: None)
    observed.cpu.set_breakpoints(frozenset({0x10}))
    plain.cpu.run(FOREVER, 14)
    observed.cpu.run(FOREVER, 14)
    assert not plain.state.differences(observed.state)
    observed.cpu.observe(None)
    assert observed.cpu.run(FOREVER, 0) is CpuExit.DEADLINE
