from libc.stdint cimport int64_t, uint32_t, uint64_t

from vmsim_arch_arm.engine.operations cimport set_nz, sets_flags
from vmsim_arch_arm.engine.records cimport FLAG_C, FLAG_V, MASK32, NEXT, Core, Instruction, u64

cdef enum:
    SIGN32 = 0x80000000

cdef int64_t signed32(int64_t value) noexcept nogil
cdef int64_t half(int64_t value, uint32_t upper) noexcept nogil
cdef int64_t signed_product(Core* core, Instruction* insn) noexcept nogil
cdef int write_accumulated(Core* core, Instruction* insn, int64_t total) noexcept nogil
cdef uint64_t accumulator(Core* core, Instruction* insn) noexcept nogil
cdef int write_long(Core* core, Instruction* insn, uint64_t total) noexcept nogil
cdef int write_long_with_flags(Core* core, Instruction* insn, uint64_t total) noexcept nogil

cdef int multiply(Core* core, Instruction* insn) noexcept nogil
cdef int multiply_thumb16(Core* core, Instruction* insn) noexcept nogil
cdef int multiply_accumulate(Core* core, Instruction* insn) noexcept nogil
cdef int multiply_subtract(Core* core, Instruction* insn) noexcept nogil
cdef int umull(Core* core, Instruction* insn) noexcept nogil
cdef int umlal(Core* core, Instruction* insn) noexcept nogil
cdef int umaal(Core* core, Instruction* insn) noexcept nogil
cdef int smull(Core* core, Instruction* insn) noexcept nogil
cdef int smlal(Core* core, Instruction* insn) noexcept nogil

cdef int64_t halfword_product(Core* core, Instruction* insn) noexcept nogil
cdef int64_t word_by_halfword_product(Core* core, Instruction* insn) noexcept nogil
cdef int smla_halves(Core* core, Instruction* insn) noexcept nogil
cdef int smlaw(Core* core, Instruction* insn) noexcept nogil
cdef int smulw(Core* core, Instruction* insn) noexcept nogil
cdef int smlal_halves(Core* core, Instruction* insn) noexcept nogil
cdef int smul_halves(Core* core, Instruction* insn) noexcept nogil

cdef int64_t dual_sum(Core* core, Instruction* insn) noexcept nogil
cdef int64_t dual_difference(Core* core, Instruction* insn) noexcept nogil
cdef int smlad(Core* core, Instruction* insn) noexcept nogil
cdef int smuad(Core* core, Instruction* insn) noexcept nogil
cdef int smlsd(Core* core, Instruction* insn) noexcept nogil
cdef int smusd(Core* core, Instruction* insn) noexcept nogil
cdef int smlald(Core* core, Instruction* insn) noexcept nogil
cdef int smlsld(Core* core, Instruction* insn) noexcept nogil
cdef int write_most_significant(Core* core, Instruction* insn, uint64_t total) noexcept nogil
cdef int smmla(Core* core, Instruction* insn) noexcept nogil
cdef int smmul(Core* core, Instruction* insn) noexcept nogil
cdef int smmls(Core* core, Instruction* insn) noexcept nogil
