# Predecoded instructions, by physical page and instruction set.

from libc.stdint cimport uint16_t, uint32_t, uint64_t, uint8_t

from vmsim_arch_arm.engine.records cimport Core, Instruction

cdef enum:
    FETCH_ENTRIES = 256
    CODE_PAGE_SIZE = 4096
    INSTRUCTIONS = 1024         # of an ARM page; a Thumb page has twice as many places

cdef struct CodePage:
    uint8_t* host
    uint8_t* shadow             # what stood there when somebody else began to write to memory
    uint32_t physical           # of the RAM's first alias
    uint32_t thumb
    Instruction* instructions   # size 0: not decoded yet
    # For loops that fetch through a cache: lines whose instructions are known to be those that the cache holds.
    uint64_t verified[4]
    uint64_t generation         # of the core's instructions, when `verified` was begun
    uint32_t inner
    uint32_t outer
    CodePage* following         # the next one of all

# Where the instructions of a virtual page are, for the present privilege and instruction set.
cdef struct FetchEntry:
    uint32_t tag
    CodePage* page

cdef struct CodeCache:
    CodePage** pages[2]         # by physical page number; ARM and Thumb
    CodePage* all_pages
    FetchEntry fetches[FETCH_ENTRIES]
    uint64_t page_count
    uint64_t decoded
    uint64_t invalidated

cdef int cache_init(CodeCache* cache) except -1
cdef void cache_free(CodeCache* cache) noexcept nogil
cdef CodePage* cache_page(CodeCache* cache, uint32_t physical, uint32_t thumb, uint8_t* host) noexcept nogil
cdef void cache_forget_fetches(CodeCache* cache) noexcept nogil
cdef int cache_remember(CodeCache* cache) noexcept nogil
cdef void cache_compare(CodeCache* cache) noexcept nogil
cdef void cache_invalidate(CodeCache* cache, uint32_t physical, uint32_t size) noexcept nogil
