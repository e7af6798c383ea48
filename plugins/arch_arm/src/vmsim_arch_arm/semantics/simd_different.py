"""Advanced SIMD: three registers of different lengths, and scalars (DDI 0406C, A7.4.2 and A7.4.3).

After decoding, insn.option is the size of a narrow element in bits, insn.add is the manual's U (elements are unsigned),
and insn.index says that the second operand is a scalar.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from collections.abc import Callable

    from vmsim_arch_arm.engine.plain_lanes import (
        add_saturated64,
        carryless_product,
        difference_of,
        doubled_product,
        lane,
        placed,
        raw_lane,
        scalar_m,
        signed_saturate,
        simd_trapped,
        vector_n,
    )
    from vmsim_arch_arm.engine.records import DECODED, EXCEPTION, IS_UNDEFINED, NEXT, Core, Instruction, s64, u64

    Element = Callable[[Core, Instruction, int, int], int]
    Accumulation = Callable[[Core, Instruction, int, int, int], int]


# --- decoding -------------------------------------------------------------------------------------------------------


def decode_long(insn: Instruction) -> int:
    """A quadword of two doublewords."""
    insn.n = vector_n(insn)
    insn.option = 8 << insn.option
    return IS_UNDEFINED if insn.d & 1 else DECODED


def decode_long_16_32(insn: Instruction) -> int:
    """The same for elements of 16 and 32 bits."""
    return IS_UNDEFINED if insn.option == 0 else decode_long(insn)


def decode_wide(insn: Instruction) -> int:
    """A quadword of a quadword and a doubleword."""
    if decode_long(insn) == IS_UNDEFINED or insn.n & 1:
        return IS_UNDEFINED
    return DECODED


def decode_narrow(insn: Instruction) -> int:
    """A doubleword of two quadwords."""
    insn.n = vector_n(insn)
    insn.option = 8 << insn.option
    return IS_UNDEFINED if (insn.n | insn.m) & 1 else DECODED


def take_scalar(insn: Instruction) -> int:
    """Dm[x], A7.4.3: of 16 bits in D0 to D7, of 32 bits in D0 to D15."""
    insn.n = vector_n(insn)
    insn.index = 1
    if insn.option == 1:
        insn.shift_amount = (insn.m >> 3) * 16
        insn.m &= 7
    else:
        insn.shift_amount = (insn.m >> 4) * 32
        insn.m &= 15
    insn.option = 8 << insn.option
    return DECODED


def decode_scalar(insn: Instruction) -> int:
    """Vectors of the same length, and a scalar."""
    if insn.option == 0 or (insn.regs and (insn.d & 1 or insn.n & 2)):
        return IS_UNDEFINED
    insn.regs += 1
    return take_scalar(insn)


def decode_long_scalar(insn: Instruction) -> int:
    """A quadword of a doubleword and a scalar."""
    return IS_UNDEFINED if insn.option == 0 or insn.d & 1 else take_scalar(insn)


# --- shapes ---------------------------------------------------------------------------------------------------------


def long_lanes(core: Core, insn: Instruction, element: Element) -> int:
    """Make the elements of a quadword of those of two doublewords."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    n = core.d[insn.n]
    m = scalar_m(core, insn) if insn.index else core.d[insn.m]
    for register in range(2):
        result = 0
        position = 0
        while position < 64:
            source = (position >> 1) + 32 * register
            made = element(core, insn, lane(n, source, bits, insn.add), lane(m, source, bits, insn.add))
            result |= placed(made, position, 2 * bits)
            position += 2 * bits
        core.d[insn.d + register] = result
    return NEXT


def long_accumulate(core: Core, insn: Instruction, accumulation: Accumulation) -> int:
    """Make the elements of a quadword of themselves and those of two doublewords."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    n = core.d[insn.n]
    m = scalar_m(core, insn) if insn.index else core.d[insn.m]
    for register in range(2):
        d = core.d[insn.d + register]
        result = 0
        position = 0
        while position < 64:
            source = (position >> 1) + 32 * register
            a = lane(n, source, bits, insn.add)
            made = accumulation(core, insn, lane(d, position, 2 * bits, 0), a, lane(m, source, bits, insn.add))
            result |= placed(made, position, 2 * bits)
            position += 2 * bits
        core.d[insn.d + register] = result
    return NEXT


def wide_lanes(core: Core, insn: Instruction, element: Element) -> int:
    """Make the elements of a quadword of those of a quadword and of a doubleword."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    m = core.d[insn.m]
    for register in range(2):
        n = core.d[insn.n + register]
        result = 0
        position = 0
        while position < 64:
            b = lane(m, (position >> 1) + 32 * register, bits, insn.add)
            result |= placed(element(core, insn, lane(n, position, 2 * bits, insn.add), b), position, 2 * bits)
            position += 2 * bits
        core.d[insn.d + register] = result
    return NEXT


def narrow_lanes(core: Core, insn: Instruction, element: Element) -> int:
    """Make the elements of a doubleword of those of two quadwords."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    result = 0
    for register in range(2):
        n = core.d[insn.n + register]
        m = core.d[insn.m + register]
        position = 0
        while position < 64:
            made = element(core, insn, lane(n, position, 2 * bits, 1), lane(m, position, 2 * bits, 1))
            result |= placed(made, (position >> 1) + 32 * register, bits)
            position += 2 * bits
    core.d[insn.d] = result
    return NEXT


# --- addition, subtraction, differences -----------------------------------------------------------------------------


def element_add(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The sum."""
    return a + b


def element_sub(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The difference."""
    return a - b


def element_abd(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The absolute difference."""
    return difference_of(a, b)


def accumulate_abd(core: Core, insn: Instruction, d: int, a: int, b: int) -> int:
    """Plus the absolute difference."""
    return d + difference_of(a, b)


def element_addhn(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The upper half of the sum."""
    return (a + b) >> insn.option


def element_raddhn(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The upper half of the sum, rounded."""
    return (a + b + (cython.cast(s64, 1) << (insn.option - 1))) >> insn.option


def element_subhn(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The upper half of the difference."""
    return (a - b) >> insn.option


def element_rsubhn(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The upper half of the difference, rounded."""
    return (a - b + (cython.cast(s64, 1) << (insn.option - 1))) >> insn.option


def vaddl(core: Core, insn: Instruction) -> int:
    """VADDL, A8.8.285."""
    return long_lanes(core, insn, element_add)


def vaddw(core: Core, insn: Instruction) -> int:
    """VADDW, A8.8.285."""
    return wide_lanes(core, insn, element_add)


def vsubl(core: Core, insn: Instruction) -> int:
    """VSUBL, A8.8.417."""
    return long_lanes(core, insn, element_sub)


def vsubw(core: Core, insn: Instruction) -> int:
    """VSUBW, A8.8.417."""
    return wide_lanes(core, insn, element_sub)


def vabdl(core: Core, insn: Instruction) -> int:
    """VABDL, A8.8.278."""
    return long_lanes(core, insn, element_abd)


def vabal(core: Core, insn: Instruction) -> int:
    """VABAL, A8.8.277."""
    return long_accumulate(core, insn, accumulate_abd)


def vaddhn(core: Core, insn: Instruction) -> int:
    """VADDHN, A8.8.284."""
    return narrow_lanes(core, insn, element_addhn)


def vraddhn(core: Core, insn: Instruction) -> int:
    """VRADDHN, A8.8.383."""
    return narrow_lanes(core, insn, element_raddhn)


def vsubhn(core: Core, insn: Instruction) -> int:
    """VSUBHN, A8.8.416."""
    return narrow_lanes(core, insn, element_subhn)


def vrsubhn(core: Core, insn: Instruction) -> int:
    """VRSUBHN, A8.8.394."""
    return narrow_lanes(core, insn, element_rsubhn)


# --- multiplication -------------------------------------------------------------------------------------------------


def element_mul(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The product; one of 64 bits by its bits."""
    return cython.cast(s64, cython.cast(u64, a) * cython.cast(u64, b))


def element_polynomial(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The product of polynomials."""
    return carryless_product(raw_lane(a, 0, 8), raw_lane(b, 0, 8))


def element_qdmull(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The doubled product, saturated."""
    return doubled_product(core, a, b, insn.option)


def accumulate_mul(core: Core, insn: Instruction, d: int, a: int, b: int) -> int:
    """Plus the product."""
    return d + element_mul(core, insn, a, b)


def accumulate_mls(core: Core, insn: Instruction, d: int, a: int, b: int) -> int:
    """Minus the product."""
    return d - element_mul(core, insn, a, b)


def accumulate_doubled(core: Core, insn: Instruction, d: int, doubled: int) -> int:
    """Plus what is given, saturated."""
    if insn.option == 32:
        return cython.cast(s64, add_saturated64(core, cython.cast(u64, d), cython.cast(u64, doubled), 0))
    return signed_saturate(core, d + doubled, 2 * insn.option)


def accumulate_qdmlal(core: Core, insn: Instruction, d: int, a: int, b: int) -> int:
    """Plus the doubled product; both are saturated."""
    return accumulate_doubled(core, insn, d, doubled_product(core, a, b, insn.option))


def accumulate_qdmlsl(core: Core, insn: Instruction, d: int, a: int, b: int) -> int:
    """Minus the doubled product; both are saturated."""
    return accumulate_doubled(core, insn, d, -doubled_product(core, a, b, insn.option))


def vmull(core: Core, insn: Instruction) -> int:
    """VMULL (integer) and (by scalar), A8.8.350, A8.8.352."""
    return long_lanes(core, insn, element_mul)


def vmull_polynomial(core: Core, insn: Instruction) -> int:
    """VMULL (polynomial), A8.8.350."""
    return long_lanes(core, insn, element_polynomial)


def vmlal(core: Core, insn: Instruction) -> int:
    """VMLAL (integer) and (by scalar), A8.8.336, A8.8.338."""
    return long_accumulate(core, insn, accumulate_mul)


def vmlsl(core: Core, insn: Instruction) -> int:
    """VMLSL (integer) and (by scalar), A8.8.336, A8.8.338."""
    return long_accumulate(core, insn, accumulate_mls)


def vqdmull(core: Core, insn: Instruction) -> int:
    """VQDMULL, A8.8.373."""
    return long_lanes(core, insn, element_qdmull)


def vqdmlal(core: Core, insn: Instruction) -> int:
    """VQDMLAL, A8.8.371."""
    return long_accumulate(core, insn, accumulate_qdmlal)


def vqdmlsl(core: Core, insn: Instruction) -> int:
    """VQDMLSL, A8.8.371."""
    return long_accumulate(core, insn, accumulate_qdmlsl)
