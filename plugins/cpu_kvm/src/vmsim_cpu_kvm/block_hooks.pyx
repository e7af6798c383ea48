# cython: boundscheck=False, wraparound=False, cdivision=True
"""The hooks at blocks: count instructions, stop where the run must be cut, and look at code when it is translated."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memset

from vmsim_cpu_kvm.block_table cimport (
    ENDLESS, MAX_BLOCK_BYTES, NO_TRAP, Block, block_cut_at, block_decode, block_find, block_hash, block_insert, block_release,
    block_same_layout,
)
from vmsim_cpu_kvm.unicorn_api cimport *
from vmsim_cpu_kvm.vcpu cimport *


cdef bint decode_at(Vcpu* v, Block* block, uint32_t pc, uint32_t size) noexcept nogil:
    if size > MAX_BLOCK_BYTES or v.api.vmem_read(v.uc, pc, UC_PROT_EXEC, v.code, size) != UC_ERR_OK:
        fail(v, "the code of a block that is executed cannot be read")
        return False
    block.pc = pc
    block_decode(block, v.code, size, (read_register(v, UC_ARM_REG_CPSR) & CPSR_T) != 0)
    block_cut_at(block, v.breakpoints, v.breakpoint_count)
    return True


cdef Block* new_block(Vcpu* v, uint32_t pc, uint32_t size) noexcept nogil:
    # The table may move when it grows.
    cdef uint32_t current_pc = v.current.pc, current_size = v.current.size
    cdef bint in_table = v.current != &v.scratch
    cdef Block* block = block_insert(&v.blocks, pc, size)
    if block == NULL:
        fail(v, "the host has no memory left for the block table")
        return NULL
    if in_table:
        v.current = block_find(&v.blocks, current_pc, current_size)
    decode_at(v, block, pc, size)
    return block


cdef void guard_code(Vcpu* v, uint32_t pc, uint32_t size) noexcept nogil:
    """Keep stores to the RAM around new code on the path where Unicorn looks for translations to drop.

    Unicorn does that for executable pages only: a store through a non-executable mapping of the same RAM would leave
    a stale translation behind, silently. A protection hook over the range keeps it on the slow path and never fires.
    """
    cdef uint64_t physical = 0
    cdef uint32_t address = pc & ~<uint32_t>0xFFF
    cdef uint32_t granule
    cdef uc_hook hook
    while address < pc + size and address >= (pc & ~<uint32_t>0xFFF):
        if v.api.vmem_translate(v.uc, address, UC_PROT_EXEC, &physical) == UC_ERR_OK:
            v.code_pages[<uint32_t>physical >> PAGE_SHIFT] = 1
            granule = <uint32_t>physical >> GUARD_SHIFT
            if not v.code_granules[granule]:
                v.code_granules[granule] = 1
                v.guards += 1
                v.api.hook_add(v.uc, &hook, UC_HOOK_MEM_WRITE_PROT, <void*>on_guard, NULL,
                               <uint64_t>granule << GUARD_SHIFT, ((<uint64_t>granule + 1) << GUARD_SHIFT) - 1)
                v.api.ctl(v.uc, VMSIM_CTL_FLUSH_TLB)
        address += 0x1000


cdef bint on_guard(uc_engine* uc, uc_mem_type kind, uint64_t address, int size, int64_t value,
                   void* data) noexcept nogil:
    return False


cdef void on_block_translated(uc_engine* uc, uc_tb* block, uc_tb* previous, void* data) noexcept nogil:
    if block.size:
        examine(<Vcpu*>data, <uint32_t>block.pc, block.size)


cdef void examine(Vcpu* v, uint32_t pc, uint32_t size) noexcept nogil:
    """Look at a block that may be new, or new code where other code was."""
    cdef Block fresh
    cdef Block* block
    guard_code(v, pc, size)
    block = block_find(&v.blocks, pc, size)
    if block == NULL:
        new_block(v, pc, size)
    elif not block.ambiguous:
        memset(&fresh, 0, sizeof(fresh))
        if decode_at(v, &fresh, pc, size) and not block_same_layout(&fresh, block):
            block.ambiguous = 1
        block_release(&fresh)


cdef Block* block_slow(Vcpu* v, uint32_t pc, uint32_t size) noexcept nogil:
    cdef Block* block = block_find(&v.blocks, pc, size)
    if block == NULL:
        return new_block(v, pc, size)
    if not block.ambiguous:
        return block
    decode_at(v, &v.scratch, pc, size)
    return &v.scratch


cdef inline void stop_before(Vcpu* v, Block* block, Event event) noexcept nogil:
    v.cut = block
    v.event = event
    v.api.emu_stop(v.uc)


cdef void on_block(uc_engine* uc, uint64_t address, uint32_t size, void* data) noexcept nogil:
    cdef Vcpu* v = <Vcpu*>data
    cdef uint32_t pc = <uint32_t>address
    cdef Block* block = &v.blocks.entries[block_hash(&v.blocks, pc, size)]
    cdef uint32_t cpsr
    cdef uint64_t retired
    if v.event != EVENT_NONE:
        v.api.emu_stop(uc)
        return
    if v.first_block:
        # Unicorn reports a translation only when a block leads to it: not the first one.
        v.first_block = 0
        examine(v, pc, size)
        block = &v.blocks.entries[block_hash(&v.blocks, pc, size)]
    if block.pc != pc or block.size != size or block.ambiguous or not block.used:
        block = block_slow(v, pc, size)
        if v.failure != NULL:
            return
    retired = v.retired + block.count
    if retired > v.block_limit or v.attention or block.trap != NO_TRAP:
        stop_before(v, block, EVENT_BLOCK)
        return
    if v.interrupts and not v.replaying and interrupt_due(v, read_register(v, UC_ARM_REG_CPSR)):
        stop_before(v, block, EVENT_BLOCK)
        return
    if block.special == ENDLESS:
        cpsr = read_register(v, UC_ARM_REG_CPSR)
        if cpsr & CPSR_I and (cpsr & CPSR_F or not v.fiq_wired):
            stop_before(v, block, EVENT_ENDLESS)
            return
    elif block.special:
        v.exclusive_bytes = block.special
    v.current = block
    v.retired = retired


cdef void on_exception(uc_engine* uc, uint32_t number, void* data) noexcept nogil:
    cdef Vcpu* v = <Vcpu*>data
    if v.event == EVENT_NONE:
        v.event = EVENT_EXCEPTION
        v.exception = number
    v.api.emu_stop(uc)


cdef bint on_undefined(uc_engine* uc, void* data) noexcept nogil:
    # WFE and YIELD, which Unicorn reports here too, are on the trap list and never get this far.
    cdef Vcpu* v = <Vcpu*>data
    if v.event == EVENT_NONE:
        v.event = EVENT_UNDEFINED
    v.api.emu_stop(uc)
    return True


cdef bint on_fetch(uc_engine* uc, uc_mem_type kind, uint64_t address, int size, int64_t value,
                   void* data) noexcept nogil:
    cdef Vcpu* v = <Vcpu*>data
    if v.event == EVENT_NONE:
        v.event = EVENT_FETCH
        v.fetch_address = address
    v.api.emu_stop(uc)
    return False
