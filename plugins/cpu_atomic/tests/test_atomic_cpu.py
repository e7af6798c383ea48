"""The atomic CPU as a CPU model: state in and out, time, devices, what it tells of its end."""

from __future__ import annotations

import pytest
from atomic_machine import FOREVER, PERIOD, Machine
from hypothesis import given, settings
from hypothesis import strategies as st
from vmsim_arch_arm.state import specs
from vmsim_core.cpu import CpuExit


def test_it_runs_to_the_very_instruction() -> None:
    machine = Machine("add r0, r0, #1\nb 0x8000")
    assert machine.cpu.run(FOREVER, 7) is CpuExit.DEADLINE
    assert (machine.state.r[0], machine.cpu.retired, machine.cpu.time) == (4, 7, 7 * PERIOD)
    assert machine.cpu.run(10 * PERIOD - 1, 100) is CpuExit.DEADLINE
    assert machine.cpu.retired == 10


def test_a_device_sees_the_time_of_the_instruction_that_accesses() -> None:
    machine = Machine("nop\nldr r2, [r1]\nldr r3, [r1]\nnop")
    machine.cpu.run(FOREVER, 4)
    assert machine.clock.seen == [PERIOD, 2 * PERIOD]
    assert (machine.state.r[2], machine.state.r[3]) == (1, 2)


def test_an_event_that_an_access_brings_up_ends_the_run_in_time() -> None:
    machine = Machine("ldr r0, =4001\nstr r0, [r1, #4]\nnop\nnop\nnop\nnop\nnop")
    assert machine.cpu.run(FOREVER, 100) is CpuExit.DEADLINE
    assert machine.cpu.time == 4 * PERIOD  # the first instruction at or after tick 6001


def test_an_interrupt_that_an_access_raises_is_taken_before_the_next_instruction() -> None:
    machine = Machine("cpsie i\nmov r0, #1\nstr r0, [r1, #8]\nmov r5, #1\nb .")
    machine.load(0x18, "mov r6, lr\nb .")
    machine.cpu.run(FOREVER, 4)
    assert (machine.state.r[5], machine.state.r[6]) == (0, 0x800C + 4)


@pytest.mark.parametrize(
    ("source", "result", "detail"),
    [
        ("wfi", CpuExit.WAITING, ""),
        ("b .", CpuExit.HALTED, "a branch to itself with interrupts masked at 0x00008000"),
        (
            ".word 0xe1600070",
            CpuExit.FAILED,
            "the guest called the secure monitor (SMC), which there is none of (pc 0x00008000)",
        ),
    ],
)
def test_it_says_why_it_ends(source: str, result: CpuExit, detail: str) -> None:
    machine = Machine(source)
    assert machine.cpu.run(FOREVER, 100) is result
    assert machine.cpu.exit_detail == detail


def test_an_interrupt_wakes_it_and_idle_time_is_skipped() -> None:
    machine = Machine("wfi\nmov r0, #7\nb .")
    assert machine.cpu.run(FOREVER, 100) is CpuExit.WAITING
    machine.cpu.skip_to(12_345)
    assert machine.cpu.time == 14_000
    machine.core.set_irq(True)
    machine.cpu.run(FOREVER, 1)
    assert machine.state.r[0] == 7  # masked, but it ends the wait


def test_code_that_the_host_writes_is_seen_also_while_another_model_runs() -> None:
    machine = Machine("mov r0, #1\nb 0x8000")
    machine.cpu.run(FOREVER, 10)
    machine.load(0x8000, "mov r0, #2")
    machine.cpu.run(FOREVER, 2)
    assert machine.state.r[0] == 2
    state = machine.state
    machine.cpu.suspend()
    machine.ram.view[0x8000] = 3  # unseen
    machine.cpu.load_state(state)
    machine.cpu.run(FOREVER, 2)
    assert machine.state.r[0] == 3


NOT_FREE = {"cpsr", "waiting", "monitor_valid", "monitor_address", "monitor_size", "monitor_virtual_address"}


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_state_comes_back_bit_exactly(data: st.DataObject) -> None:
    machine = Machine()
    state = machine.state
    for spec in specs():
        if spec.name in NOT_FREE:
            continue
        values = [data.draw(st.integers(0, (1 << spec.width) - 1)) for _ in range(spec.count)]
        setattr(state, spec.name, values[0] if spec.count == 1 else values)
    state.cpsr = data.draw(st.sampled_from([0x10, 0x11, 0x12, 0x13, 0x17, 0x1B, 0x1F])) | data.draw(
        st.integers(0, 0xFF).map(lambda bits: (bits & 0xF) << 28 | (bits >> 4) << 6)
    )
    machine.cpu.load_state(state)
    assert state.differences(machine.state) == []
