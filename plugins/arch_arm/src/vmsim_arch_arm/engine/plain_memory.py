"""Memory for interpreted runs: the functions of memory.pxd on an object with `read` and `write` in `core.memory`."""

from __future__ import annotations

from typing import Any

from vmsim_arch_arm.engine.records import DATA_ABORT, Core


def mem_u_read(core: Core, address: int, size: int) -> int:
    """MemU[], B2.4.4."""
    return int(core.memory.read(address & 0xFFFF_FFFF, size))


def mem_u_write(core: Core, address: int, size: int, value: int) -> None:
    """MemU[], B2.4.4."""
    core.memory.write(address & 0xFFFF_FFFF, size, value)


def mem_a_read(core: Core, address: int, size: int) -> int:
    """MemA[], B2.4.4."""
    if address % size:
        _alignment_fault(core, address, 1)
        return 0
    return mem_u_read(core, address, size)


def mem_a_write(core: Core, address: int, size: int, value: int) -> None:
    """MemA[], B2.4.4."""
    if address % size:
        _alignment_fault(core, address, 0x801)
    else:
        mem_u_write(core, address, size, value)


def words_to_read(core: Core, address: int, size: int) -> Any:
    """Where words are in the host's memory: nowhere, here."""
    return None


words_to_write = words_to_read
mem_u_unpriv_read = mem_u_read
mem_u_unpriv_write = mem_u_write


def set_exclusive_monitors(core: Core, address: int, size: int) -> None:
    """SetExclusiveMonitors(), A3.4.1."""
    core.monitor_valid = 1
    core.monitor_address = core.monitor_virtual_address = address
    core.monitor_size = size


def exclusive_monitors_pass(core: Core, address: int, size: int) -> bool:
    """ExclusiveMonitorsPass(), A3.4.1."""
    passed = bool(core.monitor_valid) and (core.monitor_address, core.monitor_size) == (address, size)
    core.monitor_valid = 0
    return passed


def clear_exclusive_local(core: Core) -> None:
    """ClearExclusiveLocal(), A3.4.1."""
    core.monitor_valid = 0


def privilege_changed(core: Core) -> None:
    """There is no TLB here."""


def translation_changed(core: Core) -> None:
    """There is no TLB here."""


def tlb_flush_all(core: Core) -> None:
    """There is no TLB here."""


def _alignment_fault(core: Core, address: int, status: int) -> None:
    core.exception, core.fault_address, core.fault_status = DATA_ABORT, address, status
