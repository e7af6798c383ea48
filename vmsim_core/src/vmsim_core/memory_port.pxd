# How a simulated CPU reaches memory through caches: what a memory hierarchy gives to each core, and the core's engine
# calls without the GIL. Addresses are physical, times are ticks. Data is the caches' own, not RAM's.

from libc.stdint cimport uint16_t, uint32_t, uint64_t, uint8_t

# What kind of memory an access goes to, as the architecture's translation says: two bits each for the inner and the
# outer caches. Device and strongly-ordered accesses to devices never come here; those to RAM are UNCACHED.
cdef enum:
    UNCACHED = 0
    WRITE_BACK_ALLOCATE = 1     # allocates a line for a write too
    WRITE_THROUGH = 2
    WRITE_BACK = 3              # allocates for reads only

# What a guest's cache maintenance operation does. An address is physical.
cdef enum:
    CLEAN = 1
    INVALIDATE = 2
    CLEAN_AND_INVALIDATE = 3

# A set and a way of the data cache that the guest's registers describe to it. The caches' own geometry may be another
# one: this names all lines whose set is `number` modulo `sets` and whose way is `way` modulo `ways`, so that a guest
# that goes through the sets and ways it knows reaches every line.
ctypedef struct SetWay:
    uint32_t number
    uint32_t sets
    uint32_t way
    uint32_t ways

# What a plain hit needs to be done by the engine, without a call: a set-associative first level shows, for one kind of
# access, the line that each set has used last. To hit that line once more changes nothing but a counter.
ctypedef struct PlainHits:
    const uint32_t* tags        # by index of a line: its address with bit 0 set
    const uint32_t* latest      # by set: the index of the line that was used last
    const uint8_t* state        # by index: hits are plain where state & state_mask == plain_state
    uint8_t* data               # of all lines, by index
    const uint64_t* plain_from  # the tick from which on hits are plain
    uint64_t* count             # of hits
    uint64_t latency            # of a plain hit, in ticks
    uint32_t set_mask
    uint32_t line_mask          # the address of a line in an address
    uint32_t line_shift
    uint32_t state_mask
    uint32_t plain_state

ctypedef struct MemoryPort:
    void* owner
    uint32_t line               # bytes of a first-level line, a power of two
    # The tick from which on everybody sees all that this core has written so far, which is what a barrier waits for;
    # NULL if that is when the core is rid of it.
    const uint64_t* visible

    # For reads and fetches that the inner caches may keep, and for writes that they may write back. A hierarchy need
    # not fill these in: there are no plain hits then.
    PlainHits plain_reads
    PlainHits plain_writes
    PlainHits plain_fetches

    # The functions below are called by `port_read` and so on, when it is no plain hit.

    # Read or write `size` bytes that cross no line of the first level: 1, 2 or 4; a read also 8, into two words.
    # `inner` and `outer` are cacheabilities. Returns the tick at which a read's data is there, or at which the core is
    # rid of a write (a store buffer is the core's business). `pc` is the address of the instruction, for a prefetcher.
    uint64_t (*read)(void* owner, uint32_t physical, uint32_t size, uint32_t inner, uint32_t outer, uint32_t pc,
                     uint64_t now, uint32_t* value) noexcept nogil
    uint64_t (*write)(void* owner, uint32_t physical, uint32_t size, uint32_t inner, uint32_t outer, uint32_t pc,
                      uint64_t now, uint32_t value) noexcept nogil

    # The line of instructions at an address: where its bytes are until the next call. `filled` becomes 1 when the line
    # was not in the first-level instruction cache before: it may hold other bytes than the last time.
    uint64_t (*fetch)(void* owner, uint32_t physical, uint32_t inner, uint32_t outer, uint64_t now,
                      uint8_t** bytes, uint32_t* filled) noexcept nogil

    # A word of a page table, for the walker of a TLB.
    uint64_t (*walk)(void* owner, uint32_t physical, uint32_t inner, uint32_t outer, uint64_t now,
                     uint32_t* value) noexcept nogil

    # The guest's maintenance of data and unified caches, by address to the point of coherency (`to_unification` 0) or
    # unification, or by set and way; the guest knows of one level, which stands for all that are inner ones. Returns
    # when it is complete.
    uint64_t (*maintain_address)(void* owner, uint32_t operation, uint32_t physical, uint32_t to_unification,
                                 uint64_t now) noexcept nogil
    uint64_t (*maintain_set_way)(void* owner, uint32_t operation, const SetWay* place, uint64_t now) noexcept nogil
    # Instruction caches: all of it, or the line of an address.
    uint64_t (*invalidate_instructions)(void* owner, uint64_t now) noexcept nogil
    uint64_t (*invalidate_instruction_line)(void* owner, uint32_t physical, uint64_t now) noexcept nogil

    # What is there now, in whichever cache is nearest, without time, statistics or replacement (debuggers).
    uint32_t (*peek)(void* owner, uint32_t physical, uint32_t size) noexcept nogil


cdef inline uint8_t* _plain_hit(const PlainHits* hits, uint32_t physical, uint64_t now) noexcept nogil:
    """Count a plain hit and return where the byte is; NULL if it is none."""
    cdef uint32_t index = hits.latest[physical >> hits.line_shift & hits.set_mask]
    if hits.tags[index] != (physical & hits.line_mask | 1) or now < hits.plain_from[0]:
        return NULL
    if hits.state[index] & hits.state_mask != hits.plain_state:
        return NULL
    hits.count[0] += 1
    return hits.data + (<size_t>index << hits.line_shift) + (physical & ~hits.line_mask)


# --- what an engine calls: as the functions of the port ---------------------------------------------------------------

cdef inline uint64_t port_read(MemoryPort* port, uint32_t physical, uint32_t size, uint32_t inner, uint32_t outer,
                               uint32_t pc, uint64_t now, uint32_t* value) noexcept nogil:
    cdef uint8_t* source = _plain_hit(&port.plain_reads, physical, now) if inner else NULL
    if source == NULL:
        return port.read(port.owner, physical, size, inner, outer, pc, now, value)
    if size == 4:
        value[0] = (<uint32_t*>source)[0]
    elif size == 8:
        (<uint64_t*>value)[0] = (<uint64_t*>source)[0]
    else:
        value[0] = source[0] if size == 1 else (<uint16_t*>source)[0]
    return now + port.plain_reads.latency


cdef inline uint64_t port_write(MemoryPort* port, uint32_t physical, uint32_t size, uint32_t inner, uint32_t outer,
                                uint32_t pc, uint64_t now, uint32_t value) noexcept nogil:
    # Odd cacheabilities are those that write back.
    cdef uint8_t* place = _plain_hit(&port.plain_writes, physical, now) if inner & 1 else NULL
    if place == NULL:
        return port.write(port.owner, physical, size, inner, outer, pc, now, value)
    if size == 4:
        (<uint32_t*>place)[0] = value
    elif size == 1:
        place[0] = <uint8_t>value
    else:
        (<uint16_t*>place)[0] = <uint16_t>value
    return now + port.plain_writes.latency


cdef inline uint64_t port_fetch(MemoryPort* port, uint32_t physical, uint32_t inner, uint32_t outer, uint64_t now,
                                uint8_t** bytes, uint32_t* filled) noexcept nogil:
    """`physical` is the address of a line."""
    bytes[0] = _plain_hit(&port.plain_fetches, physical, now) if inner else NULL
    if bytes[0] == NULL:
        return port.fetch(port.owner, physical, inner, outer, now, bytes, filled)
    filled[0] = 0
    return now + port.plain_fetches.latency


# The object that a hierarchy hands out for a core (MemoryHierarchy.port); it keeps alive what `port.owner` points to.
cdef class CorePort:
    cdef MemoryPort port
