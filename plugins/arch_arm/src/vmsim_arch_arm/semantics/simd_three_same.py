"""Advanced SIMD: three registers of the same length, of integers (DDI 0406C, A7.4.1).

After decoding, insn.option is the size of an element in bits, insn.regs the number of doublewords, and insn.add is the
manual's U: elements are unsigned; insn.index says that the second operand is a scalar (A7.4.3, decoded in
simd_different). A shape goes through the elements, and an `element_` function makes
one. What is made of whole doublewords is in simd_doubleword.
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
        left_saturated,
        placed,
        raw_lane,
        rounded_right,
        saturate,
        scalar_m,
        shifted_right,
        signed_saturate,
        simd_trapped,
        subtract_saturated64,
        vector_n,
    )
    from vmsim_arch_arm.engine.records import DECODED, EXCEPTION, IS_UNDEFINED, NEXT, Core, Instruction, u64

    Element = Callable[[Core, Instruction, int, int], int]


# --- decoding -------------------------------------------------------------------------------------------------------


def decode_any(insn: Instruction) -> int:
    """Elements of 8 to 64 bits; quadwords begin at even registers."""
    insn.n = vector_n(insn)
    insn.option = 8 << insn.option
    if insn.regs and (insn.d | insn.n | insn.m) & 1:
        return IS_UNDEFINED
    insn.regs += 1
    return DECODED


def decode_to_32(insn: Instruction) -> int:
    """Elements of 8 to 32 bits."""
    return IS_UNDEFINED if insn.option == 3 else decode_any(insn)


def decode_16_32(insn: Instruction) -> int:
    """Elements of 16 and 32 bits."""
    return IS_UNDEFINED if insn.option == 0 or insn.option == 3 else decode_any(insn)


# --- shapes ---------------------------------------------------------------------------------------------------------


def each_lane(core: Core, insn: Instruction, element: Element) -> int:
    """Make every element of the destination of those of Vn and Vm."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    scalar = scalar_m(core, insn)
    for register in range(insn.regs):
        n = core.d[insn.n + register]
        m = scalar if insn.index else core.d[insn.m + register]
        result = 0
        position = 0
        while position < 64:
            made = element(core, insn, lane(n, position, bits, insn.add), lane(m, position, bits, insn.add))
            result |= placed(made, position, bits)
            position += bits
        core.d[insn.d + register] = result
    return NEXT


def accumulate(core: Core, insn: Instruction, element: Element) -> int:
    """Add what is made of the elements of Vn and Vm to those of the destination."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    scalar = scalar_m(core, insn)
    for register in range(insn.regs):
        n = core.d[insn.n + register]
        m = scalar if insn.index else core.d[insn.m + register]
        d = core.d[insn.d + register]
        result = 0
        position = 0
        while position < 64:
            made = element(core, insn, lane(n, position, bits, insn.add), lane(m, position, bits, insn.add))
            result |= placed(lane(d, position, bits, insn.add) + made, position, bits)
            position += bits
        core.d[insn.d + register] = result
    return NEXT


def pairwise(core: Core, insn: Instruction, element: Element) -> int:
    """Make the elements of the destination of neighbours, in Vn first, then in Vm."""
    if simd_trapped(core):
        return EXCEPTION
    bits = insn.option
    n = core.d[insn.n]
    m = core.d[insn.m]
    result = 0
    position = 0
    while position < 64:
        first = lane(n, position, bits, insn.add)
        result |= placed(element(core, insn, first, lane(n, position + bits, bits, insn.add)), position >> 1, bits)
        first = lane(m, position, bits, insn.add)
        made = element(core, insn, first, lane(m, position + bits, bits, insn.add))
        result |= placed(made, 32 + (position >> 1), bits)
        position += 2 * bits
    core.d[insn.d] = result
    return NEXT


# --- addition, subtraction, differences -----------------------------------------------------------------------------


def element_hadd(core: Core, insn: Instruction, a: int, b: int) -> int:
    """Half the sum."""
    return (a + b) >> 1


def element_rhadd(core: Core, insn: Instruction, a: int, b: int) -> int:
    """Half the sum, rounded up."""
    return (a + b + 1) >> 1


def element_hsub(core: Core, insn: Instruction, a: int, b: int) -> int:
    """Half the difference."""
    return (a - b) >> 1


def element_qadd(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The saturated sum."""
    if insn.option == 64:
        return add_saturated64(core, cython.cast(u64, a), cython.cast(u64, b), insn.add)
    return saturate(core, a + b, insn.option, insn.add)


def element_qsub(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The saturated difference."""
    if insn.option == 64:
        return subtract_saturated64(core, cython.cast(u64, a), cython.cast(u64, b), insn.add)
    return saturate(core, a - b, insn.option, insn.add)


def element_abd(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The absolute difference."""
    return difference_of(a, b)


def element_add(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The sum."""
    return a + b


def vhadd(core: Core, insn: Instruction) -> int:
    """VHADD, A8.8.319."""
    return each_lane(core, insn, element_hadd)


def vhsub(core: Core, insn: Instruction) -> int:
    """VHSUB, A8.8.319."""
    return each_lane(core, insn, element_hsub)


def vrhadd(core: Core, insn: Instruction) -> int:
    """VRHADD, A8.8.387."""
    return each_lane(core, insn, element_rhadd)


def vqadd(core: Core, insn: Instruction) -> int:
    """VQADD, A8.8.370."""
    return each_lane(core, insn, element_qadd)


def vqsub(core: Core, insn: Instruction) -> int:
    """VQSUB, A8.8.382."""
    return each_lane(core, insn, element_qsub)


def vabd(core: Core, insn: Instruction) -> int:
    """VABD (integer), A8.8.278."""
    return each_lane(core, insn, element_abd)


def vaba(core: Core, insn: Instruction) -> int:
    """VABA, A8.8.277."""
    return accumulate(core, insn, element_abd)


def vpadd(core: Core, insn: Instruction) -> int:
    """VPADD (integer), A8.8.362."""
    return pairwise(core, insn, element_add)


# --- comparison -----------------------------------------------------------------------------------------------------


def element_cgt(core: Core, insn: Instruction, a: int, b: int) -> int:
    """All ones if greater."""
    return -1 if a > b else 0


def element_cge(core: Core, insn: Instruction, a: int, b: int) -> int:
    """All ones if greater or equal."""
    return -1 if a >= b else 0


def element_max(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The greater one."""
    return a if a > b else b


def element_min(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The lesser one."""
    return a if a < b else b


def vcgt(core: Core, insn: Instruction) -> int:
    """VCGT (register), A8.8.295."""
    return each_lane(core, insn, element_cgt)


def vcge(core: Core, insn: Instruction) -> int:
    """VCGE (register), A8.8.293."""
    return each_lane(core, insn, element_cge)


def vmax(core: Core, insn: Instruction) -> int:
    """VMAX (integer), A8.8.334."""
    return each_lane(core, insn, element_max)


def vmin(core: Core, insn: Instruction) -> int:
    """VMIN (integer), A8.8.334."""
    return each_lane(core, insn, element_min)


def vpmax(core: Core, insn: Instruction) -> int:
    """VPMAX (integer), A8.8.365."""
    return pairwise(core, insn, element_max)


def vpmin(core: Core, insn: Instruction) -> int:
    """VPMIN (integer), A8.8.365."""
    return pairwise(core, insn, element_min)


# --- shifts by a register: Vm is shifted by the lowest byte of Vn's elements, to the right if that is negative ------


def shift_of(n: int) -> int:
    """SInt(<7:0>)."""
    return (n & 0xFF ^ 0x80) - 0x80


def element_shl(core: Core, insn: Instruction, n: int, m: int) -> int:
    """Shifted."""
    amount = shift_of(n)
    if amount < 0:
        return shifted_right(m, -amount, insn.add)
    return m << amount if amount < 64 else 0


def element_rshl(core: Core, insn: Instruction, n: int, m: int) -> int:
    """Shifted and rounded."""
    amount = shift_of(n)
    if amount < 0:
        return rounded_right(m, -amount, insn.add)
    return m << amount if amount < 64 else 0


def element_qshl(core: Core, insn: Instruction, n: int, m: int) -> int:
    """Shifted and saturated."""
    amount = shift_of(n)
    if amount < 0:
        return shifted_right(m, -amount, insn.add)
    return left_saturated(core, m, amount, insn.option, insn.add)


def element_qrshl(core: Core, insn: Instruction, n: int, m: int) -> int:
    """Shifted, rounded and saturated."""
    amount = shift_of(n)
    if amount < 0:
        return rounded_right(m, -amount, insn.add)
    return left_saturated(core, m, amount, insn.option, insn.add)


def vshl(core: Core, insn: Instruction) -> int:
    """VSHL (register), A8.8.396."""
    return each_lane(core, insn, element_shl)


def vqshl(core: Core, insn: Instruction) -> int:
    """VQSHL (register), A8.8.379."""
    return each_lane(core, insn, element_qshl)


def vrshl(core: Core, insn: Instruction) -> int:
    """VRSHL, A8.8.388."""
    return each_lane(core, insn, element_rshl)


def vqrshl(core: Core, insn: Instruction) -> int:
    """VQRSHL, A8.8.377."""
    return each_lane(core, insn, element_qrshl)


# --- multiplication -------------------------------------------------------------------------------------------------


def element_mul(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The product; only its lower half counts."""
    return a * b


def element_mls(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The negative product."""
    return -(a * b)


def element_polynomial(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The lower half of the product of polynomials."""
    return carryless_product(raw_lane(a, 0, 8), raw_lane(b, 0, 8))


def element_qdmulh(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The upper half of the doubled product."""
    return doubled_product(core, a, b, insn.option) >> insn.option


def element_qrdmulh(core: Core, insn: Instruction, a: int, b: int) -> int:
    """The upper half of the doubled product, rounded."""
    return signed_saturate(core, rounded_right(a * b, insn.option - 1, 0), insn.option)


def vmul(core: Core, insn: Instruction) -> int:
    """VMUL (integer), A8.8.350."""
    return each_lane(core, insn, element_mul)


def vmul_polynomial(core: Core, insn: Instruction) -> int:
    """VMUL (polynomial), A8.8.350."""
    return each_lane(core, insn, element_polynomial)


def vmla(core: Core, insn: Instruction) -> int:
    """VMLA (integer), A8.8.336."""
    return accumulate(core, insn, element_mul)


def vmls(core: Core, insn: Instruction) -> int:
    """VMLS (integer), A8.8.336."""
    return accumulate(core, insn, element_mls)


def vqdmulh(core: Core, insn: Instruction) -> int:
    """VQDMULH, A8.8.372."""
    return each_lane(core, insn, element_qdmulh)


def vqrdmulh(core: Core, insn: Instruction) -> int:
    """VQRDMULH, A8.8.376."""
    return each_lane(core, insn, element_qrdmulh)
