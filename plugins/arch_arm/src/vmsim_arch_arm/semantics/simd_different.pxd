import cython
from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.lanes cimport (
    Element, add_saturated64, carryless_product, difference_of, doubled_product, lane, placed, raw_lane, scalar_m,
    signed_saturate, simd_trapped, vector_n,
)
from vmsim_arch_arm.engine.records cimport DECODED, EXCEPTION, IS_UNDEFINED, NEXT, Core, Instruction, s64, u64

ctypedef s64 (*Accumulation)(Core* core, Instruction* insn, s64 d, s64 a, s64 b) noexcept nogil

cdef int decode_long(Instruction* insn) noexcept nogil
cdef int decode_long_16_32(Instruction* insn) noexcept nogil
cdef int decode_wide(Instruction* insn) noexcept nogil
cdef int decode_narrow(Instruction* insn) noexcept nogil
cdef int take_scalar(Instruction* insn) noexcept nogil
cdef int decode_scalar(Instruction* insn) noexcept nogil
cdef int decode_long_scalar(Instruction* insn) noexcept nogil

@cython.locals(bits=uint32_t, register=uint32_t, position=uint32_t, n=u64, m=u64, result=u64, source=uint32_t)
cdef int long_lanes(Core* core, Instruction* insn, Element element) noexcept nogil
@cython.locals(bits=uint32_t, register=uint32_t, position=uint32_t, n=u64, m=u64, result=u64, source=uint32_t, d=u64, a=s64)
cdef int long_accumulate(Core* core, Instruction* insn, Accumulation accumulation) noexcept nogil
@cython.locals(bits=uint32_t, register=uint32_t, position=uint32_t, n=u64, m=u64, result=u64, b=s64)
cdef int wide_lanes(Core* core, Instruction* insn, Element element) noexcept nogil
@cython.locals(bits=uint32_t, register=uint32_t, position=uint32_t, n=u64, m=u64, result=u64)
cdef int narrow_lanes(Core* core, Instruction* insn, Element element) noexcept nogil

cdef s64 element_add(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_sub(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_abd(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 accumulate_abd(Core* core, Instruction* insn, s64 d, s64 a, s64 b) noexcept nogil
cdef s64 element_addhn(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_raddhn(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_subhn(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_rsubhn(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef int vaddl(Core* core, Instruction* insn) noexcept nogil
cdef int vaddw(Core* core, Instruction* insn) noexcept nogil
cdef int vsubl(Core* core, Instruction* insn) noexcept nogil
cdef int vsubw(Core* core, Instruction* insn) noexcept nogil
cdef int vabdl(Core* core, Instruction* insn) noexcept nogil
cdef int vabal(Core* core, Instruction* insn) noexcept nogil
cdef int vaddhn(Core* core, Instruction* insn) noexcept nogil
cdef int vraddhn(Core* core, Instruction* insn) noexcept nogil
cdef int vsubhn(Core* core, Instruction* insn) noexcept nogil
cdef int vrsubhn(Core* core, Instruction* insn) noexcept nogil

cdef s64 element_mul(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_polynomial(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 element_qdmull(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil
cdef s64 accumulate_mul(Core* core, Instruction* insn, s64 d, s64 a, s64 b) noexcept nogil
cdef s64 accumulate_mls(Core* core, Instruction* insn, s64 d, s64 a, s64 b) noexcept nogil
cdef s64 accumulate_doubled(Core* core, Instruction* insn, s64 d, s64 doubled) noexcept nogil
cdef s64 accumulate_qdmlal(Core* core, Instruction* insn, s64 d, s64 a, s64 b) noexcept nogil
cdef s64 accumulate_qdmlsl(Core* core, Instruction* insn, s64 d, s64 a, s64 b) noexcept nogil
cdef int vmull(Core* core, Instruction* insn) noexcept nogil
cdef int vmull_polynomial(Core* core, Instruction* insn) noexcept nogil
cdef int vmlal(Core* core, Instruction* insn) noexcept nogil
cdef int vmlsl(Core* core, Instruction* insn) noexcept nogil
cdef int vqdmull(Core* core, Instruction* insn) noexcept nogil
cdef int vqdmlal(Core* core, Instruction* insn) noexcept nogil
cdef int vqdmlsl(Core* core, Instruction* insn) noexcept nogil
