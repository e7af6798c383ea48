"""ARMv7-A as the core knows it: the state after reset, and a disassembler."""

from __future__ import annotations

import capstone
from vmsim_core.architecture import Architecture, ArchState

from vmsim_arch_arm.state import ArmState

_THUMB = 1 << 5
_WIDE_THUMB = 0xE800
"""A first halfword from here on begins a 32-bit Thumb instruction (ARM DDI 0406C, A6.1)."""


class Arm(Architecture):
    """ARMv7-A, as a Cortex-A9 has it."""

    type_name = "arm"

    def __init__(self) -> None:
        self._disassemblers: dict[bool, capstone.Cs] = {}

    def reset_state(self, cpu: int) -> ArmState:
        """Return the state after reset (B1.9.2): Supervisor mode, all masked, MMU and caches off, PC at the vector."""
        state = ArmState()
        state.mpidr |= cpu
        return state

    def disassemble(self, code: bytes, address: int, state: ArchState) -> str:
        """Return the instruction at the start of `code`; what is none comes as ``.word`` or ``.short``."""
        assert isinstance(state, ArmState)
        thumb = bool(state.cpsr & _THUMB)
        if thumb not in self._disassemblers:
            mode = capstone.CS_MODE_THUMB if thumb else capstone.CS_MODE_ARM
            self._disassemblers[thumb] = capstone.Cs(capstone.CS_ARCH_ARM, mode)
        for instruction in self._disassemblers[thumb].disasm_lite(code[:4], address, 1):
            return f"{instruction[2]} {instruction[3]}".strip()
        first = int.from_bytes(code[:2], "little")
        if thumb and first < _WIDE_THUMB:
            return f".short {first:#06x}"
        return f".word {int.from_bytes(code[:4], 'little'):#010x}"
