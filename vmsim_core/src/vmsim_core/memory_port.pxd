# How a simulated CPU reaches memory through caches: what a memory hierarchy gives to each core, and the core's engine
# calls without the GIL. Addresses are physical, times are ticks. Data is the caches' own, not RAM's.

from libc.stdint cimport uint32_t, uint64_t, uint8_t

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

ctypedef struct MemoryPort:
    void* owner
    uint32_t line               # bytes of a first-level line, a power of two

    # Read or write `size` bytes (1, 2 or 4; 8 too when aligned) that cross no line of the first level. `inner` and
    # `outer` are cacheabilities. Returns the tick at which a read's data is there, or at which the core is rid of a
    # write (a store buffer is the core's business). `pc` is the address of the instruction, for a prefetcher.
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


# The object that a hierarchy hands out for a core (MemoryHierarchy.port); it keeps alive what `port.owner` points to.
cdef class CorePort:
    cdef MemoryPort port
