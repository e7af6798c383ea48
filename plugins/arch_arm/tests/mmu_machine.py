"""A core with an MMU and tables made by hand: what descriptors are made of, and one access at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

import keystone
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


def section(extra: int = FULL_ACCESS, domain: int = 0) -> int:
    return TARGET | extra | domain << 5 | NORMAL | 0b10


def small(extra: int = FULL_PAGE) -> int:
    return TARGET | extra | NORMAL | SMALL
