"""Code that is written while it is there to be executed: by itself, through aliases and other mappings, by devices.

Every program leaves in r0 what only the new code can have put there. The models that go through caches are given the
maintenance that the architecture asks for (DDI 0406C, A3.5.4); the others must see it without.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from bare_machine import CODE, BareMachine, assemble
from vmsim_core.exits import Halt

MODELS = ["kvm", "atomic", "timing"]
ALIAS = 0x7000_0000
"""Where the board's RAM is; it is seen at 0 too."""
FUNCTION = 0x9000
SYNCHRONISE = """
    mcr p15, 0, r4, c7, c11, 1
    dsb
    mcr p15, 0, r4, c7, c5, 1
    mcr p15, 0, r4, c7, c5, 6
    dsb
    isb
"""
"""DCCMVAU, ICIMVAU, BPIALL for the line of r4."""


def word(source: str) -> int:
    return int.from_bytes(assemble(source, 0), "little")


def rewriting(address: int) -> str:
    """Call a function, write its first instruction anew at `address`, and call it again."""
    return f"""
    mov sp, #0x20000
    ldr r5, =0x{FUNCTION:x}
    blx r5
    mov r6, r0
    ldr r1, =0x{word("mov r0, #2"):x}
    ldr r4, =0x{address:x}
    str r1, [r4]
    {SYNCHRONISE}
    blx r5
    b .
    """


@pytest.mark.parametrize("address", [FUNCTION, ALIAS + FUNCTION], ids=["itself", "alias"])
@pytest.mark.parametrize("model", MODELS)
def test_it_writes_what_it_has_executed(model: str, address: int) -> None:
    machine = BareMachine(model, rewriting(address))
    machine.load(FUNCTION, "mov r0, #1\nbx lr")
    assert isinstance(machine.run(), Halt)
    assert (machine.state.r[6], machine.state.r[0]) == (1, 2)


@pytest.mark.parametrize("model", MODELS)
def test_it_is_executed_at_an_alias_after_a_write_to_the_first_address(model: str) -> None:
    machine = BareMachine(
        model, rewriting(FUNCTION).replace(f"ldr r5, =0x{FUNCTION:x}", f"ldr r5, ={ALIAS + FUNCTION}")
    )
    machine.load(FUNCTION, "mov r0, #1\nbx lr")
    assert isinstance(machine.run(), Halt)
    assert (machine.state.r[6], machine.state.r[0]) == (1, 2)


@pytest.mark.parametrize("model", MODELS)
def test_the_instruction_just_ahead_is_written(model: str) -> None:
    source = f"""
    ldr r1, =0x{word("mov r0, #7"):x}
    adr r4, ahead
    str r1, [r4]
    {SYNCHRONISE}
ahead:
    mov r0, #1
    b .
    """
    machine = BareMachine(model, source)
    assert isinstance(machine.run(), Halt)
    assert machine.state.r[0] == 7


@pytest.mark.parametrize("model", MODELS)
def test_the_same_bytes_are_arm_and_thumb_code(model: str) -> None:
    both = bytes.fromhex("0120 7047")  # Thumb: movs r0, #1; bx lr
    machine = BareMachine(
        model,
        f"""
    ldr r5, =0x{FUNCTION + 1:x}
    blx r5
    mov r6, r0
    ldr r1, =0x{word("mov r0, #2"):x}
    ldr r2, =0x{word("bx lr"):x}
    ldr r4, =0x{FUNCTION:x}
    stm r4, {{r1, r2}}
    {SYNCHRONISE}
    sub r5, r5, #1
    blx r5
    b .
    """,
    )
    machine.system.address_map.write_block(FUNCTION, both)
    assert isinstance(machine.run(), Halt)
    assert (machine.state.r[6], machine.state.r[0]) == (1, 2)


@pytest.mark.parametrize("model", MODELS)
def test_the_second_half_of_an_instruction_on_two_pages_changes(model: str) -> None:
    start = 0xA000 - 2
    machine = BareMachine(
        model,
        f"""
    ldr r5, =0x{start + 1:x}
    blx r5
    mov r6, r0
    ldr r4, =0xa000
    ldrh r1, [r4]
    add r1, r1, #1
    strh r1, [r4]
    {SYNCHRONISE}
    blx r5
    b .
    """,
    )
    machine.load(start, "movw r0, #0x10\nbx lr", thumb=True)
    assert isinstance(machine.run(), Halt)
    assert (machine.state.r[6], machine.state.r[0]) == (0x10, 0x11)


COUNTING = f"""
    ldr r5, =0x{FUNCTION:x}
again:
    blx r5
    add r6, r6, r0
    b again
"""


@pytest.mark.parametrize("model", MODELS)
def test_a_device_writes_it_between_two_calls(model: str) -> None:
    machine = BareMachine(model, COUNTING)
    machine.load(FUNCTION, "mov r0, #1\nbx lr")
    machine.run(1 + 5 * 10)
    assert machine.state.r[6] == 10
    machine.load(FUNCTION, "mov r0, #100\nbx lr")
    machine.run(5)
    assert machine.state.r[6] == 110


DMA_CHANNEL = 0x1003_0000 + 0x100
DMA = f"""
    mov sp, #0x20000
    ldr r5, =0x{FUNCTION:x}
    blx r5
    mov r6, r0
    ldr r1, =0x10030000
    mov r2, #1
    str r2, [r1, #0x30]
    ldr r1, =0x{DMA_CHANNEL:x}
    ldr r2, =0xb000
    str r2, [r1]
    str r5, [r1, #4]
    mov r2, #0
    str r2, [r1, #8]
    ldr r2, =0x8c480001
    str r2, [r1, #12]
    ldr r2, =0x1
    str r2, [r1, #16]
waiting:
    ldr r2, [r1, #16]
    tst r2, #1
    bne waiting
    mov r4, r5
    mcr p15, 0, r4, c7, c5, 1
    mcr p15, 0, r4, c7, c5, 6
    dsb
    isb
    blx r5
    b .
"""


@pytest.mark.parametrize("model", MODELS)
def test_the_dma_controller_writes_it(model: str) -> None:
    machine = BareMachine(model, DMA)
    machine.load(FUNCTION, "mov r0, #1\nbx lr")
    machine.load(0xB000, "mov r0, #9\nbx lr")
    assert isinstance(machine.run(), Halt)
    assert (machine.state.r[6], machine.state.r[0]) == (1, 9)


MAPPED = f"""
    ldr r0, =0x4000
    mcr p15, 0, r0, c2, c0, 0
    mov r0, #0
    mcr p15, 0, r0, c2, c0, 2
    mvn r0, #0
    mcr p15, 0, r0, c3, c0, 0
    mrc p15, 0, r0, c1, c0, 0
    orr r0, r0, #0x1000
    orr r0, r0, #5
    mcr p15, 0, r0, c1, c0, 0
    isb
    {rewriting(0x0010_0000 + FUNCTION)}
"""
"""Two sections on the same megabyte: one to execute, the other to write to."""


@pytest.mark.parametrize("model", MODELS)
def test_it_is_written_through_another_mapping(model: str) -> None:
    machine = BareMachine(model, MAPPED)
    machine.load(FUNCTION, "mov r0, #1\nbx lr")
    section = 0x0000_0C0E | 1 << 12  # Normal, write-back, write-allocate; full access
    for number in range(2):
        machine.system.address_map.write_block(0x4000 + 4 * number, section.to_bytes(4, "little"))
    assert isinstance(machine.run(), Halt)
    assert (machine.state.r[6], machine.state.r[0]) == (1, 2)


@pytest.mark.parametrize("other", MODELS)
@pytest.mark.parametrize("model", MODELS)
def test_another_model_writes_it(model: str, other: str) -> None:
    """The first model has executed both functions; the other one writes, and the first goes on."""
    machine = BareMachine(model, rewriting(FUNCTION))
    machine.load(FUNCTION, "mov r0, #1\nbx lr")
    machine.run(6)
    assert machine.state.r[6] == 1
    machine.simulation.switch(other)
    machine.run(9)
    machine.simulation.switch(model)
    assert isinstance(machine.run(), Halt)
    assert machine.state.r[0] == 2


@pytest.mark.parametrize("model", MODELS)
def test_a_restore_brings_other_code(model: str, tmp_path: Path) -> None:
    machine = BareMachine(model, COUNTING)
    machine.load(FUNCTION, "mov r0, #3\nbx lr")
    machine.run(1 + 5)
    checkpoint = machine.simulation.take_checkpoint(tmp_path)
    machine.load(FUNCTION, "mov r0, #100\nbx lr")
    machine.run(5)
    assert machine.state.r[6] == 103
    machine.simulation.restore(checkpoint)
    machine.run(5)
    assert machine.state.r[6] == 6
    assert machine.state.pc == CODE + 4
