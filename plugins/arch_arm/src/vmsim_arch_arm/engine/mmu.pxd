# The short-descriptor translation of VMSAv7 (DDI 0406C, B3.5).

from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.records cimport Core

cdef enum:
    NOT_SHAREABLE = 0
    INNER_SHAREABLE = 1
    OUTER_SHAREABLE = 2

cdef struct Translation:
    uint32_t physical
    uint32_t device             # Strongly-ordered or Device memory
    uint32_t inner              # cacheability, as memory_port.pxd numbers it; 0 of device memory
    uint32_t outer
    uint32_t not_global
    uint32_t attributes         # as PAR shows them after an address translation operation (B4.1.112)
    uint32_t shareable
    uint32_t size               # of what is mapped together, as MappingSize

cdef enum MappingSize:
    SMALL_PAGE = 0              # 4 KiB; each is sixteen times the one before
    LARGE_PAGE = 1
    SECTION = 2
    SUPERSECTION = 3

cdef enum:
    READ = 0
    WRITE = 1
    EXECUTE = 2

# Returns 0, or the fault status as DFSR and IFSR have it (bit 10 with bits 3:0, domain in bits 7:4, WnR not included).
cdef uint32_t translate(Core* core, uint32_t address, bint privileged, int access, Translation* found) noexcept nogil

# The cacheability of descriptors in the tables of a translation table base register, numbered as above.
cdef void walk_cacheability(Core* core, uint32_t ttbr, uint32_t* inner, uint32_t* outer) noexcept nogil
