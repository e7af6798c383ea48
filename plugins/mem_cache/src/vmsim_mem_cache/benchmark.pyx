"""What an access costs the host: a loop over the functions of a port, as an engine calls them."""

from libc.stdint cimport uint32_t, uint64_t, uint8_t
from time import perf_counter_ns

from vmsim_core.memory_port cimport CorePort, MemoryPort

cdef uint64_t _read(MemoryPort* port, uint32_t start, uint32_t step, uint32_t count, uint32_t rounds) noexcept nogil:
    cdef uint64_t now = 0
    cdef uint32_t index, value = 0
    for _ in range(rounds):
        for index in range(count):
            now = port.read(port.owner, start + index * step, 4, 1, 1, 0, now, &value)
    return now


cdef uint64_t _write(MemoryPort* port, uint32_t start, uint32_t step, uint32_t count, uint32_t rounds) noexcept nogil:
    cdef uint64_t now = 0
    cdef uint32_t index
    for _ in range(rounds):
        for index in range(count):
            now = port.write(port.owner, start + index * step, 4, 1, 1, 0, now, index)
    return now


cdef uint64_t _fetch(MemoryPort* port, uint32_t start, uint32_t step, uint32_t count, uint32_t rounds) noexcept nogil:
    cdef uint64_t now = 0
    cdef uint32_t index, filled
    cdef uint8_t* line
    for _ in range(rounds):
        for index in range(count):
            now = port.fetch(port.owner, start + index * step, 1, 1, now, &line, &filled)
    return now


def nanoseconds(CorePort port, str what, uint32_t start, uint32_t step, uint32_t count, uint32_t rounds):
    """Return host nanoseconds for an access: `rounds` times to `count` addresses, `step` bytes apart. `what` is read,
    write or fetch; one round goes before, so that caches have what they can hold."""
    cdef MemoryPort* functions = &port.port
    cdef uint32_t left = 1
    for timed in (False, True):
        began = perf_counter_ns()
        if what == "read":
            _read(functions, start, step, count, left)
        elif what == "write":
            _write(functions, start, step, count, left)
        elif what == "fetch":
            _fetch(functions, start, step, count, left)
        else:
            raise ValueError(f"{what!r} is none of read, write, fetch")
        left = rounds
    return (perf_counter_ns() - began) / (<double>count * rounds)
