"""ARMv7-A as the core knows it: the state after reset, and a disassembler."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from vmsim_core.architecture import Architecture, ArchState, Disassembly
from vmsim_core.debug import ExecutedInstruction

from vmsim_arch_arm import psr
from vmsim_arch_arm.debugger import ArmDebuggerView
from vmsim_arch_arm.state import ArmState

ARM, THUMB = "ARM", "Thumb"
"""The instruction sets."""
_WIDE_THUMB = 0xE800
"""A first halfword from here on begins a 32-bit Thumb instruction (ARM DDI 0406C, A6.1)."""


class Arm(Architecture):
    """ARMv7-A, as a Cortex-A9 has it."""

    type_name = "arm"

    @cached_property
    def _disassemblers(self) -> dict[bool, Any]:
        # Imported when something is disassembled: few runs do that, and it takes a tenth of a second.
        import capstone

        return {
            False: capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_ARM),
            True: capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB),
        }

    @cached_property
    def debugger_view(self) -> ArmDebuggerView:
        """How a debugger sees a core."""
        return ArmDebuggerView()

    def reset_state(self, cpu: int) -> ArmState:
        """Return the state after reset (B1.9.1): Supervisor mode, all masked, MMU and caches off, PC at the vector."""
        state = ArmState()
        state.mpidr |= cpu
        return state

    def program_counter(self, state: ArchState) -> int:
        """Return the PC."""
        assert isinstance(state, ArmState)
        return state.pc

    def disassemble(self, code: bytes, address: int, state: ArchState) -> str:
        """Return the instruction at the start of `code`; what is none comes as ``.word`` or ``.short``.

        In an IT block it has the condition that the IT state of `state` gives it.
        """
        assert isinstance(state, ArmState)
        return self._disassemble(code, address, bool(state.cpsr & psr.T), psr.it_state(state.cpsr))

    def disassemble_executed(self, instruction: ExecutedInstruction) -> Disassembly:
        """Return an executed instruction; a 32-bit Thumb encoding is two halfwords (A6.3)."""
        code, thumb = instruction.code, instruction.instruction_set == THUMB
        text = self._disassemble(code, instruction.address, thumb, instruction.context)
        size = 2 if thumb else 4
        parts = [int.from_bytes(code[start : start + size], "little") for start in range(0, len(code), size)]
        return Disassembly(" ".join(f"{part:0{2 * size}x}" for part in parts), text)

    def _disassemble(self, code: bytes, address: int, thumb: bool, it_state: int) -> str:
        decoder = self._disassemblers[thumb]
        if thumb and it_state & 0xF:
            # The decoder learns the condition from the IT instruction that would lead to this IT state (A8.8.54).
            before = (0xBF00 | it_state).to_bytes(2, "little")
            decoded = list(decoder.disasm_lite(before + code[:4], address - 2, 2))[1:]
        else:
            decoded = list(decoder.disasm_lite(code[:4], address, 1))
        for _, _, mnemonic, operands in decoded:
            return f"{mnemonic} {operands}".strip()
        return _as_data(code, thumb)


def _as_data(code: bytes, thumb: bool) -> str:
    first = int.from_bytes(code[:2], "little")
    if thumb and (first < _WIDE_THUMB or len(code) < 4):
        return f".short {first:#06x}"
    return f".word {int.from_bytes(code[:4], 'little'):#010x}"
