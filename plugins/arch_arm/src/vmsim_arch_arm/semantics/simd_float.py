"""Advanced SIMD: single-precision floating point, estimates and conversions (DDI 0406C, A7.4).

Everything is computed under the standard FPSCR value. insn.regs is the number of doublewords; insn.index says that the
second operand is a scalar.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from collections.abc import Callable

    from vmsim_arch_arm.engine.plain_float import pair_add, pair_mul, pair_sub
    from vmsim_arch_arm.engine.plain_lanes import scalar_m, sign_bits, simd_trapped, vector_n
    from vmsim_arch_arm.engine.records import DECODED, EXCEPTION, IS_UNDEFINED, MASK32, NEXT, Core, Instruction, u64
    from vmsim_arch_arm.engine.soft_convert import (
        fixed_to_float32,
        float16_to_float32,
        float32_to_fixed,
        float32_to_float16,
    )
    from vmsim_arch_arm.engine.soft_estimate import (
        float32_recip_estimate,
        float32_recip_step,
        float32_rsqrt_estimate,
        float32_rsqrt_step,
        unsigned_recip_estimate,
        unsigned_rsqrt_estimate,
    )
    from vmsim_arch_arm.engine.soft_float import (
        FPSCR_IXC,
        ROUND_TO_ZERO,
        float32_add,
        float32_equal,
        float32_greater,
        float32_greater_equal,
        float32_max,
        float32_min,
        float32_mul,
        float32_sub,
        standard_control,
    )

    SIGN32 = 0x80000000
    Pair = Callable[[int, int], int]
    Operation = Callable[[Core, int, int, int], int]
    Conversion = Callable[[Core, Instruction, int, int], int]


# --- decoding -------------------------------------------------------------------------------------------------------


def decode_three(insn: Instruction) -> int:
    """Three registers; quadwords begin at even ones."""
    insn.n = vector_n(insn)
    if insn.regs and insn.n & 1:
        return IS_UNDEFINED
    return decode_two(insn)


def decode_two(insn: Instruction) -> int:
    """Two registers."""
    if insn.regs and (insn.d | insn.m) & 1:
        return IS_UNDEFINED
    insn.regs += 1
    insn.option = 32
    return DECODED


def decode_scalar(insn: Instruction) -> int:
    """Two registers and a scalar: Dm[x] with D0 to D15, A7.4.3."""
    insn.n = vector_n(insn)
    if insn.regs and (insn.d | insn.n) & 1:
        return IS_UNDEFINED
    insn.regs += 1
    insn.option = 32
    insn.index = 1
    insn.shift_amount = (insn.m >> 4) * 32
    insn.m &= 15
    return DECODED


def decode_fixed(insn: Instruction) -> int:
    """VCVT: imm6 is 64 less the number of fraction bits; 0xxxxx is UNDEFINED."""
    insn.shift_amount = 64 - insn.immediate
    return decode_two(insn) if insn.immediate & 32 else IS_UNDEFINED


def decode_from_quadword(insn: Instruction) -> int:
    """VCVT to half precision."""
    return IS_UNDEFINED if insn.m & 1 else DECODED


def decode_to_quadword(insn: Instruction) -> int:
    """VCVT from half precision."""
    return IS_UNDEFINED if insn.d & 1 else DECODED


# --- shapes ---------------------------------------------------------------------------------------------------------


def joined(low: int, high: int) -> int:
    """A doubleword of two words."""
    return low | cython.cast(u64, high) << 32


def each_lane(core: Core, insn: Instruction, operation: Operation) -> int:
    """Make every element of the destination of those of Vn and Vm."""
    if simd_trapped(core):
        return EXCEPTION
    control = standard_control(core)
    scalar = scalar_m(core, insn)
    for register in range(insn.regs):
        n = core.d[insn.n + register]
        m = scalar if insn.index else core.d[insn.m + register]
        low = operation(core, n & MASK32, m & MASK32, control)
        core.d[insn.d + register] = joined(low, operation(core, n >> 32, m >> 32, control))
    return NEXT


def each_pair(core: Core, insn: Instruction, pair: Pair, operation: Operation) -> int:
    """As `each_lane`, two elements at a time on the host where that is provably the same."""
    if simd_trapped(core):
        return EXCEPTION
    scalar = scalar_m(core, insn)
    noted = core.fpscr & FPSCR_IXC
    for register in range(insn.regs):
        n = core.d[insn.n + register]
        m = scalar if insn.index else core.d[insn.m + register]
        both = pair(n, m) if noted else 0
        core.d[insn.d + register] = both if both else one_by_one(core, n, m, operation)
    return NEXT


def one_by_one(core: Core, n: int, m: int, operation: Operation) -> int:
    """Return the results of an operation on both elements of doublewords."""
    control = standard_control(core)
    low = operation(core, n & MASK32, m & MASK32, control)
    return joined(low, operation(core, n >> 32, m >> 32, control))


def accumulate(core: Core, insn: Instruction, pair: Pair, operation: Operation) -> int:
    """Add the products of the elements of Vn and Vm to those of the destination, or subtract them."""
    if simd_trapped(core):
        return EXCEPTION
    scalar = scalar_m(core, insn)
    noted = core.fpscr & FPSCR_IXC
    for register in range(insn.regs):
        n = core.d[insn.n + register]
        m = scalar if insn.index else core.d[insn.m + register]
        d = core.d[insn.d + register]
        both = pair_mul(n, m) if noted else 0
        if both:
            both = pair(d, both)
        if not both:
            product = one_by_one(core, n, m, float32_mul)
            both = one_by_one(core, d, product, operation)
        core.d[insn.d + register] = both
    return NEXT


def pairwise(core: Core, insn: Instruction, operation: Operation) -> int:
    """Make the elements of the destination of neighbours, in Vn first, then in Vm."""
    if simd_trapped(core):
        return EXCEPTION
    control = standard_control(core)
    n = core.d[insn.n]
    m = core.d[insn.m]
    low = operation(core, n & MASK32, n >> 32, control)
    core.d[insn.d] = joined(low, operation(core, m & MASK32, m >> 32, control))
    return NEXT


def convert_lanes(core: Core, insn: Instruction, conversion: Conversion) -> int:
    """Make every element of the destination of that of Vm."""
    if simd_trapped(core):
        return EXCEPTION
    control = standard_control(core)
    for register in range(insn.regs):
        m = core.d[insn.m + register]
        low = conversion(core, insn, m & MASK32, control)
        core.d[insn.d + register] = joined(low, conversion(core, insn, m >> 32, control))
    return NEXT


# --- arithmetic -----------------------------------------------------------------------------------------------------


def subtract_product(core: Core, d: int, product: int, control: int) -> int:
    """What FPNeg() makes of a product is added."""
    return float32_add(core, d, product ^ SIGN32, control)


def absolute_difference(core: Core, a: int, b: int, control: int) -> int:
    """FPAbs(FPSub())."""
    return float32_sub(core, a, b, control) & ~SIGN32


def recip_step(core: Core, a: int, b: int, control: int) -> int:
    """FPRecipStep()."""
    return float32_recip_step(core, a, b)


def rsqrt_step(core: Core, a: int, b: int, control: int) -> int:
    """FPRSqrtStep()."""
    return float32_rsqrt_step(core, a, b)


def vadd(core: Core, insn: Instruction) -> int:
    """VADD (floating-point), A8.8.283."""
    return each_pair(core, insn, pair_add, float32_add)


def vsub(core: Core, insn: Instruction) -> int:
    """VSUB (floating-point), A8.8.415."""
    return each_pair(core, insn, pair_sub, float32_sub)


def vabd(core: Core, insn: Instruction) -> int:
    """VABD (floating-point), A8.8.279."""
    return each_lane(core, insn, absolute_difference)


def vpadd(core: Core, insn: Instruction) -> int:
    """VPADD (floating-point), A8.8.363."""
    return pairwise(core, insn, float32_add)


def vmul(core: Core, insn: Instruction) -> int:
    """VMUL (floating-point) and (by scalar), A8.8.351, A8.8.352."""
    return each_pair(core, insn, pair_mul, float32_mul)


def vmla(core: Core, insn: Instruction) -> int:
    """VMLA (floating-point) and (by scalar), A8.8.337, A8.8.338."""
    return accumulate(core, insn, pair_add, float32_add)


def vmls(core: Core, insn: Instruction) -> int:
    """VMLS (floating-point) and (by scalar), A8.8.337, A8.8.338."""
    return accumulate(core, insn, pair_sub, subtract_product)


def vmax(core: Core, insn: Instruction) -> int:
    """VMAX (floating-point), A8.8.335."""
    return each_lane(core, insn, float32_max)


def vmin(core: Core, insn: Instruction) -> int:
    """VMIN (floating-point), A8.8.335."""
    return each_lane(core, insn, float32_min)


def vpmax(core: Core, insn: Instruction) -> int:
    """VPMAX (floating-point), A8.8.366."""
    return pairwise(core, insn, float32_max)


def vpmin(core: Core, insn: Instruction) -> int:
    """VPMIN (floating-point), A8.8.366."""
    return pairwise(core, insn, float32_min)


def vrecps(core: Core, insn: Instruction) -> int:
    """VRECPS, A8.8.385."""
    return each_lane(core, insn, recip_step)


def vrsqrts(core: Core, insn: Instruction) -> int:
    """VRSQRTS, A8.8.392."""
    return each_lane(core, insn, rsqrt_step)


# --- comparison -----------------------------------------------------------------------------------------------------


def all_ones(condition: int) -> int:
    """All ones for 1, zero for 0."""
    return (0 - condition) & MASK32


def equal(core: Core, a: int, b: int, control: int) -> int:
    """FPCompareEQ() as a mask."""
    return all_ones(float32_equal(core, a, b, control))


def greater_equal(core: Core, a: int, b: int, control: int) -> int:
    """FPCompareGE() as a mask."""
    return all_ones(float32_greater_equal(core, a, b, control))


def greater(core: Core, a: int, b: int, control: int) -> int:
    """FPCompareGT() as a mask."""
    return all_ones(float32_greater(core, a, b, control))


def absolute_greater_equal(core: Core, a: int, b: int, control: int) -> int:
    """FPCompareGE() of absolute values."""
    return greater_equal(core, a & ~SIGN32, b & ~SIGN32, control)


def absolute_greater(core: Core, a: int, b: int, control: int) -> int:
    """FPCompareGT() of absolute values."""
    return greater(core, a & ~SIGN32, b & ~SIGN32, control)


def greater_zero(core: Core, insn: Instruction, m: int, control: int) -> int:
    """m > 0."""
    return greater(core, m, 0, control)


def greater_equal_zero(core: Core, insn: Instruction, m: int, control: int) -> int:
    """m >= 0."""
    return greater_equal(core, m, 0, control)


def equal_zero(core: Core, insn: Instruction, m: int, control: int) -> int:
    """m == 0."""
    return equal(core, m, 0, control)


def less_equal_zero(core: Core, insn: Instruction, m: int, control: int) -> int:
    """m <= 0."""
    return greater_equal(core, 0, m, control)


def less_zero(core: Core, insn: Instruction, m: int, control: int) -> int:
    """m < 0."""
    return greater(core, 0, m, control)


def vceq(core: Core, insn: Instruction) -> int:
    """VCEQ (register), A8.8.291."""
    return each_lane(core, insn, equal)


def vcge(core: Core, insn: Instruction) -> int:
    """VCGE (register), A8.8.293."""
    return each_lane(core, insn, greater_equal)


def vcgt(core: Core, insn: Instruction) -> int:
    """VCGT (register), A8.8.295."""
    return each_lane(core, insn, greater)


def vacge(core: Core, insn: Instruction) -> int:
    """VACGE, A8.8.281."""
    return each_lane(core, insn, absolute_greater_equal)


def vacgt(core: Core, insn: Instruction) -> int:
    """VACGT, A8.8.281."""
    return each_lane(core, insn, absolute_greater)


def vcgt_zero(core: Core, insn: Instruction) -> int:
    """VCGT (immediate #0), A8.8.296."""
    return convert_lanes(core, insn, greater_zero)


def vcge_zero(core: Core, insn: Instruction) -> int:
    """VCGE (immediate #0), A8.8.294."""
    return convert_lanes(core, insn, greater_equal_zero)


def vceq_zero(core: Core, insn: Instruction) -> int:
    """VCEQ (immediate #0), A8.8.292."""
    return convert_lanes(core, insn, equal_zero)


def vcle_zero(core: Core, insn: Instruction) -> int:
    """VCLE (immediate #0), A8.8.298."""
    return convert_lanes(core, insn, less_equal_zero)


def vclt_zero(core: Core, insn: Instruction) -> int:
    """VCLT (immediate #0), A8.8.301."""
    return convert_lanes(core, insn, less_zero)


# --- signs ----------------------------------------------------------------------------------------------------------


def vabs(core: Core, insn: Instruction) -> int:
    """VABS (floating-point), A8.8.280."""
    if simd_trapped(core):
        return EXCEPTION
    for register in range(insn.regs):
        core.d[insn.d + register] = core.d[insn.m + register] & ~sign_bits(32)
    return NEXT


def vneg(core: Core, insn: Instruction) -> int:
    """VNEG (floating-point), A8.8.355."""
    if simd_trapped(core):
        return EXCEPTION
    for register in range(insn.regs):
        core.d[insn.d + register] = core.d[insn.m + register] ^ sign_bits(32)
    return NEXT


# --- estimates and conversions --------------------------------------------------------------------------------------


def recip_estimate(core: Core, insn: Instruction, m: int, control: int) -> int:
    """FPRecipEstimate()."""
    return float32_recip_estimate(core, m)


def rsqrt_estimate(core: Core, insn: Instruction, m: int, control: int) -> int:
    """FPRSqrtEstimate()."""
    return float32_rsqrt_estimate(core, m)


def recip_estimate_unsigned(core: Core, insn: Instruction, m: int, control: int) -> int:
    """UnsignedRecipEstimate()."""
    return unsigned_recip_estimate(m)


def rsqrt_estimate_unsigned(core: Core, insn: Instruction, m: int, control: int) -> int:
    """UnsignedRSqrtEstimate()."""
    return unsigned_rsqrt_estimate(m)


def to_fixed(core: Core, insn: Instruction, m: int, control: int) -> int:
    """FPToFixed(), towards zero."""
    return float32_to_fixed(core, m, 32, insn.shift_amount, insn.add, control | ROUND_TO_ZERO)


def from_fixed(core: Core, insn: Instruction, m: int, control: int) -> int:
    """FixedToFP(), to nearest."""
    return fixed_to_float32(core, m, insn.shift_amount, insn.add, control)


def vrecpe(core: Core, insn: Instruction) -> int:
    """VRECPE of floating point, A8.8.384."""
    return convert_lanes(core, insn, recip_estimate)


def vrsqrte(core: Core, insn: Instruction) -> int:
    """VRSQRTE of floating point, A8.8.391."""
    return convert_lanes(core, insn, rsqrt_estimate)


def vrecpe_unsigned(core: Core, insn: Instruction) -> int:
    """VRECPE of unsigned integers, A8.8.384."""
    return convert_lanes(core, insn, recip_estimate_unsigned)


def vrsqrte_unsigned(core: Core, insn: Instruction) -> int:
    """VRSQRTE of unsigned integers, A8.8.391."""
    return convert_lanes(core, insn, rsqrt_estimate_unsigned)


def vcvt_to_fixed(core: Core, insn: Instruction) -> int:
    """VCVT from floating point to integers and to fixed point, A8.8.305, A8.8.307."""
    return convert_lanes(core, insn, to_fixed)


def vcvt_from_fixed(core: Core, insn: Instruction) -> int:
    """VCVT from integers and from fixed point to floating point, A8.8.305, A8.8.307."""
    return convert_lanes(core, insn, from_fixed)


def vcvt_to_half(core: Core, insn: Instruction) -> int:
    """VCVT from single to half precision, A8.8.310."""
    if simd_trapped(core):
        return EXCEPTION
    control = standard_control(core)
    result = 0
    for position in range(4):
        m = core.d[insn.m + (position >> 1)] >> 32 * (position & 1) & MASK32
        result |= cython.cast(u64, float32_to_float16(core, m, control)) << 16 * position
    core.d[insn.d] = result
    return NEXT


def vcvt_from_half(core: Core, insn: Instruction) -> int:
    """VCVT from half to single precision, A8.8.310."""
    if simd_trapped(core):
        return EXCEPTION
    control = standard_control(core)
    m = core.d[insn.m]
    for register in range(2):
        low = float16_to_float32(core, m & 0xFFFF, control)
        core.d[insn.d + register] = joined(low, float16_to_float32(core, m >> 16 & 0xFFFF, control))
        m >>= 32
    return NEXT
