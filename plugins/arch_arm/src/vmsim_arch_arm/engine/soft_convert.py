"""Conversions of floating point, as the manual's pseudocode has them (DDI 0406C, A2.7.7)."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.plain_float import bits_of_double, bits_of_single, double_of, single_of
    from vmsim_arch_arm.engine.records import MASK32, Core, s64
    from vmsim_arch_arm.engine.soft_float import (
        DOUBLE,
        FPSCR_AHP,
        FPSCR_IOC,
        FPSCR_IXC,
        FPSCR_ROUNDING,
        HALF,
        SINGLE,
        bit,
        exponent,
        float_round,
        flushed,
        infinity,
        is_ordinary32,
        is_ordinary64,
        magnitude,
        process_nan,
        rounds_up,
        shift_right_sticky,
        sign_of,
        significand,
        with_sign,
    )


# --- between formats ------------------------------------------------------------------------------------------------


def convert(core: Core, a: int, source: int, target: int, control: int) -> int:
    """FPHalfToSingle(), FPSingleToHalf(), FPSingleToDouble() and FPDoubleToSingle(), A2.7.7."""
    a = flushed(core, a, source, control)
    sign = sign_of(a, source)
    x = magnitude(a, source)
    limit = infinity(source)
    if x >= limit and not (source == HALF and control & FPSCR_AHP):
        if target == HALF and control & FPSCR_AHP:
            core.fpscr |= FPSCR_IOC
            return with_sign(sign, 0 if x > limit else 0x7FFF, HALF)
        if x == limit:
            return with_sign(sign, infinity(target), target)
        a = process_nan(core, a, source, control)
        x = magnitude(a, source) & (bit(source) - 1)
        x = x << (target - source) if target > source else x >> (source - target)
        return with_sign(sign_of(a, source), infinity(target) | x, target)
    if x == 0:
        return with_sign(sign, 0, target)
    return float_round(core, sign, exponent(x, source), significand(x, source), target, control)


def float32_to_float64(core: Core, a: int, control: int) -> int:
    """FPSingleToDouble(): exact."""
    if is_ordinary32(a):
        return bits_of_double(single_of(a))
    return convert(core, a, SINGLE, DOUBLE, control)


def float64_to_float32(core: Core, a: int, control: int) -> int:
    """FPDoubleToSingle()."""
    if control & FPSCR_ROUNDING == 0 and core.fpscr & FPSCR_IXC and is_ordinary64(a):
        result = bits_of_single(double_of(a))
        if is_ordinary32(result):
            return result
    return convert(core, a, DOUBLE, SINGLE, control)


def float16_to_float32(core: Core, a: int, control: int) -> int:
    """FPHalfToSingle()."""
    return convert(core, a, HALF, SINGLE, control)


def float32_to_float16(core: Core, a: int, control: int) -> int:
    """FPSingleToHalf()."""
    return convert(core, a, SINGLE, HALF, control)


def to_fixed(
    core: Core, a: int, format_bits: int, size: int, fraction_bits: int, is_unsigned: int, control: int
) -> int:
    """FPToFixed(), A2.7.7: to `size` bits, extended to 32."""
    a = flushed(core, a, format_bits, control)
    sign = sign_of(a, format_bits)
    x = magnitude(a, format_bits)
    if x > infinity(format_bits):
        core.fpscr |= FPSCR_IOC
        return 0
    if x == 0:
        return 0
    limit = bit(size if is_unsigned else size - 1) - 1
    if sign:
        limit = 0 if is_unsigned else limit + 1
    power = exponent(x, format_bits) + fraction_bits
    if power > 40:
        x = bit(50)  # too great for any size
    else:
        x = shift_right_sticky(significand(x, format_bits), 61 - power)
    result = (x >> 2) + rounds_up(x, sign, control)
    if result > limit:
        core.fpscr |= FPSCR_IOC
        result = limit
    elif x & 3:
        core.fpscr |= FPSCR_IXC
    return (0 - result if sign else result) & MASK32


def float32_to_fixed(core: Core, a: int, size: int, fraction_bits: int, is_unsigned: int, control: int) -> int:
    """FPToFixed() of single precision."""
    return to_fixed(core, a, SINGLE, size, fraction_bits, is_unsigned, control)


def float64_to_fixed(core: Core, a: int, size: int, fraction_bits: int, is_unsigned: int, control: int) -> int:
    """FPToFixed() of double precision."""
    return to_fixed(core, a, DOUBLE, size, fraction_bits, is_unsigned, control)


def from_fixed(core: Core, value: int, format_bits: int, fraction_bits: int, is_unsigned: int, control: int) -> int:
    """FixedToFP(), A2.7.7, of a 32-bit number."""
    if value == 0:
        return 0
    sign = 0 if is_unsigned else value >> 31
    size = (0 - value) & MASK32 if sign else value
    return float_round(core, sign, 63 - fraction_bits, size, format_bits, control)


def signed32(value: int) -> int:
    """SInt() of 32 bits."""
    return value - (cython.cast(s64, value >> 31) << 32)


def fixed_to_float32(core: Core, value: int, fraction_bits: int, is_unsigned: int, control: int) -> int:
    """FixedToFP() to single precision."""
    return from_fixed(core, value, SINGLE, fraction_bits, is_unsigned, control)


def fixed_to_float64(core: Core, value: int, fraction_bits: int, is_unsigned: int, control: int) -> int:
    """FixedToFP() to double precision: exact."""
    if fraction_bits == 0 and not is_unsigned and value:
        return bits_of_double(signed32(value))
    return from_fixed(core, value, DOUBLE, fraction_bits, is_unsigned, control)
