# From virtual addresses to physical ones: the MMU with the TLBs before it.

from libc.stdint cimport uint32_t, uint8_t

from vmsim_arch_arm.engine.memory_system cimport MemorySystem
from vmsim_arch_arm.engine.mmu cimport READ, Translation
from vmsim_arch_arm.engine.records cimport CPSR_MODE, MODE_USR, SCTLR, Core
from vmsim_arch_arm.engine.tlb_model cimport MicroTlb, tlb_covers

cdef enum:
    SCTLR_MMU = 1


cdef inline bint is_privileged(Core* core) noexcept nogil:
    return core.control & CPSR_MODE != MODE_USR


# Translates for a data access, which takes the time that the TLBs' model says; returns 0 or a fault status (mmu.pxd).
cdef uint32_t translate_access(Core* core, uint32_t address, bint privileged, int access, Translation* found) noexcept nogil

# The same of what a TLB has: reading the tables again takes no time and leaves the caches alone.
cdef uint32_t translate_known(Core* core, uint32_t address, bint privileged, int access, Translation* found) noexcept nogil


cdef inline void access_translation_time(Core* core, MemorySystem* memory, uint32_t address) noexcept nogil:
    """The time that the TLBs take for data of which the translation is known."""
    cdef Translation found
    cdef MicroTlb* micro = &memory.tlbs.data
    if not micro.used or not core.cp15[SCTLR] & SCTLR_MMU:
        return
    if not tlb_covers(micro.entries[micro.latest], address):
        translate_access(core, address, is_privileged(core), READ, &found)


# The time that the TLBs take for the instruction at an address; the tables are walked when they do not have it.
cdef void fetch_translation_time(Core* core, uint32_t address) noexcept nogil

# The host address of the instruction at a virtual address, NULL when it cannot be fetched: then core.exception is set.
cdef uint8_t* fetch_address(Core* core, uint32_t address, uint32_t* physical) noexcept nogil

# A word of a translation table, for mmu.pyx; False where there is no RAM.
cdef bint walk_read(Core* core, uint32_t physical, uint32_t inner, uint32_t outer, uint32_t* value) noexcept nogil

# Every access goes the slow way once more; translations are what they were.
cdef void tlb_drop_entries(Core* core) noexcept nogil

# Translation: TLB maintenance, and the address translation operations of CP15 (B3.12.7, B4.2.4).
cdef void tlb_flush_all(Core* core) noexcept nogil
cdef uint32_t translate_address(Core* core, uint32_t address, bint privileged, bint write) noexcept nogil

# Called after SCTLR, TTBRs, DACR, the mode or CPSR.E have changed: which set of the TLB is used, and whether at all.
cdef void translation_changed(Core* core) noexcept nogil
cdef void privilege_changed(Core* core) noexcept nogil

# TLB maintenance of the guest: the operation as tlb_model.pxd numbers it, and what is written.
cdef void maintain_tlbs(Core* core, uint32_t operation, uint32_t value) noexcept nogil
