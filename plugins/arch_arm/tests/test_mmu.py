"""Short-descriptor translation by hand-made tables (DDI 0406C, B3): every fault, and what is translated to what."""

from __future__ import annotations

import pytest
from mmu_machine import (
    ACCESS,
    ACCESS_FLAG,
    ALIGNMENT,
    CLIENT,
    CODE,
    DOMAIN,
    EXTERNAL_ABORT,
    FULL_ACCESS,
    FULL_PAGE,
    LARGE,
    LARGE_XN,
    MANAGER,
    MIB,
    NEXT_PAGE,
    NO_FIRST,
    NORMAL,
    PAGE,
    PAGE_ACCESS,
    PAGE_DOMAIN,
    PAGE_PERMISSION,
    PAGE_TRANSLATION,
    PAGE_WALK_ABORT,
    PERMISSION,
    RAM_SIZE,
    READ_ONLY,
    RESERVED_FIRST,
    SCTLR_A,
    SCTLR_AFE,
    SCTLR_EE,
    SECTION,
    SECTION_XN,
    SMALL,
    SMALL_XN,
    SUPERSECTION,
    TABLE_0,
    TABLE_1,
    TARGET,
    TRANSLATION,
    WALK_ABORT,
    WRITTEN,
    Machine,
    section,
    small,
)
from vmsim_arch_arm.psr import Mode


@pytest.fixture
def machine() -> Machine:
    return Machine()


# --- where an address leads -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "physical"),
    [
        (section(), None, TARGET | 0x45678),
        (3 * 16 * MIB | SUPERSECTION | FULL_ACCESS | NORMAL | 0b10, None, 3 * 16 * MIB | 0x345678),
        (None, small(), TARGET | 0x678),
        (None, TARGET | 0x50000 | FULL_PAGE | NORMAL | LARGE, TARGET | 0x55678),
    ],
    ids=["section", "supersection", "small page", "large page"],
)
def test_each_size(machine: Machine, first: int | None, second: int | None, physical: int) -> None:
    if first is not None:
        machine.first(PAGE, first)
    if second is not None:
        machine.page(PAGE, second)
    machine.set_word(physical, 0x11223344)
    assert machine.load(PAGE + 0x678) is None
    assert machine.state.r8_12_usr[0] == 0x11223344
    machine.state.r8_12_usr[0] = 0x99
    assert machine.store(PAGE + 0x678) is None
    assert machine.word(physical) == 0x99


@pytest.mark.parametrize("n", range(1, 8))
def test_ttbcr_splits_the_addresses(machine: Machine, n: int) -> None:
    """TTBR0 has what is below 4 GiB >> N, in a table that is as much smaller; TTBR1 the rest (B3.5.4)."""
    machine.state.ttbcr = n
    machine.state.ttbr0 = TABLE_0 | 1 << 14 - n & 0x3000
    border = 1 << 32 - n
    below = border - MIB
    machine.first(below, section(), machine.state.ttbr0)
    machine.first(border, 3 * MIB | FULL_ACCESS | NORMAL | 0b10, TABLE_1)
    machine.first(CODE, FULL_ACCESS | NORMAL | 0b10, machine.state.ttbr0)
    machine.set_word(TARGET + 8, 0xAA)
    machine.set_word(3 * MIB + 8, 0xBB)
    assert machine.load(below + 8) is None
    assert machine.state.r8_12_usr[0] == 0xAA
    assert machine.load(border + 8) is None
    assert machine.state.r8_12_usr[0] == 0xBB
    machine.state.ttbcr |= 1 << 5
    assert machine.load(border + 8) == TRANSLATION
    assert machine.load(below + 8) is None


def test_ttbr0_may_be_switched_off(machine: Machine) -> None:
    machine.first(1 << 31, FULL_ACCESS | NORMAL | 0b10, TABLE_1)
    machine.code |= 1 << 31
    machine.state.ttbcr = 1
    machine.first(SECTION, section())
    assert machine.load(SECTION) is None
    machine.state.ttbcr |= 1 << 4
    assert machine.load(SECTION) == TRANSLATION
    assert machine.fetch(CODE) == TRANSLATION


def test_tables_may_be_big_endian(machine: Machine) -> None:
    machine.first(SECTION, section())
    machine.load(SECTION)
    for address in (CODE, SECTION):
        entry = TABLE_0 + (address >> 20) * 4
        machine.set_word(entry, int.from_bytes(machine.word(entry).to_bytes(4, "big"), "little"))
    machine.state.sctlr |= SCTLR_EE
    machine.set_word(TARGET, 0x1234)
    assert machine.load(SECTION) is None
    assert machine.state.r8_12_usr[0] == 0x1234


# --- faults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("descriptor", [NO_FIRST, RESERVED_FIRST, 0xFFFFFFF0, 0xFFFFFFFF])
def test_first_level_translation_fault(machine: Machine, descriptor: int) -> None:
    machine.first(SECTION, descriptor)
    assert machine.load(SECTION + 4) == TRANSLATION
    assert machine.store(SECTION + 4) == TRANSLATION
    assert machine.fetch(SECTION + 4) == TRANSLATION


def test_second_level_translation_fault(machine: Machine) -> None:
    machine.state.dacr |= CLIENT << 2 * 7
    machine.page(PAGE, 0xFFFFFFFC, domain=7)
    assert machine.load(PAGE) == PAGE_TRANSLATION | 7 << 4
    assert machine.store(PAGE) == PAGE_TRANSLATION | 7 << 4
    assert machine.fetch(PAGE) & 0x40F == PAGE_TRANSLATION  # type: ignore[operator]


@pytest.mark.parametrize("rights", [0, 2], ids=["no access", "reserved"])
def test_domain_faults(machine: Machine, rights: int) -> None:
    machine.state.dacr |= rights << 2 * 9
    machine.first(SECTION, section(domain=9))
    assert machine.load(SECTION) == DOMAIN | 9 << 4
    assert machine.store(SECTION) == DOMAIN | 9 << 4
    assert machine.fetch(SECTION) & 0x40F == DOMAIN  # type: ignore[operator]
    machine.page(PAGE, small(), domain=9)
    assert machine.load(PAGE) == PAGE_DOMAIN | 9 << 4
    assert machine.fetch(PAGE) & 0x40F == PAGE_DOMAIN  # type: ignore[operator]


def test_a_supersection_is_in_domain_0(machine: Machine) -> None:
    """Bits 8:5 are not its domain (B3.5.1)."""
    machine.first(SECTION, 16 * MIB | SUPERSECTION | FULL_ACCESS | NORMAL | 0b10)
    machine.state.dacr = CLIENT
    assert machine.load(SECTION) is None
    machine.state.dacr = MANAGER
    machine.first(SECTION, 16 * MIB | SUPERSECTION | NORMAL | 0b10)
    assert machine.load(SECTION) is None


def test_a_manager_may_do_everything(machine: Machine) -> None:
    machine.state.dacr |= MANAGER << 2 * 3
    machine.page(PAGE, small(SMALL_XN), domain=3)
    for user in (False, True):
        assert machine.load(PAGE, user) is None
        assert machine.store(PAGE, user) is None
    machine.set_word(TARGET, 0xE320F000)  # NOP
    assert machine.fetch(PAGE) is None


@pytest.mark.parametrize(
    ("ap", "privileged", "user"),
    [(0, "", ""), (1, "rw", ""), (2, "rw", "r"), (3, "rw", "rw"), (5, "r", ""), (6, "r", "r"), (7, "r", "r")],
)
def test_access_permissions(machine: Machine, ap: int, privileged: str, user: str) -> None:
    """AP[2:0] of sections and pages (table B3-8)."""
    machine.first(SECTION + MIB, section((ap & 3) << 10 | ap >> 2 << 15))
    machine.page(PAGE, small((ap & 3) << 4 | ap >> 2 << 9))
    for rights, unprivileged in ((privileged, False), (user, True)):
        for address, fault in ((PAGE, PAGE_PERMISSION), (SECTION + MIB, PERMISSION)):
            assert machine.load(address, unprivileged) == (None if "r" in rights else fault)
            assert machine.store(address, unprivileged) == (None if "w" in rights else fault)
    state = machine.run("ldrt r8, [r0], #0", r0=PAGE)
    assert (state.cpsr & 0x1F == Mode.ABT) == ("r" not in user)
    state = machine.run("strt r8, [r0], #0", r0=PAGE)
    assert (state.cpsr & 0x1F == Mode.ABT) == ("w" not in user)


@pytest.mark.parametrize(
    ("ap", "privileged", "user"), [(0b000, "rw", ""), (0b010, "rw", "rw"), (0b100, "r", ""), (0b110, "r", "r")]
)
def test_access_permissions_with_the_access_flag(machine: Machine, ap: int, privileged: str, user: str) -> None:
    """AP[2:1] alone say what is allowed (table B3-9), and AP[0] whether there is an access flag fault (B3.7.2)."""
    machine.state.sctlr |= SCTLR_AFE
    for flag in (0, 1):
        machine.first(SECTION + MIB, section((ap & 2 | flag) << 10 | ap >> 2 << 15))
        machine.page(PAGE, small((ap & 2 | flag) << 4 | ap >> 2 << 9))
        for rights, unprivileged in ((privileged, False), (user, True)):
            for address, missing, fault in (
                (PAGE, PAGE_ACCESS, PAGE_PERMISSION),
                (SECTION + MIB, ACCESS, PERMISSION),
            ):
                assert machine.load(address, unprivileged) == (
                    missing if not flag else None if "r" in rights else fault
                )
                assert machine.store(address, unprivileged) == (
                    missing if not flag else None if "w" in rights else fault
                )


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        (section(FULL_ACCESS | SECTION_XN), None, PERMISSION),
        (16 * MIB | SUPERSECTION | FULL_ACCESS | SECTION_XN | NORMAL | 0b10, None, PERMISSION),
        (None, small(FULL_PAGE | SMALL_XN), PAGE_PERMISSION),
        (None, TARGET | FULL_PAGE | LARGE_XN | NORMAL | LARGE, PAGE_PERMISSION),
    ],
    ids=["section", "supersection", "small page", "large page"],
)
def test_execute_never(machine: Machine, first: int | None, second: int | None, fault: int) -> None:
    if first is not None:
        machine.first(PAGE, first)
    if second is not None:
        machine.page(PAGE, second)
    assert machine.load(PAGE) is None
    assert machine.fetch(PAGE) == fault


def test_no_execution_without_the_right_to_read(machine: Machine) -> None:
    machine.page(PAGE, small(1 << 4))
    machine.set_word(TARGET, 0xE320F000)
    assert machine.fetch(PAGE) is None
    assert machine.fetch(PAGE, user=True) == PAGE_PERMISSION


def test_external_aborts(machine: Machine) -> None:
    """Tables, and code, where there is no RAM: devices have neither."""
    machine.first(SECTION, RAM_SIZE | 5 << 5 | 0b01)
    assert machine.load(SECTION) == PAGE_WALK_ABORT | 5 << 4
    assert machine.fetch(SECTION) & 0x40F == PAGE_WALK_ABORT  # type: ignore[operator]
    assert machine.translate(0, SECTION) == PAGE_WALK_ABORT << 1 | 1
    machine.first(SECTION, RAM_SIZE | FULL_ACCESS | NORMAL | 0b10)
    assert machine.fetch(SECTION) == EXTERNAL_ABORT
    machine.state.ttbcr, machine.state.ttbr1 = 1, RAM_SIZE
    assert machine.load(0x80000000) == WALK_ABORT


@pytest.mark.parametrize("rights", [0, MANAGER], ids=["no access", "manager"])
def test_faults_of_the_walk_come_before_those_of_the_domain(machine: Machine, rights: int) -> None:
    """Translation, access flag, domain, permission: the order of TranslateAddressV (B3.19)."""
    machine.state.sctlr |= SCTLR_AFE
    machine.state.dacr |= rights << 2
    machine.page(PAGE, 0, domain=1)
    assert machine.load(PAGE) == PAGE_TRANSLATION | 1 << 4
    machine.page(PAGE, small(SMALL_XN), domain=1)
    assert machine.load(PAGE) == PAGE_ACCESS | 1 << 4
    assert machine.fetch(PAGE) == PAGE_ACCESS | 1 << 4
    machine.first(SECTION, section(SECTION_XN, domain=1))
    assert machine.load(SECTION) == ACCESS | 1 << 4
    assert machine.fetch(SECTION) == ACCESS | 1 << 4
    machine.page(PAGE, small(ACCESS_FLAG | SMALL_XN | READ_ONLY), domain=1)
    assert machine.store(PAGE) == (None if rights == MANAGER else PAGE_DOMAIN | 1 << 4)


# --- alignment ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("instruction", ["ldr r8, [r0]", "ldrh r8, [r0]", "strh r8, [r0]", "str r8, [r0]"])
def test_alignment_is_checked_before_the_tables_are_read(machine: Machine, instruction: str) -> None:
    machine.state.sctlr |= SCTLR_A
    state = machine.run(instruction, r0=PAGE + 1)
    assert state.dfsr == ALIGNMENT | (WRITTEN if instruction.startswith("s") else 0)
    assert (state.dfar, state.cpsr & 0x1F) == (PAGE + 1, Mode.ABT)


@pytest.mark.parametrize("instruction", ["ldrex r8, [r0]", "ldm r0, {r8, r9}", "ldrd r8, r9, [r0]"])
def test_some_instructions_are_never_unaligned(machine: Machine, instruction: str) -> None:
    machine.page(PAGE, small())
    assert machine.run(instruction, r0=PAGE + 2).dfsr == ALIGNMENT


# --- accesses over the end of a page --------------------------------------------------------------------------------


def test_an_access_is_in_two_pages(machine: Machine) -> None:
    machine.page(PAGE, small())
    machine.page(NEXT_PAGE, 4 * MIB | FULL_PAGE | NORMAL | SMALL)
    machine.state.r8_12_usr[0] = 0x44332211
    assert machine.store(NEXT_PAGE - 2) is None
    assert machine.word(TARGET + 0xFFC) == 0x22110000
    assert machine.word(4 * MIB) == 0x4433
    machine.state.r8_12_usr[0] = 0
    assert machine.load(NEXT_PAGE - 2) is None
    assert machine.state.r8_12_usr[0] == 0x44332211


def test_a_store_over_the_end_of_a_page_does_all_or_nothing(machine: Machine) -> None:
    machine.page(PAGE, small())
    state = machine.run("str r8, [r0]", r0=NEXT_PAGE - 2)
    assert (state.dfsr, state.dfar) == (PAGE_TRANSLATION | WRITTEN, NEXT_PAGE)
    assert machine.word(TARGET + 0xFFC) == 0


def test_a_load_over_the_end_of_a_page_faults_where_it_is_denied(machine: Machine) -> None:
    machine.page(PAGE, small())
    state = machine.run("ldr r8, [r0]", r0=NEXT_PAGE - 2)
    assert (state.dfsr, state.dfar) == (PAGE_TRANSLATION, NEXT_PAGE)
    machine.page(PAGE, 0)
    machine.page(NEXT_PAGE, small())
    state = machine.run("ldr r8, [r0]", r0=NEXT_PAGE - 2)
    assert (state.dfsr, state.dfar) == (PAGE_TRANSLATION, NEXT_PAGE - 2)


@pytest.mark.parametrize("instruction", ["ldr r8, [r0]", "ldrt r8, [r0], #0", "str r8, [r0]", "strt r8, [r0], #0"])
@pytest.mark.parametrize("device", [PAGE, NEXT_PAGE])
def test_an_access_that_is_partly_to_a_device_is_unaligned(machine: Machine, instruction: str, device: int) -> None:
    """Accesses to Device and Strongly-ordered memory are not done byte by byte (A3.2.1)."""
    for page, physical in ((PAGE, TARGET), (NEXT_PAGE, 4 * MIB)):
        machine.page(page, physical | FULL_PAGE | (0 if page == device else NORMAL) | SMALL)
    machine.state.r8_12_usr[0] = 0x44332211
    written = WRITTEN if instruction.startswith("s") else 0
    state = machine.run(instruction, r0=NEXT_PAGE - 2)
    assert (state.dfsr, state.dfar, state.cpsr & 0x1F) == (ALIGNMENT | written, NEXT_PAGE - 2, Mode.ABT)
    assert (machine.word(TARGET + 0xFFC), machine.word(4 * MIB)) == (0, 0)
