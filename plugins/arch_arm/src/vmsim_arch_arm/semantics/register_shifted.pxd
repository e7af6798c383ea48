from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.records cimport (
    MASK32, NEXT, SHIFT_ASR, SHIFT_LSL, SHIFT_LSR, SHIFT_ROR, Core, Instruction,
)
from vmsim_arch_arm.semantics.data_processing cimport (
    add_to_flags, set_bitwise_flags, shift_c, write_bitwise, write_sum,
)

cdef uint32_t shift_by_register(Core* core, uint32_t value, uint32_t kind, uint32_t amount) noexcept nogil
cdef uint32_t shifted_register(Core* core, Instruction* insn) noexcept nogil

cdef int and_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int eor_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int sub_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int rsb_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int add_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int adc_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int sbc_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int rsc_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int tst_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int teq_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int cmp_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int cmn_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int orr_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int bic_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int mvn_register_shifted(Core* core, Instruction* insn) noexcept nogil
cdef int lsl_register(Core* core, Instruction* insn) noexcept nogil
cdef int lsr_register(Core* core, Instruction* insn) noexcept nogil
cdef int asr_register(Core* core, Instruction* insn) noexcept nogil
cdef int ror_register(Core* core, Instruction* insn) noexcept nogil
