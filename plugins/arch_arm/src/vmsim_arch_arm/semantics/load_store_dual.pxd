from vmsim_arch_arm.engine.inline_memory cimport mem_a_read, mem_a_write
from vmsim_arch_arm.engine.records cimport EXCEPTION, IS_UNDEFINED, MASK32, NEXT, Core, Instruction
from vmsim_arch_arm.semantics.load_store cimport (
    access_address, base_after, decode_immediate, decode_literal, decode_register, stored,
)

cdef int decode_dual_immediate(Instruction* insn) noexcept nogil
cdef int decode_dual_literal(Instruction* insn) noexcept nogil
cdef int decode_dual_register(Instruction* insn) noexcept nogil
cdef int decode_dual_immediate_thumb(Instruction* insn) noexcept nogil
cdef int decode_dual_literal_thumb(Instruction* insn) noexcept nogil

cdef int load_dual(Core* core, Instruction* insn) noexcept nogil
cdef int store_dual(Core* core, Instruction* insn) noexcept nogil
