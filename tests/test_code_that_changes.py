"""Code that is written while it is there to be executed: by itself, through aliases and other mappings, by devices.

Every program leaves in r0 what only the new code can have put there. The models that go through caches are given the
maintenance that the architecture asks for (DDI 0406C, A3.5.4); the others must see it without.
"""

from __future__ import annotations

import struct
from itertools import permutations
from pathlib import Path

import pytest
from bare_machine import CODE, BareMachine, assemble
from bare_programs import CACHED, CACHES_ON, TABLE, device_copies
from vmsim_core.architecture import ArchState
from vmsim_core.cpu import CpuModel
from vmsim_core.errors import SwitchError

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


def before_and_after(machine: BareMachine) -> tuple[int, int]:
    """Run to the end; return what the function gave before it was written anew, and after."""
    registers = machine.finish()
    return registers[6], registers[0]


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
    assert before_and_after(machine) == (1, 2)


@pytest.mark.parametrize("model", MODELS)
def test_it_is_executed_at_an_alias_after_a_write_to_the_first_address(model: str) -> None:
    machine = BareMachine(
        model, rewriting(FUNCTION).replace(f"ldr r5, =0x{FUNCTION:x}", f"ldr r5, ={ALIAS + FUNCTION}")
    )
    machine.load(FUNCTION, "mov r0, #1\nbx lr")
    assert before_and_after(machine) == (1, 2)


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
    assert machine.finish()[0] == 7


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
    assert before_and_after(machine) == (1, 2)


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
    assert before_and_after(machine) == (0x10, 0x11)


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


WRITTEN_BY_DMA = f"""
    ldr r5, =0x{FUNCTION:x}
    blx r5
    mov r6, r0
    {device_copies(0xB000, FUNCTION, words=2)}
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
    machine = BareMachine(model, WRITTEN_BY_DMA)
    machine.load(FUNCTION, "mov r0, #1\nbx lr")
    machine.load(0xB000, "mov r0, #9\nbx lr")
    assert before_and_after(machine) == (1, 9)


MAPPED = f"""
    {CACHES_ON}
    {rewriting(0x0010_0000 + FUNCTION)}
"""
"""Two sections on the same megabyte: one to execute, the other to write to."""


@pytest.mark.parametrize("model", MODELS)
def test_it_is_written_through_another_mapping(model: str) -> None:
    machine = BareMachine(model, MAPPED)
    machine.load(FUNCTION, "mov r0, #1\nbx lr")
    machine.system.address_map.write_block(TABLE, struct.pack("<2I", CACHED, CACHED))
    assert before_and_after(machine) == (1, 2)


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
    assert machine.finish()[0] == 2


@pytest.mark.parametrize("last", ["old", "new"])
@pytest.mark.parametrize(("old", "new"), list(permutations(MODELS, 2)))
def test_it_is_written_after_a_switch_that_failed(
    old: str, new: str, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both models have executed the function; the old one goes on and writes it, and either executes it."""
    machine = BareMachine(new, f"ldr r5, =0x{FUNCTION:x}\nblx r5\n{rewriting(FUNCTION)}")
    machine.load(FUNCTION, "mov r0, #1\nbx lr")
    machine.run(4)
    machine.simulation.switch(old)
    machine.run(6)
    assert machine.state.r[6] == 1
    loses_what_it_loads(monkeypatch, machine.system.cores[0].models[new])
    with pytest.raises(SwitchError, match="lost"):
        machine.simulation.switch(new)
    monkeypatch.undo()
    machine.run(9)
    machine.simulation.switch(old if last == "old" else new)
    assert machine.finish()[0] == 2


def loses_what_it_loads(monkeypatch: pytest.MonkeyPatch, model: CpuModel) -> None:
    load = model.load_state

    def load_state(state: ArchState) -> None:
        load(state)
        raise SwitchError("lost")

    monkeypatch.setattr(model, "load_state", load_state)


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
