"""Short-descriptor translation by hand-made tables (DDI 0406C, B3): every fault, and what is translated to what."""

from __future__ import annotations

from dataclasses import dataclass, field

import keystone
import pytest
from vmsim_arch_arm.engine.arm_engine import ArmEngine
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState
from vmsim_core.events import EventQueue
from vmsim_core.ram import Ram

MIB = 1 << 20
RAM_SIZE = 64 * MIB
FOREVER = 1 << 62
TABLE_0, TABLE_1, PAGES = 0x4000, 0x8000, 0x10000
CODE = 0x1000
"""Virtual and physical address of the code, in a section of domain 0 that maps itself."""
PAGE, TARGET = 0x12345000, 2 * MIB
SECTION = 0x12300000
NEXT_PAGE = PAGE + 0x1000

# First-level descriptors (B3.5.1).
NO_FIRST, RESERVED_FIRST = 0x0, 0x3
SUPERSECTION, SECTION_NOT_GLOBAL, SECTION_XN = 1 << 18, 1 << 17, 1 << 4
FULL_ACCESS, SECTION_ACCESS_FLAG, SECTION_READ_ONLY = 3 << 10, 1 << 10, 1 << 15
# Second-level descriptors.
SMALL, LARGE, SMALL_XN, LARGE_XN, NOT_GLOBAL = 0b10, 0b01, 0b1, 1 << 15, 1 << 11
FULL_PAGE, ACCESS_FLAG, READ_ONLY = 3 << 4, 1 << 4, 1 << 9
NORMAL = 1 << 3
"""C, without TEX and B: Normal memory, write-through."""

SCTLR_M, SCTLR_A, SCTLR_EE, SCTLR_TRE, SCTLR_AFE = 1 << 0, 1 << 1, 1 << 25, 1 << 28, 1 << 29
CLIENT, MANAGER = 1, 3
WRITTEN = 1 << 11
ALIGNMENT, TRANSLATION, ACCESS, DOMAIN, PERMISSION = 0b00001, 0b00101, 0b00011, 0b01001, 0b01101
PAGE_TRANSLATION, PAGE_ACCESS, PAGE_DOMAIN, PAGE_PERMISSION = 0b00111, 0b00110, 0b01011, 0b01111
WALK_ABORT, PAGE_WALK_ABORT, EXTERNAL_ABORT = 0b01100, 0b01110, 0b01000

_KEYSTONE = keystone.Ks(keystone.KS_ARCH_ARM, keystone.KS_MODE_ARM)


@dataclass
class Machine:
    """64 MiB of RAM at 0, a core whose MMU is on, and tables with which only the code is mapped."""

    ram: Ram = field(default_factory=lambda: Ram("ram", RAM_SIZE))
    state: ArmState = field(default_factory=ArmState)
    code: int = CODE
    """Virtual address of what is at CODE."""

    def __post_init__(self) -> None:
        self.engine = ArmEngine([(0, self.ram, 0, RAM_SIZE)], lambda *read: 0, lambda *write: None, EventQueue())
        self.engine.set_clock(0, 1)
        self.state.cpsr = Mode.SVC | 0x1C0
        self.state.sctlr |= SCTLR_M
        self.state.ttbr0, self.state.ttbr1 = TABLE_0, TABLE_1
        self.state.dacr = CLIENT
        self.state.r8_12_usr[0] = 0x55
        self.first(CODE, FULL_ACCESS | SECTION_ACCESS_FLAG | NORMAL | 0b10)

    def word(self, address: int) -> int:
        """Return a word of RAM."""
        return int.from_bytes(self.ram.view[address : address + 4], "little")

    def set_word(self, address: int, value: int) -> None:
        """Write RAM, as a device would."""
        self.ram.view[address : address + 4] = value.to_bytes(4, "little")
        self.engine.invalidate(address, 4)

    def first(self, address: int, descriptor: int, table: int = TABLE_0) -> None:
        """Write the first-level descriptor of an address."""
        self.set_word(table + (address >> 20) * 4, descriptor)

    def page(self, address: int, descriptor: int, domain: int = 0) -> None:
        """Write the second-level descriptor of an address, into the one table that there is."""
        self.first(address, PAGES | domain << 5 | 0b01)
        self.set_word(PAGES + (address >> 12 & 0xFF) * 4, descriptor)

    def run(self, *code: str, user: bool = False, **registers: int) -> ArmState:
        """Execute instructions from the state as it is, and keep what comes out; an exception is the end."""
        for number, line in enumerate(code):
            encoding = bytes(_KEYSTONE.asm(line, 0)[0])
            self.set_word(CODE + 0x100 + 4 * number, int.from_bytes(encoding, "little"))
        self.state.pc = self.code + 0x100
        self.state.vbar = self.code
        self.state.cpsr = (Mode.USR if user else Mode.SVC) | 0x1C0
        for name, value in registers.items():
            self.state.r[int(name[1:])] = value
        for vector in range(0, 0x20, 4):
            self.set_word(CODE + vector, 0xEAFFFFFE)  # B .
        self.engine.load_state(self.state)
        self.engine.run(FOREVER, len(code))
        self.state = self.engine.save_state(ArmState())
        return self.state

    def load(self, address: int, user: bool = False) -> int | None:
        """Return the fault status of a load, None if it is let through."""
        return self._access("ldr r8, [r0]", address, user)

    def store(self, address: int, user: bool = False) -> int | None:
        """Return the fault status of a store without WnR, which is checked; None if it is let through."""
        status = self._access("str r8, [r0]", address, user)
        assert status is None or status & WRITTEN
        return status if status is None else status & ~WRITTEN

    def fetch(self, address: int, user: bool = False) -> int | None:
        """Return the fault status of a fetch, None if it is let through."""
        state = self.run("bx r0", "nop", user=user, r0=address)
        if state.cpsr & 0x1F != Mode.ABT:
            assert state.pc == address + 4
            return None
        assert (state.ifar, state.lr_abt, state.pc) == (address, address + 4, self.code + 0xC)
        return state.ifsr

    def translate(self, operation: int, address: int) -> int:
        """Return PAR after an address translation operation: 0 and 1 privileged, 2 and 3 User; odd ones write."""
        return self.run(f"mcr p15, 0, r0, c7, c8, {operation}", "isb", r0=address).par

    def _access(self, instruction: str, address: int, user: bool) -> int | None:
        state = self.run(instruction, user=user, r0=address)
        if state.cpsr & 0x1F != Mode.ABT:
            return None
        assert (state.dfar, state.lr_abt, state.pc) == (address, self.code + 0x100 + 8, self.code + 0x10)
        return state.dfsr


@pytest.fixture
def machine() -> Machine:
    return Machine()


def section(extra: int = FULL_ACCESS, domain: int = 0) -> int:
    return TARGET | extra | domain << 5 | NORMAL | 0b10


def small(extra: int = FULL_PAGE) -> int:
    return TARGET | extra | NORMAL | SMALL


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
    machine.first(SECTION, RAM_SIZE | 0b01)
    assert machine.load(SECTION) == PAGE_WALK_ABORT
    assert machine.fetch(SECTION) == PAGE_WALK_ABORT
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


# --- the TLB --------------------------------------------------------------------------------------------------------

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


# --- address translation operations ---------------------------------------------------------------------------------

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
