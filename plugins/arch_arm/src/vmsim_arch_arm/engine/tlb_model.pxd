# The TLBs of a Cortex-A9 as far as time goes (DDI 0388, 6.2): which translations they hold, not what those are.

from libc.stdint cimport uint32_t, uint64_t

cdef enum:
    MICRO_ENTRIES = 64          # room for the micro TLBs; how many are used is a parameter
    MAIN_SETS = 64
    MAIN_WAYS = 2

# A translation that is there, of whichever size (6.2.1, 6.2.2): the address of what is mapped, its size as MappingSize
# of mmu.pxd in bits 11 and 10, and bit 0 set; of one that is not global (nG) bit 1 too, and the ASID in bits 9 to 2.
cdef struct MicroTlb:
    uint32_t entries[MICRO_ENTRIES]
    uint32_t used               # 0: there is no micro TLB
    uint32_t latest             # where the last hit was
    uint32_t victim             # replaced next: first in, first out
    uint64_t misses

cdef struct TlbModel:
    MicroTlb data
    MicroTlb instructions
    uint32_t main[MAIN_SETS][MAIN_WAYS]
    uint32_t main_victim[MAIN_SETS]
    uint32_t sizes              # a bit for each size that main may hold
    uint64_t main_misses
    uint64_t micro_penalty      # ticks of a micro TLB's miss that the main TLB serves
    uint64_t main_penalty       # ticks of a miss in the main TLB, besides the walk

# What the guest's maintenance forgets, numbered as opc2 of the operations (DDI 0406C, table B3-50).
cdef enum TlbMaintenance:
    TLB_ALL = 0
    TLB_ADDRESS = 1             # in an address space, or global: the value is the address and the ASID
    TLB_SPACE = 2               # of an address space; the value is the ASID
    TLB_ADDRESS_EVERYWHERE = 3

cdef enum:
    HIT = 0
    MICRO_MISS = 1
    MISS = 2                    # in the main TLB too: the tables are walked


cdef inline uint32_t tlb_entry(uint32_t address, uint32_t size, uint32_t asid, uint32_t not_global) noexcept nogil:
    cdef uint32_t entry = (address >> 4 * size >> 12 << 12 << 4 * size) | size << 10 | 1
    return entry | 2 | asid << 2 if not_global else entry


cdef inline bint tlb_covers(uint32_t entry, uint32_t address) noexcept nogil:
    """Say whether an entry is of an address, in whichever address space."""
    return entry & 1 and not (entry ^ address) >> 12 >> 4 * (entry >> 10 & 3)


cdef inline bint tlb_translates(uint32_t entry, uint32_t address, uint32_t asid) noexcept nogil:
    return tlb_covers(entry, address) and (not entry & 2 or entry >> 2 & 0xFF == asid)


cdef inline uint32_t tlb_model_look_up(TlbModel* model, MicroTlb* micro, uint32_t address, uint32_t asid) noexcept nogil:
    """Say where the translation of an address is found; the micro TLB holds it afterwards, unless MISS."""
    if tlb_translates(micro.entries[micro.latest], address, asid):
        return HIT
    return tlb_model_search(model, micro, address, asid)


cdef uint32_t tlb_model_search(TlbModel* model, MicroTlb* micro, uint32_t address, uint32_t asid) noexcept nogil
# Enters what a walk has found; returns the entry of the main TLB that made room, 0 if none did.
cdef uint32_t tlb_model_insert(TlbModel* model, MicroTlb* micro, uint32_t entry) noexcept nogil
# The guest's maintenance, with the value that is written.
cdef void tlb_model_maintain(TlbModel* model, uint32_t operation, uint32_t value) noexcept nogil
# The address space changes, or what the tables mean.
cdef void tlb_model_forget_micro(TlbModel* model) noexcept nogil
# As a new model is, but for what was counted.
cdef void tlb_model_reset(TlbModel* model) noexcept nogil
