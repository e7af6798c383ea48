"""A guest's cache maintenance: what a core's engine calls for the operations of CP15."""

from libc.stdint cimport int32_t, uint32_t, uint64_t

from vmsim_core.memory_port cimport INVALIDATE, SetWay
from vmsim_mem_cache.cache_array cimport (
    ABSENT, INNER_SHIFT, MESI, MODIFIED, OUTER_SHIFT, CacheArray, address_of, bytes_of, drop, find,
)
from vmsim_mem_cache.level cimport GUEST_LINE, WRITEBACK, Level, Request, maintain, memory_write, write
from vmsim_mem_cache.port cimport CoreSide
from vmsim_mem_cache.ram_map cimport first_alias


cdef uint64_t _write_part(Level* level, int32_t index, uint32_t first, uint32_t end, uint64_t now) noexcept nogil:
    """Write a part of a line below."""
    cdef Request request
    cdef uint32_t state = level.array.state[index]
    if first == end:
        return now
    request.address, request.size, request.kind, request.pc = first, end - first, WRITEBACK, 0
    request.inner, request.outer = state >> INNER_SHIFT & 3, state >> OUTER_SHIFT & 3
    if level.below == NULL:
        return memory_write(level.memory, &request, bytes_of(&level.array, index, first), now)
    return write(level.below, &request, bytes_of(&level.array, index, first), now)


cdef uint64_t maintain_at(Level* level, uint32_t operation, int32_t index, uint32_t address, uint64_t now) noexcept nogil:
    cdef CacheArray* array = &level.array
    cdef uint32_t first = address_of(array, index)
    cdef uint32_t place = address & ~<uint32_t>(GUEST_LINE - 1)
    if operation == INVALIDATE and array.line > GUEST_LINE and array.state[index] & MESI == MODIFIED:
        now = _write_part(level, index, first, place, now)
        now = _write_part(level, index, place + GUEST_LINE, first + array.line, now)
    return maintain(level, operation, index, now)


cdef inline uint64_t _maintain_line(Level* level, uint32_t operation, uint32_t address, uint64_t now) noexcept nogil:
    cdef int32_t index = find(&level.array, address)
    return now + level.latency if index == ABSENT else maintain_at(level, operation, index, address, now)


cdef uint64_t maintain_address(void* owner, uint32_t operation, uint32_t physical, uint32_t to_unification,
                               uint64_t now) noexcept nogil:
    """CP15 operations reach all cores' caches and the inner levels; an outer cache has a controller of its own."""
    cdef CoreSide* side = <CoreSide*>owner
    cdef uint32_t address = first_alias(&side.ram, physical)
    cdef Level* level = side.data
    cdef uint64_t done = now
    cdef uint32_t number
    for number in range(level.peer_count):
        done = max(done, _maintain_line(level.peers[number], operation, address, now))
    done = max(done, _maintain_line(level, operation, address, now))
    level = level.below
    while level != NULL and not level.is_outer and not to_unification:
        done = _maintain_line(level, operation, address, done)
        level = level.below
    return done


cdef uint64_t _maintain_whole(Level* level, uint32_t operation, uint32_t address, uint64_t now) noexcept nogil:
    """Maintain all of a line in the inner levels from here on down to the point of coherency."""
    cdef int32_t index
    while level != NULL and not level.is_outer:
        index = find(&level.array, address)
        now = now + level.latency if index == ABSENT else maintain(level, operation, index, now)
        level = level.below
    return now


cdef uint64_t maintain_set_way(void* owner, uint32_t operation, const SetWay* place, uint64_t now) noexcept nogil:
    """What a line was cleaned to is maintained with it, wherever a later set of the guest's loop would have it."""
    cdef Level* level = (<CoreSide*>owner).data
    cdef CacheArray* array
    cdef uint64_t done = now
    cdef uint32_t number, way, index
    while level != NULL and not level.is_outer:
        array = &level.array
        done = max(done, now + level.latency)
        number = place.number
        while number < array.sets:
            way = place.way
            while way < array.ways:
                index = number * array.ways + way
                if array.tags[index]:
                    done = max(done, _maintain_whole(level, operation, address_of(array, <int32_t>index), now))
                way += place.ways
            number += place.sets
        level = level.below
    return done


cdef uint64_t invalidate_instructions(void* owner, uint64_t now) noexcept nogil:
    cdef CoreSide* side = <CoreSide*>owner
    cdef CacheArray* array = &side.instructions.array
    cdef uint32_t index
    if side.instructions != side.data and array.valid:
        for index in range(array.sets * array.ways):
            if array.tags[index]:
                drop(array, index)
    return now + side.instructions.latency


cdef uint64_t invalidate_instruction_line(void* owner, uint32_t physical, uint64_t now) noexcept nogil:
    cdef CoreSide* side = <CoreSide*>owner
    cdef int32_t index = find(&side.instructions.array, first_alias(&side.ram, physical))
    if index != ABSENT and side.instructions != side.data:
        drop(&side.instructions.array, index)
    return now + side.instructions.latency
