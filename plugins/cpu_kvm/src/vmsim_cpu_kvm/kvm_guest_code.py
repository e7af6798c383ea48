"""What a guest is doing, told from the code at its PC: KVM itself does not say that it waits, or that it is stuck."""

from __future__ import annotations

from collections.abc import Callable

from vmsim_arch_arm import psr
from vmsim_arch_arm.exceptions import HIGH_VECTORS, SCTLR_V, ExceptionKind
from vmsim_arch_arm.page_tables import translate
from vmsim_arch_arm.state import ArmState
from vmsim_core.address_map import AddressMap, BusError, RamRegion

from vmsim_cpu_kvm.kvm_registers import places_of

PLACES = places_of("pc", "cpsr", "sctlr", "ttbcr", "ttbr0", "ttbr1", "vbar")
"""The registers that the functions here look at."""

# Encodings of ARM DDI 0406C, A8.8.425 (WFI) and A8.8.18 (B); those of Thumb as halfwords in memory.
_ARM_WFI, _CONDITION = 0x0320F003, 0x0FFFFFFF
_THUMB_WFI = b"\x30\xbf"
_THUMB2_WFI = b"\xaf\xf3\x03\x80"
_ARM_LOOP = b"\xfe\xff\xff\xea"
_THUMB_LOOP = b"\xfe\xe7"
_THUMB2_LOOP = b"\xff\xf7\xfe\xbf"

_FAULTS = (ExceptionKind.UNDEFINED, ExceptionKind.PREFETCH_ABORT, ExceptionKind.DATA_ABORT)
_INTERRUPTS = (ExceptionKind.IRQ, ExceptionKind.FIQ)


def read_virtual(address_map: AddressMap, state: ArmState, address: int, size: int) -> bytes | None:
    """Return RAM at a virtual address; None where there is none, or where it is a device's."""

    def read(physical: int, length: int) -> bytes:
        region = address_map.find(physical)
        if not isinstance(region, RamRegion):
            raise BusError(physical)
        start = region.offset + physical - region.base
        return bytes(region.ram.view[start : start + length])

    parts = []
    try:
        while size > 0:
            physical = translate(state, address, read)
            if physical is None:
                return None
            length = min(size, 0x1000 - (address & 0xFFF))
            parts.append(read(physical, length))
            address = address + length & 0xFFFFFFFF
            size -= length
    except BusError:
        return None
    return b"".join(parts)


def follows_wait(address_map: AddressMap, state: ArmState) -> bool:
    """Whether the instruction before PC is a WFI."""
    if state.cpsr & psr.T:
        before = read_virtual(address_map, state, state.pc - 2 & 0xFFFFFFFF, 2)
        return before == _THUMB_WFI or read_virtual(address_map, state, state.pc - 4 & 0xFFFFFFFF, 4) == _THUMB2_WFI
    code = read_virtual(address_map, state, state.pc - 4 & 0xFFFFFFFF, 4)
    return code is not None and int.from_bytes(code, "little") & _CONDITION == _ARM_WFI


class CodePages:
    """The pages of a few thousand single steps, for a host that steps over a WFI as if it were nothing (QEMU does)."""

    def __init__(self, address_map: AddressMap, glance: Callable[[], ArmState]) -> None:
        self._address_map = address_map
        self._glance = glance
        self._pages: dict[int, bytes | None] = {}

    def may_be_wait(self, address: int) -> bool:
        """Whether there may be a WFI at an address; `follows_wait` is sure of it."""
        page = address & ~0xFFF
        if page not in self._pages:
            self._pages[page] = read_virtual(self._address_map, self._glance(), page, 0x1000)
        found = self._pages[page]
        code = b"" if found is None else found[address & 0xFFF : (address & 0xFFF) + 4]
        is_arm = len(code) == 4 and int.from_bytes(code, "little") & _CONDITION == _ARM_WFI
        return is_arm or code[:2] == _THUMB_WFI or code == _THUMB2_WFI


def is_endless(address_map: AddressMap, state: ArmState, fiq_wired: bool) -> bool:
    """Whether the instruction at PC is a branch to itself that no interrupt can end."""
    if not state.cpsr & psr.I or (fiq_wired and not state.cpsr & psr.F):
        return False
    if state.cpsr & psr.T:
        if read_virtual(address_map, state, state.pc, 2) == _THUMB_LOOP:
            return True
        return read_virtual(address_map, state, state.pc, 4) == _THUMB2_LOOP
    return read_virtual(address_map, state, state.pc, 4) == _ARM_LOOP


def at_vector(state: ArmState, kinds: tuple[ExceptionKind, ...] = _FAULTS + _INTERRUPTS) -> bool:
    """Whether PC is where one of these exceptions is taken to, in the mode that it is taken to."""
    base = HIGH_VECTORS if state.sctlr & SCTLR_V else state.vbar & ~0x1F
    mode = state.cpsr & psr.MODE
    return any(mode == kind.value.mode and state.pc == base + kind.value.vector for kind in kinds)


def at_fault_vector(state: ArmState) -> bool:
    """Whether PC is where an undefined instruction or an abort is taken to."""
    return at_vector(state, _FAULTS)
