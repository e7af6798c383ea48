"""Floating point on raw bits, as the manual's pseudocode has it (DDI 0406C, A2.7).

A format is known by the number of its fraction bits: HALF, SINGLE or DOUBLE. What comes from `control` and what goes to
`core.fpscr` says soft_float.pxd. The host's floating point is used where its result is provably the same: operands and
result well inside the normal range, rounding to nearest, and Inexact either set already or known not to arise.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.plain_float import bits_of_double, bits_of_single, double_of, host_sqrt, single_of
    from vmsim_arch_arm.engine.records import MASK32, Core, s32, u64

    FPSCR_IOC = 1
    FPSCR_DZC = 2
    FPSCR_OFC = 4
    FPSCR_UFC = 8
    FPSCR_IXC = 0x10
    FPSCR_IDC = 0x80
    FPSCR_ROUNDING = 0xC00000  # 0: to nearest, then towards plus infinity, minus infinity, zero
    ROUND_TO_PLUS = 0x400000
    ROUND_TO_MINUS = 0x800000
    ROUND_TO_ZERO = 0xC00000
    FPSCR_FZ = 0x1000000
    FPSCR_DN = 0x2000000
    FPSCR_AHP = 0x4000000

    HALF = 10
    SINGLE = 23
    DOUBLE = 52


def standard_control(core: Core) -> int:
    """StandardFPSCRValue(), A2.7.8: flush-to-zero, default NaN, round to nearest."""
    return core.fpscr & FPSCR_AHP | FPSCR_DN | FPSCR_FZ


# --- parts of a number ----------------------------------------------------------------------------------------------


def bit(position: int) -> int:
    """Return a 64-bit number with one bit set."""
    return cython.cast(u64, 1) << position


def sign_position(fraction_bits: int) -> int:
    """Return the number of a format's highest bit."""
    if fraction_bits == SINGLE:
        return 31
    return 63 if fraction_bits == DOUBLE else 15


def infinity(fraction_bits: int) -> int:
    """FPInfinity(), positive: every exponent bit set."""
    return bit(sign_position(fraction_bits)) - bit(fraction_bits)


def bias(fraction_bits: int) -> int:
    """Return what is added to the exponents of a format."""
    if fraction_bits == SINGLE:
        return 127
    return 1023 if fraction_bits == DOUBLE else 15


def sign_of(value: int, fraction_bits: int) -> int:
    """Return the sign: 0 or 1."""
    return value >> sign_position(fraction_bits) & 1


def magnitude(value: int, fraction_bits: int) -> int:
    """Return a number without its sign."""
    return value & (bit(sign_position(fraction_bits)) - 1)


def with_sign(sign: int, value: int, fraction_bits: int) -> int:
    """Give a magnitude a sign."""
    return cython.cast(u64, sign) << sign_position(fraction_bits) | value


def leading_zeros(value: int) -> int:
    """Count the zeros above the highest bit set, of a 64-bit number that is not 0."""
    count = 0
    width = 32
    while width:
        if value >> (64 - width) == 0:
            value <<= width
            count += width
        width >>= 1
    return count


def significand(value: int, fraction_bits: int) -> int:
    """Return the significand of a finite magnitude that is not 0, its leading bit in bit 63."""
    if value >> fraction_bits:
        return (value & (bit(fraction_bits) - 1) | bit(fraction_bits)) << (63 - fraction_bits)
    return value << leading_zeros(value)


def exponent(value: int, fraction_bits: int) -> int:
    """Return the exponent of a finite magnitude that is not 0: that of its leading bit."""
    if value >> fraction_bits:
        return cython.cast(s32, value >> fraction_bits) - bias(fraction_bits)
    return 64 - fraction_bits - bias(fraction_bits) - leading_zeros(value)


def flushed(core: Core, value: int, fraction_bits: int, control: int) -> int:
    """What FPUnpack() does to a denormal operand: a zero in flush-to-zero mode, except in half precision."""
    if control & FPSCR_FZ and fraction_bits != HALF:
        size = magnitude(value, fraction_bits)
        if size >> fraction_bits == 0 and size:
            core.fpscr |= FPSCR_IDC
            return value ^ size
    return value


# --- NaNs -----------------------------------------------------------------------------------------------------------


def is_nan(value: int, fraction_bits: int) -> bool:
    """Whether it is a NaN of either kind."""
    return magnitude(value, fraction_bits) > infinity(fraction_bits)


def is_signaling(value: int, fraction_bits: int) -> bool:
    """Whether it is a signaling NaN."""
    return is_nan(value, fraction_bits) and (value >> (fraction_bits - 1) & 1) == 0


def default_nan(fraction_bits: int) -> int:
    """FPDefaultNaN(), A2.7.5."""
    return infinity(fraction_bits) | bit(fraction_bits - 1)


def invalid(core: Core, fraction_bits: int) -> int:
    """An Invalid Operation that returns the default NaN."""
    core.fpscr |= FPSCR_IOC
    return default_nan(fraction_bits)


def process_nan(core: Core, value: int, fraction_bits: int, control: int) -> int:
    """FPProcessNaN(), A2.7.6."""
    if is_signaling(value, fraction_bits):
        core.fpscr |= FPSCR_IOC
    return default_nan(fraction_bits) if control & FPSCR_DN else value | bit(fraction_bits - 1)


def process_nans(core: Core, a: int, b: int, fraction_bits: int, control: int) -> int:
    """FPProcessNaNs(), A2.7.6, if there is one: signaling NaNs go first, then the first operand."""
    first = is_nan(a, fraction_bits)
    if is_signaling(b, fraction_bits) and not is_signaling(a, fraction_bits):
        first = False
    return process_nan(core, a if first else b, fraction_bits, control)


# --- rounding -------------------------------------------------------------------------------------------------------


def shift_right_sticky(value: int, amount: int) -> int:
    """Shift right; bit 0 of the result is set, too, if any bit that is lost was."""
    if amount > 63:
        return 1 if value else 0
    return value >> amount | (1 if value & (bit(amount) - 1) else 0)


def rounds_up(value: int, sign: int, control: int) -> int:
    """Return 1 if a magnitude with two bits below the unit, the lower a sticky one, is rounded up, and 0 if down."""
    mode = control & FPSCR_ROUNDING
    error = value & 3
    if mode == 0:
        return 1 if error == 3 or (error == 2 and value & 4) else 0
    if mode == ROUND_TO_PLUS:
        return 1 if error and not sign else 0
    if mode == ROUND_TO_MINUS:
        return 1 if error and sign else 0
    return 0


def overflowed(core: Core, sign: int, fraction_bits: int, control: int) -> int:
    """An overflow: infinity, or the greatest finite number if rounding leads away from infinity."""
    core.fpscr |= FPSCR_OFC | FPSCR_IXC
    mode = control & FPSCR_ROUNDING
    to_infinity = mode == 0 or mode == (ROUND_TO_MINUS if sign else ROUND_TO_PLUS)
    limit = infinity(fraction_bits)
    return with_sign(sign, limit if to_infinity else limit - 1, fraction_bits)


def float_round(core: Core, sign: int, power: int, value: int, fraction_bits: int, control: int) -> int:
    """FPRound(), A2.7.7, of ``value * 2**(power - 63)``, not 0; bit 0 of `value` stands for everything below, too."""
    zeros = leading_zeros(value)
    value <<= zeros
    biased = power - zeros + bias(fraction_bits)
    shift = 61 - fraction_bits
    tiny = biased < 1
    if tiny:
        if control & FPSCR_FZ and fraction_bits != HALF:
            core.fpscr |= FPSCR_UFC
            return with_sign(sign, 0, fraction_bits)
        shift += 1 - biased
        biased = 1
    value = shift_right_sticky(value, shift)
    # The leading bit adds 1 to the exponent, and so does a carry out of the fraction.
    result = (cython.cast(u64, biased - 1) << fraction_bits) + (value >> 2) + rounds_up(value, sign, control)
    if fraction_bits == HALF and control & FPSCR_AHP:
        if result >> 15:
            core.fpscr |= FPSCR_IOC
            return with_sign(sign, 0x7FFF, HALF)
    elif result >= infinity(fraction_bits):
        return overflowed(core, sign, fraction_bits, control)
    if value & 3:
        core.fpscr |= FPSCR_IXC | FPSCR_UFC if tiny else FPSCR_IXC
    return with_sign(sign, result, fraction_bits)


# --- arithmetic -----------------------------------------------------------------------------------------------------


def soft_add(core: Core, a: int, b: int, negate: int, fraction_bits: int, control: int) -> int:
    """FPAdd() and, with `negate` 1, FPSub(), A2.7.7."""
    a = flushed(core, a, fraction_bits, control)
    b = flushed(core, b, fraction_bits, control)
    if is_nan(a, fraction_bits) or is_nan(b, fraction_bits):
        return process_nans(core, a, b, fraction_bits, control)
    b ^= bit(sign_position(fraction_bits)) if negate else 0
    differ = sign_of(a ^ b, fraction_bits)
    limit = infinity(fraction_bits)
    if magnitude(a, fraction_bits) < magnitude(b, fraction_bits):
        a, b = b, a
    x = magnitude(a, fraction_bits)
    y = magnitude(b, fraction_bits)
    if y == limit and differ:
        return invalid(core, fraction_bits)
    if x == y and differ:
        return with_sign(1 if control & FPSCR_ROUNDING == ROUND_TO_MINUS else 0, 0, fraction_bits)
    if y == 0 or x == limit:
        return a
    power = exponent(x, fraction_bits)
    total = significand(x, fraction_bits) >> 1
    smaller = shift_right_sticky(significand(y, fraction_bits) >> 1, power - exponent(y, fraction_bits))
    total = total - smaller if differ else total + smaller
    return float_round(core, sign_of(a, fraction_bits), power + 1, total, fraction_bits, control)


def multiply_high(x: int, y: int) -> int:
    """Return the upper 64 bits of the product of two 64-bit numbers; bit 0 stands for the lower ones, too."""
    low_x = x & MASK32
    low_y = y & MASK32
    high_x = x >> 32
    high_y = y >> 32
    lowest = low_x * low_y
    middle = high_x * low_y + (lowest >> 32)
    middle_2 = low_x * high_y + (middle & MASK32)
    rest = lowest & MASK32 | middle_2 & MASK32
    return high_x * high_y + (middle >> 32) + (middle_2 >> 32) | (1 if rest else 0)


def soft_mul(core: Core, a: int, b: int, fraction_bits: int, control: int) -> int:
    """FPMul(), A2.7.7."""
    a = flushed(core, a, fraction_bits, control)
    b = flushed(core, b, fraction_bits, control)
    if is_nan(a, fraction_bits) or is_nan(b, fraction_bits):
        return process_nans(core, a, b, fraction_bits, control)
    sign = sign_of(a ^ b, fraction_bits)
    x = magnitude(a, fraction_bits)
    y = magnitude(b, fraction_bits)
    limit = infinity(fraction_bits)
    if x == limit or y == limit:
        return invalid(core, fraction_bits) if x == 0 or y == 0 else with_sign(sign, limit, fraction_bits)
    if x == 0 or y == 0:
        return with_sign(sign, 0, fraction_bits)
    power = exponent(x, fraction_bits) + exponent(y, fraction_bits) + 1
    product = multiply_high(significand(x, fraction_bits), significand(y, fraction_bits))
    return float_round(core, sign, power, product, fraction_bits, control)


def soft_div(core: Core, a: int, b: int, fraction_bits: int, control: int) -> int:
    """FPDiv(), A2.7.7."""
    a = flushed(core, a, fraction_bits, control)
    b = flushed(core, b, fraction_bits, control)
    if is_nan(a, fraction_bits) or is_nan(b, fraction_bits):
        return process_nans(core, a, b, fraction_bits, control)
    sign = sign_of(a ^ b, fraction_bits)
    x = magnitude(a, fraction_bits)
    y = magnitude(b, fraction_bits)
    limit = infinity(fraction_bits)
    if x == y and (x == 0 or x == limit):
        return invalid(core, fraction_bits)
    if y == 0 and x != limit:
        core.fpscr |= FPSCR_DZC
    if y == 0 or x == limit:
        return with_sign(sign, limit, fraction_bits)
    if x == 0 or y == limit:
        return with_sign(sign, 0, fraction_bits)
    # Long division, eleven bits at a time: significands have 53 bits at most.
    divisor = significand(y, fraction_bits) >> 11
    remainder = significand(x, fraction_bits) >> 11
    quotient = remainder // divisor
    for _ in range(5):
        remainder = remainder % divisor << 11
        quotient = quotient << 11 | remainder // divisor
    quotient |= 1 if remainder % divisor else 0
    power = exponent(x, fraction_bits) - exponent(y, fraction_bits) + 8
    return float_round(core, sign, power, quotient, fraction_bits, control)


def soft_sqrt(core: Core, a: int, fraction_bits: int, control: int) -> int:
    """FPSqrt(), A2.7.7."""
    a = flushed(core, a, fraction_bits, control)
    x = magnitude(a, fraction_bits)
    if is_nan(a, fraction_bits):
        return process_nan(core, a, fraction_bits, control)
    if x == 0:
        return a
    if sign_of(a, fraction_bits):
        return invalid(core, fraction_bits)
    if x == infinity(fraction_bits):
        return a
    # Digit by digit, two bits of the radicand give one of the root; the exponent is made even.
    power = exponent(x, fraction_bits)
    radicand = significand(x, fraction_bits) >> (11 - (power & 1))
    root = remainder = 0
    for _ in range(55):
        remainder = remainder << 2 | radicand >> 52 & 3
        radicand <<= 2
        root <<= 1
        if remainder > root << 1:
            remainder -= root << 1 | 1
            root |= 1
    root |= 1 if remainder else 0
    return float_round(core, 0, (power >> 1) + 9, root, fraction_bits, control)


# --- the host's floating point, where it does the same --------------------------------------------------------------


def is_ordinary32(value: int) -> bool:
    """Whether single precision is normal, and not the least binade, into which tiny results are rounded."""
    return 1 < (value >> 23 & 0xFF) < 0xFF


def is_ordinary64(value: int) -> bool:
    """Whether double precision is normal, and not the least binade, into which tiny results are rounded."""
    return 1 < (value >> 52 & 0x7FF) < 0x7FF


def float32_add(core: Core, a: int, b: int, control: int) -> int:
    """FPAdd() of single precision; a sum is exact if each operand is the difference of it and the other."""
    if control & FPSCR_ROUNDING == 0 and is_ordinary32(a) and is_ordinary32(b):
        x = single_of(a)
        y = single_of(b)
        result = bits_of_single(x + y)
        total = single_of(result)
        if is_ordinary32(result) and (core.fpscr & FPSCR_IXC or (total - x == y and total - y == x)):
            return result
    return soft_add(core, a, b, 0, SINGLE, control)


def float64_add(core: Core, a: int, b: int, control: int) -> int:
    """FPAdd() of double precision."""
    if control & FPSCR_ROUNDING == 0 and is_ordinary64(a) and is_ordinary64(b):
        x = double_of(a)
        y = double_of(b)
        total = x + y
        result = bits_of_double(total)
        if is_ordinary64(result) and (core.fpscr & FPSCR_IXC or (total - x == y and total - y == x)):
            return result
    return soft_add(core, a, b, 0, DOUBLE, control)


def float32_sub(core: Core, a: int, b: int, control: int) -> int:
    """FPSub() of single precision."""
    if control & FPSCR_ROUNDING == 0 and is_ordinary32(a) and is_ordinary32(b):
        x = single_of(a)
        y = single_of(b)
        result = bits_of_single(x - y)
        total = single_of(result)
        if is_ordinary32(result) and (core.fpscr & FPSCR_IXC or (x - total == y and total + y == x)):
            return result
    return soft_add(core, a, b, 1, SINGLE, control)


def float64_sub(core: Core, a: int, b: int, control: int) -> int:
    """FPSub() of double precision."""
    if control & FPSCR_ROUNDING == 0 and is_ordinary64(a) and is_ordinary64(b):
        x = double_of(a)
        y = double_of(b)
        total = x - y
        result = bits_of_double(total)
        if is_ordinary64(result) and (core.fpscr & FPSCR_IXC or (x - total == y and total + y == x)):
            return result
    return soft_add(core, a, b, 1, DOUBLE, control)


def float32_mul(core: Core, a: int, b: int, control: int) -> int:
    """FPMul() of single precision; a product is exact if each operand has half a significand's bits."""
    exact_enough = (a | b) & 0xFFF == 0 or core.fpscr & FPSCR_IXC
    if exact_enough and control & FPSCR_ROUNDING == 0 and is_ordinary32(a) and is_ordinary32(b):
        result = bits_of_single(single_of(a) * single_of(b))
        if is_ordinary32(result):
            return result
    return soft_mul(core, a, b, SINGLE, control)


def float64_mul(core: Core, a: int, b: int, control: int) -> int:
    """FPMul() of double precision."""
    exact_enough = (a | b) & 0x7FFFFFF == 0 or core.fpscr & FPSCR_IXC
    if exact_enough and control & FPSCR_ROUNDING == 0 and is_ordinary64(a) and is_ordinary64(b):
        result = bits_of_double(double_of(a) * double_of(b))
        if is_ordinary64(result):
            return result
    return soft_mul(core, a, b, DOUBLE, control)


def float32_div(core: Core, a: int, b: int, control: int) -> int:
    """FPDiv() of single precision."""
    if control & FPSCR_ROUNDING == 0 and core.fpscr & FPSCR_IXC and is_ordinary32(a) and is_ordinary32(b):
        result = bits_of_single(single_of(a) / single_of(b))
        if is_ordinary32(result):
            return result
    return soft_div(core, a, b, SINGLE, control)


def float64_div(core: Core, a: int, b: int, control: int) -> int:
    """FPDiv() of double precision."""
    if control & FPSCR_ROUNDING == 0 and core.fpscr & FPSCR_IXC and is_ordinary64(a) and is_ordinary64(b):
        result = bits_of_double(double_of(a) / double_of(b))
        if is_ordinary64(result):
            return result
    return soft_div(core, a, b, DOUBLE, control)


def float32_sqrt(core: Core, a: int, control: int) -> int:
    """FPSqrt() of single precision; the root in double precision has more than enough bits to be rounded twice."""
    if control & FPSCR_ROUNDING == 0 and core.fpscr & FPSCR_IXC and is_ordinary32(a) and a >> 31 == 0:
        return bits_of_single(host_sqrt(single_of(a)))
    return soft_sqrt(core, a, SINGLE, control)


def float64_sqrt(core: Core, a: int, control: int) -> int:
    """FPSqrt() of double precision."""
    if control & FPSCR_ROUNDING == 0 and core.fpscr & FPSCR_IXC and is_ordinary64(a) and a >> 63 == 0:
        return bits_of_double(host_sqrt(double_of(a)))
    return soft_sqrt(core, a, DOUBLE, control)


# --- comparison -----------------------------------------------------------------------------------------------------


def soft_compare(core: Core, a: int, b: int, quiet_nan_exc: int, fraction_bits: int, control: int) -> int:
    """FPCompare(), A2.7.7: the flags NZCV."""
    a = flushed(core, a, fraction_bits, control)
    b = flushed(core, b, fraction_bits, control)
    if is_nan(a, fraction_bits) or is_nan(b, fraction_bits):
        if quiet_nan_exc or is_signaling(a, fraction_bits) or is_signaling(b, fraction_bits):
            core.fpscr |= FPSCR_IOC
        return 3
    if a == b or magnitude(a | b, fraction_bits) == 0:
        return 6
    if sign_of(a ^ b, fraction_bits):
        less = sign_of(a, fraction_bits)
    else:
        less = (1 if a < b else 0) ^ sign_of(a, fraction_bits)
    return 8 if less else 2


def float32_compare(core: Core, a: int, b: int, quiet_nan_exc: int, control: int) -> int:
    """FPCompare() of single precision."""
    return soft_compare(core, a, b, quiet_nan_exc, SINGLE, control)


def float64_compare(core: Core, a: int, b: int, quiet_nan_exc: int, control: int) -> int:
    """FPCompare() of double precision."""
    return soft_compare(core, a, b, quiet_nan_exc, DOUBLE, control)


def float32_equal(core: Core, a: int, b: int, control: int) -> int:
    """FPCompareEQ(), A2.7.7."""
    return float32_compare(core, a, b, False, control) >> 2 & 1


def float32_greater_equal(core: Core, a: int, b: int, control: int) -> int:
    """FPCompareGE(), A2.7.7: every NaN is an Invalid Operation."""
    flags = float32_compare(core, a, b, True, control)
    return 1 if flags == 6 or flags == 2 else 0


def float32_greater(core: Core, a: int, b: int, control: int) -> int:
    """FPCompareGT(), A2.7.7: every NaN is an Invalid Operation."""
    return 1 if float32_compare(core, a, b, True, control) == 2 else 0


def float32_max(core: Core, a: int, b: int, control: int) -> int:
    """FPMax(), A2.7.7: of zeros the positive one."""
    a = flushed(core, a, SINGLE, control)
    b = flushed(core, b, SINGLE, control)
    flags = soft_compare(core, a, b, False, SINGLE, control)
    if flags == 3:
        return process_nans(core, a, b, SINGLE, control)
    if flags == 6:
        return a & b
    return a if flags == 2 else b


def float32_min(core: Core, a: int, b: int, control: int) -> int:
    """FPMin(), A2.7.7: of zeros the negative one."""
    a = flushed(core, a, SINGLE, control)
    b = flushed(core, b, SINGLE, control)
    flags = soft_compare(core, a, b, False, SINGLE, control)
    if flags == 3:
        return process_nans(core, a, b, SINGLE, control)
    if flags == 6:
        return a | b
    return a if flags == 8 else b
