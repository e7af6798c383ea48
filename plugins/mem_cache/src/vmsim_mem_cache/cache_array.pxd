# A set-associative array of lines that hold data: looking up, and choosing what to replace. All inline: the hit of a
# first-level cache is made of these.

from libc.stdint cimport int32_t, uint32_t, uint64_t, uint8_t

# The state of a line: MESI in the low bits, then what else there is to know about it.
cdef enum:
    INVALID = 0
    SHARED = 1
    EXCLUSIVE = 2
    MODIFIED = 3
    MESI = 3
    PREFETCHED = 4              # and not asked for since
    FETCHED = 8                 # a core knows these bytes as instructions
    INNER_SHIFT = 4             # two bits each: the cacheabilities, for when the line leaves
    OUTER_SHIFT = 6

cdef enum:
    LRU = 0
    PLRU = 1
    RANDOM = 2

cdef enum:
    ABSENT = -1
    VALID = 1                   # in a tag; the address of a line ends in zeros

ctypedef struct CacheArray:
    uint32_t* tags              # by set and way: address of the line, with VALID
    uint32_t* newest            # by set: the line that was used last
    uint8_t* state
    uint8_t* data
    uint64_t* ready             # the tick at which a line's bytes are there
    uint64_t* used              # LRU: a line with a smaller number was used earlier
    uint64_t* tree              # pseudo-LRU, by set: bit n is set if the right branch of node n is the older one
    uint32_t line_shift
    uint32_t line_mask          # the address of a line in an address
    uint32_t set_mask
    uint32_t line
    uint32_t ways
    uint32_t sets
    uint32_t way_bits
    uint32_t policy
    uint32_t valid              # lines that are held
    uint32_t random
    uint64_t uses


cdef inline int32_t find(const CacheArray* array, uint32_t address) noexcept nogil:
    """The line that holds an address, or ABSENT."""
    cdef uint32_t tag = address & array.line_mask | VALID
    cdef uint32_t number = address >> array.line_shift & array.set_mask
    cdef uint32_t index = array.newest[number]
    cdef uint32_t last
    if array.tags[index] == tag:
        return <int32_t>index
    index = number * array.ways
    last = index + array.ways
    while index < last:
        if array.tags[index] == tag:
            return <int32_t>index
        index += 1
    return ABSENT


cdef inline uint8_t* bytes_of(const CacheArray* array, int32_t index, uint32_t address) noexcept nogil:
    return array.data + (<size_t>index << array.line_shift) + (address & ~array.line_mask)


cdef inline uint32_t address_of(const CacheArray* array, int32_t index) noexcept nogil:
    return array.tags[index] & array.line_mask


cdef inline void touch(CacheArray* array, int32_t index) noexcept nogil:
    """Note that a line is used. To say so again of the set's newest line changes nothing."""
    cdef uint32_t number = array.tags[index] >> array.line_shift & array.set_mask
    cdef uint32_t way, node, bit
    array.newest[number] = <uint32_t>index
    if array.policy == LRU:
        array.uses += 1
        array.used[index] = array.uses
    elif array.policy == PLRU:
        way = <uint32_t>index - number * array.ways
        node, bit = 1, array.way_bits
        while bit:
            bit -= 1
            if way >> bit & 1:
                array.tree[number] &= ~(<uint64_t>1 << node)
            else:
                array.tree[number] |= <uint64_t>1 << node
            node = node << 1 | (way >> bit & 1)


cdef inline void touch_again(CacheArray* array, int32_t index) noexcept nogil:
    """The same, quick where there is nothing to change."""
    if array.newest[array.tags[index] >> array.line_shift & array.set_mask] != <uint32_t>index:
        touch(array, index)


cdef inline int32_t victim(CacheArray* array, uint32_t address) noexcept nogil:
    """The line that makes room for an address: the first one that is free, else the one that the policy names."""
    cdef uint32_t number = address >> array.line_shift & array.set_mask
    cdef uint32_t first = number * array.ways
    cdef uint32_t way, node = 1, oldest = 0
    for way in range(array.ways):
        if not array.tags[first + way]:
            return <int32_t>(first + way)
    if array.policy == LRU:
        for way in range(1, array.ways):
            if array.used[first + way] < array.used[first + oldest]:
                oldest = way
    elif array.policy == PLRU:
        for way in range(array.way_bits):
            node = node << 1 | <uint32_t>(array.tree[number] >> node & 1)
        oldest = node - array.ways
    else:
        # xorshift (Marsaglia, 2003)
        array.random ^= array.random << 13
        array.random ^= array.random >> 17
        array.random ^= array.random << 5
        oldest = array.random % array.ways
    return <int32_t>(first + oldest)


cdef inline void install(CacheArray* array, int32_t index, uint32_t address, uint32_t state) noexcept nogil:
    """Make a free line hold an address; its bytes are the caller's business."""
    array.tags[index] = address & array.line_mask | VALID
    array.state[index] = <uint8_t>state
    array.ready[index] = 0
    array.valid += 1
    touch(array, index)


cdef inline void drop(CacheArray* array, int32_t index) noexcept nogil:
    """Forget a line, dirty or not."""
    array.tags[index] = 0
    array.state[index] = INVALID
    array.valid -= 1
