# Where RAM is: physical addresses to the one address under which the caches know a byte, and to host memory.

from libc.stdint cimport uint32_t, uint8_t

ctypedef struct RamTable:
    uint32_t shift              # of a granule: as large as the regions of RAM allow, so that the table stays small
    uint32_t mask               # the bits inside a granule
    uint32_t* to_first          # by granule: what to take from an address to get its first alias
    uint8_t** host              # by granule: host address of its first byte; NULL where there is no RAM
    uint32_t* size              # by granule: bytes of RAM in it


cdef inline uint32_t first_alias(const RamTable* table, uint32_t physical) noexcept nogil:
    return physical - table.to_first[physical >> table.shift]


cdef inline uint8_t* host_address(const RamTable* table, uint32_t address) noexcept nogil:
    return table.host[address >> table.shift] + (address & table.mask)


cdef inline bint is_ram(const RamTable* table, uint32_t address) noexcept nogil:
    return (address & table.mask) < table.size[address >> table.shift]


cdef class RamMap:
    cdef RamTable table
    cdef list _regions
