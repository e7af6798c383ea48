# Functions of a MemoryPort (memory_port.pxd); `owner` is a CoreSide.

from libc.stdint cimport int32_t, uint32_t, uint64_t

from vmsim_core.memory_port cimport SetWay
from vmsim_mem_cache.level cimport Level

cdef uint64_t maintain_address(void* owner, uint32_t operation, uint32_t physical, uint32_t to_unification,
                               uint64_t now) noexcept nogil
cdef uint64_t maintain_set_way(void* owner, uint32_t operation, const SetWay* place, uint64_t now) noexcept nogil
cdef uint64_t invalidate_instructions(void* owner, uint64_t now) noexcept nogil
cdef uint64_t invalidate_instruction_line(void* owner, uint32_t physical, uint64_t now) noexcept nogil

# Does a maintenance operation to what the guest takes for a line, around an address in the line of a number. What lies
# beside it in a longer line is not lost. Returns when it is complete.
cdef uint64_t maintain_at(Level* level, uint32_t operation, int32_t index, uint32_t address, uint64_t now) noexcept nogil
