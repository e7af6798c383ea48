import cython
from libc.stdint cimport int32_t, uint32_t

from vmsim_arch_arm.engine.lanes cimport (
    Element, add_saturated64, carryless_product, difference_of, doubled_product, lane, left_saturated, placed,
    raw_lane, rounded_right, saturate, scalar_m, shifted_right, signed_saturate, simd_trapped, subtract_saturated64,
    vector_n,
)
from vmsim_arch_arm.engine.records cimport DECODED, EXCEPTION, IS_UNDEFINED, NEXT, Core, Instruction, s64, u64

cdef int decode_any(Instruction* insn) noexcept nogil
cdef int decode_to_32(Instruction* insn) noexcept nogil
cdef int decode_16_32(Instruction* insn) noexcept nogil

@cython.locals(bits=uint32_t, register=uint32_t, position=uint32_t, n=u64, m=u64, scalar=u64, result=u64)
cdef int each_lane(Core* core, Instruction* insn, Element element) noexcept nogil
@cython.locals(bits=uint32_t, register=uint32_t, position=uint32_t, n=u64, m=u64, scalar=u64, result=u64, d=u64)
cdef int accumulate(Core* core, Instruction* insn, Element element) noexcept nogil
@cython.locals(bits=uint32_t, position=uint32_t, n=u64, m=u64, result=u64, first=s64, made=s64)
cdef int pairwise(Core* core, Instruction* insn, Element element) noexcept nogil

cdef s64 element_hadd(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_rhadd(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_hsub(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_qadd(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_qsub(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_abd(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_add(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef int vhadd(Core* core, Instruction* insn) noexcept nogil
cdef int vhsub(Core* core, Instruction* insn) noexcept nogil
cdef int vrhadd(Core* core, Instruction* insn) noexcept nogil
cdef int vqadd(Core* core, Instruction* insn) noexcept nogil
cdef int vqsub(Core* core, Instruction* insn) noexcept nogil
cdef int vabd(Core* core, Instruction* insn) noexcept nogil
cdef int vaba(Core* core, Instruction* insn) noexcept nogil
cdef int vpadd(Core* core, Instruction* insn) noexcept nogil

cdef s64 element_cgt(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_cge(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_max(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_min(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef int vcgt(Core* core, Instruction* insn) noexcept nogil
cdef int vcge(Core* core, Instruction* insn) noexcept nogil
cdef int vmax(Core* core, Instruction* insn) noexcept nogil
cdef int vmin(Core* core, Instruction* insn) noexcept nogil
cdef int vpmax(Core* core, Instruction* insn) noexcept nogil
cdef int vpmin(Core* core, Instruction* insn) noexcept nogil

cdef int32_t shift_of(s64 n) noexcept nogil
@cython.locals(amount=int32_t)
cdef s64 element_shl(Core* core, Instruction* insn, s64 n, s64 m) noexcept nogil
@cython.locals(amount=int32_t)
cdef s64 element_rshl(Core* core, Instruction* insn, s64 n, s64 m) noexcept nogil
@cython.locals(amount=int32_t)
cdef s64 element_qshl(Core* core, Instruction* insn, s64 n, s64 m) noexcept nogil
@cython.locals(amount=int32_t)
cdef s64 element_qrshl(Core* core, Instruction* insn, s64 n, s64 m) noexcept nogil
cdef int vshl(Core* core, Instruction* insn) noexcept nogil
cdef int vqshl(Core* core, Instruction* insn) noexcept nogil
cdef int vrshl(Core* core, Instruction* insn) noexcept nogil
cdef int vqrshl(Core* core, Instruction* insn) noexcept nogil

cdef s64 element_mul(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_mls(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_polynomial(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_qdmulh(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_qrdmulh(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef int vmul(Core* core, Instruction* insn) noexcept nogil
cdef int vmul_polynomial(Core* core, Instruction* insn) noexcept nogil
cdef int vmla(Core* core, Instruction* insn) noexcept nogil
cdef int vmls(Core* core, Instruction* insn) noexcept nogil
cdef int vqdmulh(Core* core, Instruction* insn) noexcept nogil
cdef int vqrdmulh(Core* core, Instruction* insn) noexcept nogil
