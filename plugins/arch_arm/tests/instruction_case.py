"""A single instruction and the state in which it is executed, and what is compared afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field

from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.state import ArmState

MEMORY = 1 << 20
CODE = 0x8000
DATA = 0x4_0000
WINDOW = 0x1000
"""Bytes of memory around DATA, where a page begins, that are random and compared."""

THUMB_BIT = 0x20
ENABLE_VFP = 0x4000_0000
FULL_ACCESS = 0x00F0_0000
SETS = ("ARM", "THUMB16", "THUMB32")
SIZES = {"ARM": 4, "THUMB16": 2, "THUMB32": 4}
"""Bytes of an instruction of each set."""


@dataclass
class Case:
    """A word and the state in which it is executed."""

    word: int
    size: int
    thumb: bool
    mode: int = 0x13
    nzcv: int = 0
    q: int = 0
    ge: int = 0
    it: int = 0
    big_endian: bool = False
    r: list[int] = field(default_factory=lambda: [0] * 15)
    d: list[int] = field(default_factory=lambda: [0] * 32)
    fpscr: int = 0
    sctlr: int = 0
    """Bits that are set besides those that are after reset."""
    exclusive: tuple[int, int] | None = None
    """Address and size that the exclusive monitor holds."""
    rest: tuple[int, ...] = ()
    """The halfwords of the rest of an IT block, which is executed as well: Unicorn does not stop inside of one."""
    data: bytes = field(default=bytes(WINDOW), repr=False)

    @property
    def cpsr(self) -> int:
        """The CPSR, with interrupts masked."""
        it = self.it >> 2 << 10 | (self.it & 3) << 25
        flags = self.nzcv << 28 | self.q << 27 | self.ge << 16 | self.big_endian << 9
        return flags | it | 0x1C0 | self.thumb << 5 | self.mode

    @property
    def code(self) -> bytes:
        """The instructions as they stand in memory."""
        if self.thumb and self.size == 4:
            code = (self.word >> 16).to_bytes(2, "little") + (self.word & 0xFFFF).to_bytes(2, "little")
        else:
            code = self.word.to_bytes(self.size, "little")
        return code + b"".join(each.to_bytes(2, "little") for each in self.rest)


@dataclass
class After:
    """What is compared."""

    exception: str
    pc: int
    cpsr: int
    r: list[int]
    d: list[int]
    fpscr: int
    data: bytes

    def differences(self, other: After) -> list[str]:
        """Return what differs, `other` being Unicorn's."""
        if self == other:
            return []
        if self.exception != other.exception:
            return [f"exception {self.exception!r} / {other.exception!r}"]
        if self.exception:
            return []
        found = []
        for name in ("pc", "cpsr", "fpscr"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if name == "pc" and not self.cpsr & THUMB_BIT:
                mine, theirs = mine & ~3, theirs & ~3  # an address that ends in 10 is UNPREDICTABLE
            if mine != theirs:
                found.append(f"{name} {mine:#x} / {theirs:#x}")
        for name in ("r", "d"):
            for number, (mine, theirs) in enumerate(zip(getattr(self, name), getattr(other, name), strict=True)):
                if mine != theirs:
                    found.append(f"{name}{number} {mine:#x} / {theirs:#x}")
        if self.data != other.data:
            for offset, (mine, theirs) in enumerate(zip(self.data, other.data, strict=True)):
                if mine != theirs:
                    found.append(f"[{DATA + offset - WINDOW // 2:#x}] {mine:#x} / {theirs:#x}")
        return found


def padded(code: bytes) -> bytes:
    """Return code with zeros behind it, as both sides have it in memory."""
    return code.ljust(16, b"\0")


def state_of(case: Case) -> ArmState:
    """Return the case as an architectural state."""
    state = Arm().reset_state(0)
    assert isinstance(state, ArmState)
    state.cpsr = case.cpsr
    state.r[:] = case.r[:8]
    for number in range(8, 15):
        state.write_gpr(number, case.r[number])
    state.pc = CODE
    state.d[:] = case.d
    state.cpacr, state.fpexc, state.fpscr = FULL_ACCESS, ENABLE_VFP, case.fpscr
    state.sctlr |= case.sctlr
    if case.exclusive is not None:
        state.monitor_valid = 1
        state.monitor_address = state.monitor_virtual_address = case.exclusive[0]
        state.monitor_size = case.exclusive[1]
    return state


def disassembly(case: Case) -> str:
    """Return the instruction as text."""
    return Arm().disassemble(case.code[: case.size], CODE, state_of(case))
