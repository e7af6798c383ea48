"""Exceptions in IT blocks and returns into them (A2.5.2, B1.8.3, B1.9): which ITSTATE is saved, kept and restored."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from instruction_case import CODE, DATA, WINDOW, state_of
from instruction_case import Case as OneInstruction
from system_cases import encoded
from system_oracle import BankedEngine
from vmsim_arch_arm import psr
from vmsim_arch_arm.exceptions import ExceptionKind, take
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState

Z = psr.Z
TARGET = 0x9000
ADD_R0 = (0x3001, 0x3101, 0x3201, 0x3301)
"""ADD r0, #1 to ADD r3, #1."""
STATES = [
    base << 5 | rest for base in range(8) for rest in range(1, 32) if rest & 15 and (base < 7 or rest in (1, 2, 4, 8))
]
"""Every ITSTATE in a block: a condition, and behind it a one that says how many instructions remain (table A2-1)."""


@pytest.fixture(scope="module")
def ours() -> BankedEngine:
    return BankedEngine()


def thumb_state(it_state: int, nzcv: int, mode: int = Mode.USR) -> ArmState:
    """Return a state at CODE in the midst of an IT block, with r2 leading to a word that is not aligned."""
    state = state_of(OneInstruction(0, 2, True, mode, nzcv=nzcv, it=it_state))
    state.r[2] = DATA + 2
    return state


def each_state() -> Iterator[tuple[int, int, bool]]:
    """Yield every ITSTATE with flags by which its condition is met, and not."""
    for it_state in STATES:
        for nzcv in (0b0000, 0b0100, 0b0010, 0b1001, 0b1000, 0b0110):
            yield it_state, nzcv, psr.condition_passed(it_state >> 4, nzcv << 28)


def entered(state: ArmState, kind: ExceptionKind, cpsr: int, return_address: int) -> dict[str, int]:
    """Return what the exception leaves; but for SVC, the instruction at the vector (ANDEQ) was executed as well."""
    taken = take(kind, cpsr, state.sctlr, state.vbar, return_address)
    pc = taken.pc if kind is ExceptionKind.SUPERVISOR_CALL else taken.pc + 4
    return {"cpsr": taken.cpsr, "spsr": taken.spsr, "lr": taken.lr, "pc": pc}


def left(state: ArmState, bank: str) -> dict[str, int]:
    """Return the same of a state."""
    banked = {name: getattr(state, f"{name}_{bank}") for name in ("spsr", "lr")}
    return {"cpsr": state.cpsr, "pc": state.pc, **banked}


def passed_over(before: ArmState, after: ArmState, size: int) -> bool:
    """Whether an instruction of the block did nothing but advance ITSTATE."""
    expected = before.copy()
    expected.pc += size
    expected.cpsr = psr.with_it_state(before.cpsr, psr.it_advance(psr.it_state(before.cpsr)))
    return after.differences(expected) == []


FAULTING = {
    "UDF": (0xDE00, "THUMB16", ExceptionKind.UNDEFINED, "und"),
    "UDF.W": (0xF7F0A000, "THUMB32", ExceptionKind.UNDEFINED, "und"),
    "VADD.F32 while VFP is off": (0xEE300A20, "THUMB32", ExceptionKind.UNDEFINED, "und"),
    "LDRD r0, r1, [r2], not aligned": (0xE9D20100, "THUMB32", ExceptionKind.DATA_ABORT, "abt"),
    "STM r2!, {r0, r1}, not aligned": (0xC203, "THUMB16", ExceptionKind.DATA_ABORT, "abt"),
}


@pytest.mark.parametrize("name", FAULTING)
def test_what_faults_is_to_be_executed_again(ours: BankedEngine, name: str) -> None:
    """The SPSR has ITSTATE as the instruction found it; with a condition that fails nothing happens at all."""
    word, instruction_set, kind, bank = FAULTING[name]
    code = encoded(word, instruction_set)
    for it_state, nzcv, passes in each_state():
        state = thumb_state(it_state, nzcv)
        state.fpexc = 0
        raised, after, _ = ours.execute(code, state, bytes(WINDOW))
        if passes:
            assert left(after, bank) == entered(state, kind, state.cpsr, CODE), f"{it_state:#x} {nzcv:#x}"
            assert after.r == state.r
        else:
            assert raised == ""
            assert passed_over(state, after, len(code)), f"{it_state:#x} {nzcv:#x}"


def test_a_supervisor_call_is_not_executed_again(ours: BankedEngine) -> None:
    """LR leads behind it, and the SPSR has ITSTATE as the next instruction is to find it (B1.9.4)."""
    for it_state, nzcv, passes in each_state():
        state = thumb_state(it_state, nzcv)
        raised, after, _ = ours.execute(encoded(0xDF00, "THUMB16"), state, bytes(WINDOW))
        if passes:
            advanced = psr.with_it_state(state.cpsr, psr.it_advance(it_state))
            assert left(after, "svc") == entered(state, ExceptionKind.SUPERVISOR_CALL, advanced, CODE + 2)
        else:
            assert raised == ""
            assert passed_over(state, after, 2)


def test_a_breakpoint_has_no_condition(ours: BankedEngine) -> None:
    """BKPT in an IT block is unconditional (A8.8.24): a prefetch abort with the fault status of a debug event."""
    for it_state, nzcv, _ in each_state():
        state = thumb_state(it_state, nzcv)
        raised, after, _ = ours.execute(encoded(0xBE00, "THUMB16"), state, bytes(WINDOW))
        assert raised == "breakpoint"
        assert left(after, "abt") == entered(state, ExceptionKind.PREFETCH_ABORT, state.cpsr, CODE)
        assert after.ifsr & 0x40F == 2


RETURNS = {
    "SUBS PC, LR, #0": (0xE25EF000, "ARM"),
    "MOVS PC, LR": (0xE1B0F00E, "ARM"),
    "LDM r1, {r4, pc}^": (0xE8D18010, "ARM"),
    "RFEIA r1": (0xF8910A00, "ARM"),
    "SUBS PC, LR, #0 (Thumb)": (0xF3DE8F00, "THUMB32"),
    "RFEIA r1 (Thumb)": (0xE991C000, "THUMB32"),
    "SUBS PC, LR, #0 at the end of a block": (0xF3DE8F00, "THUMB32"),
    "RFEIA r1 at the end of a block": (0xE991C000, "THUMB32"),
}


@pytest.mark.parametrize("name", RETURNS)
def test_a_return_into_a_block_keeps_its_state(ours: BankedEngine, name: str) -> None:
    """ITSTATE is that of the SPSR, not advanced; the rest of the block is executed by it, and what is behind it."""
    word, instruction_set = RETURNS[name]
    ends_a_block = name.endswith("block")
    for it_state, nzcv, _ in each_state():
        spsr = psr.with_it_state(nzcv << 28 | psr.T | Mode.USR, it_state)
        state = returning(word, instruction_set, spsr, ends_a_block)
        memory = memory_with(spsr, word)
        code = encoded(word, instruction_set)
        ours.ram.view[TARGET : TARGET + 8] = b"".join(each.to_bytes(2, "little") for each in ADD_R0)
        ours.engine.invalidate(TARGET, 8)
        raised, after, _ = ours.execute(code, state, memory)
        assert (raised, after.cpsr, after.pc) == ("", spsr, TARGET)
        for count in range(1, 5):
            _, later, _ = ours.execute(code, state, memory, 1 + count)
            expected, left_state = executed_of(it_state, nzcv, count)
            assert later.r[:4] == [before + more for before, more in zip(state.r[:4], expected, strict=True)]
            assert psr.it_state(later.cpsr) == left_state
            if count <= remaining(it_state):  # behind the block additions set flags
                assert later.cpsr >> 28 == nzcv


def returning(word: int, instruction_set: str, spsr: int, ends_a_block: bool) -> ArmState:
    """Return a state of Supervisor mode from which an instruction returns to TARGET."""
    thumb = instruction_set != "ARM"
    state = state_of(OneInstruction(word, 4, thumb, Mode.SVC, it=0xE8 if ends_a_block else 0))
    state.r[:4] = [100, DATA, 300, 400]
    state.spsr_svc, state.lr_svc = spsr, TARGET
    return state


def memory_with(spsr: int, word: int) -> bytes:
    """Return memory that has the return address at DATA + 4 for LDM, and it and the program status at DATA for RFE."""
    words = (0, TARGET) if word == RETURNS["LDM r1, {r4, pc}^"][0] else (TARGET, spsr)
    half = WINDOW // 2
    return bytes(half) + b"".join(each.to_bytes(4, "little") for each in words) + bytes(half - 8)


def remaining(it_state: int) -> int:
    """Return how many instructions remain of a block."""
    return 4 - (it_state & -it_state).bit_length() + 1


def executed_of(it_state: int, nzcv: int, count: int) -> tuple[list[int], int]:
    """Return which of four additions add one after `count` of them, and ITSTATE then.

    The first one behind the block sets flags, but every one behind it is unconditional.
    """
    additions = [0, 0, 0, 0]
    for index in range(count):
        additions[index] = int(not it_state or psr.condition_passed(it_state >> 4, nzcv << 28))
        it_state = psr.it_advance(it_state)
    return additions, it_state
