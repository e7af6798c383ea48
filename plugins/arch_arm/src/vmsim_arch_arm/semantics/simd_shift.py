"""Advanced SIMD: two registers and a shift amount (DDI 0406C, A7.4.4).

After decoding, insn.option is the size of an element in bits (of the narrow one, if there are two), insn.shift_amount
the amount, insn.regs the number of doublewords, and insn.add is the manual's U: elements are unsigned.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from collections.abc import Callable

    from vmsim_arch_arm.engine.plain_lanes import (
        lane,
        left_saturated,
        ones,
        placed,
        rounded_right,
        shifted_right,
        signed_saturate,
        simd_trapped,
        unsigned_saturate,
        unsigned_saturate64,
    )
    from vmsim_arch_arm.engine.records import DECODED, EXCEPTION, IS_UNDEFINED, NEXT, Core, Instruction, u64

    Element = Callable[[Core, Instruction, int, int], int]
    Narrowing = Callable[[Core, Instruction, int], int]


# --- decoding: L and imm6 are the size of the elements and the amount (table A7-12) ---------------------------------


def element_size(insn: Instruction) -> int:
    """The size of the element that L:imm6 says."""
    if insn.length:
        return 64
    if insn.immediate & 32:
        return 32
    return 16 if insn.immediate & 16 else 8


def same_length(insn: Instruction) -> int:
    """Vectors of the same length."""
    if insn.regs and (insn.d | insn.m) & 1:
        return IS_UNDEFINED
    insn.regs += 1
    return DECODED


def decode_right(insn: Instruction) -> int:
    """To the right, by 1 to the size."""
    insn.option = element_size(insn)
    insn.shift_amount = (64 if insn.length else 2 * insn.option) - insn.immediate
    return same_length(insn)


def decode_left(insn: Instruction) -> int:
    """To the left, by 0 to the size less one."""
    insn.option = element_size(insn)
    insn.shift_amount = insn.immediate & (insn.option - 1)
    return same_length(insn)


def decode_narrow(insn: Instruction) -> int:
    """A doubleword of a quadword, shifted to the right."""
    insn.option = element_size(insn)
    insn.shift_amount = 2 * insn.option - insn.immediate
    return IS_UNDEFINED if insn.m & 1 else DECODED


def decode_long(insn: Instruction) -> int:
    """A quadword of a doubleword, shifted to the left."""
    insn.option = element_size(insn)
    insn.shift_amount = insn.immediate & (insn.option - 1)
    return IS_UNDEFINED if insn.d & 1 else DECODED


def decode_long_maximum(insn: Instruction) -> int:
    """A8.8.397 A2: shifted by the size of the element, which is a field."""
    if insn.option == 3 or insn.d & 1:
        return IS_UNDEFINED
    insn.option = 8 << insn.option
    insn.shift_amount = insn.option
    return DECODED


# --- shapes ---------------------------------------------------------------------------------------------------------


def each_lane(core: Core, insn: Instruction, element: Element) -> int:
    """Make every element of the destination of itself and of that of Vm."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    for register in range(insn.regs):
        d = core.d[insn.d + register]
        m = core.d[insn.m + register]
        result = 0
        position = 0
        while position < 64:
            made = element(core, insn, lane(d, position, bits, insn.add), lane(m, position, bits, insn.add))
            result |= placed(made, position, bits)
            position += bits
        core.d[insn.d + register] = result
    return NEXT


def narrow_lanes(core: Core, insn: Instruction, narrowing: Narrowing) -> int:
    """Make the elements of a doubleword of those of a quadword."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    result = 0
    for register in range(2):
        m = core.d[insn.m + register]
        position = 0
        while position < 64:
            made = narrowing(core, insn, lane(m, position, 2 * bits, insn.add))
            result |= placed(made, (position >> 1) + 32 * register, bits)
            position += 2 * bits
    core.d[insn.d] = result
    return NEXT


def vshll(core: Core, insn: Instruction) -> int:
    """VSHLL and VMOVL, A8.8.397, A8.8.346: make the elements of a quadword of those of a doubleword."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    m = core.d[insn.m]
    for register in range(2):
        result = 0
        position = 0
        while position < 64:
            source = lane(m, (position >> 1) + 32 * register, bits, insn.add)
            result |= placed(source << insn.shift_amount, position, 2 * bits)
            position += 2 * bits
        core.d[insn.d + register] = result
    return NEXT


# --- to the right ---------------------------------------------------------------------------------------------------


def element_shr(core: Core, insn: Instruction, d: int, m: int) -> int:
    """Shifted."""
    return shifted_right(m, insn.shift_amount, insn.add)


def element_rshr(core: Core, insn: Instruction, d: int, m: int) -> int:
    """Shifted and rounded."""
    return rounded_right(m, insn.shift_amount, insn.add)


def element_sra(core: Core, insn: Instruction, d: int, m: int) -> int:
    """Shifted and added."""
    return d + shifted_right(m, insn.shift_amount, insn.add)


def element_rsra(core: Core, insn: Instruction, d: int, m: int) -> int:
    """Shifted, rounded and added."""
    return d + rounded_right(m, insn.shift_amount, insn.add)


def element_sri(core: Core, insn: Instruction, d: int, m: int) -> int:
    """Shifted, below what the destination has there."""
    kept = insn.option - insn.shift_amount
    if kept == 0:
        return d
    return d & ~ones(kept) | m >> insn.shift_amount & ones(kept)


def vshr(core: Core, insn: Instruction) -> int:
    """VSHR, A8.8.398."""
    return each_lane(core, insn, element_shr)


def vrshr(core: Core, insn: Instruction) -> int:
    """VRSHR, A8.8.389."""
    return each_lane(core, insn, element_rshr)


def vsra(core: Core, insn: Instruction) -> int:
    """VSRA, A8.8.402."""
    return each_lane(core, insn, element_sra)


def vrsra(core: Core, insn: Instruction) -> int:
    """VRSRA, A8.8.393."""
    return each_lane(core, insn, element_rsra)


def vsri(core: Core, insn: Instruction) -> int:
    """VSRI, A8.8.403."""
    return each_lane(core, insn, element_sri)


# --- to the left ----------------------------------------------------------------------------------------------------


def element_shl(core: Core, insn: Instruction, d: int, m: int) -> int:
    """Shifted."""
    return m << insn.shift_amount


def element_sli(core: Core, insn: Instruction, d: int, m: int) -> int:
    """Shifted, above what the destination has there."""
    below = (cython.cast(u64, 1) << insn.shift_amount) - 1
    return d & below | m << insn.shift_amount


def element_qshl(core: Core, insn: Instruction, d: int, m: int) -> int:
    """Shifted and saturated."""
    return left_saturated(core, m, insn.shift_amount, insn.option, insn.add)


def element_qshlu(core: Core, insn: Instruction, d: int, m: int) -> int:
    """Shifted and saturated as unsigned, of a signed operand."""
    if m < 0:
        return unsigned_saturate(core, m, insn.option)
    return left_saturated(core, m, insn.shift_amount, insn.option, 1)


def vshl(core: Core, insn: Instruction) -> int:
    """VSHL (immediate), A8.8.395."""
    return each_lane(core, insn, element_shl)


def vsli(core: Core, insn: Instruction) -> int:
    """VSLI, A8.8.400."""
    return each_lane(core, insn, element_sli)


def vqshl(core: Core, insn: Instruction) -> int:
    """VQSHL (immediate), A8.8.380."""
    return each_lane(core, insn, element_qshl)


def vqshlu(core: Core, insn: Instruction) -> int:
    """VQSHLU (immediate), A8.8.380."""
    return each_lane(core, insn, element_qshlu)


# --- to the right, and narrow ---------------------------------------------------------------------------------------


def narrow_shr(core: Core, insn: Instruction, m: int) -> int:
    """Shifted."""
    return m >> insn.shift_amount


def narrow_rshr(core: Core, insn: Instruction, m: int) -> int:
    """Shifted and rounded."""
    return rounded_right(m, insn.shift_amount, 0)


def narrow_qshr(core: Core, insn: Instruction, m: int) -> int:
    """Shifted and saturated."""
    if insn.add:
        return unsigned_saturate64(core, cython.cast(u64, shifted_right(m, insn.shift_amount, 1)), insn.option)
    return signed_saturate(core, m >> insn.shift_amount, insn.option)


def narrow_qrshr(core: Core, insn: Instruction, m: int) -> int:
    """Shifted, rounded and saturated."""
    if insn.add:
        return unsigned_saturate64(core, cython.cast(u64, rounded_right(m, insn.shift_amount, 1)), insn.option)
    return signed_saturate(core, rounded_right(m, insn.shift_amount, 0), insn.option)


def narrow_qshru(core: Core, insn: Instruction, m: int) -> int:
    """Shifted and saturated as unsigned, of a signed operand."""
    return unsigned_saturate(core, m >> insn.shift_amount, insn.option)


def narrow_qrshru(core: Core, insn: Instruction, m: int) -> int:
    """Shifted, rounded and saturated as unsigned, of a signed operand."""
    return unsigned_saturate(core, rounded_right(m, insn.shift_amount, 0), insn.option)


def vshrn(core: Core, insn: Instruction) -> int:
    """VSHRN, A8.8.399."""
    return narrow_lanes(core, insn, narrow_shr)


def vrshrn(core: Core, insn: Instruction) -> int:
    """VRSHRN, A8.8.390."""
    return narrow_lanes(core, insn, narrow_rshr)


def vqshrn(core: Core, insn: Instruction) -> int:
    """VQSHRN, A8.8.381."""
    return narrow_lanes(core, insn, narrow_qshr)


def vqrshrn(core: Core, insn: Instruction) -> int:
    """VQRSHRN, A8.8.378."""
    return narrow_lanes(core, insn, narrow_qrshr)


def vqshrun(core: Core, insn: Instruction) -> int:
    """VQSHRUN, A8.8.381."""
    return narrow_lanes(core, insn, narrow_qshru)


def vqrshrun(core: Core, insn: Instruction) -> int:
    """VQRSHRUN, A8.8.378."""
    return narrow_lanes(core, insn, narrow_qrshru)
