"""What a TLB may not remember: maintenance, address spaces, domains and rights (DDI 0406C, B3.9, B3.10)."""

from __future__ import annotations

import pytest
from mmu_machine import (
    CLIENT,
    CODE,
    FULL_ACCESS,
    FULL_PAGE,
    MIB,
    NORMAL,
    NOT_GLOBAL,
    PAGE,
    PAGE_DOMAIN,
    PAGE_PERMISSION,
    PAGES,
    READ_ONLY,
    SECTION,
    SECTION_NOT_GLOBAL,
    SMALL,
    SMALL_XN,
    TABLE_0,
    TARGET,
    WRITTEN,
    Machine,
    section,
    small,
)
from vmsim_arch_arm.psr import Mode


@pytest.fixture
def machine() -> Machine:
    return Machine()


CHANGE = ("ldr r8, [r0]", "str r2, [r1]", "dsb")
AGAIN = ("dsb", "isb", "ldr r9, [r0]")


@pytest.mark.parametrize(
    "operation",
    [f"mcr p15, 0, {register}, c8, {crm}, {opc2}" for crm in ("c3", "c5", "c6", "c7") for register, opc2 in
     (("r0", 0), ("r0", 1), ("r3", 2))] + ["mcr p15, 0, r0, c8, c3, 3", "mcr p15, 0, r0, c8, c7, 3"],
)  # fmt: skip
def test_maintenance_makes_a_new_translation_be_used(machine: Machine, operation: str) -> None:
    """The guest changes a descriptor that has been used; before the operation either may be found (B3.10.1)."""
    machine.page(PAGE, small(FULL_PAGE | NOT_GLOBAL))
    machine.first(PAGES, FULL_ACCESS | NORMAL | 0b10)
    machine.set_word(TARGET, 0xAA)
    machine.set_word(4 * MIB, 0xBB)
    new = 4 * MIB | FULL_PAGE | NOT_GLOBAL | NORMAL | SMALL
    entry = PAGES + (PAGE >> 12 & 0xFF) * 4
    state = machine.run(*CHANGE, operation, *AGAIN, r0=PAGE, r1=entry, r2=new, r3=0)
    assert state.r8_12_usr[:2] == [0xAA, 0xBB]


@pytest.mark.parametrize("address", ["r0", "r3"], ids=["its address", "another address of the section"])
def test_maintenance_of_a_section_by_any_of_its_addresses(machine: Machine, address: str) -> None:
    machine.first(SECTION, section())
    machine.set_word(TARGET, 0xAA)
    machine.set_word(4 * MIB, 0xBB)
    state = machine.run(
        *CHANGE, f"mcr p15, 0, {address}, c8, c7, 1", *AGAIN,
        r0=SECTION, r1=TABLE_0 + (SECTION >> 20) * 4, r2=4 * MIB | FULL_ACCESS | NORMAL | 0b10, r3=SECTION + 0x7000,
    )  # fmt: skip
    assert state.r8_12_usr[:2] == [0xAA, 0xBB]


def test_rights_are_taken_away(machine: Machine) -> None:
    """What was written freely is not after the descriptor became read-only and the TLB was told."""
    machine.page(PAGE, small())
    store = ("str r2, [r0]", "str r2, [r1]", "mcr p15, 0, r0, c8, c7, 1", "dsb", "isb", "str r2, [r0]")
    state = machine.run(*store, r0=PAGE, r1=PAGES + (PAGE >> 12 & 0xFF) * 4, r2=small(FULL_PAGE | READ_ONLY))
    assert (state.dfsr, state.dfar) == (PAGE_PERMISSION | WRITTEN, PAGE)


def test_switching_address_spaces(machine: Machine) -> None:
    """A new ASID and TTBR0 take effect without TLB maintenance if the pages are not global (B3.10.4)."""
    machine.page(PAGE, small(FULL_PAGE | NOT_GLOBAL))
    other = 0xC000
    machine.ram.view[other : other + 0x4000] = machine.ram.view[TABLE_0 : TABLE_0 + 0x4000]
    machine.first(PAGE, 4 * MIB | FULL_ACCESS | SECTION_NOT_GLOBAL | NORMAL | 0b10, other)
    machine.set_word(TARGET, 0xAA)
    machine.set_word(4 * MIB | PAGE & 0xFFFFF, 0xBB)
    switch = ("mcr p15, 0, r2, c13, c0, 1", "isb", "mcr p15, 0, r1, c2, c0, 0", "isb")
    back = ("mcr p15, 0, r4, c13, c0, 1", "isb", "mcr p15, 0, r3, c2, c0, 0", "isb", "ldr r10, [r0]")
    state = machine.run("ldr r8, [r0]", *switch, "ldr r9, [r0]", *back, r0=PAGE, r1=other, r2=1, r3=TABLE_0, r4=0)
    assert state.r8_12_usr[:3] == [0xAA, 0xBB, 0xAA]


def test_a_domain_is_closed(machine: Machine) -> None:
    """DACR is looked at in every access, not when a translation is entered into the TLB (B3.12.3)."""
    machine.state.dacr |= CLIENT << 2
    machine.page(PAGE, small(), domain=1)
    state = machine.run("ldr r8, [r0]", "mcr p15, 0, r1, c3, c0, 0", "isb", "ldr r8, [r0]", r0=PAGE, r1=CLIENT)
    assert state.dfsr == PAGE_DOMAIN | 1 << 4


def test_user_mode_has_no_part_in_what_a_privileged_mode_may(machine: Machine) -> None:
    machine.page(PAGE, small(1 << 4))
    code = ("ldr r8, [r0]", "cps #16", "ldr r9, [r0]")
    state = machine.run(*code, r0=PAGE)
    assert (state.dfsr, state.dfar, state.spsr_abt & 0x1F) == (PAGE_PERMISSION, PAGE, Mode.USR)


# --- instructions ---------------------------------------------------------------------------------------------------

NOP, MOVW_R9_1 = 0xE320F000, 0xE3009001


def test_the_right_to_execute_is_taken_away(machine: Machine) -> None:
    machine.page(PAGE, small())
    machine.first(PAGES, FULL_ACCESS | NORMAL | 0b10)
    machine.set_word(TARGET, 0xE12FFF1E)  # BX LR
    call = ("blx r0", "str r2, [r1]", "mcr p15, 0, r0, c8, c7, 1", "dsb", "isb", "blx r0")
    entry = PAGES + (PAGE >> 12 & 0xFF) * 4
    state = machine.run(*call, "nop", "nop", r0=PAGE, r1=entry, r2=small(FULL_PAGE | SMALL_XN))
    assert (state.ifsr, state.ifar, state.pc) == (PAGE_PERMISSION, PAGE, CODE + 0xC)


def test_user_mode_does_not_execute_what_only_a_privileged_mode_may(machine: Machine) -> None:
    """The page that is executed is looked at again when the mode changes."""
    machine.page(PAGE, small(1 << 4))
    machine.set_word(TARGET, 0xF1020010)  # CPS #16
    machine.set_word(TARGET + 4, MOVW_R9_1)
    machine.first(CODE, FULL_ACCESS | NORMAL | 0b10)
    state = machine.run("bx r0", "nop", "nop", r0=PAGE)
    assert (state.ifsr, state.ifar, state.spsr_abt & 0x1F) == (PAGE_PERMISSION, PAGE + 4, Mode.USR)
    assert state.r8_12_usr[1] == 0


def test_the_domain_of_what_is_executed_is_closed(machine: Machine) -> None:
    machine.state.dacr |= CLIENT << 2 * 6
    machine.page(PAGE, small(), domain=6)
    machine.set_word(TARGET, 0xEE031F10)  # MCR p15, 0, R1, c3, c0, 0
    machine.set_word(TARGET + 4, 0xF57FF06F)  # ISB
    machine.set_word(TARGET + 8, MOVW_R9_1)
    state = machine.run("bx r0", "nop", "nop", "nop", r0=PAGE, r1=CLIENT)
    assert (state.ifsr & 0x40F, state.cpsr & 0x1F) == (PAGE_DOMAIN, Mode.ABT)
    assert state.r8_12_usr[1] == 0


def test_each_address_space_has_its_instructions(machine: Machine) -> None:
    other = 0xC000
    machine.page(PAGE, small(FULL_PAGE | NOT_GLOBAL))
    machine.ram.view[other : other + 0x4000] = machine.ram.view[TABLE_0 : TABLE_0 + 0x4000]
    machine.first(PAGE, 4 * MIB | FULL_ACCESS | SECTION_NOT_GLOBAL | NORMAL | 0b10, other)
    for physical, instruction in ((TARGET, 0xE3008001), (4 * MIB | PAGE & 0xFFFFF, MOVW_R9_1)):  # MOVW R8 or R9, #1
        machine.set_word(physical, instruction)
        machine.set_word(physical + 4, 0xE12FFF1E)  # BX LR
    switch = ("mcr p15, 0, r2, c13, c0, 1", "isb", "mcr p15, 0, r1, c2, c0, 0", "isb")
    machine.run("blx r0", "nop", "nop", r0=PAGE)
    assert machine.state.r8_12_usr[:2] == [1, 0]
    machine.state.r8_12_usr[0] = 0
    machine.run(*switch, "blx r0", "nop", "nop", r0=PAGE, r1=other, r2=1)
    assert machine.state.r8_12_usr[:2] == [0, 1]
