"""Advanced SIMD: two registers, miscellaneous (DDI 0406C, A7.4.5); simd_permute has the permutations.

After decoding, insn.option is the size of an element in bits, insn.regs the number of doublewords, and insn.add is 1 if
elements are unsigned.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from collections.abc import Callable

    from vmsim_arch_arm.engine.plain_lanes import (
        bit_length,
        lane,
        ones,
        placed,
        replicated,
        signed_lane,
        signed_saturate,
        simd_trapped,
        where_zero,
    )
    from vmsim_arch_arm.engine.records import DECODED, EXCEPTION, IS_UNDEFINED, NEXT, Core, Instruction, u64

    Element = Callable[[Core, Instruction, int], int]
    Whole = Callable[[Instruction, int], int]


# --- decoding -------------------------------------------------------------------------------------------------------


def decode_any(insn: Instruction) -> int:
    """Elements of any size; quadwords begin at even registers."""
    if insn.regs and (insn.d | insn.m) & 1:
        return IS_UNDEFINED
    insn.option = 8 << insn.option
    insn.regs += 1
    return DECODED


def decode_to_32(insn: Instruction) -> int:
    """Elements of 8 to 32 bits."""
    return IS_UNDEFINED if insn.option == 3 else decode_any(insn)


def decode_narrow(insn: Instruction) -> int:
    """A doubleword of a quadword, with elements that become 8 to 32 bits."""
    if insn.option == 3 or insn.m & 1:
        return IS_UNDEFINED
    insn.option = 8 << insn.option
    return DECODED


# --- shapes ---------------------------------------------------------------------------------------------------------


def each_lane(core: Core, insn: Instruction, element: Element) -> int:
    """Make every element of the destination of that of Vm, which is signed."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    for register in range(insn.regs):
        m = core.d[insn.m + register]
        result = 0
        position = 0
        while position < 64:
            result |= placed(element(core, insn, signed_lane(m, position, bits)), position, bits)
            position += bits
        core.d[insn.d + register] = result
    return NEXT


def each_doubleword(core: Core, insn: Instruction, whole: Whole) -> int:
    """Make every doubleword of the destination of that of Vm."""
    if simd_trapped(core):
        return EXCEPTION
    for register in range(insn.regs):
        core.d[insn.d + register] = whole(insn, core.d[insn.m + register])
    return NEXT


def add_pairs(core: Core, insn: Instruction, old: int) -> int:
    """Make long elements of the sums of neighbours, and of themselves with `old` being all ones."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    for register in range(insn.regs):
        m = core.d[insn.m + register]
        d = core.d[insn.d + register] & old
        result = 0
        position = 0
        while position < 64:
            total = lane(m, position, bits, insn.add) + lane(m, position + bits, bits, insn.add)
            result |= placed(signed_lane(d, position, 2 * bits) + total, position, 2 * bits)
            position += 2 * bits
        core.d[insn.d + register] = result
    return NEXT


# --- A7.4.5: counting, signs, sums of neighbours --------------------------------------------------------------------


def element_cls(core: Core, insn: Instruction, m: int) -> int:
    """CountLeadingSignBits()."""
    return insn.option - 1 - bit_length(cython.cast(u64, m if m >= 0 else ~m))


def element_clz(core: Core, insn: Instruction, m: int) -> int:
    """CountLeadingZeroBits()."""
    return insn.option - bit_length(cython.cast(u64, m) & ones(insn.option))


def element_abs(core: Core, insn: Instruction, m: int) -> int:
    """The absolute value; the least number's is itself."""
    return m if m >= 0 else -m


def element_neg(core: Core, insn: Instruction, m: int) -> int:
    """The negative."""
    return -m


def element_qabs(core: Core, insn: Instruction, m: int) -> int:
    """The absolute value, saturated."""
    return signed_saturate(core, m if m >= 0 else -m, insn.option)


def element_qneg(core: Core, insn: Instruction, m: int) -> int:
    """The negative, saturated."""
    return signed_saturate(core, -m, insn.option)


def whole_cnt(insn: Instruction, m: int) -> int:
    """BitCount() of every byte: of pairs of bits first, then of fours."""
    m = m - (m >> 1 & replicated(0x55, 8))
    m = (m & replicated(0x33, 8)) + (m >> 2 & replicated(0x33, 8))
    return m + (m >> 4) & replicated(0x0F, 8)


def whole_mvn(insn: Instruction, m: int) -> int:
    """All bits inverted."""
    return m ^ ones(64)


def vcls(core: Core, insn: Instruction) -> int:
    """VCLS, A8.8.299."""
    return each_lane(core, insn, element_cls)


def vclz(core: Core, insn: Instruction) -> int:
    """VCLZ, A8.8.302."""
    return each_lane(core, insn, element_clz)


def vcnt(core: Core, insn: Instruction) -> int:
    """VCNT, A8.8.304."""
    return each_doubleword(core, insn, whole_cnt)


def vmvn(core: Core, insn: Instruction) -> int:
    """VMVN (register), A8.8.354."""
    return each_doubleword(core, insn, whole_mvn)


def vabs(core: Core, insn: Instruction) -> int:
    """VABS (integer), A8.8.280."""
    return each_lane(core, insn, element_abs)


def vneg(core: Core, insn: Instruction) -> int:
    """VNEG (integer), A8.8.355."""
    return each_lane(core, insn, element_neg)


def vqabs(core: Core, insn: Instruction) -> int:
    """VQABS, A8.8.369."""
    return each_lane(core, insn, element_qabs)


def vqneg(core: Core, insn: Instruction) -> int:
    """VQNEG, A8.8.375."""
    return each_lane(core, insn, element_qneg)


def vpaddl(core: Core, insn: Instruction) -> int:
    """VPADDL, A8.8.364."""
    return add_pairs(core, insn, 0)


def vpadal(core: Core, insn: Instruction) -> int:
    """VPADAL, A8.8.361."""
    return add_pairs(core, insn, ones(64))


# --- A7.4.5: comparison with zero -----------------------------------------------------------------------------------


def element_cgt(core: Core, insn: Instruction, m: int) -> int:
    """All ones if greater than zero."""
    return -1 if m > 0 else 0


def element_cge(core: Core, insn: Instruction, m: int) -> int:
    """All ones if not less than zero."""
    return -1 if m >= 0 else 0


def element_cle(core: Core, insn: Instruction, m: int) -> int:
    """All ones if not greater than zero."""
    return -1 if m <= 0 else 0


def element_clt(core: Core, insn: Instruction, m: int) -> int:
    """All ones if less than zero."""
    return -1 if m < 0 else 0


def whole_ceq(insn: Instruction, m: int) -> int:
    """All ones where elements are zero."""
    return where_zero(m, insn.option)


def vcgt_zero(core: Core, insn: Instruction) -> int:
    """VCGT (immediate #0), A8.8.296."""
    return each_lane(core, insn, element_cgt)


def vcge_zero(core: Core, insn: Instruction) -> int:
    """VCGE (immediate #0), A8.8.294."""
    return each_lane(core, insn, element_cge)


def vceq_zero(core: Core, insn: Instruction) -> int:
    """VCEQ (immediate #0), A8.8.292."""
    return each_doubleword(core, insn, whole_ceq)


def vcle_zero(core: Core, insn: Instruction) -> int:
    """VCLE (immediate #0), A8.8.298."""
    return each_lane(core, insn, element_cle)


def vclt_zero(core: Core, insn: Instruction) -> int:
    """VCLT (immediate #0), A8.8.301."""
    return each_lane(core, insn, element_clt)
