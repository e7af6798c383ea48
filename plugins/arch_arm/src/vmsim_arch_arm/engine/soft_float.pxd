# The manual's floating point (DDI 0406C, A2.7) on raw bits: for VFP with `control` = core.fpscr, for Advanced SIMD with
# `control` = standard_control(core). Rounding mode, flush-to-zero, default NaN and the alternative half precision come
# from `control`; cumulative exceptions go to core.fpscr.

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from vmsim_arch_arm.engine.host_float cimport bits_of_double, bits_of_single, double_of, host_sqrt, single_of
from vmsim_arch_arm.engine.records cimport MASK32, Core, s32, u64

import cython

# Bits of the FPSCR (A2.5.3).
cdef enum:
    FPSCR_IOC = 1
    FPSCR_DZC = 2
    FPSCR_OFC = 4
    FPSCR_UFC = 8
    FPSCR_IXC = 0x10
    FPSCR_IDC = 0x80
    FPSCR_ROUNDING = 0xC00000       # 0: to nearest, then towards plus infinity, minus infinity, zero
    ROUND_TO_PLUS = 0x400000
    ROUND_TO_MINUS = 0x800000
    ROUND_TO_ZERO = 0xC00000
    FPSCR_FZ = 0x1000000
    FPSCR_DN = 0x2000000
    FPSCR_AHP = 0x4000000

# A format is known by the number of its fraction bits.
cdef enum:
    HALF = 10
    SINGLE = 23
    DOUBLE = 52

# StandardFPSCRValue()
cdef uint32_t standard_control(Core* core) noexcept nogil

cdef uint32_t float32_add(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t float32_sub(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
@cython.locals(exact_enough=cython.bint)
cdef uint32_t float32_mul(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t float32_div(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t float32_sqrt(Core* core, uint32_t a, uint32_t control) noexcept nogil
cdef uint64_t float64_add(Core* core, uint64_t a, uint64_t b, uint32_t control) noexcept nogil
cdef uint64_t float64_sub(Core* core, uint64_t a, uint64_t b, uint32_t control) noexcept nogil
@cython.locals(exact_enough=cython.bint)
cdef uint64_t float64_mul(Core* core, uint64_t a, uint64_t b, uint32_t control) noexcept nogil
cdef uint64_t float64_div(Core* core, uint64_t a, uint64_t b, uint32_t control) noexcept nogil
cdef uint64_t float64_sqrt(Core* core, uint64_t a, uint32_t control) noexcept nogil

# FPCompare(): returns the flags NZCV; `quiet_nan_exc` says whether quiet NaNs raise Invalid Operation, too.
cdef uint32_t float32_compare(Core* core, uint32_t a, uint32_t b, bint quiet_nan_exc, uint32_t control) noexcept nogil
cdef uint32_t float64_compare(Core* core, uint64_t a, uint64_t b, bint quiet_nan_exc, uint32_t control) noexcept nogil
# FPCompareEQ(), FPCompareGE(), FPCompareGT(): 0 or 1.
cdef uint32_t float32_equal(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t float32_greater_equal(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t float32_greater(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil

# FPMax() and FPMin()
cdef uint32_t float32_max(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t float32_min(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil

# What these and soft_convert are made of. The type of a 64-bit number holds every format.
cdef uint64_t bit(int32_t position) noexcept nogil
cdef int32_t sign_position(int32_t fraction_bits) noexcept nogil
cdef uint64_t infinity(int32_t fraction_bits) noexcept nogil
cdef int32_t bias(int32_t fraction_bits) noexcept nogil
cdef uint32_t sign_of(uint64_t value, int32_t fraction_bits) noexcept nogil
cdef uint64_t magnitude(uint64_t value, int32_t fraction_bits) noexcept nogil
cdef uint64_t with_sign(uint32_t sign, uint64_t value, int32_t fraction_bits) noexcept nogil
@cython.locals(count=int32_t, width=int32_t)
cdef int32_t leading_zeros(uint64_t value) noexcept nogil
cdef uint64_t significand(uint64_t value, int32_t fraction_bits) noexcept nogil
cdef int32_t exponent(uint64_t value, int32_t fraction_bits) noexcept nogil
@cython.locals(size=uint64_t)
cdef uint64_t flushed(Core* core, uint64_t value, int32_t fraction_bits, uint32_t control) noexcept nogil
cdef bint is_nan(uint64_t value, int32_t fraction_bits) noexcept nogil
cdef bint is_signaling(uint64_t value, int32_t fraction_bits) noexcept nogil
cdef uint64_t default_nan(int32_t fraction_bits) noexcept nogil
cdef uint64_t invalid(Core* core, int32_t fraction_bits) noexcept nogil
cdef uint64_t process_nan(Core* core, uint64_t value, int32_t fraction_bits, uint32_t control) noexcept nogil
@cython.locals(first=cython.bint)
cdef uint64_t process_nans(Core* core, uint64_t a, uint64_t b, int32_t fraction_bits, uint32_t control) noexcept nogil
cdef uint64_t shift_right_sticky(uint64_t value, int32_t amount) noexcept nogil
cdef uint32_t rounds_up(uint64_t value, uint32_t sign, uint32_t control) noexcept nogil
@cython.locals(to_infinity=cython.bint, limit=uint64_t)
cdef uint64_t overflowed(Core* core, uint32_t sign, int32_t fraction_bits, uint32_t control) noexcept nogil
@cython.locals(zeros=int32_t, biased=int32_t, shift=int32_t, tiny=cython.bint, result=uint64_t)
cdef uint64_t float_round(Core* core, uint32_t sign, int32_t power, uint64_t value, int32_t fraction_bits, uint32_t control) noexcept nogil
@cython.locals(differ=uint32_t, limit=uint64_t, x=uint64_t, y=uint64_t, power=int32_t, total=uint64_t, smaller=uint64_t)
cdef uint64_t soft_add(Core* core, uint64_t a, uint64_t b, uint32_t negate, int32_t fraction_bits, uint32_t control) noexcept nogil
@cython.locals(low_x=uint64_t, low_y=uint64_t, high_x=uint64_t, high_y=uint64_t, lowest=uint64_t, middle=uint64_t, middle_2=uint64_t, rest=uint64_t)
cdef uint64_t multiply_high(uint64_t x, uint64_t y) noexcept nogil
@cython.locals(sign=uint32_t, x=uint64_t, y=uint64_t, limit=uint64_t, power=int32_t, product=uint64_t)
cdef uint64_t soft_mul(Core* core, uint64_t a, uint64_t b, int32_t fraction_bits, uint32_t control) noexcept nogil
@cython.locals(sign=uint32_t, x=uint64_t, y=uint64_t, limit=uint64_t, power=int32_t, divisor=uint64_t, remainder=uint64_t, quotient=uint64_t)
cdef uint64_t soft_div(Core* core, uint64_t a, uint64_t b, int32_t fraction_bits, uint32_t control) noexcept nogil
@cython.locals(x=uint64_t, power=int32_t, radicand=uint64_t, root=uint64_t, remainder=uint64_t)
cdef uint64_t soft_sqrt(Core* core, uint64_t a, int32_t fraction_bits, uint32_t control) noexcept nogil
cdef bint is_ordinary32(uint32_t value) noexcept nogil
cdef bint is_ordinary64(uint64_t value) noexcept nogil
@cython.locals(less=uint32_t)
cdef uint32_t soft_compare(Core* core, uint64_t a, uint64_t b, bint quiet_nan_exc, int32_t fraction_bits, uint32_t control) noexcept nogil
