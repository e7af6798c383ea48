"""The guest's page tables, read by a debugger: short descriptors (ARM DDI 0406C, B3.5), whatever the permissions."""

from __future__ import annotations

from vmsim_core.debugger import ReadMemory

from vmsim_arch_arm.state import ArmState

_SCTLR_M = 1 << 0
_SCTLR_EE = 1 << 25
_TTBCR_PD0 = 1 << 4
_TTBCR_PD1 = 1 << 5
_PAGE_TABLE, _SECTION = 1, 2
_LARGE_PAGE = 1
_SUPERSECTION = 1 << 18


def translate(state: ArmState, address: int, read: ReadMemory) -> int | None:
    """Return the physical address of a virtual one, which may lie beyond 4 GiB (a supersection); None without one.

    `read` reads memory; what it raises comes through.
    """
    if not state.sctlr & _SCTLR_M:
        return address
    table = _first_level_table(state, address)
    if table is None:
        return None
    entry = _descriptor(state, table + (address >> 20 << 2), read)
    kind = entry & 3
    if kind == _SECTION:
        if entry & _SUPERSECTION:
            beyond = (entry >> 20 & 0xF) << 32 | (entry >> 5 & 0xF) << 36
            return beyond | entry & 0xFF000000 | address & 0x00FFFFFF
        return entry & 0xFFF00000 | address & 0x000FFFFF
    if kind != _PAGE_TABLE:  # a Cortex-A9 has no PXN, so that 0b11 is reserved
        return None
    page = _descriptor(state, (entry & 0xFFFFFC00) + (address >> 12 & 0xFF) * 4, read)
    if page & 3 == 0:
        return None
    if page & 3 == _LARGE_PAGE:
        return page & 0xFFFF0000 | address & 0x0000FFFF
    return page & 0xFFFFF000 | address & 0x00000FFF


def _first_level_table(state: ArmState, address: int) -> int | None:
    """Return where the table for an address begins, less what of the address its size leaves out (B3.5.4)."""
    n = state.ttbcr & 7
    if n == 0 or address >> (32 - n) == 0:
        return None if state.ttbcr & _TTBCR_PD0 else state.ttbr0 & -(1 << (14 - n)) & 0xFFFFFFFF
    return None if state.ttbcr & _TTBCR_PD1 else state.ttbr1 & 0xFFFFC000


def _descriptor(state: ArmState, address: int, read: ReadMemory) -> int:
    return int.from_bytes(read(address, 4), "big" if state.sctlr & _SCTLR_EE else "little")
