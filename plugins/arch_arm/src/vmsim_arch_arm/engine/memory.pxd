# The guest's memory as a core sees it. After every access look at core.exception: DATA_ABORT means that it failed.

from libc.stdint cimport uint16_t, uint32_t, uint64_t, uint8_t

from vmsim_arch_arm.engine.records cimport TLB_ENTRIES, TLB_SETS, Core
from vmsim_arch_arm.engine.tlb_model cimport TlbModel
from vmsim_core.memory_port cimport MemoryPort, SetWay

# MemU[] and MemA[] of the manual (B2.4.4): of 1, 2 or 4 bytes, unaligned ones allowed or not; big-endian if CPSR.E says.
cdef uint32_t mem_u_read(Core* core, uint32_t address, uint32_t size) noexcept nogil
cdef uint32_t mem_a_read(Core* core, uint32_t address, uint32_t size) noexcept nogil
cdef void mem_u_write(Core* core, uint32_t address, uint32_t size, uint32_t value) noexcept nogil
cdef void mem_a_write(Core* core, uint32_t address, uint32_t size, uint32_t value) noexcept nogil

# The same with the rights of User mode (LDRT, STRT and so on).
cdef uint32_t mem_u_unpriv_read(Core* core, uint32_t address, uint32_t size) noexcept nogil
cdef void mem_u_unpriv_write(Core* core, uint32_t address, uint32_t size, uint32_t value) noexcept nogil

# The local exclusive monitor (A3.4.1). `exclusive_monitors_pass` clears it and says whether the store may be done.
cdef void set_exclusive_monitors(Core* core, uint32_t address, uint32_t size) noexcept nogil
cdef bint exclusive_monitors_pass(Core* core, uint32_t address, uint32_t size) noexcept nogil
cdef void clear_exclusive_local(Core* core) noexcept nogil

# Every access goes the slow way once more; translations are what they were.
cdef void tlb_drop_entries(Core* core) noexcept nogil

# Translation: TLB maintenance, and the address translation operations of CP15 (B3.12.7, B4.2.4).
cdef void tlb_flush_all(Core* core) noexcept nogil
cdef void tlb_flush_address(Core* core, uint32_t address) noexcept nogil
cdef uint32_t translate_address(Core* core, uint32_t address, bint privileged, bint write) noexcept nogil

# Called after SCTLR, TTBRs, DACR, the mode or CPSR.E have changed: which set of the TLB is used, and whether at all.
cdef void translation_changed(Core* core) noexcept nogil
cdef void privilege_changed(Core* core) noexcept nogil

cdef enum:
    MAX_ACCESSES = 160          # of an instruction: 32 doublewords byte by byte are the most

# A data access that was recorded for an observer.
cdef struct RecordedAccess:
    uint32_t address            # virtual
    uint32_t value
    uint32_t size
    uint32_t write

# A translation of the software TLB when accesses go through caches: tags as in TlbEntry.
cdef struct PortedEntry:
    uint32_t read_tag
    uint32_t write_tag
    uint32_t physical           # the page's address
    uint8_t inner
    uint8_t outer

# What is behind a core's TLB. Physical pages with RAM have a host address; everything else is a device or a hole, and
# goes through the callbacks, which take the GIL.
cdef struct MemorySystem:
    uint8_t** host              # by physical page number: where its bytes are, NULL where there is no RAM
    uint32_t* first_alias       # by physical page number: the lowest address at which the same RAM is seen
    uint8_t* has_code           # by number of the first alias's page: instructions of it are predecoded
    void* owner
    uint32_t (*read_device)(void* owner, Core* core, uint32_t physical, uint32_t size) noexcept nogil
    void (*write_device)(void* owner, Core* core, uint32_t physical, uint32_t size, uint32_t value) noexcept nogil
    void (*code_written)(void* owner, uint32_t physical, uint32_t size) noexcept nogil
    # Through caches instead of straight to RAM, for models that have them. Times are ticks.
    MemoryPort* port            # NULL: straight to RAM
    uint64_t now                # when the next access starts
    uint64_t ready              # when all that was read is there
    uint64_t spacing            # from one access of an instruction to the next
    uint64_t written            # when the core is rid of what was written
    uint32_t fetch_inner        # cacheability of the page that `fetch_address` found
    uint32_t fetch_outer
    uint64_t code_generation    # raised when the guest invalidates instructions
    uint32_t untimed            # the tables are walked for what is known already
    TlbModel* tlb_model         # NULL: translations take no time
    PortedEntry ported[TLB_SETS][TLB_ENTRIES]
    uint32_t observed           # accesses are recorded, and so never go by way of the TLB
    uint32_t access_count
    RecordedAccess accesses[MAX_ACCESSES]

# The byte at a virtual address, for debuggers: without time or traces in the caches, and never of a device.
cdef bint peek_byte(Core* core, uint32_t address, uint8_t* value) noexcept nogil

# A word of a translation table, for mmu.pyx; False where there is no RAM.
cdef bint walk_read(Core* core, uint32_t physical, uint32_t inner, uint32_t outer, uint32_t* value) noexcept nogil

# The time that the TLBs take for the instruction at an address; the tables are walked when they do not have it.
cdef void fetch_translation_time(Core* core, uint32_t address) noexcept nogil

# Cache maintenance of the guest, through the port; the operation as memory_port.pxd numbers it.
cdef void maintain_address(Core* core, uint32_t address, uint32_t operation, bint to_unification) noexcept nogil
cdef void maintain_set_way(Core* core, const SetWay* place, uint32_t operation) noexcept nogil
cdef void invalidate_instructions(Core* core) noexcept nogil
cdef void invalidate_instruction_line(Core* core, uint32_t address) noexcept nogil

# TLB maintenance of the guest, which the TLBs' model forgets by too.
cdef void guest_flushes_all(Core* core) noexcept nogil
cdef void guest_flushes_page(Core* core, uint32_t address) noexcept nogil

# The host address of the instruction at a virtual address, NULL when it cannot be fetched: then core.exception is set.
cdef uint8_t* fetch_address(Core* core, uint32_t address, uint32_t* physical) noexcept nogil
