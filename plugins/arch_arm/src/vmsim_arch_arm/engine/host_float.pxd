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

cdef extern from *:
    """
    typedef float pair_of_singles __attribute__((vector_size(8)));

    static inline pair_of_singles pair_from_bits(uint64_t bits)
    {
        pair_of_singles pair;
        memcpy(&pair, &bits, 8);
        return pair;
    }

    static inline uint64_t bits_from_pair(pair_of_singles pair)
    {
        uint64_t bits;
        memcpy(&bits, &pair, 8);
        return bits;
    }

    static inline uint64_t add_pairs(uint64_t n, uint64_t m)
    {
        return bits_from_pair(pair_from_bits(n) + pair_from_bits(m));
    }

    static inline uint64_t subtract_pairs(uint64_t n, uint64_t m)
    {
        return bits_from_pair(pair_from_bits(n) - pair_from_bits(m));
    }

    static inline uint64_t multiply_pairs(uint64_t n, uint64_t m)
    {
        return bits_from_pair(pair_from_bits(n) * pair_from_bits(m));
    }
    """
    uint64_t add_pairs(uint64_t n, uint64_t m) noexcept nogil
    uint64_t subtract_pairs(uint64_t n, uint64_t m) noexcept nogil
    uint64_t multiply_pairs(uint64_t n, uint64_t m) noexcept nogil

cdef inline uint64_t _if_ordinary(uint64_t n, uint64_t m, uint64_t result) noexcept nogil:
    """Return the result, or 0: of an exponent of 255, one more reaches bit 8 of its half; of 0 or 1, two less do."""
    cdef uint64_t ones = <uint64_t>1 << 32 | 1, mask = ones * 0xFF
    cdef uint64_t e = n >> 23 & mask, f = m >> 23 & mask, g = result >> 23 & mask
    cdef uint64_t above = (e + ones) | (f + ones) | (g + ones), below = (e - 2 * ones) | (f - 2 * ones) | (g - 2 * ones)
    return 0 if (above | below) & ~mask else result

cdef inline uint64_t pair_add(uint64_t n, uint64_t m) noexcept nogil:
    return _if_ordinary(n, m, add_pairs(n, m))

cdef inline uint64_t pair_sub(uint64_t n, uint64_t m) noexcept nogil:
    return _if_ordinary(n, m, subtract_pairs(n, m))

cdef inline uint64_t pair_mul(uint64_t n, uint64_t m) noexcept nogil:
    return _if_ordinary(n, m, multiply_pairs(n, m))
