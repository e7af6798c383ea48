"""The TLBs of a Cortex-A9 as far as time goes: micro TLBs for instructions and data, and the main TLB behind them.

Translations are functional elsewhere: what is forgotten too early or too late here costs time only.
"""

from libc.string cimport memset

cdef enum:
    PAGE_SHIFT = 12
    PAGE_MASK = 0xFFFFF000


cdef inline bint _is(uint32_t entry, uint32_t page, uint32_t asid) noexcept nogil:
    return entry == page | 1 or entry == page | 3 | asid << 2


cdef void _enter(MicroTlb* micro, uint32_t key) noexcept nogil:
    micro.latest = micro.victim
    micro.pages[micro.victim] = key
    micro.victim = micro.victim + 1 if micro.victim + 1 < micro.used else 0


cdef uint32_t tlb_model_search(TlbModel* model, MicroTlb* micro, uint32_t page, uint32_t asid) noexcept nogil:
    cdef uint32_t index, way
    cdef uint32_t* ways = model.main[page >> PAGE_SHIFT & (MAIN_SETS - 1)]
    for index in range(micro.used):
        if _is(micro.pages[index], page, asid):
            micro.latest = index
            return HIT
    micro.misses += 1
    for way in range(MAIN_WAYS):
        if _is(ways[way], page, asid):
            _enter(micro, ways[way])
            return MICRO_MISS
    model.main_misses += 1
    return MISS


cdef void tlb_model_insert(TlbModel* model, MicroTlb* micro, uint32_t key) noexcept nogil:
    """Enter what a walk has found."""
    cdef uint32_t number = key >> PAGE_SHIFT & (MAIN_SETS - 1)
    model.main[number][model.main_victim[number]] = key
    model.main_victim[number] = (model.main_victim[number] + 1) % MAIN_WAYS
    _enter(micro, key)


cdef void _forget_in(MicroTlb* micro, uint32_t page) noexcept nogil:
    cdef uint32_t index
    for index in range(micro.used):
        if micro.pages[index] & PAGE_MASK == page:
            micro.pages[index] = 0


cdef void tlb_model_forget_page(TlbModel* model, uint32_t page) noexcept nogil:
    """The guest invalidates the translation of a page, in whichever address space."""
    cdef uint32_t way
    cdef uint32_t* ways = model.main[page >> PAGE_SHIFT & (MAIN_SETS - 1)]
    _forget_in(&model.data, page)
    _forget_in(&model.instructions, page)
    for way in range(MAIN_WAYS):
        if ways[way] & PAGE_MASK == page:
            ways[way] = 0


cdef void tlb_model_forget_micro(TlbModel* model) noexcept nogil:
    """The address space changes: the micro TLBs are flushed (DDI 0388, 6.2.1)."""
    memset(model.data.pages, 0, sizeof(model.data.pages))
    memset(model.instructions.pages, 0, sizeof(model.instructions.pages))


cdef void tlb_model_forget(TlbModel* model) noexcept nogil:
    """The guest invalidates all translations."""
    tlb_model_forget_micro(model)
    memset(model.main, 0, sizeof(model.main))
