from vmsim_arch_arm.engine.memory cimport mem_u_read
from vmsim_arch_arm.engine.operations cimport branch_write_pc, bx_write_pc
from vmsim_arch_arm.engine.records cimport (
    BRANCH, DECODED, EXCEPTION, IS_UNDEFINED, MASK32, NEXT, Core, Instruction,
)

cdef int decode_b_arm(Instruction* insn) noexcept nogil
cdef int decode_blx_arm(Instruction* insn) noexcept nogil
cdef int decode_b_t1(Instruction* insn) noexcept nogil
cdef int decode_b_t2(Instruction* insn) noexcept nogil
cdef int decode_b_t3(Instruction* insn) noexcept nogil
cdef int decode_b_t4(Instruction* insn) noexcept nogil
cdef int decode_cbz(Instruction* insn) noexcept nogil
cdef int decode_it(Instruction* insn) noexcept nogil

cdef int b(Core* core, Instruction* insn) noexcept nogil
cdef int bl(Core* core, Instruction* insn) noexcept nogil
cdef int blx_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int bx(Core* core, Instruction* insn) noexcept nogil
cdef int blx_register(Core* core, Instruction* insn) noexcept nogil
cdef int cbz(Core* core, Instruction* insn) noexcept nogil
cdef int tbb(Core* core, Instruction* insn) noexcept nogil
cdef int it(Core* core, Instruction* insn) noexcept nogil
