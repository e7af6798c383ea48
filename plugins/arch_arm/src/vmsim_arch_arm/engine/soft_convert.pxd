# Conversions between formats of floating point and to and from fixed point (DDI 0406C, A2.7.7); `control` as in
# soft_float.pxd.

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from vmsim_arch_arm.engine.host_float cimport bits_of_double, bits_of_single, double_of, single_of
from vmsim_arch_arm.engine.records cimport MASK32, Core, s64
from vmsim_arch_arm.engine.soft_float cimport (
    DOUBLE, FPSCR_AHP, FPSCR_IOC, FPSCR_IXC, FPSCR_ROUNDING, HALF, SINGLE, bit, exponent, float_round, flushed,
    infinity, is_ordinary32, is_ordinary64, magnitude, process_nan, rounds_up, shift_right_sticky, sign_of,
    significand, with_sign,
)

import cython

cdef uint64_t float32_to_float64(Core* core, uint32_t a, uint32_t control) noexcept nogil
cdef uint32_t float64_to_float32(Core* core, uint64_t a, uint32_t control) noexcept nogil
cdef uint32_t float16_to_float32(Core* core, uint32_t a, uint32_t control) noexcept nogil
cdef uint32_t float32_to_float16(Core* core, uint32_t a, uint32_t control) noexcept nogil

# FPToFixed(): to a number of `size` bits, sign- or zero-extended to 32, with the rounding mode of `control`
# (round_towards_zero: `control | ROUND_TO_ZERO`). An integer has no fraction bits.
cdef uint32_t float32_to_fixed(Core* core, uint32_t a, uint32_t size, uint32_t fraction_bits, bint is_unsigned, uint32_t control) noexcept nogil
cdef uint32_t float64_to_fixed(Core* core, uint64_t a, uint32_t size, uint32_t fraction_bits, bint is_unsigned, uint32_t control) noexcept nogil
# FixedToFP(): of a number that is extended to 32 bits (round_to_nearest: `control & ~FPSCR_ROUNDING`).
cdef uint32_t fixed_to_float32(Core* core, uint32_t value, uint32_t fraction_bits, bint is_unsigned, uint32_t control) noexcept nogil
cdef uint64_t fixed_to_float64(Core* core, uint32_t value, uint32_t fraction_bits, bint is_unsigned, uint32_t control) noexcept nogil

@cython.locals(sign=uint32_t, x=uint64_t, limit=uint64_t)
cdef uint64_t convert(Core* core, uint64_t a, int32_t source, int32_t target, uint32_t control) noexcept nogil
@cython.locals(sign=uint32_t, x=uint64_t, limit=uint64_t, power=int32_t, result=uint64_t)
cdef uint32_t to_fixed(Core* core, uint64_t a, int32_t format_bits, uint32_t size, uint32_t fraction_bits, bint is_unsigned, uint32_t control) noexcept nogil
@cython.locals(sign=uint32_t, size=uint32_t)
cdef uint64_t from_fixed(Core* core, uint32_t value, int32_t format_bits, uint32_t fraction_bits, bint is_unsigned, uint32_t control) noexcept nogil
cdef int64_t signed32(uint32_t value) noexcept nogil
