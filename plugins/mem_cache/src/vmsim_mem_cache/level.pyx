"""One level of cache: hits, misses, fills, evictions, and its dealings with the caches around it.

Functional at once: when `read` or `write` returns, every byte is where it belongs. What a real cache would still be
busy with is kept as ticks: of the MSHRs, the write buffers, the port, and of each line until it would have arrived.
"""

from libc.stdint cimport int32_t, uint32_t, uint64_t, uint8_t
from libc.string cimport memcpy

from vmsim_core.memory_port cimport CLEAN, INVALIDATE, UNCACHED, WRITE_BACK_ALLOCATE, WRITE_THROUGH
from vmsim_mem_cache.busy cimport first_free, latency_bucket, later, reserve, wait
from vmsim_mem_cache.cache_array cimport (
    ABSENT, EXCLUSIVE, FETCHED, INNER_SHIFT, INVALID, MESI, MODIFIED, OUTER_SHIFT, PREFETCHED, SHARED, CacheArray,
    address_of, bytes_of, drop, find, install, touch, victim,
)
from vmsim_mem_cache.dram cimport dram_read, dram_write
from vmsim_mem_cache.prefetcher cimport MAX_DEGREE, NO_PREFETCH, train
from vmsim_mem_cache.ram_map cimport host_address

cdef inline uint32_t _cacheability(const Level* level, const Request* request) noexcept nogil:
    return request.outer if level.is_outer else request.inner


# --- what is below --------------------------------------------------------------------------------------------------

cdef uint64_t memory_read(Memory* memory, const Request* request, uint8_t* destination, uint64_t now) noexcept nogil:
    memcpy(destination, host_address(memory.ram, request.address), request.size)
    return dram_read(memory.dram, request.address, request.size, now)


cdef uint64_t memory_write(Memory* memory, const Request* request, const uint8_t* source, uint64_t now) noexcept nogil:
    memcpy(host_address(memory.ram, request.address), source, request.size)
    return dram_write(memory.dram, request.address, request.size, now)


cdef inline uint64_t _read_below(Level* level, const Request* request, uint8_t* destination,
                                 uint64_t now) noexcept nogil:
    if level.below != NULL:
        return read(level.below, request, destination, now)
    return memory_read(level.memory, request, destination, now)


cdef inline uint64_t _write_below(Level* level, const Request* request, const uint8_t* source,
                                  uint64_t now) noexcept nogil:
    if level.below != NULL:
        return write(level.below, request, source, now)
    return memory_write(level.memory, request, source, now)


cdef uint64_t _send_down(Level* level, const Request* request, const uint8_t* source, uint64_t now,
                         uint64_t* done) noexcept nogil:
    """Write below through a write buffer; returns when one was free, `done` is when it is free again."""
    cdef uint32_t slot = first_free(level.write_buffers, level.write_buffer_count)
    now = wait(level.write_buffers[slot], now, &level.write_buffer_waiting)
    done[0] = _write_below(level, request, source, now)
    level.write_buffers[slot] = done[0]
    level.memory.busy_until = later(level.memory.busy_until, done[0])
    return now


# --- lines that leave -----------------------------------------------------------------------------------------------

cdef bint _recall(Level* level, uint32_t address, uint32_t size, uint8_t* line) noexcept nogil:
    """Take what the caches above hold of a line that leaves; returns whether there was anything newer."""
    cdef bint newer = False
    cdef uint32_t number, part, place
    cdef int32_t index
    cdef Level* above
    for number in range(level.above_count):
        above = level.above[number]
        for part in range(size >> above.array.line_shift):
            place = address + (part << above.array.line_shift)
            index = find(&above.array, place)
            if index != ABSENT:
                if above.array.state[index] & MESI == MODIFIED:
                    memcpy(line + (place - address), bytes_of(&above.array, index, place), above.array.line)
                    newer = True
                drop(&above.array, index)
                above.count.recalled += 1
        # What is nearer to a core is newer still.
        newer |= _recall(above, address, size, line)
    return newer


cdef uint64_t _write_back(Level* level, uint32_t address, uint32_t state, const uint8_t* line, uint64_t now,
                          uint64_t* done) noexcept nogil:
    cdef Request request
    request.address, request.size, request.kind, request.pc = address, level.array.line, WRITEBACK, 0
    request.inner, request.outer = state >> INNER_SHIFT & 3, state >> OUTER_SHIFT & 3
    level.count.writebacks += 1
    return _send_down(level, &request, line, now, done)


cdef uint64_t _evict(Level* level, int32_t index, uint64_t now) noexcept nogil:
    """Returns when the line has left."""
    cdef uint8_t line[MAX_LINE]
    cdef uint64_t done
    cdef uint32_t address = address_of(&level.array, index)
    cdef uint32_t state = level.array.state[index]
    cdef bint dirty = state & MESI == MODIFIED
    memcpy(line, bytes_of(&level.array, index, address), level.array.line)
    level.count.evictions += 1
    drop(&level.array, index)
    if level.inclusive:
        dirty |= _recall(level, address, level.array.line, line)
    return _write_back(level, address, state, line, now, &done) if dirty else now


cdef uint64_t maintain(Level* level, uint32_t operation, int32_t index, uint64_t now) noexcept nogil:
    cdef CacheArray* array = &level.array
    cdef uint64_t done = now + level.latency
    cdef uint32_t address = address_of(array, index)
    if operation & CLEAN and array.state[index] & MESI == MODIFIED:
        array.state[index] = <uint8_t>(array.state[index] & ~<uint32_t>MESI | EXCLUSIVE)
        _write_back(level, address, array.state[index], bytes_of(array, index, address), now, &done)
    if operation & INVALIDATE and array.tags[index]:    # an inclusive cache below may have taken it along
        drop(array, index)
    return done


# --- other cores ----------------------------------------------------------------------------------------------------

cdef uint32_t _snoop(Level* level, uint32_t address, bint exclusive, uint8_t* line, uint64_t now) noexcept nogil:
    """Look for a line in other cores' caches, and take it from them if it is to be exclusive. Returns MODIFIED if it
    was dirty there (`line` has it then), SHARED if it was there at all, INVALID if not."""
    cdef uint32_t number, found = INVALID, state
    cdef int32_t index
    cdef uint64_t done
    cdef Level* peer
    for number in range(level.peer_count):
        peer = level.peers[number]
        index = find(&peer.array, address)
        if index == ABSENT:
            continue
        state = peer.array.state[index]
        if found == INVALID:
            found = SHARED
        if state & MESI == MODIFIED:
            memcpy(line, bytes_of(&peer.array, index, address & peer.array.line_mask), level.array.line)
            level.count.snooped += 1
            found = MODIFIED
        if exclusive:
            drop(&peer.array, index)
            peer.count.taken += 1
            continue
        peer.array.state[index] = <uint8_t>(state & ~<uint32_t>MESI | SHARED)
        if state & MESI == MODIFIED:
            _write_back(peer, address & peer.array.line_mask, state, line, now, &done)
    return found


cdef void _chase_from_peers(Level* level, uint32_t address, uint64_t now) noexcept nogil:
    """Have no other core hold a line, and what it had written be below."""
    cdef uint8_t line[MAX_LINE]
    if _snoop(level, address, False, line, now) != INVALID:
        _snoop(level, address, True, line, now)


# --- lines that come ------------------------------------------------------------------------------------------------

cdef inline void _count_miss(Level* level, const Request* request) noexcept nogil:
    cdef uint32_t number = request.address >> level.array.line_shift
    level.count.misses[request.kind] += 1
    if not level.seen[number >> 3] >> (number & 7) & 1:
        level.seen[number >> 3] |= 1 << (number & 7)
        level.count.cold += 1


cdef int32_t _place(Level* level, const Request* request, uint32_t state, uint64_t now, uint64_t* done) noexcept nogil:
    """Make room and enter the line; its bytes are not there yet. `done` becomes no earlier than when there is room."""
    cdef int32_t index = victim(&level.array, request.address)
    if level.array.tags[index]:
        done[0] = later(done[0], _evict(level, index, now))
    install(&level.array, index, request.address, state | request.inner << INNER_SHIFT | request.outer << OUTER_SHIFT)
    level.array.ready[index] = done[0]
    level.plain_from = later(level.plain_from, done[0])
    return index


cdef int32_t _fill(Level* level, const Request* request, bint exclusive, Arrival* arrival) noexcept nogil:
    """Bring a line here that was looked for when the access started."""
    cdef uint8_t line[MAX_LINE]
    cdef Request wanted = request[0]
    cdef uint32_t slot = first_free(level.mshrs, level.mshr_count)
    cdef uint32_t found, state
    cdef int32_t index
    cdef uint64_t now = arrival.started + level.latency + level.miss_latency
    now = arrival.taken = wait(level.mshrs[slot], now, &level.mshr_waiting)
    wanted.address &= level.array.line_mask
    wanted.size = level.array.line
    found = _snoop(level, wanted.address, exclusive, line, now)
    if found == MODIFIED:
        arrival.done = now + level.snoop_latency
        state = MODIFIED if exclusive else SHARED
    else:
        arrival.done = _read_below(level, &wanted, line, now)
        state = SHARED if found == SHARED and not exclusive else EXCLUSIVE
    level.mshrs[slot] = arrival.done
    index = _place(level, &wanted, state, now, &arrival.done)
    memcpy(bytes_of(&level.array, index, wanted.address), line, level.array.line)
    level.memory.busy_until = later(level.memory.busy_until, arrival.done)
    level.count.fills[latency_bucket(arrival.done - arrival.started, level.cycle)] += 1
    return index


cdef void _prefetch(Level* level, const Request* request, bint miss, uint64_t now) noexcept nogil:
    """Learn from a core's access, and ask for lines if an MSHR is free for each."""
    cdef uint32_t wanted[MAX_DEGREE]
    cdef uint32_t count = train(&level.prefetcher, request.address, request.pc, miss, wanted)
    cdef uint32_t number, slot
    cdef int32_t index
    cdef Arrival arrival
    cdef Request each = request[0]
    if _cacheability(level, request) == UNCACHED:
        return
    each.kind = PREFETCH
    arrival.started = now
    for number in range(count):
        each.address = wanted[number]
        if find(&level.array, each.address) != ABSENT:
            continue
        slot = first_free(level.mshrs, level.mshr_count)
        if level.mshrs[slot] > now + level.latency + level.miss_latency:
            return
        level.count.prefetches += 1
        _count_miss(level, &each)
        index = _fill(level, &each, False, &arrival)
        level.array.state[index] |= PREFETCHED


# --- accesses -------------------------------------------------------------------------------------------------------

cdef inline uint64_t _hit(Level* level, const Request* request, int32_t index, uint64_t ready) noexcept nogil:
    """Count a hit; returns when the access is complete that would be `ready` by itself."""
    level.count.hits[request.kind] += 1
    touch(&level.array, index)
    if level.array.ready[index] > ready:
        level.count.merged += 1
        ready = level.array.ready[index]
    return ready


cdef inline bint _use_prefetched(Level* level, int32_t index) noexcept nogil:
    if not level.array.state[index] & PREFETCHED:
        return False
    level.array.state[index] &= ~PREFETCHED
    level.count.useful_prefetches += 1
    return True


cdef uint64_t _read_past(Level* level, const Request* request, uint8_t* destination, uint64_t now) noexcept nogil:
    """Read what may have no line here."""
    cdef uint8_t line[MAX_LINE]
    level.count.bypassed += 1
    now += level.latency + level.miss_latency
    if _snoop(level, request.address, False, line, now) == MODIFIED:
        memcpy(destination, line + (request.address & ~level.array.line_mask), request.size)
        return now + level.snoop_latency
    return _read_below(level, request, destination, now)


cdef int32_t line_for(Level* level, const Request* request, uint8_t* line, uint64_t now,
                      Arrival* arrival) noexcept nogil:
    cdef int32_t index = find(&level.array, request.address)
    now = reserve(&level.port, level.interval, now)
    arrival.started, arrival.trains = now, index == ABSENT
    if index != ABSENT:
        arrival.done = _hit(level, request, index, now + level.latency)
        if request.kind < PREFETCH:
            arrival.trains = _use_prefetched(level, index)
        return index
    _count_miss(level, request)
    if _cacheability(level, request) != UNCACHED:
        return _fill(level, request, False, arrival)
    arrival.done = _read_past(level, request, line, now)
    return ABSENT


cdef void look_ahead(Level* level, const Request* request, const Arrival* arrival) noexcept nogil:
    if level.prefetcher.kind != NO_PREFETCH and request.kind < PREFETCH:
        _prefetch(level, request, arrival.trains, arrival.started)


cdef uint64_t read(Level* level, const Request* request, uint8_t* destination, uint64_t now) noexcept nogil:
    cdef Arrival arrival
    cdef int32_t index = line_for(level, request, destination, now, &arrival)
    if index != ABSENT:
        memcpy(destination, bytes_of(&level.array, index, request.address), request.size)
    look_ahead(level, request, &arrival)
    return arrival.done


cdef inline bint _allocates(const Level* level, const Request* request) noexcept nogil:
    """Whether a write that finds no line brings one here."""
    cdef uint32_t cacheability = _cacheability(level, request)
    if cacheability == UNCACHED or level.allocate == ALLOCATE_FOR_READS:
        return False
    return level.allocate == ALLOCATE_ALWAYS or cacheability == WRITE_BACK_ALLOCATE


cdef uint64_t _pass_on(Level* level, const Request* request, const uint8_t* source, uint64_t now) noexcept nogil:
    """Write below what is not kept here alone."""
    cdef uint64_t done
    cdef Request passed = request[0]
    passed.kind = WRITEBACK
    now = _send_down(level, &passed, source, now, &done)
    if level.below != NULL:
        done = later(done, level.below.visible)
    level.visible = later(level.visible, done)
    return now + level.interval


cdef int32_t _line_to_write(Level* level, const Request* request, Arrival* arrival) noexcept nogil:
    """Bring a line that is about to be written. One that is written whole need not be read before: it comes from a
    cache above, and so no other core has it."""
    if request.size < level.array.line:
        return _fill(level, request, True, arrival)
    arrival.taken = arrival.done = arrival.started + level.interval
    return _place(level, request, EXCLUSIVE, arrival.started, &arrival.done)


cdef uint64_t write(Level* level, const Request* request, const uint8_t* source, uint64_t now) noexcept nogil:
    cdef uint8_t line[MAX_LINE]
    cdef Arrival arrival
    cdef uint32_t state
    cdef int32_t index = find(&level.array, request.address)
    now = reserve(&level.port, level.interval, now)
    arrival.started, arrival.trains = now, index == ABSENT
    if index == ABSENT:
        _count_miss(level, request)
        if not _allocates(level, request):
            level.count.bypassed += 1
            _chase_from_peers(level, request.address, now)
            return _pass_on(level, request, source, now)
        index = _line_to_write(level, request, &arrival)
    else:
        arrival.taken = now + level.interval
        arrival.done = _hit(level, request, index, arrival.taken)
        arrival.trains = _use_prefetched(level, index)
        if level.array.state[index] & MESI == SHARED:
            _snoop(level, request.address, True, line, now)
            arrival.taken += level.snoop_latency
            arrival.done += level.snoop_latency
            level.array.state[index] = <uint8_t>(level.array.state[index] & ~<uint32_t>MESI | EXCLUSIVE)
    memcpy(bytes_of(&level.array, index, request.address), source, request.size)
    state = level.array.state[index] & ~<uint32_t>FETCHED
    if level.write_through or _cacheability(level, request) == WRITE_THROUGH:
        level.array.state[index] = <uint8_t>state
        level.count.written_through += 1
        arrival.taken = later(arrival.taken, _pass_on(level, request, source, now))
    else:
        level.array.state[index] = <uint8_t>(state | MODIFIED)
    level.visible = later(level.visible, arrival.done)
    look_ahead(level, request, &arrival)
    return arrival.taken
