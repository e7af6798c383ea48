# The guest's memory as a core sees it. After every access look at core.exception: DATA_ABORT means that it failed.

from libc.stdint cimport uint32_t, uint8_t

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

# The byte at a virtual address, for debuggers: without time or traces in the caches, and never of a device.
cdef bint peek_byte(Core* core, uint32_t address, uint8_t* value) noexcept nogil
