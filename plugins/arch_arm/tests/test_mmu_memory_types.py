"""Memory types by hand-made tables (DDI 0406C, B3.8): alignment, what the caches are told, and PAR."""

from __future__ import annotations

import pytest
from mmu_machine import (
)



@pytest.fixture
def machine() -> Machine:
    return Machine()


# TEX, C and B of memory that is Strongly-ordered or Device, and of some that is Normal (table B3-10).
DEVICES = [0b00000, 0b00001, 0b01000]
NORMALS = [0b00010, 0b00011, 0b00100, 0b00111, 0b10000, 0b11111]


@pytest.mark.parametrize("attributes", DEVICES + NORMALS)
@pytest.mark.parametrize("kind", ["section", "small", "large"])
def test_only_normal_memory_may_be_unaligned(machine: Machine, attributes: int, kind: str) -> None:
    tex, cb = attributes >> 2, attributes & 3
    if kind == "section":
        machine.first(PAGE, TARGET | FULL_ACCESS | tex << 12 | cb << 2 | 0b10)
    elif kind == "small":
        machine.page(PAGE, TARGET | FULL_PAGE | tex << 6 | cb << 2 | SMALL)
    else:
        machine.page(PAGE, TARGET | FULL_PAGE | tex << 12 | cb << 2 | LARGE)
    expected = ALIGNMENT if attributes in DEVICES else None
    assert machine.load(PAGE + 1) == expected
    assert machine.store(PAGE + 1) == expected
    assert machine.load(PAGE + 4) is None


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("kind", [0, 1, 2])
def test_tex_remap(machine: Machine, number: int, kind: int) -> None:
    """PRRR says what TEX[0], C and B mean: Strongly-ordered, Device or Normal (B3.8.3)."""
    machine.state.sctlr |= SCTLR_TRE
    machine.state.prrr = (0xAAAA & ~(3 << 2 * number)) | kind << 2 * number
    machine.page(PAGE, TARGET | FULL_PAGE | number >> 2 << 6 | (number & 3) << 2 | SMALL)
    assert machine.load(PAGE + 2) == (None if kind == 2 else ALIGNMENT)


PAR_NON_SECURE, PAR_SUPERSECTION, PAR_FAULT = 1 << 9, 1 << 1, 1


def test_par_of_what_is_mapped(machine: Machine) -> None:
    machine.page(PAGE, small())
    assert machine.translate(0, PAGE + 0x678) == TARGET | PAR_NON_SECURE
    machine.page(PAGE, TARGET | FULL_PAGE | NORMAL | LARGE)
    assert machine.translate(3, PAGE + 0x678) == TARGET | 0x5000 | PAR_NON_SECURE
    machine.first(SECTION, section())
    assert machine.translate(1, PAGE + 0x678) == TARGET | 0x45000 | PAR_NON_SECURE
    machine.first(SECTION, 16 * MIB | SUPERSECTION | FULL_ACCESS | NORMAL | 0b10)
    assert machine.translate(2, PAGE + 0x678) == 16 * MIB | PAR_SUPERSECTION | PAR_NON_SECURE


def test_par_of_faults(machine: Machine) -> None:
    """FS[4:0] in bits 6 and 5:1 (B4.1.112), for the rights that the operation asks about; nothing else is changed."""
    machine.page(PAGE, small(1 << 4 | READ_ONLY))
    expected = [TARGET | PAR_NON_SECURE, *[PAGE_PERMISSION << 1 | PAR_FAULT] * 3]
    assert [machine.translate(operation, PAGE) for operation in range(4)] == expected
    machine.first(SECTION, NO_FIRST)
    assert machine.translate(0, SECTION) == TRANSLATION << 1 | PAR_FAULT
    assert machine.translate(1, SECTION) == TRANSLATION << 1 | PAR_FAULT
    assert (machine.state.dfsr, machine.state.dfar, machine.state.cpsr & 0x1F) == (0, 0, Mode.SVC)


def test_par_without_the_mmu(machine: Machine) -> None:
    machine.state.sctlr &= ~SCTLR_M
    assert machine.translate(3, PAGE + 0x678) == PAGE | PAR_NON_SECURE
