from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.exceptions cimport exception_return
from vmsim_arch_arm.engine.inline_memory cimport mem_a_read, mem_a_write, words_to_read, words_to_write
from vmsim_arch_arm.engine.operations cimport bx_write_pc
from vmsim_arch_arm.engine.records cimport (
    BANK_USR, CPSR_MODE, DECODED, EXCEPTION, IS_UNDEFINED, MASK32, MODE_FIQ, MODE_SYS, MODE_USR, NEXT, UNDEFINED, Core,
    Instruction, u32,
)

cdef extern from *:
    uint32_t lowest_set_bit "__builtin_ctz" (uint32_t value) nogil

cdef int lay_out(Instruction* insn, uint32_t before) noexcept nogil
cdef int decode_multiple(Instruction* insn) noexcept nogil
cdef int decode_return(Instruction* insn) noexcept nogil
cdef int decode_load_thumb16(Instruction* insn) noexcept nogil
cdef int decode_store_thumb16(Instruction* insn) noexcept nogil
cdef int decode_push(Instruction* insn) noexcept nogil
cdef int decode_pop(Instruction* insn) noexcept nogil

cdef uint32_t written_back(Core* core, Instruction* insn) noexcept nogil
cdef int load_registers(Core* core, Instruction* insn) noexcept nogil
cdef int load_multiple(Core* core, Instruction* insn) noexcept nogil
cdef int store_multiple(Core* core, Instruction* insn) noexcept nogil

cdef uint32_t read_user_register(Core* core, uint32_t number) noexcept nogil
cdef void write_user_register(Core* core, uint32_t number, uint32_t value) noexcept nogil
cdef int load_multiple_user(Core* core, Instruction* insn) noexcept nogil
cdef int store_multiple_user(Core* core, Instruction* insn) noexcept nogil
cdef int load_multiple_return(Core* core, Instruction* insn) noexcept nogil
