# cython: boundscheck=False, wraparound=False, cdivision=True
"""Decodes translated blocks and keeps what was found, by (pc, size)."""

from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memset

cdef enum:
    INITIAL_ENTRIES = 1 << 15
    WORDS = 63                  # of 64 halfwords each: enough for MAX_BLOCK_BYTES


cdef extern from *:
    int popcount "__builtin_popcountll"(unsigned long long) nogil


cdef int table_init(BlockTable* table) except -1:
    table.entries = <Block*>calloc(INITIAL_ENTRIES, sizeof(Block))
    if table.entries == NULL:
        raise MemoryError
    table.mask = INITIAL_ENTRIES - 1
    table.used = 0
    return 0


cdef void table_clear(BlockTable* table) noexcept nogil:
    """Forget everything. Only together with a flush of Unicorn's translations: it decodes a block only once."""
    cdef uint32_t slot
    for slot in range(table.mask + 1):
        if table.entries[slot].used:
            block_release(&table.entries[slot])
    memset(table.entries, 0, (<size_t>table.mask + 1) * sizeof(Block))
    table.used = 0


cdef void table_free(BlockTable* table) noexcept nogil:
    if table.entries != NULL:
        table_clear(table)
        free(table.entries)
        table.entries = NULL


cdef void block_release(Block* block) noexcept nogil:
    free(block.more_starts)
    block.more_starts = NULL


cdef Block* block_insert(BlockTable* table, uint32_t pc, uint32_t size) noexcept nogil:
    """Return a new entry; earlier pointers into the table are invalid afterwards. NULL when the host has no memory."""
    if table.used > table.mask // 4 * 3:
        if not _grow(table):
            return NULL
    cdef Block* block = _free_slot(table, pc, size)
    block.used = 1
    block.pc = pc
    block.size = <uint16_t>size
    table.used += 1
    return block


cdef Block* _free_slot(BlockTable* table, uint32_t pc, uint32_t size) noexcept nogil:
    cdef uint32_t slot = block_hash(table, pc, size)
    while table.entries[slot].used:
        slot = (slot + 1) & table.mask
    return &table.entries[slot]


cdef bint _grow(BlockTable* table) noexcept nogil:
    cdef BlockTable larger
    cdef uint32_t slot
    cdef Block* block
    larger.mask = table.mask * 2 + 1
    larger.used = table.used
    larger.entries = <Block*>calloc(<size_t>larger.mask + 1, sizeof(Block))
    if larger.entries == NULL:
        return False
    for slot in range(table.mask + 1):
        block = &table.entries[slot]
        if block.used:
            _free_slot(&larger, block.pc, block.size)[0] = block[0]
    free(table.entries)
    table[0] = larger
    return True


cdef void block_decode(Block* block, const uint8_t* code, uint32_t size, bint thumb) noexcept nogil:
    """Find instruction starts, trapped instructions, the last exclusive load and the branch to itself in `size` bytes
    of code."""
    block.size = <uint16_t>size
    block.thumb = thumb
    block.trap = NO_TRAP
    block.special = 0
    if thumb:
        _decode_thumb(block, code, size)
    else:
        _decode_arm(block, code, size)
    block.own_trap = block.trap


cdef void block_cut_at(Block* block, const uint32_t* addresses, int count) noexcept nogil:
    """Have the block cut before instructions that start at one of these addresses, instead of earlier ones."""
    cdef int number
    cdef uint32_t index
    block.trap = block.own_trap
    for number in range(count):
        if block.pc <= addresses[number] < block.pc + block.size:
            index = block_index_of(block, addresses[number])
            if index < block.trap and block_address_of(block, index) == addresses[number]:
                block.trap = <uint16_t>index


cdef void table_cut_at(BlockTable* table, const uint32_t* addresses, int count) noexcept nogil:
    """Have every block cut before instructions that start at one of these addresses, instead of earlier ones."""
    cdef uint32_t slot
    for slot in range(table.mask + 1):
        if table.entries[slot].used:
            block_cut_at(&table.entries[slot], addresses, count)


cdef void _decode_arm(Block* block, const uint8_t* code, uint32_t size) noexcept nogil:
    cdef uint32_t index
    cdef const uint32_t* words = <const uint32_t*>code
    block.count = <uint16_t>(size // 4)
    for index in range(block.count):
        if _is_trapped_arm(words[index]):
            block.trap = <uint16_t>index
            break
        if _exclusive_load_arm(words[index]):
            block.special = _exclusive_load_arm(words[index])
    if words[block.count - 1] == <uint32_t>0xEAFFFFFE:  # b .
        _mark_endless(block)


cdef void _decode_thumb(Block* block, const uint8_t* code, uint32_t size) noexcept nogil:
    cdef uint32_t words = (size // 2 + 63) // 64
    cdef uint32_t offset = 0, index = 0
    cdef uint16_t first = 0, second = 0
    cdef uint64_t* starts = &block.first_starts
    if words > 1:
        if block.more_starts == NULL:
            block.more_starts = <uint64_t*>calloc(WORDS, sizeof(uint64_t))
        starts = block.more_starts
    elif block.more_starts != NULL:
        block_release(block)
    memset(starts, 0, words * sizeof(uint64_t))
    while offset < size:
        first = <uint16_t>(code[offset] | code[offset + 1] << 8)
        second = 0
        starts[offset // 128] |= <uint64_t>1 << ((offset // 2) & 63)
        if first >= 0xE800:  # a 32-bit instruction (ARM DDI 0406C, A6.1)
            if offset + 3 < size:
                second = <uint16_t>(code[offset + 2] | code[offset + 3] << 8)
            offset += 4
        else:
            offset += 2
        if block.trap == NO_TRAP and _is_trapped_thumb(first, second):
            block.trap = <uint16_t>index
        if _exclusive_load_thumb(first, second):
            block.special = _exclusive_load_thumb(first, second)
        index += 1
    block.count = <uint16_t>index
    if (first == 0xE7FE and second == 0) or (first == 0xF7FF and second == 0xBFFE):  # b . and b.w .
        _mark_endless(block)


cdef void _mark_endless(Block* block) noexcept nogil:
    """The last instruction branches to itself: alone it makes the block endless; behind others it is split off like a
    trapped one, so that the count at which the end is seen does not depend on how the code was cut into blocks."""
    if block.count == 1:
        block.special = ENDLESS
    elif block.trap == NO_TRAP:
        block.trap = block.count - 1


cdef bint _is_trapped_hint(uint32_t hint) noexcept nogil:
    return 1 <= hint <= 4  # YIELD, WFE, WFI, SEV


cdef bint _is_trapped_cp15(uint32_t word) noexcept nogil:
    """Whether Unicorn's Cortex-A9 lacks, or gets wrong, the CP15 register of this MRC or MCR."""
    cdef uint32_t opc1 = word >> 21 & 7, crn = word >> 16 & 15, crm = word & 15, opc2 = word >> 5 & 7
    if crn == 15:
        return True                                  # power control, configuration base, main TLB lockdown
    if crn == 9:
        return crm >= 12                             # performance monitors
    if crn == 10:
        return crm == 0                              # TLB lockdown
    if crn == 1:
        return crm == 0 and opc1 == 0 and opc2 == 1  # ACTLR
    return crn == 0 and crm == 0 and opc1 == 0 and opc2 == 5  # MPIDR


cdef bint _is_trapped_arm(uint32_t word) noexcept nogil:
    if word >> 28 == 15:
        return False
    if (word & 0x0FFFFF00) == 0x0320F000:
        return _is_trapped_hint(word & 0xFF)
    return (word & 0x0F000F10) == 0x0E000F10 and _is_trapped_cp15(word)


cdef bint _is_trapped_thumb(uint16_t first, uint16_t second) noexcept nogil:
    if (first & 0xFF0F) == 0xBF00:
        return _is_trapped_hint(first >> 4 & 15)
    if first == 0xF3AF and (second & 0xFF00) == 0x8000:
        return _is_trapped_hint(second & 0xFF)
    return (first & 0xFF00) == 0xEE00 and (second & 0x0F10) == 0x0F10 and _is_trapped_cp15(
        <uint32_t>first << 16 | second)


cdef uint8_t _exclusive_load_arm(uint32_t word) noexcept nogil:
    """Return the bytes that LDREX, LDREXD, LDREXB or LDREXH loads (ARM DDI 0406C, A5.2.10); 0 for anything else."""
    if word >> 28 == 15 or (word & 0x0F900FFF) != 0x01900F9F:
        return 0
    return <uint8_t>(1 << ((word >> 21) + 2 & 3))


cdef uint8_t _exclusive_load_thumb(uint16_t first, uint16_t second) noexcept nogil:
    """The same in Thumb (A6.3.6)."""
    if (first & 0xFFF0) == 0xE850:
        return 4
    if (first & 0xFFF0) == 0xE8D0 and (second & 0xC0) == 0x40:
        return <uint8_t>(1 << (second >> 4 & 3))
    return 0


cdef bint block_same_layout(const Block* a, const Block* b) noexcept nogil:
    if a.count != b.count or a.thumb != b.thumb or a.trap != b.trap or a.special != b.special:
        return False
    if not a.thumb:
        return True
    if a.more_starts == NULL:
        return a.first_starts == b.first_starts
    return memcmp(a.more_starts, b.more_starts, (a.size // 2 + 63) // 64 * sizeof(uint64_t)) == 0


cdef uint32_t block_index_of(const Block* block, uint32_t pc) noexcept nogil:
    """Return how many instructions of the block start before `pc`."""
    cdef uint32_t half = (pc - block.pc) // 2, index = 0, word
    cdef const uint64_t* starts
    if not block.thumb:
        return half // 2
    starts = &block.first_starts if block.more_starts == NULL else block.more_starts
    for word in range(half // 64):
        index += popcount(starts[word])
    if half & 63:
        index += popcount(starts[half // 64] & ((<uint64_t>1 << (half & 63)) - 1))
    return index


cdef uint32_t block_address_of(const Block* block, uint32_t index) noexcept nogil:
    """Return where instruction `index` starts; the end of the block for `index` == count."""
    cdef uint32_t half
    cdef const uint64_t* starts
    if not block.thumb:
        return block.pc + 4 * index
    starts = &block.first_starts if block.more_starts == NULL else block.more_starts
    for half in range(block.size // 2):
        if starts[half // 64] >> (half & 63) & 1:
            if index == 0:
                return block.pc + 2 * half
            index -= 1
    return block.pc + block.size
