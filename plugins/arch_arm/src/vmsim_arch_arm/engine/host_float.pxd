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
