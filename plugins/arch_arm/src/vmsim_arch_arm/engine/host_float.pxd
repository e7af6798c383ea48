# Bits as numbers of the host's floating point, and back; plain_float.py has the same for interpreted runs.

from libc.math cimport sqrt
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

cdef inline float single_of(uint32_t bits) noexcept nogil:
    cdef float value
    memcpy(&value, &bits, 4)
    return value

cdef inline uint32_t bits_of_single(float value) noexcept nogil:
    cdef uint32_t bits
    memcpy(&bits, &value, 4)
    return bits

cdef inline double double_of(uint64_t bits) noexcept nogil:
    cdef double value
    memcpy(&value, &bits, 8)
    return value

cdef inline uint64_t bits_of_double(double value) noexcept nogil:
    cdef uint64_t bits
    memcpy(&bits, &value, 8)
    return bits

cdef inline double host_sqrt(double value) noexcept nogil:
    return sqrt(value)


# Two single-precision numbers at a time, in a doubleword: the result rounded to nearest, or 0 unless all operands and
# results are ordinary (soft_float.is_ordinary32). Whoever calls knows that inexactness has been noted already.

cdef inline uint64_t _extraordinary(uint64_t pair) noexcept nogil:
    """Not 0 if one of both exponents is 0, 1 or 255: one more reaches bit 8 of its half, or two less borrows there."""
    cdef uint64_t ones = <uint64_t>1 << 32 | 1, exponents = pair >> 23 & ones * 0xFF
    return ((exponents + ones) | (exponents - 2 * ones)) & ~(ones * 0xFF)

cdef inline uint64_t _pair_of(uint64_t n, uint64_t m, float low, float high) noexcept nogil:
    cdef uint64_t pair = bits_of_single(low) | <uint64_t>bits_of_single(high) << 32
    return 0 if _extraordinary(n) | _extraordinary(m) | _extraordinary(pair) else pair

cdef inline uint64_t pair_add(uint64_t n, uint64_t m) noexcept nogil:
    return _pair_of(n, m, single_of(<uint32_t>n) + single_of(<uint32_t>m), single_of(n >> 32) + single_of(m >> 32))

cdef inline uint64_t pair_sub(uint64_t n, uint64_t m) noexcept nogil:
    return _pair_of(n, m, single_of(<uint32_t>n) - single_of(<uint32_t>m), single_of(n >> 32) - single_of(m >> 32))

cdef inline uint64_t pair_mul(uint64_t n, uint64_t m) noexcept nogil:
    return _pair_of(n, m, single_of(<uint32_t>n) * single_of(<uint32_t>m), single_of(n >> 32) * single_of(m >> 32))
