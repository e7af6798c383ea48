"""What a core's engine calls: the C functions of a MemoryPort, with the hit of a first-level cache spelled out."""

from libc.stdint cimport int32_t, uint32_t, uint64_t, uint8_t
from libc.string cimport memcpy

from vmsim_core.abi cimport VMSIM_ABI
from vmsim_core.memory_port cimport CorePort, PlainHits, SetWay
from vmsim_mem_cache.busy cimport latency_bucket
from vmsim_mem_cache.cache cimport Cache, MainMemory
from vmsim_mem_cache.cache_array cimport (
    ABSENT, FETCHED, MESI, MODIFIED, CacheArray, bytes_of, find, touch_again,
)
from vmsim_mem_cache.dram cimport dram_read, dram_write
from vmsim_mem_cache.level cimport (
    FETCH, READ, WALK, WRITE, Arrival, Level, Request, line_for, look_ahead, read, write,
)
from vmsim_mem_cache.maintenance cimport (
    invalidate_instruction_line, invalidate_instructions, maintain_address, maintain_set_way,
)
from vmsim_mem_cache.prefetcher cimport NO_PREFETCH
from vmsim_mem_cache.ram_map cimport first_alias, host_address, is_ram

VMSIM_ABI_COMPILED = VMSIM_ABI


# --- moving bytes of a size that is known only at run time ----------------------------------------------------------

cdef inline void _load(uint32_t* value, const uint8_t* source, uint32_t size) noexcept nogil:
    if size == 4:
        memcpy(value, source, 4)
    elif size == 1:
        value[0] = source[0]
    elif size == 2:
        value[0] = source[0] | <uint32_t>source[1] << 8
    else:
        memcpy(value, source, 8)


cdef inline void _store(uint8_t* destination, uint32_t value, uint32_t size) noexcept nogil:
    if size == 4:
        memcpy(destination, &value, 4)
    elif size == 1:
        destination[0] = <uint8_t>value
    else:
        memcpy(destination, &value, 2)


# --- accesses that no cache may answer ------------------------------------------------------------------------------

cdef int32_t _nearest(CoreSide* side, uint32_t address, Level** holder) noexcept nogil:
    """The line, and the cache, that has the newest copy of a byte of data; ABSENT if only RAM has it."""
    cdef Level* level = side.data
    cdef int32_t index = find(&level.array, address)
    cdef uint32_t number
    holder[0] = level
    for number in range(level.peer_count):
        if index != ABSENT:
            break
        holder[0] = level.peers[number]
        index = find(&holder[0].array, address)
    while index == ABSENT and level.below != NULL:
        level = holder[0] = level.below
        index = find(&level.array, address)
    return index


cdef uint8_t* _newest(CoreSide* side, uint32_t address) noexcept nogil:
    cdef Level* holder
    cdef int32_t index = _nearest(side, address, &holder)
    if index == ABSENT:
        return host_address(&side.ram, address)
    return bytes_of(&holder.array, index, address)


cdef inline void _update(Level* level, uint32_t address, uint32_t size, uint32_t value) noexcept nogil:
    cdef int32_t index = find(&level.array, address)
    if index != ABSENT:
        _store(bytes_of(&level.array, index, address), value, size)
        level.array.state[index] &= ~FETCHED


cdef uint64_t _read_uncached(CoreSide* side, uint32_t address, uint32_t size, uint64_t now,
                             uint8_t* value) noexcept nogil:
    side.uncached_reads += 1
    memcpy(value, _newest(side, address), size)
    return dram_read(side.memory.dram, address, size, now + side.uncached_latency)


cdef uint64_t _write_uncached(CoreSide* side, uint32_t address, uint32_t size, uint64_t now,
                              uint32_t value) noexcept nogil:
    """Every copy is written, and RAM too; a line that was dirty stays so."""
    cdef Level* level = side.data
    cdef uint32_t number
    side.uncached_writes += 1
    for number in range(level.peer_count):
        _update(level.peers[number], address, size, value)
    while level != NULL:
        _update(level, address, size, value)
        level = level.below
    _store(host_address(&side.ram, address), value, size)
    now = dram_write(side.memory.dram, address, size, now + side.uncached_latency)
    if now > side.memory.busy_until:
        side.memory.busy_until = now
    return now


# --- data -----------------------------------------------------------------------------------------------------------

cdef inline Request _request(uint32_t address, uint32_t size, uint32_t inner, uint32_t outer, uint32_t kind,
                             uint32_t pc) noexcept nogil:
    cdef Request request
    request.address, request.size, request.inner, request.outer = address, size, inner, outer
    request.kind, request.pc = kind, pc
    return request


cdef uint64_t _read_slowly(CoreSide* side, Request* request, uint64_t now, uint32_t* value) noexcept nogil:
    cdef uint8_t found[8]
    cdef uint64_t done
    if request.inner | request.outer:
        done = read(side.data, request, found, now)
        side.latencies[latency_bucket(done - now, side.period)] += 1
        side.recorded += 1
    else:
        done = _read_uncached(side, request.address, request.size, now, found)
    _load(value, found, request.size)
    return done


cdef uint64_t _read(void* owner, uint32_t physical, uint32_t size, uint32_t inner, uint32_t outer, uint32_t pc,
                    uint64_t now, uint32_t* value) noexcept nogil:
    cdef CoreSide* side = <CoreSide*>owner
    cdef Level* level = side.data
    cdef uint32_t address = first_alias(&side.ram, physical)
    cdef int32_t index = find(&level.array, address)
    cdef Request request
    if index != ABSENT and inner and now >= level.plain_from:
        level.count.hits[READ] += 1
        touch_again(&level.array, index)
        _load(value, bytes_of(&level.array, index, address), size)
        return now + level.latency
    request = _request(address, size, inner, outer, READ, pc)
    return _read_slowly(side, &request, now, value)


cdef uint64_t _write(void* owner, uint32_t physical, uint32_t size, uint32_t inner, uint32_t outer, uint32_t pc,
                     uint64_t now, uint32_t value) noexcept nogil:
    cdef CoreSide* side = <CoreSide*>owner
    cdef Level* level = side.data
    cdef uint32_t address = first_alias(&side.ram, physical)
    cdef int32_t index = find(&level.array, address)
    cdef Request request
    # A line that is dirty already is nobody else's; odd cacheabilities are those that write back.
    if index != ABSENT and inner & 1 and now >= level.plain_from and not level.write_through:
        if level.array.state[index] & (MESI | FETCHED) == MODIFIED:
            level.count.hits[WRITE] += 1
            touch_again(&level.array, index)
            _store(bytes_of(&level.array, index, address), value, size)
            return now + level.interval
    if inner | outer:
        request = _request(address, size, inner, outer, WRITE, pc)
        return write(level, &request, <uint8_t*>&value, now)
    return _write_uncached(side, address, size, now, value)


cdef uint64_t _walk(void* owner, uint32_t physical, uint32_t inner, uint32_t outer, uint64_t now,
                    uint32_t* value) noexcept nogil:
    cdef CoreSide* side = <CoreSide*>owner
    cdef Request request = _request(first_alias(&side.ram, physical), 4, inner, outer, WALK, 0)
    return _read_slowly(side, &request, now, value)


cdef uint32_t _peek(void* owner, uint32_t physical, uint32_t size) noexcept nogil:
    cdef CoreSide* side = <CoreSide*>owner
    cdef uint32_t address = first_alias(&side.ram, physical)
    cdef uint32_t value[2]
    value[0] = 0
    if is_ram(&side.ram, address):
        _load(value, _newest(side, address), size)
    return value[0]


# --- instructions ---------------------------------------------------------------------------------------------------

cdef uint64_t _fetch_uncached(CoreSide* side, uint32_t address, uint64_t now, uint8_t** line,
                              uint32_t* filled) noexcept nogil:
    cdef uint32_t size = side.instructions.array.line
    cdef Level* level = side.data.below
    cdef int32_t index = ABSENT
    address &= side.instructions.array.line_mask
    # Instructions come from where data is cleaned to: a first-level data cache is not asked.
    if side.instructions == side.data:
        level = side.data
    while level != NULL and index == ABSENT:
        index = find(&level.array, address)
        if index != ABSENT:
            memcpy(side.line, bytes_of(&level.array, index, address), size)
        level = level.below
    if index == ABSENT:
        memcpy(side.line, host_address(&side.ram, address), size)
    line[0], filled[0] = side.line, 1
    side.uncached_reads += 1
    return dram_read(side.memory.dram, address, size, now + side.uncached_latency)


cdef uint64_t _fetch(void* owner, uint32_t physical, uint32_t inner, uint32_t outer, uint64_t now,
                     uint8_t** line, uint32_t* filled) noexcept nogil:
    cdef CoreSide* side = <CoreSide*>owner
    cdef Level* level = side.instructions
    cdef CacheArray* array = &level.array
    cdef uint32_t address = first_alias(&side.ram, physical)
    cdef int32_t index = find(array, address)
    cdef Request request
    cdef Arrival arrival
    if index != ABSENT and inner and now >= level.plain_from and array.state[index] & FETCHED:
        level.count.hits[FETCH] += 1
        touch_again(array, index)
        line[0], filled[0] = array.data + (<size_t>index << array.line_shift), 0
        return now + level.latency
    if not inner | outer:
        return _fetch_uncached(side, address, now, line, filled)
    request = _request(address & array.line_mask, array.line, inner, outer, FETCH, physical)
    index = line_for(level, &request, side.line, now, &arrival)
    line[0], filled[0] = side.line, 1
    if index != ABSENT:
        line[0] = array.data + (<size_t>index << array.line_shift)
        filled[0] = (array.state[index] & FETCHED) == 0
        array.state[index] |= FETCHED
        if level.prefetcher.kind != NO_PREFETCH:
            memcpy(side.line, line[0], array.line)
            line[0] = side.line
    look_ahead(level, &request, &arrival)
    return arrival.done


cdef PlainHits _plain_hits(Level* level, uint32_t kind, uint64_t latency, uint32_t state_mask, uint32_t plain_state):
    """What `_read`, `_write` and `_fetch` ask of a line before they call it a hit and nothing else, for engines."""
    cdef PlainHits hits
    hits.tags, hits.latest, hits.state = level.array.tags, level.array.newest, level.array.state
    hits.data, hits.plain_from, hits.count = level.array.data, &level.plain_from, &level.count.hits[kind]
    hits.latency, hits.set_mask = latency, level.array.set_mask
    hits.line_mask, hits.line_shift = level.array.line_mask, level.array.line_shift
    hits.state_mask, hits.plain_state = state_mask, plain_state
    return hits


cdef class CachePort(CorePort):
    """The way of a core to memory; `instructions` and `data` are the same cache where they are unified."""

    def __cinit__(self, MainMemory memory, Cache instructions, Cache data, uint64_t period):
        cdef Level* level = &data.level
        self._keeps = (memory, instructions, data)
        self.side.ram = memory.ram.table
        self.side.data, self.side.instructions = &data.level, &instructions.level
        self.side.memory, self.side.period = &memory.memory, period
        while level != NULL:
            self.side.uncached_latency += level.latency + level.miss_latency
            level = level.below
        self.port.owner = &self.side
        self.port.line = data.level.array.line
        self.port.visible = &data.level.visible
        self.port.plain_reads = _plain_hits(&data.level, READ, data.level.latency, 0, 0)
        if not data.level.write_through:
            self.port.plain_writes = _plain_hits(&data.level, WRITE, data.level.interval, MESI | FETCHED, MODIFIED)
        self.port.plain_fetches = _plain_hits(
            &instructions.level, FETCH, instructions.level.latency, FETCHED, FETCHED)
        self.port.read, self.port.write, self.port.fetch, self.port.walk = _read, _write, _fetch, _walk
        self.port.maintain_address, self.port.maintain_set_way = maintain_address, maintain_set_way
        self.port.invalidate_instructions = invalidate_instructions
        self.port.invalidate_instruction_line = invalidate_instruction_line
        self.port.peek = _peek

    @property
    def visible(self):
        """The tick from which on everybody sees what was written so far through the data cache."""
        return self.port.visible[0]

    def counters(self):
        """Return what was counted of this core's accesses past the caches."""
        return {"uncached_reads": self.side.uncached_reads, "uncached_writes": self.side.uncached_writes}

    def latencies(self):
        """Return how many reads and walks took up to 1, 2, 4 and so on cycles; those in the last place, longer."""
        cdef Level* level = self.side.data
        cdef uint64_t all_reads = (
            level.count.hits[READ] + level.count.misses[READ] + level.count.hits[WALK] + level.count.misses[WALK]
        )
        found = list(self.side.latencies)
        # What is not recorded was a plain hit.
        found[latency_bucket(level.latency, self.side.period)] += all_reads - self.side.recorded
        return found

    # --- the port's functions, for debugging and tests --------------------------------------------------------------

    def read(self, uint32_t address, uint32_t size, uint32_t inner=1, uint32_t outer=1, uint64_t now=0, uint32_t pc=0):
        """Return the value and the tick at which it is there."""
        cdef uint32_t value[2]
        value[0] = value[1] = 0
        done = self.port.read(self.port.owner, address, size, inner, outer, pc, now, value)
        return value[0] | <uint64_t>value[1] << 32, done

    def write(self, uint32_t address, uint32_t size, uint32_t value, uint32_t inner=1, uint32_t outer=1,
              uint64_t now=0, uint32_t pc=0):
        """Return the tick at which the core is rid of it."""
        return self.port.write(self.port.owner, address, size, inner, outer, pc, now, value)

    def fetch(self, uint32_t address, uint32_t inner=1, uint32_t outer=1, uint64_t now=0):
        """Return the bytes of the line, the tick, and whether it was filled."""
        cdef uint8_t* line
        cdef uint32_t filled
        done = self.port.fetch(self.port.owner, address, inner, outer, now, &line, &filled)
        return line[:self.port.line], done, bool(filled)

    def walk(self, uint32_t address, uint32_t inner=1, uint32_t outer=1, uint64_t now=0):
        """Return a word of a page table, and the tick at which it is there."""
        cdef uint32_t value
        done = self.port.walk(self.port.owner, address, inner, outer, now, &value)
        return value, done

    def maintain_address(self, uint32_t operation, uint32_t address, bint to_unification=False, uint64_t now=0):
        """Return the tick at which it is complete."""
        return self.port.maintain_address(self.port.owner, operation, address, to_unification, now)

    def maintain_set_way(self, uint32_t operation, uint32_t number, uint32_t sets, uint32_t way, uint32_t ways,
                         uint64_t now=0):
        """Return the tick at which it is complete."""
        cdef SetWay place
        place.number, place.sets, place.way, place.ways = number, sets, way, ways
        return self.port.maintain_set_way(self.port.owner, operation, &place, now)

    def invalidate_instructions(self, address=None, uint64_t now=0):
        """All, or the line at an address; return the tick at which it is complete."""
        if address is None:
            return self.port.invalidate_instructions(self.port.owner, now)
        return self.port.invalidate_instruction_line(self.port.owner, address, now)

    def peek(self, uint32_t address, uint32_t size):
        """Return what is there, without any effect."""
        return self.port.peek(self.port.owner, address, size)
