"""Where KVM keeps the registers of a 32-bit guest: one table, read in both directions.

An arm64 kernel knows the registers of an AArch32 guest by the AArch64 registers that they are mapped onto: ARM DDI
0487, D1.19.1 "AArch32 general-purpose registers and AArch64", and "Architecturally mapped to" in G8.2 for the system
registers. What has no place here stays outside, as it was loaded: see `KEPT_OUTSIDE`.
"""

from __future__ import annotations

import ctypes
from ctypes import byref, c_uint64
from dataclasses import dataclass
from typing import Any

from vmsim_arch_arm import psr
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState, specs

from vmsim_cpu_kvm import kvm_api as api

_WORD = 0xFFFFFFFF
_DOUBLE = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True)
class Place:
    """One field of the ArmState, or an element of it: bits of a KVM register."""

    field: str
    index: int | None
    register: int
    """KVM's identifier."""
    mask: int = _WORD
    """The bits of the field that are here; those that are in no place stay outside."""
    shift: int = 0
    """Where bit 0 of the field is in the register."""


def _core(offset: int, size: int = api.REG_SIZE_U64) -> int:
    """Return the identifier of a core register by its byte offset in struct kvm_regs."""
    return api.REG_ARM64 | size | api.REG_ARM_CORE | offset // 4


def _x(number: int) -> int:
    return _core(8 * number)


def _system(op0: int, op1: int, crn: int, crm: int, op2: int) -> int:
    """Return the identifier of an AArch64 system register (ARM64_SYS_REG in asm/kvm.h)."""
    return api.REG_ARM64 | api.REG_SIZE_U64 | api.REG_ARM64_SYSREG | op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2


# struct kvm_regs: regs[31], sp, pc, pstate, sp_el1, elr_el1, spsr[5]; then the SIMD registers, aligned to 16 bytes.
X0, PC, PSTATE = _x(0), _core(256), _core(264)
SPSRS: dict[int, int] = {
    mode: _core(288 + 8 * n) for n, mode in enumerate((Mode.SVC, Mode.ABT, Mode.UND, Mode.IRQ, Mode.FIQ))
}
"""By the mode that they belong to."""
_VECTORS_AT = 336
_FPSR, _FPCR = (_core(_VECTORS_AT + 512 + 4 * n, api.REG_SIZE_U32) for n in range(2))
ESR_EL1 = _system(3, 0, 5, 2, 0)
FAR_EL1 = _system(3, 0, 6, 0, 0)
SCTLR_EL1 = _system(3, 0, 1, 0, 0)
_MAIR_EL1 = _system(3, 0, 10, 2, 0)

_PSR = 0xFE0FFFFF
"""Without J and bits 23 to 20, which mean other things in ARMv8 (DDI 0487, C5.2.19: DIT, SSBS, PAN, SS, IL)."""
_SCTLR = 0x7200380F & ~(1 << 3)
"""TE, AFE, TRE, EE, V, I, Z, C, A, M. The rest is fixed in a Cortex-A9, or is another bit in ARMv8."""
_SCTLR_ONES = 0x00C50078
"""What an ARMv8 core is to see in the rest: among it nTWE and nTWI, so that WFE and WFI stay the host's affair."""
_FPEXC_EN = 1 << 30
_FPSR_BITS, _FPCR_BITS = 0xF800009F, 0x07FF9F00
"""How FPSCR is divided (DDI 0487, C5.2.7 and C5.2.8)."""
_CP10, _CP11 = 0x3 << 20, 0x3 << 22

_STACK_AND_LINK = {"usr": (13, 14), "irq": (17, 16), "svc": (19, 18), "abt": (21, 20), "und": (23, 22), "fiq": (29, 30)}
"""Where the banked R13 and R14 are, by the suffix of their fields."""
_FIQ_R8 = 24

_GENERAL = [
    *(Place("r", number, _x(number)) for number in range(8)),
    *(Place("r8_12_usr", number, _x(8 + number)) for number in range(5)),
    *(Place("r8_12_fiq", number, _x(_FIQ_R8 + number)) for number in range(5)),
    *(Place(f"sp_{bank}", None, _x(stack)) for bank, (stack, _) in _STACK_AND_LINK.items()),
    *(Place(f"lr_{bank}", None, _x(link)) for bank, (_, link) in _STACK_AND_LINK.items()),
    Place("pc", None, PC),
    Place("cpsr", None, PSTATE, _PSR),
    *(Place(f"spsr_{Mode(mode).name.lower()}", None, register, _PSR) for mode, register in SPSRS.items()),
]  # fmt: skip
_FLOATING_POINT = [
    *(
        Place("d", number, _core(_VECTORS_AT + 16 * (number // 2), api.REG_SIZE_U128), _DOUBLE, 64 * (number % 2))
        for number in range(32)
    ),
    Place("fpscr", None, _FPSR, _FPSR_BITS),
    Place("fpscr", None, _FPCR, _FPCR_BITS),
    Place("fpexc", None, _system(3, 4, 5, 3, 0), _FPEXC_EN),
]
_SYSTEM = [
    Place("csselr", None, _system(3, 2, 0, 0, 0)),
    Place("sctlr", None, SCTLR_EL1, _SCTLR),
    Place("cpacr", None, _system(3, 0, 1, 0, 2), _CP10),
    Place("ttbr0", None, _system(3, 0, 2, 0, 0)),
    Place("ttbr1", None, _system(3, 0, 2, 0, 1)),
    Place("ttbcr", None, _system(3, 0, 2, 0, 2)),
    Place("dacr", None, _system(3, 4, 3, 0, 0)),
    Place("dfsr", None, ESR_EL1),
    Place("ifsr", None, _system(3, 4, 5, 0, 1)),
    Place("dfar", None, FAR_EL1),
    Place("ifar", None, FAR_EL1, shift=32),
    Place("par", None, _system(3, 0, 7, 4, 0)),
    Place("prrr", None, _MAIR_EL1),
    Place("nmrr", None, _MAIR_EL1, shift=32),
    Place("vbar", None, _system(3, 0, 12, 0, 0)),
    Place("contextidr", None, _system(3, 0, 13, 0, 1)),
    Place("tpidrprw", None, _system(3, 0, 13, 0, 4)),
    Place("tpidrurw", None, _system(3, 3, 13, 0, 2)),
    Place("tpidruro", None, _system(3, 3, 13, 0, 3)),
]

PLACES = (*_GENERAL, *_FLOATING_POINT, *_SYSTEM)
"""The table."""

KEPT_OUTSIDE = frozenset(
    {
        # Registers of a Cortex-A9 that ARMv8 has not, or that read as zero in both.
        "fcseidr", "teecr", "teehbr", "adfsr", "aifsr",
        # What is between instructions: the monitor is lost at every exit, the rest is the engine's own.
        "monitor_valid", "monitor_address", "monitor_size", "monitor_virtual_address", "event_register", "waiting",
        "pending_async_abort",
        # What the host's CPU fixes.
        *(spec.name for spec in specs() if spec.host_dependent),
    }
)  # fmt: skip
"""Fields that KVM has no place for; they are given back as they were loaded."""

_FIXED_BITS = {SCTLR_EL1: _SCTLR_ONES & ~_SCTLR}


class RegisterFile:
    """The registers of one vCPU."""

    def __init__(self, vcpu: int) -> None:
        self._vcpu = vcpu
        identifiers = list(dict.fromkeys(place.register for place in PLACES))
        # 16 bytes for each register; the kernel uses as much of it as the register's size says.
        self._cells: Any = (c_uint64 * (2 * len(identifiers)))()
        self._cell = {identifier: 2 * number for number, identifier in enumerate(identifiers)}
        start = ctypes.addressof(self._cells)
        self._requests = {
            identifier: byref(api.OneReg(identifier, start + 8 * at)) for identifier, at in self._cell.items()
        }
        self._outside = ArmState()

    def read(self, register: int) -> int:
        """Return the lower 64 bits of one register; raises KvmError."""
        if api.raw_ioctl(self._vcpu, api.GET_ONE_REG, self._requests[register]) < 0:
            raise api.last_error()
        return int(self._cells[self._cell[register]])

    def write(self, register: int, value: int) -> None:
        """Write one register of up to 64 bits; raises KvmError."""
        self._cells[self._cell[register]] = value
        api.ioctl(self._vcpu, api.SET_ONE_REG, self._requests[register])

    def load(self, state: ArmState) -> None:
        """Take over an architectural state; raises KvmError."""
        self._outside = state.copy()
        values = [0] * len(self._cells)
        for register, bits in _FIXED_BITS.items():
            values[self._cell[register]] = bits
        for place in PLACES:
            at, shift = self._where(place)
            values[at] |= (_get(state, place) & place.mask) << shift
        self._cells[:] = values
        # The core registers are narrowed to 32 bits as the mode in CPSR says, so it goes first.
        for register in (PSTATE, *self._requests):
            api.ioctl(self._vcpu, api.SET_ONE_REG, self._requests[register])

    def save(self) -> ArmState:
        """Give the architectural state; raises KvmError."""
        state = self._outside.copy()
        self.refresh(state, PLACES)
        # An ARMv8 core keeps one field for what allows the two coprocessors of the VFP (DDI 0487, G8.2.33).
        if (state.cpacr ^ self._outside.cpacr) & _CP10:
            state.cpacr = state.cpacr & ~_CP11 | (state.cpacr & _CP10) << 2
        return state

    def refresh(self, state: ArmState, places: tuple[Place, ...]) -> None:
        """Bring some of a state up to date; raises KvmError."""
        for register in dict.fromkeys(place.register for place in places):
            self.read(register)
        values = self._cells[:]
        for place in places:
            at, shift = self._where(place)
            _set(state, place, _get(state, place) & ~place.mask | values[at] >> shift & place.mask)

    def _where(self, place: Place) -> tuple[int, int]:
        """Return in which 64 bits a place is, and from which bit on."""
        return self._cell[place.register] + place.shift // 64, place.shift % 64


def places_of(*fields: str) -> tuple[Place, ...]:
    """Return the places of some fields."""
    return tuple(place for place in PLACES if place.field in fields)


def general_register(number: int, cpsr: int) -> int:
    """Return the identifier of R0 to R14 as the mode in `cpsr` sees them."""
    mode = Mode(cpsr & psr.MODE)
    if number >= 13:
        return _x(_STACK_AND_LINK["usr" if mode == Mode.SYS else mode.name.lower()][number - 13])
    return _x(_FIQ_R8 + number - 8 if mode == Mode.FIQ and number >= 8 else number)


def _get(state: ArmState, place: Place) -> int:
    value: Any = getattr(state, place.field)
    return int(value if place.index is None else value[place.index])


def _set(state: ArmState, place: Place, value: int) -> None:
    if place.index is None:
        setattr(state, place.field, value)
    else:
        getattr(state, place.field)[place.index] = value
