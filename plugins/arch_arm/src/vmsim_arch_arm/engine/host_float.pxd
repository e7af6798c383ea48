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

cdef inline bint _ordinary_pair(uint64_t pair) noexcept nogil:
    return <uint32_t>(pair >> 23 & 0xFF) - <uint32_t>2 < 0xFD and <uint32_t>(pair >> 55 & 0xFF) - <uint32_t>2 < 0xFD

cdef inline uint64_t _pair_of(float low, float high) noexcept nogil:
    cdef uint64_t pair = bits_of_single(low) | <uint64_t>bits_of_single(high) << 32
    return pair if _ordinary_pair(pair) else 0

cdef inline uint64_t pair_add(uint64_t n, uint64_t m) noexcept nogil:
    if not _ordinary_pair(n) or not _ordinary_pair(m):
        return 0
    return _pair_of(single_of(<uint32_t>n) + single_of(<uint32_t>m), single_of(n >> 32) + single_of(m >> 32))

cdef inline uint64_t pair_sub(uint64_t n, uint64_t m) noexcept nogil:
    if not _ordinary_pair(n) or not _ordinary_pair(m):
        return 0
    return _pair_of(single_of(<uint32_t>n) - single_of(<uint32_t>m), single_of(n >> 32) - single_of(m >> 32))

cdef inline uint64_t pair_mul(uint64_t n, uint64_t m) noexcept nogil:
    if not _ordinary_pair(n) or not _ordinary_pair(m):
        return 0
    return _pair_of(single_of(<uint32_t>n) * single_of(<uint32_t>m), single_of(n >> 32) * single_of(m >> 32))
