from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.operations cimport alu_write_pc
from vmsim_arch_arm.engine.records cimport (
    FLAG_V, MASK32, NEXT, SET_FLAGS, SHIFT_ASR, SHIFT_LSL, SHIFT_LSR, SHIFT_ROR, SHIFT_RRX, Core, Instruction, s64, u64,
)
from vmsim_arch_arm.semantics.operand_decoding cimport CARRY_CLEAR, CARRY_KEPT

cdef uint32_t shift_c(Core* core, uint32_t value, uint32_t kind, uint32_t amount) noexcept nogil
cdef uint32_t shifted_register(Core* core, Instruction* insn) noexcept nogil
cdef uint32_t expanded_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int write_result(Core* core, Instruction* insn, uint32_t result) noexcept nogil
cdef void set_bitwise_flags(Core* core, uint32_t result) noexcept nogil
cdef int write_bitwise(Core* core, Instruction* insn, uint32_t result) noexcept nogil
cdef uint32_t add_to_flags(Core* core, uint32_t x, uint32_t y, uint32_t carry) noexcept nogil
cdef int write_sum(Core* core, Instruction* insn, uint32_t x, uint32_t y, uint32_t carry) noexcept nogil

cdef int and_register(Core* core, Instruction* insn) noexcept nogil
cdef int eor_register(Core* core, Instruction* insn) noexcept nogil
cdef int sub_register(Core* core, Instruction* insn) noexcept nogil
cdef int rsb_register(Core* core, Instruction* insn) noexcept nogil
cdef int add_register(Core* core, Instruction* insn) noexcept nogil
cdef int adc_register(Core* core, Instruction* insn) noexcept nogil
cdef int sbc_register(Core* core, Instruction* insn) noexcept nogil
cdef int rsc_register(Core* core, Instruction* insn) noexcept nogil
cdef int tst_register(Core* core, Instruction* insn) noexcept nogil
cdef int teq_register(Core* core, Instruction* insn) noexcept nogil
cdef int cmp_register(Core* core, Instruction* insn) noexcept nogil
cdef int cmn_register(Core* core, Instruction* insn) noexcept nogil
cdef int orr_register(Core* core, Instruction* insn) noexcept nogil
cdef int orn_register(Core* core, Instruction* insn) noexcept nogil
cdef int bic_register(Core* core, Instruction* insn) noexcept nogil
cdef int mov_register(Core* core, Instruction* insn) noexcept nogil
cdef int mvn_register(Core* core, Instruction* insn) noexcept nogil
cdef int lsl_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int lsr_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int asr_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int ror_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int rrx(Core* core, Instruction* insn) noexcept nogil
cdef int and_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int eor_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int sub_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int rsb_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int add_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int adc_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int sbc_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int rsc_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int tst_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int teq_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int cmp_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int cmn_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int orr_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int orn_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int bic_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int mov_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int mvn_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int adr(Core* core, Instruction* insn) noexcept nogil
cdef int adr_subtracting(Core* core, Instruction* insn) noexcept nogil
