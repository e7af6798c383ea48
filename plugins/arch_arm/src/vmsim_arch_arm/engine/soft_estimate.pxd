# Reciprocal and reciprocal square root: estimates and Newton-Raphson steps of Advanced SIMD (DDI 0406C, A2.7.7),
# all under the standard FPSCR value.

from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.records cimport MASK32, Core
from vmsim_arch_arm.engine.soft_float cimport (
    FPSCR_DZC, FPSCR_UFC, SINGLE, flushed, invalid, is_nan, process_nan, process_nans, soft_add, soft_mul,
    standard_control,
)

import cython

cdef enum:
    SIGN32 = 0x80000000
    INFINITY32 = 0x7F800000
    TWO32 = 0x40000000
    THREE32 = 0x40400000
    EXPONENT_STEP32 = 0x800000

# FPRecipEstimate(), FPRSqrtEstimate()
@cython.locals(sign=uint32_t, size=uint32_t, exponent=uint32_t, fraction=uint32_t, estimate=uint32_t)
cdef uint32_t float32_recip_estimate(Core* core, uint32_t a) noexcept nogil
@cython.locals(sign=uint32_t, size=uint32_t, exponent=uint32_t, fraction=uint32_t, estimate=uint32_t)
cdef uint32_t float32_rsqrt_estimate(Core* core, uint32_t a) noexcept nogil
# UnsignedRecipEstimate(), UnsignedRSqrtEstimate()
cdef uint32_t unsigned_recip_estimate(uint32_t a) noexcept nogil
cdef uint32_t unsigned_rsqrt_estimate(uint32_t a) noexcept nogil
# FPRecipStep(), FPRSqrtStep()
cdef uint32_t float32_recip_step(Core* core, uint32_t a, uint32_t b) noexcept nogil
@cython.locals(result=uint32_t, size=uint32_t)
cdef uint32_t float32_rsqrt_step(Core* core, uint32_t a, uint32_t b) noexcept nogil

cdef uint32_t recip_estimate(uint32_t a) noexcept nogil
@cython.locals(doubled=uint32_t, b=uint32_t)
cdef uint32_t recip_sqrt_estimate(uint32_t a) noexcept nogil
@cython.locals(x=uint32_t, y=uint32_t)
cdef uint32_t product_or_zero(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
