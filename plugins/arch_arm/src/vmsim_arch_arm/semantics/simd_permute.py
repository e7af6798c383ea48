"""Advanced SIMD: elements that change places (DDI 0406C, A7.4 and A7.4.5), and immediates (A7.4.6).

After decoding, insn.option is the size of an element in bits and insn.regs the number of doublewords.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.plain_lanes import ones, raw_lane, replicated, simd_trapped, vector_n
    from vmsim_arch_arm.engine.records import DECODED, EXCEPTION, IS_UNDEFINED, MASK32, NEXT, Core, Instruction


# --- decoding --------------------------------------------------------------------------------------------------------


def decode_pair(insn: Instruction) -> int:
    """Elements of any size; quadwords begin at even registers."""
    if insn.regs and (insn.d | insn.m) & 1:
        return IS_UNDEFINED
    insn.option = 8 << insn.option
    insn.regs += 1
    return DECODED


def decode_to_32(insn: Instruction) -> int:
    """Elements of 8 to 32 bits."""
    return IS_UNDEFINED if insn.option == 3 else decode_pair(insn)


def decode_reversal(insn: Instruction) -> int:
    """VREV: insn.shift_amount is the size of a group, 64 bits less the field `op`."""
    if insn.option + insn.shift_type > 2:
        return IS_UNDEFINED
    insn.shift_amount = 64 >> insn.shift_type
    return decode_pair(insn)


def decode_interleaving(insn: Instruction) -> int:
    """VUZP, VZIP: of doublewords there are elements of 8 and 16 bits."""
    return IS_UNDEFINED if insn.option == 2 and not insn.regs else decode_to_32(insn)


def decode_duplicate(insn: Instruction) -> int:
    """VDUP (scalar): imm4 is the size and the index of the scalar, whose position becomes insn.shift_amount."""
    imm4 = insn.immediate
    if imm4 & 7 == 0 or (insn.regs and insn.d & 1):
        return IS_UNDEFINED
    insn.option = 8 if imm4 & 1 else 16 if imm4 & 2 else 32
    insn.shift_amount = (imm4 << 2 & 0x38) & (64 - insn.option)
    insn.regs += 1
    return DECODED


def decode_duplicate_register(insn: Instruction) -> int:
    """VDUP (ARM core register): the fields are Vd:D and B:E."""
    insn.d = (insn.d & 1) << 4 | insn.d >> 1
    if insn.option == 3 or (insn.regs and insn.d & 1):
        return IS_UNDEFINED
    insn.option = 32 >> insn.option
    insn.regs += 1
    return DECODED


def decode_extract(insn: Instruction) -> int:
    """VEXT: insn.shift_amount is where it begins, in bits."""
    insn.n = vector_n(insn)
    if (insn.regs and (insn.d | insn.n | insn.m) & 1) or (not insn.regs and insn.immediate & 8):
        return IS_UNDEFINED
    insn.shift_amount = 8 * insn.immediate
    return DECODED


def decode_table(insn: Instruction) -> int:
    """VTBL, VTBX; a list that goes past D31 is UNPREDICTABLE, here undefined."""
    insn.n = vector_n(insn)
    insn.length += 1
    return IS_UNDEFINED if insn.n + insn.length > 32 else DECODED


def decode_immediate(insn: Instruction) -> int:
    """AdvSIMDExpandImm(), A7.4.6: insn.immediate becomes the value that stands in both words."""
    imm8 = insn.immediate
    cmode = insn.word >> 8 & 15
    if cmode < 8:
        insn.immediate = imm8 << 8 * (cmode >> 1)
    elif cmode < 12:
        insn.immediate = imm8 << 8 * (cmode >> 1 & 1) | imm8 << (16 + 8 * (cmode >> 1 & 1))
    elif cmode == 12:
        insn.immediate = imm8 << 8 | 0xFF
    elif cmode == 13:
        insn.immediate = imm8 << 16 | 0xFFFF
    elif cmode == 14:
        insn.immediate = imm8 << 24 | imm8 << 16 | imm8 << 8 | imm8
    else:
        insn.immediate = (imm8 & 0x80) << 24 | (0x3E000000 if imm8 & 0x40 else 0x40000000) | (imm8 & 0x3F) << 19
    return decode_bytes(insn)


def decode_inverted(insn: Instruction) -> int:
    """The same for VMVN."""
    outcome = decode_immediate(insn)
    insn.immediate ^= MASK32
    return outcome


def decode_bytes(insn: Instruction) -> int:
    """VMOV I64: every bit of the immediate is a byte."""
    if insn.regs and insn.d & 1:
        return IS_UNDEFINED
    insn.regs += 1
    return DECODED


# --- A7.4.5 ----------------------------------------------------------------------------------------------------------


def reversed_groups(insn: Instruction, m: int) -> int:
    """Neighbours change places, from halves of the group down to elements."""
    block = insn.shift_amount >> 1
    while block >= insn.option:
        low = replicated(ones(block), 2 * block)
        m = m >> block & low | (m & low) << block
        block >>= 1
    return m


def vrev(core: Core, insn: Instruction) -> int:
    """VREV16, VREV32, VREV64, A8.8.386."""
    if simd_trapped(core):
        return EXCEPTION
    for register in range(insn.regs):
        core.d[insn.d + register] = reversed_groups(insn, core.d[insn.m + register])
    return NEXT


def vswp(core: Core, insn: Instruction) -> int:
    """VSWP, A8.8.418."""
    if simd_trapped(core):
        return EXCEPTION
    for register in range(insn.regs):
        d = core.d[insn.d + register]
        core.d[insn.d + register] = core.d[insn.m + register]
        core.d[insn.m + register] = d
    return NEXT


def vtrn(core: Core, insn: Instruction) -> int:
    """VTRN, A8.8.420: matrices of two rows and columns are transposed."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    low = replicated(ones(bits), 2 * bits) if bits < 32 else ones(32)
    for register in range(insn.regs):
        d = core.d[insn.d + register]
        m = core.d[insn.m + register]
        core.d[insn.d + register] = d & low | (m & low) << bits
        core.d[insn.m + register] = d >> bits & low | m & ~low
    return NEXT


def even_lanes(first: int, second: int, bits: int) -> int:
    """Elements 0, 2, 4 and so on of two doublewords."""
    result = 0
    position = 0
    while position < 32:
        result |= raw_lane(first, 2 * position, bits) << position
        result |= raw_lane(second, 2 * position, bits) << (position + 32)
        position += bits
    return result


def alternating_lanes(first: int, second: int, bits: int) -> int:
    """The lower halves' elements of two doublewords by turns."""
    result = 0
    position = 0
    while position < 32:
        result |= raw_lane(first, position, bits) << (2 * position)
        result |= raw_lane(second, position, bits) << (2 * position + bits)
        position += bits
    return result


def vuzp(core: Core, insn: Instruction) -> int:
    """VUZP, A8.8.422: even elements of both go to Vd, odd ones to Vm."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    last = insn.regs - 1
    d = core.d[insn.d]
    d_2 = core.d[insn.d + last]
    m = core.d[insn.m]
    m_2 = core.d[insn.m + last]
    if last:
        core.d[insn.d] = even_lanes(d, d_2, bits)
        core.d[insn.d + 1] = even_lanes(m, m_2, bits)
        core.d[insn.m] = even_lanes(d >> bits, d_2 >> bits, bits)
        core.d[insn.m + 1] = even_lanes(m >> bits, m_2 >> bits, bits)
    else:
        core.d[insn.d] = even_lanes(d, m, bits)
        core.d[insn.m] = even_lanes(d >> bits, m >> bits, bits)
    return NEXT


def vzip(core: Core, insn: Instruction) -> int:
    """VZIP, A8.8.423: elements of both by turns, the first half to Vd, the second to Vm."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    last = insn.regs - 1
    d = core.d[insn.d]
    d_2 = core.d[insn.d + last]
    m = core.d[insn.m]
    m_2 = core.d[insn.m + last]
    if last:
        core.d[insn.d] = alternating_lanes(d, m, bits)
        core.d[insn.d + 1] = alternating_lanes(d >> 32, m >> 32, bits)
        core.d[insn.m] = alternating_lanes(d_2, m_2, bits)
        core.d[insn.m + 1] = alternating_lanes(d_2 >> 32, m_2 >> 32, bits)
    else:
        core.d[insn.d] = alternating_lanes(d, m, bits)
        core.d[insn.m] = alternating_lanes(d >> 32, m >> 32, bits)
    return NEXT


# --- VDUP, VEXT, VTBL ------------------------------------------------------------------------------------------------


def vdup(core: Core, insn: Instruction) -> int:
    """VDUP (scalar), A8.8.313."""
    if simd_trapped(core):
        return EXCEPTION
    value = replicated(raw_lane(core.d[insn.m], insn.shift_amount, insn.option), insn.option)
    for register in range(insn.regs):
        core.d[insn.d + register] = value
    return NEXT


def vdup_register(core: Core, insn: Instruction) -> int:
    """VDUP (ARM core register), A8.8.314."""
    if simd_trapped(core):
        return EXCEPTION
    value = replicated(core.r[insn.t] & ones(insn.option), insn.option)
    for register in range(insn.regs):
        core.d[insn.d + register] = value
    return NEXT


def extracted(low: int, high: int, position: int) -> int:
    """64 bits of two doublewords, from a bit of the lower one on."""
    if position == 0:
        return low
    return (low >> position | high << (64 - position)) & ones(64)


def vext(core: Core, insn: Instruction) -> int:
    """VEXT, A8.8.316: bytes of Vm:Vn."""
    if simd_trapped(core):
        return EXCEPTION
    position = insn.shift_amount
    n = core.d[insn.n]
    m = core.d[insn.m]
    if insn.regs == 0:
        core.d[insn.d] = extracted(n, m, position)
        return NEXT
    n_2 = core.d[insn.n + 1]
    m_2 = core.d[insn.m + 1]
    if position < 64:
        core.d[insn.d] = extracted(n, n_2, position)
        core.d[insn.d + 1] = extracted(n_2, m, position)
    else:
        core.d[insn.d] = extracted(n_2, m, position - 64)
        core.d[insn.d + 1] = extracted(m, m_2, position - 64)
    return NEXT


def looked_up(core: Core, insn: Instruction, result: int) -> int:
    """`result`, with the bytes of a table of doublewords whose indices are in it."""
    indices = core.d[insn.m]
    position = 0
    while position < 64:
        index = indices >> position & 0xFF
        if index >> 3 < insn.length:
            byte = raw_lane(core.d[insn.n + (index >> 3)], (index & 7) * 8, 8)
            result = result & ~(ones(8) << position) | byte << position
        position += 8
    core.d[insn.d] = result
    return NEXT


def vtbl(core: Core, insn: Instruction) -> int:
    """VTBL, A8.8.419: zero where the index is outside of the table."""
    return EXCEPTION if simd_trapped(core) else looked_up(core, insn, 0)


def vtbx(core: Core, insn: Instruction) -> int:
    """VTBX, A8.8.419: the destination stays where the index is outside of the table."""
    return EXCEPTION if simd_trapped(core) else looked_up(core, insn, core.d[insn.d])


# --- A7.4.6 ----------------------------------------------------------------------------------------------------------


def vmov_immediate(core: Core, insn: Instruction) -> int:
    """VMOV and VMVN (immediate), A8.8.339, A8.8.353."""
    if simd_trapped(core):
        return EXCEPTION
    for register in range(insn.regs):
        core.d[insn.d + register] = replicated(insn.immediate, 32)
    return NEXT


def vmov_bytes(core: Core, insn: Instruction) -> int:
    """VMOV (immediate) of 64 bits, A8.8.339."""
    if simd_trapped(core):
        return EXCEPTION
    value = 0
    for index in range(8):
        if insn.immediate >> index & 1:
            value |= ones(8) << 8 * index
    for register in range(insn.regs):
        core.d[insn.d + register] = value
    return NEXT


def vorr_immediate(core: Core, insn: Instruction) -> int:
    """VORR (immediate), A8.8.359."""
    if simd_trapped(core):
        return EXCEPTION
    for register in range(insn.regs):
        core.d[insn.d + register] |= replicated(insn.immediate, 32)
    return NEXT


def vbic_immediate(core: Core, insn: Instruction) -> int:
    """VBIC (immediate), A8.8.288."""
    if simd_trapped(core):
        return EXCEPTION
    for register in range(insn.regs):
        core.d[insn.d + register] &= ~replicated(insn.immediate, 32)
    return NEXT
