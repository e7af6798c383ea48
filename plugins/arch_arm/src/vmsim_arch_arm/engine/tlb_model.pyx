"""The TLBs of a Cortex-A9 as far as time goes: micro TLBs for instructions and data, and the main TLB behind them.

Translations are functional elsewhere: what is forgotten too early or too late here costs time only.
"""

from libc.string cimport memset

cdef enum:
    SIZES = 4                   # of what is mapped: a page of 4 KiB, and three times sixteen times more


cdef inline uint32_t* _main_set(TlbModel* model, uint32_t address, uint32_t size) noexcept nogil:
    return model.main[address >> 12 >> 4 * size & (MAIN_SETS - 1)]


cdef void _enter(MicroTlb* micro, uint32_t entry) noexcept nogil:
    micro.latest = micro.victim
    micro.entries[micro.victim] = entry
    micro.victim = micro.victim + 1 if micro.victim + 1 < micro.used else 0


cdef uint32_t tlb_model_search(TlbModel* model, MicroTlb* micro, uint32_t address, uint32_t asid) noexcept nogil:
    cdef uint32_t index, size
    cdef uint32_t* ways
    for index in range(micro.used):
        if tlb_translates(micro.entries[index], address, asid):
            micro.latest = index
            return HIT
    micro.misses += 1
    for size in range(SIZES):
        if not model.sizes >> size & 1:
            continue
        ways = _main_set(model, address, size)
        for index in range(MAIN_WAYS):
            if ways[index] >> 10 & 3 == size and tlb_translates(ways[index], address, asid):
                _enter(micro, ways[index])
                return MICRO_MISS
    model.main_misses += 1
    return MISS


cdef void tlb_model_insert(TlbModel* model, MicroTlb* micro, uint32_t entry) noexcept nogil:
    """Enter what a walk has found."""
    cdef uint32_t size = entry >> 10 & 3, number = entry >> 12 >> 4 * size & (MAIN_SETS - 1)
    model.main[number][model.main_victim[number]] = entry
    model.main_victim[number] = (model.main_victim[number] + 1) % MAIN_WAYS
    model.sizes |= 1 << size
    _enter(micro, entry)


cdef void _forget_in(uint32_t* entries, uint32_t count, uint32_t address) noexcept nogil:
    cdef uint32_t index
    for index in range(count):
        if tlb_covers(entries[index], address):
            entries[index] = 0


cdef void tlb_model_forget_address(TlbModel* model, uint32_t address) noexcept nogil:
    """The guest invalidates the translation of an address, in whichever address space."""
    cdef uint32_t size
    _forget_in(model.data.entries, MICRO_ENTRIES, address)
    _forget_in(model.instructions.entries, MICRO_ENTRIES, address)
    for size in range(SIZES):
        _forget_in(_main_set(model, address, size), MAIN_WAYS, address)


cdef void tlb_model_forget_micro(TlbModel* model) noexcept nogil:
    """The address space changes: the micro TLBs are flushed (DDI 0388, 6.2.1)."""
    memset(model.data.entries, 0, sizeof(model.data.entries))
    memset(model.instructions.entries, 0, sizeof(model.instructions.entries))


cdef void tlb_model_forget(TlbModel* model) noexcept nogil:
    """The guest invalidates all translations."""
    tlb_model_forget_micro(model)
    memset(model.main, 0, sizeof(model.main))
    model.sizes = 0
