"""What a trace shows of ARM: executed instructions, and exceptions told from the registers that their handlers see."""

from __future__ import annotations

import pytest
from vmsim_arch_arm import psr
from vmsim_arch_arm.architecture import ARM, THUMB, Arm
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.taken_exception import taken_exception
from vmsim_core.debug import ExecutedInstruction, TakenException


@pytest.mark.parametrize(
    ("code", "instruction_set", "it_state", "encoding", "text"),
    [
        ("0100a0e3", ARM, 0, "e3a00001", "mov r0, #1"),
        ("7047", THUMB, 0, "4770", "bx lr"),
        ("00f001f8", THUMB, 0, "f000 f801", "bl #0x8006"),
        ("0130", THUMB, 0, "3001", "adds r0, #1"),
        ("0130", THUMB, 0x08, "3001", "addeq r0, #1"),
        ("0130", THUMB, 0x18, "3001", "addne r0, #1"),
        ("ffffffff", ARM, 0, "ffffffff", ".word 0xffffffff"),
    ],
)
def test_an_executed_instruction(code: str, instruction_set: str, it_state: int, encoding: str, text: str) -> None:
    executed = ExecutedInstruction(0, 0x8000, bytes.fromhex(code), instruction_set, True, "", (), (), it_state)
    assert Arm().disassemble_executed(executed) == (encoding, text)


FAULTS = {"ifsr": 0x17, "ifar": 0x11110000, "dfsr": 0x805, "dfar": 0x22220000}


@pytest.mark.parametrize(
    ("vector", "mode", "arm_offset", "thumb_offset", "kind", "details"),
    [
        # DDI 0406C, Table B1-7: what is subtracted from LR to find the instruction, in ARM and in Thumb state.
        (0x04, Mode.UND, 4, 2, "undefined", ()),
        (0x08, Mode.SVC, 4, 2, "supervisor call", ()),
        (0x0C, Mode.ABT, 4, 4, "prefetch abort", (("ifsr", 0x17), ("ifar", 0x11110000))),
        (0x10, Mode.ABT, 8, 8, "data abort", (("dfsr", 0x805), ("dfar", 0x22220000))),
        (0x18, Mode.IRQ, 4, 4, "interrupt", ()),
        (0x1C, Mode.FIQ, 4, 4, "fast interrupt", ()),
    ],
)
@pytest.mark.parametrize("base", [0, 0xFFFF0000, 0x8160])
def test_an_exception_is_told_from_the_registers_of_its_handler(
    vector: int, mode: Mode, arm_offset: int, thumb_offset: int, kind: str, details: tuple[object, ...], base: int
) -> None:
    for state, offset in ((0, arm_offset), (psr.T, thumb_offset)):
        taken = taken_exception(7, base + vector, mode | 0x1C0, 0x9000 + offset, Mode.USR | state, **FAULTS)
        interrupt = mode in (Mode.IRQ, Mode.FIQ)
        assert taken == TakenException(
            7, kind, 0x9000, "usr", base + vector, mode.name.lower(), interrupt, details
        )  # fmt: skip


def test_a_breakpoint_is_told_by_its_fault_status() -> None:
    taken = taken_exception(7, 0x0C, Mode.ABT, 0x9004, Mode.SVC, **{**FAULTS, "ifsr": 0x002})
    assert (taken.kind, taken.details) == ("breakpoint", (("ifsr", 2),))


def test_an_instruction_at_the_end_of_the_address_space() -> None:
    assert taken_exception(7, 0x10, Mode.ABT, 0x4, Mode.USR, **FAULTS).address == 0xFFFFFFFC
