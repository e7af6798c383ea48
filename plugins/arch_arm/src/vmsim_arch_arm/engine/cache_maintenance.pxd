# Cache maintenance of the guest, through the port; the operation as memory_port.pxd numbers it.

from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.records cimport Core
from vmsim_core.memory_port cimport SetWay

cdef void maintain_address(Core* core, uint32_t address, uint32_t operation, bint to_unification) noexcept nogil
cdef void maintain_set_way(Core* core, const SetWay* place, uint32_t operation) noexcept nogil
cdef void invalidate_instructions(Core* core) noexcept nogil
cdef void invalidate_instruction_line(Core* core, uint32_t address) noexcept nogil
