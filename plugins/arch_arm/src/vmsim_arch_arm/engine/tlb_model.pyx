"""The TLBs of a Cortex-A9 as far as time goes: micro TLBs for instructions and data, and the main TLB behind them.

Translations are functional elsewhere: what is forgotten too early or too late here costs time only.
"""

from libc.string cimport memset

cdef enum:
    SIZES = 4                   # of what is mapped: a page of 4 KiB, and three times sixteen times more


cdef inline uint32_t* _main_set(TlbModel* model, uint32_t address, uint32_t size) noexcept nogil:
    return model.main[address >> 12 >> 4 * size & (MAIN_SETS - 1)]


cdef void _enter(MicroTlb* micro, uint32_t entry) noexcept nogil:
    if not micro.used:
        return
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


cdef uint32_t tlb_model_insert(TlbModel* model, MicroTlb* micro, uint32_t entry) noexcept nogil:
    cdef uint32_t size = entry >> 10 & 3, number = entry >> 12 >> 4 * size & (MAIN_SETS - 1)
    cdef uint32_t* place = &model.main[number][model.main_victim[number]]
    cdef uint32_t replaced = place[0]
    place[0] = entry
    model.main_victim[number] = (model.main_victim[number] + 1) % MAIN_WAYS
    model.sizes |= 1 << size
    _enter(micro, entry)
    return replaced


cdef bint _is_maintained(uint32_t entry, uint32_t operation, uint32_t value) noexcept nogil:
    if operation == TLB_ADDRESS:
        return tlb_translates(entry, value, value & 0xFF)
    if operation == TLB_ADDRESS_EVERYWHERE:
        return tlb_covers(entry, value)
    return operation == TLB_ALL or (entry & 2 and entry >> 2 & 0xFF == value & 0xFF)


cdef void tlb_model_maintain(TlbModel* model, uint32_t operation, uint32_t value) noexcept nogil:
    """Every operation flushes the micro TLBs, too (DDI 0388, 6.2.1)."""
    cdef uint32_t number, way
    tlb_model_forget_micro(model)
    for number in range(MAIN_SETS):
        for way in range(MAIN_WAYS):
            if _is_maintained(model.main[number][way], operation, value):
                model.main[number][way] = 0


cdef void tlb_model_forget_micro(TlbModel* model) noexcept nogil:
    memset(model.data.entries, 0, sizeof(model.data.entries))
    memset(model.instructions.entries, 0, sizeof(model.instructions.entries))


cdef void tlb_model_reset(TlbModel* model) noexcept nogil:
    tlb_model_maintain(model, TLB_ALL, 0)
    memset(model.main_victim, 0, sizeof(model.main_victim))
    model.data.victim = model.instructions.victim = 0
    model.data.latest = model.instructions.latest = 0
    model.sizes = 0
