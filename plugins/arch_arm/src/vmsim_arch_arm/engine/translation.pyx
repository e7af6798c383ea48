"""From virtual addresses to physical ones: the MMU with the TLBs before it.

Two kinds of TLB are here: the software TLB that accesses go by without looking (memory.pyx), which costs nothing and is
dropped freely; and the model of the A9's TLBs, which knows what translations take and when the tables are read. A model
without micro TLBs (they take time only) has the software TLB in their place: that asks the main TLB when it misses.
"""

from vmsim_arch_arm.engine.memory_system cimport NO_TAG, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from vmsim_arch_arm.engine.mmu cimport EXECUTE, SMALL_PAGE, WRITE, translate
from vmsim_arch_arm.engine.records cimport CONTEXTIDR, PREFETCH_ABORT, TLB_ENTRIES, TLB_SETS
from vmsim_arch_arm.engine.tlb_model cimport (
    HIT, MISS, tlb_entry, tlb_model_forget_micro, tlb_model_insert, tlb_model_look_up, tlb_model_maintain,
)

cdef enum:
    SUPERSECTION_MASK = 0xFF000000
    NON_SECURE_IN_PAR = 1 << 9
    SUPERSECTION_IN_PAR = 1 << 1
    EXTERNAL_ABORT = 8          # synchronous (B3.13.3)


cdef bint _must_walk(Core* core, MicroTlb* micro, uint32_t address) noexcept nogil:
    """Let the TLBs' model say how long a translation takes; return whether the tables are read for it."""
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t where
    if memory.port == NULL or not core.cp15[SCTLR] & SCTLR_MMU:
        return False
    where = tlb_model_look_up(&memory.tlbs, micro, address, _asid(core))
    if where != HIT:
        memory.now += memory.tlbs.micro_penalty
    if where == MISS:
        memory.now += memory.tlbs.main_penalty
    return where == MISS


cdef uint32_t _walk(Core* core, MicroTlb* micro, uint32_t address, bint privileged, int access,
                    Translation* found) noexcept nogil:
    """Read the tables, which takes time, and enter what is found in the TLBs."""
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t status = translate(core, address, privileged, access, found), replaced
    if not status:
        replaced = tlb_model_insert(&memory.tlbs, micro, tlb_entry(address, found.size, _asid(core), found.not_global))
        if replaced and not micro.used:
            _drop_replaced(core, memory, replaced)
    return status


cdef void _drop_replaced(Core* core, MemorySystem* memory, uint32_t replaced) noexcept nogil:
    """Keep nothing in the software TLB that the main TLB has not got: it must miss whenever that would."""
    cdef uint32_t kind, index = replaced >> PAGE_SHIFT & (TLB_ENTRIES - 1)
    if replaced >> 10 & 3 != SMALL_PAGE:
        tlb_drop_entries(core)
        return
    for kind in range(TLB_SETS):
        memory.ported[kind][index].read_tag = memory.ported[kind][index].write_tag = NO_TAG


cdef uint32_t translate_access(Core* core, uint32_t address, bint privileged, int access, Translation* found) noexcept nogil:
    cdef MicroTlb* micro = &(<MemorySystem*>core.memory).tlbs.data
    if _must_walk(core, micro, address):
        return _walk(core, micro, address, privileged, access, found)
    return translate_known(core, address, privileged, access, found)


cdef uint32_t translate_known(Core* core, uint32_t address, bint privileged, int access, Translation* found) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t status
    memory.untimed = 1
    status = translate(core, address, privileged, access, found)
    memory.untimed = 0
    return status


cdef inline uint32_t _asid(Core* core) noexcept nogil:
    return core.cp15[CONTEXTIDR] & 0xFF


cdef void fetch_translation_time(Core* core, uint32_t address) noexcept nogil:
    cdef MicroTlb* micro = &(<MemorySystem*>core.memory).tlbs.instructions
    cdef Translation found
    if _must_walk(core, micro, address):
        _walk(core, micro, address, is_privileged(core), EXECUTE, &found)


cdef bint walk_read(Core* core, uint32_t physical, uint32_t inner, uint32_t outer, uint32_t* value) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint8_t* host = memory.host[physical >> PAGE_SHIFT]
    if host == NULL:
        return False
    if memory.port == NULL:
        value[0] = (<uint32_t*>(host + (physical & 0xFFC)))[0]
    elif memory.untimed:
        value[0] = memory.port.peek(memory.port.owner, physical & ~<uint32_t>3, 4)
    else:
        memory.now = memory.port.walk(memory.port.owner, physical & ~<uint32_t>3, inner, outer, memory.now, value)
    return True


cdef uint8_t* fetch_address(Core* core, uint32_t address, uint32_t* physical) noexcept nogil:
    cdef Translation found
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t status
    cdef uint8_t* host = NULL
    if not memory.tlbs.instructions.used:
        fetch_translation_time(core, address)       # which loops with a micro TLB ask for with each line
    status = translate_known(core, address, is_privileged(core), EXECUTE, &found)
    if not status:
        host = memory.host[found.physical >> PAGE_SHIFT]
        if host == NULL:
            status = EXTERNAL_ABORT     # devices hold no code
    if status:
        core.exception = PREFETCH_ABORT
        core.fault_address = address
        core.fault_status = status
        return NULL
    physical[0] = found.physical
    memory.fetch_inner, memory.fetch_outer = found.inner, found.outer
    return host + (found.physical & (PAGE_SIZE - 1))


# --- maintenance of TLBs --------------------------------------------------------------------------------------------

cdef void tlb_drop_entries(Core* core) noexcept nogil:
    cdef int index, kind
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    for kind in range(TLB_SETS):
        for index in range(TLB_ENTRIES):
            core.tlbs[kind][index].read_tag = core.tlbs[kind][index].write_tag = NO_TAG
    if memory != NULL and memory.port != NULL:
        for kind in range(TLB_SETS):
            for index in range(TLB_ENTRIES):
                memory.ported[kind][index].read_tag = memory.ported[kind][index].write_tag = NO_TAG


cdef void tlb_flush_all(Core* core) noexcept nogil:
    tlb_drop_entries(core)
    core.attention = 1


cdef void maintain_tlbs(Core* core, uint32_t operation, uint32_t value) noexcept nogil:
    # In the software TLB large pages and sections are many entries, so one address may mean all of them.
    tlb_flush_all(core)
    tlb_model_maintain(&(<MemorySystem*>core.memory).tlbs, operation, value)


cdef uint32_t translate_address(Core* core, uint32_t address, bint privileged, bint write) noexcept nogil:
    cdef Translation found
    cdef uint32_t status = translate(core, address, privileged, WRITE if write else READ, &found)
    if status:
        return (status & 0xF) << 1 | (status >> 10 & 1) << 5 | 1
    # Of a supersection PAR has bits 39:32 where those of a page are (B4.1.112); NS is as the virtual CPU has it.
    return (found.physical & (SUPERSECTION_MASK if found.attributes & SUPERSECTION_IN_PAR else PAGE_MASK)
            | found.attributes | NON_SECURE_IN_PAR)


cdef void translation_changed(Core* core) noexcept nogil:
    tlb_flush_all(core)
    tlb_model_forget_micro(&(<MemorySystem*>core.memory).tlbs)


cdef void privilege_changed(Core* core) noexcept nogil:
    core.tlb = &core.tlbs[1][0] if is_privileged(core) else &core.tlbs[0][0]
