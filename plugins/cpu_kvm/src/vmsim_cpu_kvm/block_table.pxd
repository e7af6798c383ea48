# What is known of each translated block: how many instructions it has, where they start, and which of them the engine
# must not leave to Unicorn. Looked up at every block that is executed, hence inline and in C.

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    NO_TRAP = 0xFFFF
    MAX_BLOCK_BYTES = 8000
    ENDLESS = 0xFF


cdef struct Block:
    uint32_t pc
    uint16_t size               # bytes
    uint16_t count              # instructions
    uint16_t trap               # index of the first instruction before which the block is cut, or NO_TRAP
    uint8_t used
    uint8_t thumb
    uint8_t ambiguous           # other code with the same (pc, size) was seen: decode it whenever it is executed
    uint8_t special             # ENDLESS: a branch to itself and nothing else; or the bytes of the last exclusive load
    uint16_t own_trap           # index of the first instruction that the engine executes itself; breakpoints aside
    uint64_t first_starts       # bit k: an instruction starts at pc + 2 * k, for Thumb blocks of at most 128 bytes
    uint64_t* more_starts       # the same for longer ones


cdef struct BlockTable:
    Block* entries
    uint32_t mask
    uint32_t used


cdef inline uint32_t block_hash(const BlockTable* table, uint32_t pc, uint32_t size) noexcept nogil:
    return ((pc >> 1) ^ (size * <uint32_t>0x9E3779B1 >> 12) ^ (pc >> 17)) & table.mask


cdef inline Block* block_find(const BlockTable* table, uint32_t pc, uint32_t size) noexcept nogil:
    cdef uint32_t slot = block_hash(table, pc, size)
    cdef Block* block
    while True:
        block = &table.entries[slot]
        if not block.used:
            return NULL
        if block.pc == pc and block.size == size:
            return block
        slot = (slot + 1) & table.mask


cdef int table_init(BlockTable* table) except -1
cdef void table_free(BlockTable* table) noexcept nogil
cdef void table_clear(BlockTable* table) noexcept nogil
cdef Block* block_insert(BlockTable* table, uint32_t pc, uint32_t size) noexcept nogil
cdef void block_decode(Block* block, const uint8_t* code, uint32_t size, bint thumb) noexcept nogil
cdef void block_release(Block* block) noexcept nogil
cdef void block_cut_at(Block* block, const uint32_t* addresses, int count) noexcept nogil
cdef void table_cut_at(BlockTable* table, const uint32_t* addresses, int count) noexcept nogil
cdef bint block_same_layout(const Block* a, const Block* b) noexcept nogil
cdef uint32_t block_index_of(const Block* block, uint32_t pc) noexcept nogil
cdef uint32_t block_address_of(const Block* block, uint32_t index) noexcept nogil
