# One cache in its place between a core and memory: what it holds, what it is busy with, and who is beside, above and
# below it. An access moves its data at once; its time is what `read` and `write` return.

from libc.stdint cimport int32_t, uint32_t, uint64_t, uint8_t

from vmsim_mem_cache.busy cimport LATENCY_BUCKETS, Port, Waiting
from vmsim_mem_cache.cache_array cimport CacheArray
from vmsim_mem_cache.dram cimport DramState
from vmsim_mem_cache.prefetcher cimport Prefetcher
from vmsim_mem_cache.ram_map cimport RamTable

cdef enum:
    MAX_LINE = 256
    GUEST_LINE = 32             # what a guest takes for a line: CTR, and the L2C-310's, say so
    MAX_ENTRIES = 64            # of MSHRs, of write buffers
    MAX_NEIGHBOURS = 16

# What an access is for.
cdef enum:
    READ = 0
    WRITE = 1
    FETCH = 2
    WALK = 3
    PREFETCH = 4
    WRITEBACK = 5               # from the level above: a line that leaves, or what is written through
    KINDS = 6

cdef enum:
    ALLOCATE_AS_PAGES_SAY = 0
    ALLOCATE_ALWAYS = 1
    ALLOCATE_FOR_READS = 2

ctypedef struct Request:
    uint32_t address            # first alias; what it covers crosses no line
    uint32_t size
    uint32_t inner              # cacheabilities (memory_port.pxd)
    uint32_t outer
    uint32_t kind
    uint32_t pc

ctypedef struct LevelCounters:
    uint64_t hits[KINDS]
    uint64_t misses[KINDS]
    uint64_t cold               # misses of lines that were never here before
    uint64_t merged             # hits of lines that were still on their way
    uint64_t evictions
    uint64_t writebacks         # dirty lines that were evicted or cleaned
    uint64_t written_through
    uint64_t bypassed           # accesses that found no line and may have none here
    uint64_t taken              # lines that another core's write took
    uint64_t recalled           # lines that an inclusive cache below took along
    uint64_t snooped            # lines that came from another core's cache
    uint64_t prefetches
    uint64_t useful_prefetches
    uint64_t fills[LATENCY_BUCKETS]     # lines that came, by how long that took from the look-up on

# What is below the last level.
ctypedef struct Memory:
    const RamTable* ram
    DramState* dram
    uint64_t busy_until         # the last fill or eviction that any level has begun

ctypedef struct Level:
    CacheArray array
    Level* below                # NULL for the last level
    Memory* memory
    Level* peers[MAX_NEIGHBOURS]    # other cores' caches that are kept coherent with this one
    Level* above[MAX_NEIGHBOURS]    # whose lines an inclusive cache takes along
    uint32_t peer_count
    uint32_t above_count
    uint32_t is_outer           # the outer cacheability counts here
    uint32_t write_through
    uint32_t allocate
    uint32_t inclusive
    uint64_t cycle              # ticks
    uint64_t latency            # ticks
    uint64_t miss_latency
    uint64_t interval
    uint64_t snoop_latency
    Port port
    uint64_t visible            # from then on everybody sees all that was written so far
    uint32_t plain              # an access is done each cycle, and no prefetcher learns from it
    uint64_t plain_from         # from then on a hit is nothing but a hit: no line is on its way, no prefetcher learns
    uint32_t mshr_count
    uint32_t write_buffer_count
    Waiting mshr_waiting
    Waiting write_buffer_waiting
    uint64_t mshrs[MAX_ENTRIES] # busy until
    uint64_t write_buffers[MAX_ENTRIES]
    Prefetcher prefetcher
    uint8_t* seen               # a bit for each line of the address space
    LevelCounters count

ctypedef struct Arrival:
    uint64_t started            # when the access had the port
    uint64_t taken              # when who writes is rid of it: for a miss, when an MSHR has it
    uint64_t done               # when the bytes are there
    uint32_t trains             # it missed, or would have missed but for the prefetcher

# Returns when the bytes are there.
cdef uint64_t read(Level* level, const Request* request, uint8_t* destination, uint64_t now) noexcept nogil
# Returns when the one who writes is rid of it: an MSHR takes what is written to a line on its way.
cdef uint64_t write(Level* level, const Request* request, const uint8_t* source, uint64_t now) noexcept nogil
# Does a maintenance operation (memory_port.pxd) to a line; returns when it is complete.
cdef uint64_t maintain(Level* level, uint32_t operation, int32_t index, uint64_t now) noexcept nogil
# Straight to RAM.
cdef uint64_t memory_read(Memory* memory, const Request* request, uint8_t* destination, uint64_t now) noexcept nogil
cdef uint64_t memory_write(Memory* memory, const Request* request, const uint8_t* source, uint64_t now) noexcept nogil
# The same in two steps, for who wants the line itself: its index, or ABSENT if it must not be here; `line` has what was
# asked for then. After that, the prefetcher's turn, which may take any line away.
cdef int32_t line_for(Level* level, const Request* request, uint8_t* line, uint64_t now,
                      Arrival* arrival) noexcept nogil
cdef void look_ahead(Level* level, const Request* request, const Arrival* arrival) noexcept nogil
