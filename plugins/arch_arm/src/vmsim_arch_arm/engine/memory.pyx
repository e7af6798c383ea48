"""The guest's memory as a core sees it: a software TLB straight to host memory, and the slow path behind it.

A page is in the TLB only for what may be done without looking: a page with predecoded instructions has no entry for
writes, and nothing has one while CPSR.E asks for big-endian data or SCTLR.A for alignment checks.
"""

from libc.stdint cimport uint16_t, uint64_t
from libc.string cimport memcpy

from vmsim_arch_arm.engine.memory_system cimport (
    CROSSES_DOUBLEWORD, CROSSES_NOTHING, CROSSES_WORD, MAX_ACCESSES, NO_TAG, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, MemorySystem, PortedEntry, RecordedAccess,
)
from vmsim_arch_arm.engine.mmu cimport READ, WRITE, Translation
from vmsim_arch_arm.engine.records cimport DATA_ABORT, SCTLR, TLB_ENTRIES, TlbEntry
from vmsim_arch_arm.engine.translation cimport (
    access_translation_time, is_privileged, translate_access, translate_known,
)
from vmsim_core.memory_port cimport MemoryPort, port_read, port_write

cdef enum:
    SCTLR_ALIGNMENT = 2
    WRITE_NOT_READ = 1 << 11    # DFSR.WnR
    ALIGNMENT_FAULT = 1         # B3.13.3
    EXTERNAL_ABORT = 8          # synchronous, B3.13.3


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
    return _read_slowly(core, address, size, is_privileged(core), False)


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
        _write_slowly(core, address, size, value, is_privileged(core), False)


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


cdef inline uint32_t _crossing(uint32_t address, uint32_t size, uint32_t before) noexcept nogil:
    """The dearest of what the loads of an instruction go across."""
    if (address & 7) + size > 8:
        return CROSSES_DOUBLEWORD
    return CROSSES_WORD if (address & 3) + size > 4 and before == CROSSES_NOTHING else before


cdef uint32_t _read_slowly(Core* core, uint32_t address, uint32_t size, bint privileged, bint unprivileged) noexcept nogil:
    cdef Translation found
    cdef uint32_t status, value = 0, index
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint8_t* host
    if address & (size - 1):
        if core.cp15[SCTLR] & SCTLR_ALIGNMENT:
            _raise(core, address, ALIGNMENT_FAULT, 0)
            return 0
        memory.crossing = _crossing(address, size, memory.crossing)
        if (address & (PAGE_SIZE - 1)) + size > PAGE_SIZE:
            return _read_across_pages(core, address, size, privileged, unprivileged)
    status = translate_access(core, address, privileged, READ, &found)
    if status:
        _raise(core, address, status, 0)
        return 0
    if found.device and address & (size - 1):
        _raise(core, address, ALIGNMENT_FAULT, 0)
        return 0
    host = memory.host[found.physical >> PAGE_SHIFT]
    if host == NULL:
        if not memory.read_device(memory.owner, core, found.physical, size, &value):
            _raise(core, address, EXTERNAL_ABORT, 0)
            return 0
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
        status = translate_known(core, part, privileged, access, &found)
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
    status = translate_access(core, address, privileged, WRITE, &found)
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
        if not memory.write_device(memory.owner, core, physical, size, value):
            _raise(core, address, EXTERNAL_ABORT, WRITE_NOT_READ)
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

cdef uint32_t _ported_read(Core* core, uint32_t address, uint32_t size) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t privileged = is_privileged(core)
    cdef PortedEntry* entry = &memory.ported[privileged][address >> PAGE_SHIFT & (TLB_ENTRIES - 1)]
    if entry.read_tag != address & (PAGE_MASK | (size - 1)):
        return _read_slowly(core, address, size, privileged, False)
    access_translation_time(core, memory, address)
    return _port_read(core, memory, entry.physical | (address & (PAGE_SIZE - 1)), size, entry.inner, entry.outer)


cdef void _ported_write(Core* core, uint32_t address, uint32_t size, uint32_t value) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t privileged = is_privileged(core)
    cdef PortedEntry* entry = &memory.ported[privileged][address >> PAGE_SHIFT & (TLB_ENTRIES - 1)]
    if entry.write_tag != address & (PAGE_MASK | (size - 1)):
        _write_slowly(core, address, size, value, privileged, False)
        return
    access_translation_time(core, memory, address)
    _port_write(core, memory, entry.physical | (address & (PAGE_SIZE - 1)), size, value, entry.inner, entry.outer)


cdef inline void _pass_time(MemorySystem* memory, uint64_t done, uint64_t* latest) noexcept nogil:
    """After an access: when the next one starts, and when all of them are done."""
    if memory.blocking:
        memory.now = done
        return
    if done > latest[0]:
        latest[0] = done
    memory.now += memory.spacing


cdef uint32_t _port_read(Core* core, MemorySystem* memory, uint32_t physical, uint32_t size, uint32_t inner, uint32_t outer) noexcept nogil:
    cdef MemoryPort* port = memory.port
    cdef uint64_t ready
    cdef uint32_t value = 0, index, part = 0
    if (physical & (port.line - 1)) + size > port.line:
        for index in range(size):
            part = _port_read(core, memory, physical + index, 1, inner, outer)
            value |= part << 8 * index
        return value
    ready = port_read(port, physical, size, inner, outer, core.pc, memory.now, &value)
    _pass_time(memory, ready, &memory.ready)
    return value


cdef void _port_write(Core* core, MemorySystem* memory, uint32_t physical, uint32_t size, uint32_t value, uint32_t inner, uint32_t outer) noexcept nogil:
    cdef MemoryPort* port = memory.port
    cdef uint64_t ready
    cdef uint32_t index
    if (physical & (port.line - 1)) + size > port.line:
        for index in range(size):
            _port_write(core, memory, physical + index, 1, value >> 8 * index & 0xFF, inner, outer)
        return
    ready = port_write(port, physical, size, inner, outer, core.pc, memory.now, value)
    _pass_time(memory, ready, &memory.written)


cdef void _fill_ported(Core* core, uint32_t address, Translation* found, int access) noexcept nogil:
    """Enter a page of RAM, for this kind of access."""
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef PortedEntry* entry = &memory.ported[is_privileged(core)][address >> PAGE_SHIFT & (TLB_ENTRIES - 1)]
    cdef uint32_t page = address & PAGE_MASK, physical = memory.first_alias[found.physical >> PAGE_SHIFT]
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


# --- for debuggers -------------------------------------------------------------------------------------------------------

cdef bint peek_byte(Core* core, uint32_t address, uint8_t* value) noexcept nogil:
    cdef Translation found
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint8_t* host
    if translate_known(core, address, is_privileged(core), READ, &found):
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
    if translate_known(core, address, is_privileged(core), READ, &found):
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
