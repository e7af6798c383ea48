# The guest's memory as a core sees it. After every access look at core.exception: DATA_ABORT means that it failed.

from libc.stdint cimport uint16_t, uint32_t, uint64_t, uint8_t

from vmsim_arch_arm.engine.records cimport Core

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
    uint32_t observed           # accesses are recorded, and so never go by way of the TLB
    uint32_t access_count
    RecordedAccess accesses[MAX_ACCESSES]

# The host address of the instruction at a virtual address, NULL when it cannot be fetched: then core.exception is set.
cdef uint8_t* fetch_address(Core* core, uint32_t address, uint32_t* physical) noexcept nogil
