"""Unicorn's exclusive monitor (DDI 0406C, A3.4): it can only be seen in, and changed through, a saved context."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

from unicorn.arm_const import UC_ARM_REG_R1, UC_ARM_REG_R2, UC_CPU_ARM_CORTEX_A9
from unicorn.unicorn import Uc
from unicorn.unicorn_const import UC_ARCH_ARM, UC_MODE_ARM

_CODE, _DATA = 0x1_0000, 0x3C5A_0000
_LDREX_R0_R1 = bytes.fromhex("9f0f91e1")
_PAGE = 0x1000
_PROBES = ((_DATA + 0x124, 0xC3D2_E1F0), (_DATA + 0x9A8, 0x9586_A7B4))
"""Where an exclusive load is tried, and what it finds there."""

NO_ADDRESS = (1 << 64) - 1
"""What stands for the address while the monitor is open."""


@dataclass(frozen=True)
class MonitorPlace:
    """Where a saved context holds the monitor: offsets in bytes of two 64-bit words."""

    address: int
    """The virtual address of the last exclusive load."""
    value: int
    """What it loaded, extended with zeros; an exclusive store succeeds where memory still holds it."""


@cache
def find_monitor() -> MonitorPlace:
    """Try exclusive loads in an engine of its own and look for what they leave behind.

    Raises RuntimeError when that is not to be found in exactly one place.
    """
    contexts = [_context_after_load(address, value) for address, value in _PROBES]
    addresses, values = ([probe[part] for probe in _PROBES] for part in (0, 1))
    return MonitorPlace(_only_place(contexts, addresses), _only_place(contexts, values))


def _context_after_load(address: int, value: int) -> bytes:
    engine = Uc(UC_ARCH_ARM, UC_MODE_ARM)
    engine.ctl_set_cpu_model(UC_CPU_ARM_CORTEX_A9)
    engine.mem_map(_CODE, _PAGE)
    engine.mem_map(_DATA, _PAGE)
    engine.mem_write(_CODE, _LDREX_R0_R1)
    engine.mem_write(address, value.to_bytes(4, "little"))
    engine.reg_write(UC_ARM_REG_R1, address)
    # R0 and R1, with what follows them, must not look like the 64-bit words that are looked for.
    engine.reg_write(UC_ARM_REG_R2, 0xFFFF_FFFF)
    engine.emu_start(_CODE, _CODE + len(_LDREX_R0_R1))
    saved = engine.context_save()
    return ctypes.string_at(saved.context, saved.size)


def _only_place(contexts: list[bytes], expected: list[int]) -> int:
    places = [
        offset
        for offset in range(0, min(map(len, contexts)) - 7, 4)
        if all(
            int.from_bytes(context[offset : offset + 8], "little") == value
            for context, value in zip(contexts, expected, strict=True)
        )
    ]
    if len(places) != 1:
        raise RuntimeError(
            "this build of unicorn does not keep its exclusive monitor where version 2.1.4 does; "
            "reinstall it: pip install --force-reinstall unicorn==2.1.4"
        )
    return places[0]
