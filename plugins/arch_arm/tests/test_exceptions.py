"""Exception entry, conditions and IT state, against values worked out by hand from ARM DDI 0406C."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vmsim_arch_arm import psr
from vmsim_arch_arm.exceptions import SCTLR_EE, SCTLR_TE, SCTLR_V, ExceptionKind, Taken, take
from vmsim_arch_arm.psr import Mode

USER_ARM = 0x60000010
USER_THUMB = 0x60000030

# kind, LR from ARM and from Thumb for a preferred return address of 0x8000, CPSR from User mode, vector with VBAR
# 0x2000. B1.9: pseudocode of each exception.
ENTRIES = [
    (ExceptionKind.UNDEFINED, 0x8004, 0x8002, 0x6000009B, 0x2004),
    (ExceptionKind.SUPERVISOR_CALL, 0x8000, 0x8000, 0x60000093, 0x2008),
    (ExceptionKind.PREFETCH_ABORT, 0x8004, 0x8004, 0x60000197, 0x200C),
    (ExceptionKind.DATA_ABORT, 0x8008, 0x8008, 0x60000197, 0x2010),
    (ExceptionKind.IRQ, 0x8004, 0x8004, 0x60000192, 0x2018),
    (ExceptionKind.FIQ, 0x8004, 0x8004, 0x600001D1, 0x201C),
]


@pytest.mark.parametrize(("kind", "arm_lr", "thumb_lr", "cpsr", "pc"), ENTRIES, ids=lambda value: str(value))
def test_what_each_exception_writes(kind: ExceptionKind, arm_lr: int, thumb_lr: int, cpsr: int, pc: int) -> None:
    assert take(kind, USER_ARM, 0, 0x2000, 0x8000) == Taken(cpsr, USER_ARM, arm_lr, pc)
    assert take(kind, USER_THUMB, 0, 0x2000, 0x8000) == Taken(cpsr, USER_THUMB, thumb_lr, pc)


def test_every_exception_is_in_the_table() -> None:
    assert [row[0] for row in ENTRIES] == list(ExceptionKind)


def test_high_vectors_ignore_the_vector_base() -> None:
    assert take(ExceptionKind.IRQ, USER_ARM, SCTLR_V, 0x2000, 0).pc == 0xFFFF0018


def test_the_low_bits_of_the_vector_base_do_not_count() -> None:
    assert take(ExceptionKind.IRQ, USER_ARM, 0, 0x201F, 0).pc == 0x2018


def test_the_handlers_instruction_set_and_endianness_come_from_sctlr() -> None:
    assert take(ExceptionKind.IRQ, USER_ARM, SCTLR_TE, 0, 0).cpsr == 0x600001B2
    assert take(ExceptionKind.IRQ, USER_THUMB, SCTLR_EE, 0, 0).cpsr == 0x60000392


def test_the_return_address_wraps() -> None:
    assert take(ExceptionKind.DATA_ABORT, USER_ARM, 0, 0, 0xFFFFFFFC).lr == 0x4


@given(st.sampled_from(ExceptionKind), st.integers(0, 0xFFFFFFFF), st.sampled_from(Mode))
def test_flags_stay_and_masks_are_only_ever_set(kind: ExceptionKind, bits: int, mode: Mode) -> None:
    before = bits & ~psr.MODE | mode
    taken = take(kind, before, 0, 0, 0)
    flags = psr.N | psr.Z | psr.C | psr.V | psr.Q | psr.GE
    masks = psr.A | psr.I | psr.F
    assert taken.spsr == before
    assert taken.cpsr & flags == before & flags
    assert before & masks & ~taken.cpsr == 0
    assert taken.cpsr & (psr.IT | psr.J | psr.T | psr.E) == 0
    assert taken.cpsr & psr.MODE == kind.value.mode


# Conditions that pass, for each combination of flags that tells them apart (table A8-1).
PASSED = {
    0: {"ne", "cc", "pl", "vc", "ls", "ge", "gt"},
    psr.N: {"ne", "cc", "mi", "vc", "ls", "lt", "le"},
    psr.Z: {"eq", "cc", "pl", "vc", "ls", "ge", "le"},
    psr.C: {"ne", "cs", "pl", "vc", "hi", "ge", "gt"},
    psr.V: {"ne", "cc", "pl", "vs", "ls", "lt", "le"},
    psr.Z | psr.C: {"eq", "cs", "pl", "vc", "ls", "ge", "le"},
    psr.N | psr.V: {"ne", "cc", "mi", "vs", "ls", "ge", "gt"},
    psr.N | psr.Z | psr.V: {"eq", "cc", "mi", "vs", "ls", "ge", "le"},
}
CONDITIONS = ["eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"]


@pytest.mark.parametrize("flags", PASSED)
def test_conditions(flags: int) -> None:
    passed = {name for code, name in enumerate(CONDITIONS) if psr.condition_passed(code, flags | Mode.SVC)}
    assert passed == PASSED[flags]
    assert psr.condition_passed(0b1110, flags)
    assert psr.condition_passed(0b1111, flags)


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFF))
def test_the_it_state_is_read_as_it_was_written(bits: int, state: int) -> None:
    written = psr.with_it_state(bits, state)
    assert psr.it_state(written) == state
    assert written & ~psr.IT == bits & ~psr.IT


def test_where_the_it_state_is() -> None:
    """B1.3.3: ITSTATE<7:2> in bits 15 to 10, ITSTATE<1:0> in bits 26 and 25."""
    assert psr.with_it_state(0, 0b10000001) == 1 << 15 | 1 << 25


def test_an_it_block_ends_after_its_last_instruction() -> None:
    """ITTEE EQ: base condition 000, then bits 00 1 1 and the final 1 shift out (A2.5.2)."""
    states = [0b00000111]
    while states[-1]:
        states.append(psr.it_advance(states[-1]))
    assert states == [0b00000111, 0b00001110, 0b00011100, 0b00011000, 0]
