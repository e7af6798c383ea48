"""16-bit moves, bit fields, bits and bytes in another order (DDI 0406C, A5.2.3, A5.2.12, A5.4, A6.3.3, A6.3.14).

All of them keep the flags, and none of them may write R15.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.records import DECODED, IS_UNDEFINED, MASK32, NEXT, Core, Instruction

    HALVES = 0x00FF00FF


def decode_thumb_move(insn: Instruction) -> int:
    """MOVW and MOVT: the encoding has i:imm4:imm3:imm8, and imm4:i:imm3:imm8 is meant."""
    bits = insn.immediate
    insn.immediate = (bits & 0x7800) << 1 | bits >> 15 << 11 | bits & 0x7FF
    return DECODED


def move_wide(core: Core, insn: Instruction) -> int:
    """MOV (immediate) of 16 bits, A8.8.102."""
    core.r[insn.d] = insn.immediate
    return NEXT


def move_top(core: Core, insn: Instruction) -> int:
    """MOVT, A8.8.106."""
    core.r[insn.d] = insn.immediate << 16 | core.r[insn.d] & 0xFFFF
    return NEXT


def decode_insertion(insn: Instruction) -> int:
    """BFC and BFI: the bits <option:shift_amount> as a mask; UNPREDICTABLE is UNDEFINED."""
    if insn.option < insn.shift_amount:
        return IS_UNDEFINED
    insn.immediate = MASK32 >> (31 - insn.option + insn.shift_amount) << insn.shift_amount
    return DECODED


def bit_field_clear(core: Core, insn: Instruction) -> int:
    """BFC, A8.8.19."""
    core.r[insn.d] &= ~insn.immediate
    return NEXT


def bit_field_insert(core: Core, insn: Instruction) -> int:
    """BFI, A8.8.20."""
    core.r[insn.d] = core.r[insn.d] & ~insn.immediate | core.r[insn.n] << insn.shift_amount & insn.immediate
    return NEXT


def decode_extraction(insn: Instruction) -> int:
    """SBFX and UBFX: `option` + 1 ones as a mask; UNPREDICTABLE is UNDEFINED."""
    if insn.shift_amount + insn.option > 31:
        return IS_UNDEFINED
    insn.immediate = MASK32 >> (31 - insn.option)
    return DECODED


def signed_extract(core: Core, insn: Instruction) -> int:
    """SBFX, A8.8.164."""
    sign = insn.immediate ^ insn.immediate >> 1
    field = core.r[insn.n] >> insn.shift_amount & insn.immediate
    core.r[insn.d] = (field ^ sign) - sign & MASK32
    return NEXT


def unsigned_extract(core: Core, insn: Instruction) -> int:
    """UBFX, A8.8.246."""
    core.r[insn.d] = core.r[insn.n] >> insn.shift_amount & insn.immediate
    return NEXT


def count_leading_zeros(core: Core, insn: Instruction) -> int:
    """CLZ, A8.8.33."""
    value = core.r[insn.m]
    zeros = 0 if value else 32
    step = 16
    while value and step:
        if not value >> (32 - step):
            value = value << step & MASK32
            zeros += step
        step >>= 1
    core.r[insn.d] = zeros
    return NEXT


def reverse_bits(core: Core, insn: Instruction) -> int:
    """RBIT, A8.8.144."""
    value = core.r[insn.m]
    value = value >> 1 & 0x55555555 | (value & 0x55555555) << 1
    value = value >> 2 & 0x33333333 | (value & 0x33333333) << 2
    value = value >> 4 & 0x0F0F0F0F | (value & 0x0F0F0F0F) << 4
    core.r[insn.d] = _reversed(value)
    return NEXT


def reverse(core: Core, insn: Instruction) -> int:
    """REV, A8.8.145."""
    core.r[insn.d] = _reversed(core.r[insn.m])
    return NEXT


def _reversed(value: int) -> int:
    value = value >> 8 & HALVES | (value & HALVES) << 8
    return (value >> 16 | value << 16) & MASK32


def reverse_halves(core: Core, insn: Instruction) -> int:
    """REV16, A8.8.146."""
    value = core.r[insn.m]
    core.r[insn.d] = value >> 8 & HALVES | (value & HALVES) << 8
    return NEXT


def reverse_signed_half(core: Core, insn: Instruction) -> int:
    """REVSH, A8.8.147."""
    value = core.r[insn.m]
    half = (value & 0xFF) << 8 | value >> 8 & 0xFF
    core.r[insn.d] = (half ^ 0x8000) - 0x8000 & MASK32
    return NEXT
