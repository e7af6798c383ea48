"""Estimates and Newton-Raphson steps of reciprocals (DDI 0406C, A2.7.7), which Advanced SIMD alone has.

All of them work under the standard FPSCR value.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.records import MASK32, Core
    from vmsim_arch_arm.engine.soft_float import (
        FPSCR_DZC,
        FPSCR_UFC,
        SINGLE,
        flushed,
        invalid,
        is_nan,
        process_nan,
        process_nans,
        soft_add,
        soft_mul,
        standard_control,
    )

    SIGN32 = 0x80000000
    INFINITY32 = 0x7F800000
    TWO32 = 0x40000000
    THREE32 = 0x40400000
    EXPONENT_STEP32 = 0x800000


def recip_estimate(a: int) -> int:
    """recip_estimate(): of a number from 1/2 to 1 in units of 1/512, 256 to 511; the result is in units of 1/256.

    Of the middle of its 1/512 the reciprocal is taken, and rounded to 1/256.
    """
    return ((1 << 19) // (2 * a + 1) + 1) >> 1


def recip_sqrt_estimate(a: int) -> int:
    """recip_sqrt_estimate(): of a number from 1/4 to 1 in units of 1/512, 128 to 511; the result in units of 1/256.

    Below 1/2 the units are 1/512, from there on 1/256. Of the middle of a unit the reciprocal root is taken.
    """
    doubled = 2 * a + 1 if a < 256 else 2 * (a | 1)
    # The largest b, in units of 1/512, with a * b * b < 1.
    b = 512
    while doubled * (b + 1) * (b + 1) < 1 << 28:
        b += 1
    return (b + 1) >> 1


def float32_recip_estimate(core: Core, a: int) -> int:
    """FPRecipEstimate()."""
    control = standard_control(core)
    a = flushed(core, a, SINGLE, control)
    sign = a & SIGN32
    size = a ^ sign
    if is_nan(a, SINGLE):
        return process_nan(core, a, SINGLE, control)
    if size == INFINITY32:
        return sign
    if size == 0:
        core.fpscr |= FPSCR_DZC
        return sign | INFINITY32
    exponent = size >> 23
    if exponent >= 253:
        core.fpscr |= FPSCR_UFC
        return sign
    estimate = recip_estimate(256 | size >> 15 & 0xFF)
    return sign | (253 - exponent) << 23 | (estimate & 0xFF) << 15


def float32_rsqrt_estimate(core: Core, a: int) -> int:
    """FPRSqrtEstimate()."""
    control = standard_control(core)
    a = flushed(core, a, SINGLE, control)
    sign = a & SIGN32
    size = a ^ sign
    if is_nan(a, SINGLE):
        return process_nan(core, a, SINGLE, control)
    if size == 0:
        core.fpscr |= FPSCR_DZC
        return sign | INFINITY32
    if sign:
        return invalid(core, SINGLE)
    if size == INFINITY32:
        return 0
    exponent = size >> 23
    fraction = 256 | size >> 15 & 0xFF
    # From 1/4 to 1: with an odd exponent it is below 1/2.
    estimate = recip_sqrt_estimate(fraction >> 1 if exponent & 1 else fraction)
    return (380 - exponent) >> 1 << 23 | (estimate & 0xFF) << 15


def unsigned_recip_estimate(a: int) -> int:
    """UnsignedRecipEstimate()."""
    return recip_estimate(a >> 23) << 23 if a >> 31 else MASK32


def unsigned_rsqrt_estimate(a: int) -> int:
    """UnsignedRSqrtEstimate()."""
    return recip_sqrt_estimate(a >> 23) << 23 if a >> 30 else MASK32


def product_or_zero(core: Core, a: int, b: int, control: int) -> int:
    """The product of two numbers that are no NaNs; that of zero and infinity is zero."""
    x = flushed(core, a, SINGLE, control) & ~SIGN32 & MASK32
    y = flushed(core, b, SINGLE, control) & ~SIGN32 & MASK32
    if (x == 0 and y == INFINITY32) or (y == 0 and x == INFINITY32):
        return 0
    return soft_mul(core, a, b, SINGLE, control)


def float32_recip_step(core: Core, a: int, b: int) -> int:
    """FPRecipStep(): 2 - a * b."""
    control = standard_control(core)
    if is_nan(a, SINGLE) or is_nan(b, SINGLE):
        a = flushed(core, a, SINGLE, control)
        return process_nans(core, a, flushed(core, b, SINGLE, control), SINGLE, control)
    return soft_add(core, TWO32, product_or_zero(core, a, b, control), 1, SINGLE, control)


def float32_rsqrt_step(core: Core, a: int, b: int) -> int:
    """FPRSqrtStep(): (3 - a * b) / 2. Halving is exact: the difference is zero or far from the least exponent."""
    control = standard_control(core)
    if is_nan(a, SINGLE) or is_nan(b, SINGLE):
        a = flushed(core, a, SINGLE, control)
        return process_nans(core, a, flushed(core, b, SINGLE, control), SINGLE, control)
    result = soft_add(core, THREE32, product_or_zero(core, a, b, control), 1, SINGLE, control)
    size = result & ~SIGN32 & MASK32
    return result if size == 0 or size == INFINITY32 else result - EXPONENT_STEP32
