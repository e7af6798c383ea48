"""The guest's memory as a core sees it: a software TLB straight to host memory, and the slow path behind it.

A page is in the TLB only for what may be done without looking: a page with predecoded instructions has no entry for
writes, and nothing has one while CPSR.E asks for big-endian data or SCTLR.A for alignment checks.
"""

from libc.string cimport memcpy

from vmsim_arch_arm.engine.tlb_model cimport (
    HIT, MISS, MicroTlb, tlb_covers, tlb_entry, tlb_model_forget, tlb_model_forget_address, tlb_model_forget_micro,
    tlb_model_insert, tlb_model_look_up,
)
from vmsim_arch_arm.engine.mmu cimport EXECUTE, READ, WRITE, Translation, translate
from vmsim_arch_arm.engine.records cimport (
    CONTEXTIDR, CPSR_MODE, DATA_ABORT, MASK32, MODE_USR, PREFETCH_ABORT, SCTLR, TLB_ENTRIES, TLB_SETS, TlbEntry,
)

cdef enum:
    PAGE_SHIFT = 12
    PAGE_SIZE = 4096
    PAGE_MASK = 0xFFFFF000
    SUPERSECTION_MASK = 0xFF000000
    NO_TAG = 4                  # bit 2 of what is compared with a tag is never set
    SCTLR_ALIGNMENT = 2
    WRITE_NOT_READ = 1 << 11    # DFSR.WnR
    ALIGNMENT_FAULT = 1         # B3.13.3
    SCTLR_MMU = 1
    GUEST_LINE = 32             # as CTR has it, DminLine and IminLine
    NON_SECURE_IN_PAR = 1 << 9
    SUPERSECTION_IN_PAR = 1 << 1


# --- the fast path --------------------------------------------------------------------------------------------------

cdef inline TlbEntry* _entry(Core* core, uint32_t address) noexcept nogil:
    return &core.tlb[address >> PAGE_SHIFT & (TLB_ENTRIES - 1)]


cdef uint32_t mem_u_read(Core* core, uint32_t address, uint32_t size) noexcept nogil:
    cdef TlbEntry* entry = _entry(core, address)
    if entry.read_tag == address & PAGE_MASK and (address & (PAGE_SIZE - 1)) + size <= PAGE_SIZE:
        if size == 4:
            return (<uint32_t*>(entry.host + address))[0]
        if size == 1:
            return (<uint8_t*>(entry.host + address))[0]
        return (<uint16_t*>(entry.host + address))[0]
    if (<MemorySystem*>core.memory).port != NULL:
        return _ported_read(core, address, size)
    return _read_slowly(core, address, size, _is_privileged(core), False)


cdef void mem_u_write(Core* core, uint32_t address, uint32_t size, uint32_t value) noexcept nogil:
    cdef TlbEntry* entry = _entry(core, address)
    if entry.write_tag == address & PAGE_MASK and (address & (PAGE_SIZE - 1)) + size <= PAGE_SIZE:
        if size == 4:
            (<uint32_t*>(entry.host + address))[0] = value
        elif size == 1:
            (<uint8_t*>(entry.host + address))[0] = value
        else:
            (<uint16_t*>(entry.host + address))[0] = value
        return
    if (<MemorySystem*>core.memory).port != NULL:
        _ported_write(core, address, size, value)
    else:
        _write_slowly(core, address, size, value, _is_privileged(core), False)


cdef uint32_t mem_a_read(Core* core, uint32_t address, uint32_t size) noexcept nogil:
    if address & (size - 1):
        _raise(core, address, ALIGNMENT_FAULT, 0)
        return 0
    return mem_u_read(core, address, size)


cdef void mem_a_write(Core* core, uint32_t address, uint32_t size, uint32_t value) noexcept nogil:
    if address & (size - 1):
        _raise(core, address, ALIGNMENT_FAULT, WRITE_NOT_READ)
        return
    mem_u_write(core, address, size, value)


cdef uint32_t mem_u_unpriv_read(Core* core, uint32_t address, uint32_t size) noexcept nogil:
    return _read_slowly(core, address, size, False, True)


cdef void mem_u_unpriv_write(Core* core, uint32_t address, uint32_t size, uint32_t value) noexcept nogil:
    _write_slowly(core, address, size, value, False, True)


# --- the slow path --------------------------------------------------------------------------------------------------

cdef bint _is_privileged(Core* core) noexcept nogil:
    return core.control & CPSR_MODE != MODE_USR


cdef void _raise(Core* core, uint32_t address, uint32_t status, uint32_t write) noexcept nogil:
    core.exception = DATA_ABORT
    core.fault_address = address
    core.fault_status = status | write


cdef void _record(MemorySystem* memory, uint32_t address, uint32_t size, uint32_t value, bint write) noexcept nogil:
    cdef RecordedAccess* access
    if memory.access_count < MAX_ACCESSES:
        access = &memory.accesses[memory.access_count]
        access.address, access.size, access.value, access.write = address, size, value, write
        memory.access_count += 1


cdef uint32_t _reversed(uint32_t value, uint32_t size) noexcept nogil:
    if size == 1:
        return value
    if size == 2:
        return (value >> 8 | value << 8) & 0xFFFF
    return value >> 24 | (value >> 8 & 0xFF00) | (value << 8 & 0xFF0000) | value << 24


cdef uint32_t _read_slowly(Core* core, uint32_t address, uint32_t size, bint privileged, bint unprivileged) noexcept nogil:
    cdef Translation found
    cdef uint32_t status, value = 0, index
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint8_t* host
    if address & (size - 1):
        if core.cp15[SCTLR] & SCTLR_ALIGNMENT:
            _raise(core, address, ALIGNMENT_FAULT, 0)
            return 0
        if (address & (PAGE_SIZE - 1)) + size > PAGE_SIZE:
            return _read_across_pages(core, address, size, privileged, unprivileged)
    status = _translate(core, address, privileged, READ, &found)
    if status:
        _raise(core, address, status, 0)
        return 0
    if found.device and address & (size - 1):
        _raise(core, address, ALIGNMENT_FAULT, 0)
        return 0
    host = memory.host[found.physical >> PAGE_SHIFT]
    if host == NULL:
        value = memory.read_device(memory.owner, core, found.physical, size)
    elif memory.port != NULL:
        value = _port_read(core, memory, found.physical, size, found.inner, found.outer)
        if not unprivileged:
            _fill_ported(core, address, &found, READ)
    else:
        memcpy(&value, host + (found.physical & (PAGE_SIZE - 1)), size)
        if not unprivileged:
            _fill(core, address, &found, host, READ)
    if core.big_endian:
        value = _reversed(value, size)
    if memory.observed:
        _record(memory, address, size, value, False)
    return value


cdef bint _check_both_pages(Core* core, uint32_t address, uint32_t size, bint privileged, int access) noexcept nogil:
    """Whether an unaligned access may be done in both of its pages: before that is known neither is touched."""
    cdef Translation found
    cdef uint32_t index, part = address, status, write = WRITE_NOT_READ if access == WRITE else 0
    for index in range(2):
        status = _translate_known(core, part, privileged, access, &found)
        if status:
            _raise(core, part, status, write)
            return False
        if found.device:
            _raise(core, address, ALIGNMENT_FAULT, write)
            return False
        part = (address + size - 1) & PAGE_MASK
    return True


cdef uint32_t _read_across_pages(Core* core, uint32_t address, uint32_t size, bint privileged, bint unprivileged) noexcept nogil:
    cdef uint32_t value = 0, index
    if not _check_both_pages(core, address, size, privileged, READ):
        return 0
    for index in range(size):
        value |= _read_slowly(core, address + index, 1, privileged, unprivileged) << 8 * index
        if core.exception:
            break
    return _reversed(value, size) if core.big_endian else value


cdef void _write_slowly(Core* core, uint32_t address, uint32_t size, uint32_t value, bint privileged, bint unprivileged) noexcept nogil:
    cdef Translation found
    cdef uint32_t status, physical
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint8_t* host
    if address & (size - 1):
        if core.cp15[SCTLR] & SCTLR_ALIGNMENT:
            _raise(core, address, ALIGNMENT_FAULT, WRITE_NOT_READ)
            return
        if (address & (PAGE_SIZE - 1)) + size > PAGE_SIZE:
            _write_across_pages(core, address, size, value, privileged, unprivileged)
            return
    status = _translate(core, address, privileged, WRITE, &found)
    if status:
        _raise(core, address, status, WRITE_NOT_READ)
        return
    if found.device and address & (size - 1):
        _raise(core, address, ALIGNMENT_FAULT, WRITE_NOT_READ)
        return
    if memory.observed:
        _record(memory, address, size, value, True)
    if core.big_endian:
        value = _reversed(value, size)
    physical = found.physical
    host = memory.host[physical >> PAGE_SHIFT]
    if host == NULL:
        memory.write_device(memory.owner, core, physical, size, value)
        return
    if memory.port != NULL:
        _port_write(core, memory, physical, size, value, found.inner, found.outer)
        if not unprivileged:
            _fill_ported(core, address, &found, WRITE)
        return
    memcpy(host + (physical & (PAGE_SIZE - 1)), &value, size)
    if memory.has_code[memory.first_alias[physical >> PAGE_SHIFT] >> PAGE_SHIFT]:
        memory.code_written(memory.owner, physical, size)
    elif not unprivileged:
        _fill(core, address, &found, host, WRITE)


cdef void _write_across_pages(Core* core, uint32_t address, uint32_t size, uint32_t value, bint privileged, bint unprivileged) noexcept nogil:
    cdef uint32_t index
    if not _check_both_pages(core, address, size, privileged, WRITE):
        return
    if core.big_endian:
        value = _reversed(value, size)
    for index in range(size):
        _write_slowly(core, address + index, 1, value >> 8 * index & 0xFF, privileged, unprivileged)


cdef void _fill(Core* core, uint32_t address, Translation* found, uint8_t* host, int access) noexcept nogil:
    """Enter a page of RAM, for this kind of access."""
    cdef TlbEntry* entry = _entry(core, address)
    cdef uint32_t page = address & PAGE_MASK
    cdef uint64_t base = <uint64_t>host - page
    if core.big_endian or core.cp15[SCTLR] & SCTLR_ALIGNMENT or found.device:
        return
    if (<MemorySystem*>core.memory).observed:
        return
    if entry.host != base or (entry.read_tag != page and entry.write_tag != page):
        entry.read_tag = entry.write_tag = NO_TAG
        entry.host = base
    if access == READ:
        entry.read_tag = page
    else:
        entry.write_tag = page


# --- through caches -------------------------------------------------------------------------------------------------

cdef bint _must_walk(Core* core, MicroTlb* micro, uint32_t address) noexcept nogil:
    """Let the TLBs' model say how long a translation takes; return whether the tables are read for it."""
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t where
    if memory.tlb_model == NULL or not core.cp15[SCTLR] & SCTLR_MMU:
        return False
    where = tlb_model_look_up(memory.tlb_model, micro, address, _asid(core))
    if where != HIT:
        memory.now += memory.tlb_model.micro_penalty
    if where == MISS:
        memory.now += memory.tlb_model.main_penalty
    return where == MISS


cdef uint32_t _walk(Core* core, MicroTlb* micro, uint32_t address, bint privileged, int access,
                    Translation* found) noexcept nogil:
    """Read the tables, which takes time, and enter what is found in the TLBs."""
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t status = translate(core, address, privileged, access, found)
    if not status:
        tlb_model_insert(memory.tlb_model, micro, tlb_entry(address, found.size, _asid(core), found.not_global))
    return status


cdef uint32_t _translate(Core* core, uint32_t address, bint privileged, int access, Translation* found) noexcept nogil:
    """Translate for a data access."""
    cdef MicroTlb* micro = &(<MemorySystem*>core.memory).tlb_model.data
    if _must_walk(core, micro, address):
        return _walk(core, micro, address, privileged, access, found)
    return _translate_known(core, address, privileged, access, found)


cdef uint32_t _translate_known(Core* core, uint32_t address, bint privileged, int access, Translation* found) noexcept nogil:
    """Translate what a TLB has: reading the tables again takes no time and leaves the caches alone."""
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t status
    memory.untimed = 1
    status = translate(core, address, privileged, access, found)
    memory.untimed = 0
    return status


cdef inline uint32_t _asid(Core* core) noexcept nogil:
    return core.cp15[CONTEXTIDR] & 0xFF


cdef void fetch_translation_time(Core* core, uint32_t address) noexcept nogil:
    cdef MicroTlb* micro = &(<MemorySystem*>core.memory).tlb_model.instructions
    cdef Translation found
    if _must_walk(core, micro, address):
        _walk(core, micro, address, _is_privileged(core), EXECUTE, &found)


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


cdef uint32_t _ported_read(Core* core, uint32_t address, uint32_t size) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t privileged = _is_privileged(core)
    cdef PortedEntry* entry = &memory.ported[privileged][address >> PAGE_SHIFT & (TLB_ENTRIES - 1)]
    if entry.read_tag != address & (PAGE_MASK | (size - 1)):
        return _read_slowly(core, address, size, privileged, False)
    _data_translation_time(core, memory, address)
    return _port_read(core, memory, entry.physical | (address & (PAGE_SIZE - 1)), size, entry.inner, entry.outer)


cdef void _ported_write(Core* core, uint32_t address, uint32_t size, uint32_t value) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t privileged = _is_privileged(core)
    cdef PortedEntry* entry = &memory.ported[privileged][address >> PAGE_SHIFT & (TLB_ENTRIES - 1)]
    if entry.write_tag != address & (PAGE_MASK | (size - 1)):
        _write_slowly(core, address, size, value, privileged, False)
        return
    _data_translation_time(core, memory, address)
    _port_write(core, memory, entry.physical | (address & (PAGE_SIZE - 1)), size, value, entry.inner, entry.outer)


cdef inline void _data_translation_time(Core* core, MemorySystem* memory, uint32_t address) noexcept nogil:
    cdef Translation found
    cdef MicroTlb* micro
    if memory.tlb_model == NULL or not core.cp15[SCTLR] & SCTLR_MMU:
        return
    micro = &memory.tlb_model.data
    if tlb_covers(micro.entries[micro.latest], address):
        return
    _translate(core, address, _is_privileged(core), READ, &found)


cdef uint32_t _port_read(Core* core, MemorySystem* memory, uint32_t physical, uint32_t size, uint32_t inner, uint32_t outer) noexcept nogil:
    cdef MemoryPort* port = memory.port
    cdef uint64_t ready
    cdef uint32_t value = 0, index, part = 0
    if (physical & (port.line - 1)) + size > port.line:
        for index in range(size):
            part = _port_read(core, memory, physical + index, 1, inner, outer)
            value |= part << 8 * index
        return value
    ready = port.read(port.owner, physical, size, inner, outer, core.pc, memory.now, &value)
    if ready > memory.ready:
        memory.ready = ready
    memory.now += memory.spacing
    return value


cdef void _port_write(Core* core, MemorySystem* memory, uint32_t physical, uint32_t size, uint32_t value, uint32_t inner, uint32_t outer) noexcept nogil:
    cdef MemoryPort* port = memory.port
    cdef uint64_t ready
    cdef uint32_t index
    if (physical & (port.line - 1)) + size > port.line:
        for index in range(size):
            _port_write(core, memory, physical + index, 1, value >> 8 * index & 0xFF, inner, outer)
        return
    ready = port.write(port.owner, physical, size, inner, outer, core.pc, memory.now, value)
    if ready > memory.written:
        memory.written = ready
    memory.now += memory.spacing


cdef void _fill_ported(Core* core, uint32_t address, Translation* found, int access) noexcept nogil:
    """Enter a page of RAM, for this kind of access."""
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef PortedEntry* entry = &memory.ported[_is_privileged(core)][address >> PAGE_SHIFT & (TLB_ENTRIES - 1)]
    cdef uint32_t page = address & PAGE_MASK, physical = found.physical & PAGE_MASK
    if core.big_endian or core.cp15[SCTLR] & SCTLR_ALIGNMENT or found.device or memory.observed:
        return
    if entry.physical != physical or (entry.read_tag != page and entry.write_tag != page):
        entry.read_tag = entry.write_tag = NO_TAG
        entry.physical = physical
    entry.inner, entry.outer = found.inner, found.outer
    if access == READ:
        entry.read_tag = page
    else:
        entry.write_tag = page


cdef void maintain_address(Core* core, uint32_t address, uint32_t operation, bint to_unification) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t physical, end
    cdef Translation found
    # An address that is not mapped does nothing: the models without caches raise no abort for it either.
    if memory.port == NULL or _translate(core, address, _is_privileged(core), READ, &found):
        return
    if memory.host[found.physical >> PAGE_SHIFT] != NULL:
        # All that the guest takes for a line, if lines are shorter.
        physical = found.physical & ~<uint32_t>(GUEST_LINE - 1)
        end = physical + GUEST_LINE
        while physical < end:
            memory.now = memory.port.maintain_address(memory.port.owner, operation, physical, to_unification, memory.now)
            physical += memory.port.line


cdef void maintain_set_way(Core* core, const SetWay* place, uint32_t operation) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    if memory.port != NULL:
        memory.now = memory.port.maintain_set_way(memory.port.owner, operation, place, memory.now)


cdef void invalidate_instructions(Core* core) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    if memory.port != NULL:
        memory.now = memory.port.invalidate_instructions(memory.port.owner, memory.now)
        memory.code_generation += 1


cdef void invalidate_instruction_line(Core* core, uint32_t address) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t physical, end
    cdef Translation found
    if memory.port == NULL or _translate(core, address, _is_privileged(core), READ, &found):
        return
    if memory.host[found.physical >> PAGE_SHIFT] != NULL:
        physical = found.physical & ~<uint32_t>(GUEST_LINE - 1)
        end = physical + GUEST_LINE
        while physical < end:
            memory.now = memory.port.invalidate_instruction_line(memory.port.owner, physical, memory.now)
            physical += memory.port.line
    memory.code_generation += 1


# --- fetching -------------------------------------------------------------------------------------------------------

cdef uint8_t* fetch_address(Core* core, uint32_t address, uint32_t* physical) noexcept nogil:
    cdef Translation found
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t status = _translate_known(core, address, _is_privileged(core), EXECUTE, &found)
    cdef uint8_t* host = NULL
    if not status:
        host = memory.host[found.physical >> PAGE_SHIFT]
        if host == NULL:
            status = 8      # a synchronous external abort: devices hold no code
    if status:
        core.exception = PREFETCH_ABORT
        core.fault_address = address
        core.fault_status = status
        return NULL
    physical[0] = found.physical
    memory.fetch_inner, memory.fetch_outer = found.inner, found.outer
    return host + (found.physical & (PAGE_SIZE - 1))


cdef bint peek_byte(Core* core, uint32_t address, uint8_t* value) noexcept nogil:
    cdef Translation found
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint8_t* host
    if _translate_known(core, address, _is_privileged(core), READ, &found):
        return False
    host = memory.host[found.physical >> PAGE_SHIFT]
    if host == NULL:
        return False
    if memory.port == NULL:
        value[0] = host[found.physical & (PAGE_SIZE - 1)]
    else:
        value[0] = memory.port.peek(memory.port.owner, found.physical, 1)
    return True


# --- the exclusive monitor ------------------------------------------------------------------------------------------

cdef void set_exclusive_monitors(Core* core, uint32_t address, uint32_t size) noexcept nogil:
    cdef Translation found
    if _translate_known(core, address, _is_privileged(core), READ, &found):
        return
    core.monitor_valid = 1
    core.monitor_address, core.monitor_size = found.physical, size
    core.monitor_virtual_address = address


cdef bint exclusive_monitors_pass(Core* core, uint32_t address, uint32_t size) noexcept nogil:
    cdef bint passed = (core.monitor_valid and core.monitor_virtual_address == address and core.monitor_size == size)
    core.monitor_valid = 0
    return passed


cdef void clear_exclusive_local(Core* core) noexcept nogil:
    core.monitor_valid = 0


# --- the TLB --------------------------------------------------------------------------------------------------------

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


cdef void tlb_flush_address(Core* core, uint32_t address) noexcept nogil:
    # Large pages and sections are many entries here, so one address may mean all of them.
    tlb_flush_all(core)


cdef void guest_flushes_all(Core* core) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    tlb_flush_all(core)
    if memory.tlb_model != NULL:
        tlb_model_forget(memory.tlb_model)


cdef void guest_flushes_page(Core* core, uint32_t address) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    tlb_flush_address(core, address)
    if memory.tlb_model != NULL:
        tlb_model_forget_address(memory.tlb_model, address)


cdef uint32_t translate_address(Core* core, uint32_t address, bint privileged, bint write) noexcept nogil:
    cdef Translation found
    cdef uint32_t status = translate(core, address, privileged, WRITE if write else READ, &found)
    if status:
        return (status & 0xF) << 1 | (status >> 10 & 1) << 5 | 1
    # Of a supersection PAR has bits 39:32 where those of a page are (B4.1.112); NS is as the virtual CPU has it.
    return (found.physical & (SUPERSECTION_MASK if found.attributes & SUPERSECTION_IN_PAR else PAGE_MASK)
            | found.attributes | NON_SECURE_IN_PAR)


cdef void translation_changed(Core* core) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    tlb_flush_all(core)
    if memory.tlb_model != NULL:
        tlb_model_forget_micro(memory.tlb_model)


cdef void privilege_changed(Core* core) noexcept nogil:
    core.tlb = &core.tlbs[1][0] if _is_privileged(core) else &core.tlbs[0][0]
