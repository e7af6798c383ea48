# The TLBs of a Cortex-A9 as far as time goes (DDI 0388, 6.2): which translations they hold, not what those are.

from libc.stdint cimport uint32_t, uint64_t

cdef enum:
    MICRO_ENTRIES = 64          # room for the micro TLBs; how many are used is a parameter
    MAIN_SETS = 64
    MAIN_WAYS = 2

# A translation that is there: the page's address with bit 0 set; of one that is not global (nG) bit 1 too, and the ASID
# in bits 9 to 2.
cdef struct MicroTlb:
    uint32_t pages[MICRO_ENTRIES]
    uint32_t used
    uint32_t latest             # where the last hit was
    uint32_t victim             # replaced next: first in, first out
    uint64_t misses

cdef struct TlbModel:
    MicroTlb data
    MicroTlb instructions
    uint32_t main[MAIN_SETS][MAIN_WAYS]
    uint32_t main_victim[MAIN_SETS]
    uint64_t main_misses
    uint64_t micro_penalty      # ticks of a micro TLB's miss that the main TLB serves
    uint64_t main_penalty       # ticks of a miss in the main TLB, besides the walk

cdef enum:
    HIT = 0
    MICRO_MISS = 1
    MISS = 2                    # in the main TLB too: the tables are walked


cdef inline uint32_t tlb_key(uint32_t page, uint32_t asid, uint32_t not_global) noexcept nogil:
    return page | 3 | asid << 2 if not_global else page | 1


cdef inline uint32_t tlb_model_look_up(TlbModel* model, MicroTlb* micro, uint32_t page, uint32_t asid) noexcept nogil:
    """Say where the translation of a page (its address) is found; the micro TLB holds it afterwards, unless MISS."""
    cdef uint32_t latest = micro.pages[micro.latest]
    if latest == page | 1 or latest == page | 3 | asid << 2:
        return HIT
    return tlb_model_search(model, micro, page, asid)


cdef uint32_t tlb_model_search(TlbModel* model, MicroTlb* micro, uint32_t page, uint32_t asid) noexcept nogil
cdef void tlb_model_insert(TlbModel* model, MicroTlb* micro, uint32_t key) noexcept nogil
cdef void tlb_model_forget_page(TlbModel* model, uint32_t page) noexcept nogil
cdef void tlb_model_forget_micro(TlbModel* model) noexcept nogil
cdef void tlb_model_forget(TlbModel* model) noexcept nogil
