# Functions of a MemoryPort (memory_port.pxd); `owner` is a CoreSide.

from libc.stdint cimport uint32_t, uint64_t

cdef uint64_t maintain_address(void* owner, uint32_t operation, uint32_t physical, uint32_t to_unification,
                               uint64_t now) noexcept nogil
cdef uint64_t maintain_set_way(void* owner, uint32_t operation, uint32_t number, uint32_t set_way,
                               uint64_t now) noexcept nogil
cdef uint64_t invalidate_instructions(void* owner, uint64_t now) noexcept nogil
cdef uint64_t invalidate_instruction_line(void* owner, uint32_t physical, uint64_t now) noexcept nogil
