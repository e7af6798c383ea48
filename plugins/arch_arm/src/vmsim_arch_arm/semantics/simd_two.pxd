import cython
from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.lanes cimport (
    bit_length, lane, ones, placed, raw_lane, replicated, signed_lane, signed_saturate, simd_trapped, vector_n,
    where_zero,
)
from vmsim_arch_arm.engine.records cimport DECODED, EXCEPTION, IS_UNDEFINED, MASK32, NEXT, Core, Instruction, s64, u64

ctypedef s64 (*Element)(Core* core, Instruction* insn, s64 m) noexcept nogil
ctypedef u64 (*Whole)(Instruction* insn, u64 m) noexcept nogil

cdef int decode_any(Instruction* insn) noexcept nogil
cdef int decode_to_32(Instruction* insn) noexcept nogil
cdef int decode_reversal(Instruction* insn) noexcept nogil
cdef int decode_interleaving(Instruction* insn) noexcept nogil
cdef int decode_narrow(Instruction* insn) noexcept nogil
@cython.locals(imm4=uint32_t)
cdef int decode_duplicate(Instruction* insn) noexcept nogil
cdef int decode_duplicate_register(Instruction* insn) noexcept nogil
cdef int decode_extract(Instruction* insn) noexcept nogil
cdef int decode_table(Instruction* insn) noexcept nogil
@cython.locals(imm8=uint32_t, cmode=uint32_t)
cdef int decode_immediate(Instruction* insn) noexcept nogil
cdef int decode_inverted(Instruction* insn) noexcept nogil
cdef int decode_bytes(Instruction* insn) noexcept nogil

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

@cython.locals(block=uint32_t, low=u64)
cdef u64 whole_rev(Instruction* insn, u64 m) noexcept nogil
cdef int vrev(Core* core, Instruction* insn) noexcept nogil
@cython.locals(register=uint32_t, d=u64)
cdef int vswp(Core* core, Instruction* insn) noexcept nogil
@cython.locals(bits=uint32_t, register=uint32_t, low=u64, d=u64, m=u64)
cdef int vtrn(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=u64, position=uint32_t)
cdef u64 even_lanes(u64 first, u64 second, uint32_t bits) noexcept nogil
@cython.locals(result=u64, position=uint32_t)
cdef u64 alternating_lanes(u64 first, u64 second, uint32_t bits) noexcept nogil
@cython.locals(bits=uint32_t, last=uint32_t, d=u64, d_2=u64, m=u64, m_2=u64)
cdef int vuzp(Core* core, Instruction* insn) noexcept nogil
@cython.locals(bits=uint32_t, last=uint32_t, d=u64, d_2=u64, m=u64, m_2=u64)
cdef int vzip(Core* core, Instruction* insn) noexcept nogil

@cython.locals(value=u64, register=uint32_t)
cdef int vdup(Core* core, Instruction* insn) noexcept nogil
@cython.locals(value=u64, register=uint32_t)
cdef int vdup_register(Core* core, Instruction* insn) noexcept nogil
cdef u64 extracted(u64 low, u64 high, uint32_t position) noexcept nogil
@cython.locals(position=uint32_t, n=u64, m=u64, n_2=u64, m_2=u64)
cdef int vext(Core* core, Instruction* insn) noexcept nogil
@cython.locals(indices=u64, position=uint32_t, index=uint32_t, byte=u64)
cdef int looked_up(Core* core, Instruction* insn, u64 result) noexcept nogil
cdef int vtbl(Core* core, Instruction* insn) noexcept nogil
cdef int vtbx(Core* core, Instruction* insn) noexcept nogil

@cython.locals(register=uint32_t)
cdef int vmov_immediate(Core* core, Instruction* insn) noexcept nogil
@cython.locals(value=u64, index=uint32_t, register=uint32_t)
cdef int vmov_bytes(Core* core, Instruction* insn) noexcept nogil
@cython.locals(register=uint32_t)
cdef int vorr_immediate(Core* core, Instruction* insn) noexcept nogil
@cython.locals(register=uint32_t)
cdef int vbic_immediate(Core* core, Instruction* insn) noexcept nogil
