# MemU[] and MemA[] of memory.pxd for the instructions that are executed most: a hit in the TLB is found without a call.
# Interpreted runs have the same functions in plain_memory.py.

from libc.stdint cimport uint16_t, uint32_t, uint64_t, uint8_t

from vmsim_arch_arm.engine cimport memory
from vmsim_arch_arm.engine.records cimport TLB_ENTRIES, Core, TlbEntry

cdef enum:
    PAGE_SHIFT = 12
    PAGE_OFFSET = 0xFFF
    PAGE = 0xFFFFF000

# An address that is not aligned differs from every tag in its lowest bits: memory.pyx looks at it.

cdef inline uint32_t mem_u_read(Core* core, uint32_t address, uint32_t size) noexcept nogil:
    cdef TlbEntry* entry = &core.tlb[address >> PAGE_SHIFT & (TLB_ENTRIES - 1)]
    if entry.read_tag != address & (PAGE | size - 1):
        return memory.mem_u_read(core, address, size)
    if size == 4:
        return (<uint32_t*>(entry.host + address))[0]
    if size == 2:
        return (<uint16_t*>(entry.host + address))[0]
    return (<uint8_t*>(entry.host + address))[0]


cdef inline void mem_u_write(Core* core, uint32_t address, uint32_t size, uint32_t value) noexcept nogil:
    cdef TlbEntry* entry = &core.tlb[address >> PAGE_SHIFT & (TLB_ENTRIES - 1)]
    if entry.write_tag != address & (PAGE | size - 1):
        memory.mem_u_write(core, address, size, value)
    elif size == 4:
        (<uint32_t*>(entry.host + address))[0] = value
    elif size == 2:
        (<uint16_t*>(entry.host + address))[0] = value
    else:
        (<uint8_t*>(entry.host + address))[0] = value


cdef inline uint32_t mem_a_read(Core* core, uint32_t address, uint32_t size) noexcept nogil:
    if address & (size - 1):
        return memory.mem_a_read(core, address, size)
    return mem_u_read(core, address, size)


cdef inline void mem_a_write(Core* core, uint32_t address, uint32_t size, uint32_t value) noexcept nogil:
    if address & (size - 1):
        memory.mem_a_write(core, address, size, value)
    else:
        mem_u_write(core, address, size, value)


# Where `size` bytes of aligned words are in the host's memory if they can be accessed without looking, else NULL.

cdef inline uint32_t* words_to_read(Core* core, uint32_t address, uint32_t size) noexcept nogil:
    cdef TlbEntry* entry = &core.tlb[address >> PAGE_SHIFT & (TLB_ENTRIES - 1)]
    if entry.read_tag != address & (PAGE | 3) or (address & PAGE_OFFSET) + size > PAGE_OFFSET + 1:
        return NULL
    return <uint32_t*>(entry.host + address)


cdef inline uint32_t* words_to_write(Core* core, uint32_t address, uint32_t size) noexcept nogil:
    cdef TlbEntry* entry = &core.tlb[address >> PAGE_SHIFT & (TLB_ENTRIES - 1)]
    if entry.write_tag != address & (PAGE | 3) or (address & PAGE_OFFSET) + size > PAGE_OFFSET + 1:
        return NULL
    return <uint32_t*>(entry.host + address)
