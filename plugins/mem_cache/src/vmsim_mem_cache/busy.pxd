# What is busy, by timestamps. All inline.

from libc.stdint cimport uint32_t, uint64_t

cdef enum:
    LATENCY_BUCKETS = 12        # of a histogram: up to 1, 2, 4 and so on cycles; longer ones in the last

ctypedef struct Port:
    uint64_t reserved_from      # the last reservations without a gap between them, and their end
    uint64_t free

ctypedef struct Waiting:
    uint64_t count              # of those who had to
    uint64_t ticks


cdef inline uint64_t later(uint64_t a, uint64_t b) noexcept nogil:
    return a if a > b else b


cdef inline uint64_t reserve(Port* port, uint64_t interval, uint64_t now) noexcept nogil:
    """Reserve a port; returns from when on it is ours. A reservation that was made before may lie later: what fits in
    before it goes before it."""
    if now + interval > port.reserved_from:
        if now > port.free:
            port.reserved_from = port.free = now
        now = port.free
        port.free += interval
    return now


cdef inline uint64_t wait(uint64_t until, uint64_t now, Waiting* waiting) noexcept nogil:
    if until <= now:
        return now
    waiting.count += 1
    waiting.ticks += until - now
    return until


cdef inline uint32_t latency_bucket(uint64_t latency, uint64_t cycle) noexcept nogil:
    """The place in a histogram of so many ticks, a cycle being `cycle` of them."""
    cdef uint64_t cycles = (latency + cycle - 1) // cycle
    cdef uint32_t bucket = 0
    while bucket < LATENCY_BUCKETS - 1 and <uint64_t>1 << bucket < cycles:
        bucket += 1
    return bucket


cdef inline uint32_t first_free(const uint64_t* busy_until, uint32_t count) noexcept nogil:
    cdef uint32_t index, first = 0
    for index in range(1, count):
        if busy_until[index] < busy_until[first]:
            first = index
    return first
