from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.exceptions cimport exception_return
from vmsim_arch_arm.engine.records cimport (
    CPSR_MODE, EXCEPTION, MASK32, MODE_SYS, MODE_USR, UNDEFINED, Core, Instruction,
)
from vmsim_arch_arm.semantics.data_processing cimport shifted_register

cdef int _return(Core* core, uint32_t address) noexcept nogil
cdef uint32_t _result(Core* core, uint32_t opcode, uint32_t x, uint32_t y) noexcept nogil
cdef int return_register(Core* core, Instruction* insn) noexcept nogil
cdef int return_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int return_immediate_thumb(Core* core, Instruction* insn) noexcept nogil
