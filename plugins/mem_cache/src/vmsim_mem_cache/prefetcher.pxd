# Guessing which lines will be wanted: constant strides of an instruction, or streams of neighbouring lines.

from libc.stdint cimport int32_t, uint32_t, uint64_t

cdef enum:
    NO_PREFETCH = 0
    STRIDE = 1
    STREAM = 2

cdef enum:
    MAX_DEGREE = 16

ctypedef struct Pattern:
    uint32_t key                # stride: the address of the instruction
    uint32_t last               # the address (stride) or the line (stream) that was wanted last
    int32_t step                # bytes
    uint32_t confidence
    uint64_t used

ctypedef struct Prefetcher:
    uint32_t kind
    uint32_t degree             # lines that are asked for ahead
    uint32_t entries
    uint32_t line
    Pattern* patterns
    uint64_t uses

# Learns from an access, and puts into `wanted` the addresses of lines to ask for; returns how many. None is outside
# the access's page of 4 KiB: physical pages are no neighbours.
cdef uint32_t train(Prefetcher* prefetcher, uint32_t address, uint32_t pc, bint miss, uint32_t* wanted) noexcept nogil
