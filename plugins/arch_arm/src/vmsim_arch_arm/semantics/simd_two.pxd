import cython
from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.lanes cimport (
    bit_length, lane, ones, placed, replicated, signed_lane, signed_saturate, simd_trapped, where_zero,
)
from vmsim_arch_arm.engine.records cimport DECODED, EXCEPTION, IS_UNDEFINED, NEXT, Core, Instruction, s64, u64

ctypedef s64 (*Element)(Core* core, Instruction* insn, s64 m) noexcept nogil
ctypedef u64 (*Whole)(Instruction* insn, u64 m) noexcept nogil

cdef int decode_any(Instruction* insn) noexcept nogil
cdef int decode_to_32(Instruction* insn) noexcept nogil
cdef int decode_narrow(Instruction* insn) noexcept nogil

@cython.locals(bits=uint32_t, register=uint32_t, position=uint32_t, m=u64, result=u64)
cdef int each_lane(Core* core, Instruction* insn, Element element) noexcept nogil
@cython.locals(register=uint32_t)
cdef int each_doubleword(Core* core, Instruction* insn, Whole whole) noexcept nogil
@cython.locals(bits=uint32_t, register=uint32_t, position=uint32_t, m=u64, result=u64, d=u64, total=s64)
cdef int add_pairs(Core* core, Instruction* insn, u64 old) noexcept nogil

cdef s64 element_cls(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 element_clz(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 element_abs(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 element_neg(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 element_qabs(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 element_qneg(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef u64 whole_cnt(Instruction* insn, u64 m) noexcept nogil
cdef u64 whole_mvn(Instruction* insn, u64 m) noexcept nogil
cdef int vcls(Core* core, Instruction* insn) noexcept nogil
cdef int vclz(Core* core, Instruction* insn) noexcept nogil
cdef int vcnt(Core* core, Instruction* insn) noexcept nogil
cdef int vmvn(Core* core, Instruction* insn) noexcept nogil
cdef int vabs(Core* core, Instruction* insn) noexcept nogil
cdef int vneg(Core* core, Instruction* insn) noexcept nogil
cdef int vqabs(Core* core, Instruction* insn) noexcept nogil
cdef int vqneg(Core* core, Instruction* insn) noexcept nogil
cdef int vpaddl(Core* core, Instruction* insn) noexcept nogil
cdef int vpadal(Core* core, Instruction* insn) noexcept nogil

cdef s64 element_cgt(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 element_cge(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 element_cle(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 element_clt(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef u64 whole_ceq(Instruction* insn, u64 m) noexcept nogil
cdef int vcgt_zero(Core* core, Instruction* insn) noexcept nogil
cdef int vcge_zero(Core* core, Instruction* insn) noexcept nogil
cdef int vceq_zero(Core* core, Instruction* insn) noexcept nogil
cdef int vcle_zero(Core* core, Instruction* insn) noexcept nogil
cdef int vclt_zero(Core* core, Instruction* insn) noexcept nogil
