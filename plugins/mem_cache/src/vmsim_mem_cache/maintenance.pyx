"""A guest's cache maintenance: what a core's engine calls for the operations of CP15."""

from libc.stdint cimport int32_t, uint32_t, uint64_t

from vmsim_mem_cache.cache_array cimport ABSENT, CacheArray, drop, find
from vmsim_mem_cache.level cimport Level, maintain
from vmsim_mem_cache.port cimport CoreSide
from vmsim_mem_cache.ram_map cimport first_alias


cdef inline uint64_t _maintain_line(Level* level, uint32_t operation, uint32_t address, uint64_t now) noexcept nogil:
    cdef int32_t index = find(&level.array, address)
    return now + level.latency if index == ABSENT else maintain(level, operation, index, now)


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


cdef uint64_t maintain_set_way(void* owner, uint32_t operation, uint32_t number, uint32_t set_way,
                               uint64_t now) noexcept nogil:
    """DDI 0406C, B4.2.1: the way in the highest bits, the set above those of a line."""
    cdef Level* level = (<CoreSide*>owner).data
    cdef uint32_t way, index
    while number and level != NULL:
        level = level.below
        number -= 1
    if level == NULL or level.is_outer:
        return now
    way = set_way >> (32 - level.array.way_bits) if level.array.way_bits else 0
    if way >= level.array.ways:
        return now
    index = (set_way >> level.array.line_shift & level.array.set_mask) * level.array.ways + way
    if not level.array.tags[index]:
        return now + level.latency
    return maintain(level, operation, <int32_t>index, now)


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
