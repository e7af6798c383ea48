import cython
from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.lanes cimport (
    Element, lane, left_saturated, ones, placed, rounded_right, shifted_right, signed_saturate, simd_trapped,
    unsigned_saturate, unsigned_saturate64,
)
from vmsim_arch_arm.engine.records cimport DECODED, EXCEPTION, IS_UNDEFINED, NEXT, Core, Instruction, s64, u64

ctypedef s64 (*Narrowing)(Core* core, Instruction* insn, s64 m) noexcept nogil

cdef uint32_t element_size(Instruction* insn) noexcept nogil
cdef int same_length(Instruction* insn) noexcept nogil
cdef int decode_right(Instruction* insn) noexcept nogil
cdef int decode_left(Instruction* insn) noexcept nogil
cdef int decode_narrow(Instruction* insn) noexcept nogil
cdef int decode_long(Instruction* insn) noexcept nogil
cdef int decode_long_maximum(Instruction* insn) noexcept nogil

@cython.locals(bits=uint32_t, register=uint32_t, position=uint32_t, m=u64, result=u64, d=u64)
cdef int each_lane(Core* core, Instruction* insn, Element element) noexcept nogil
@cython.locals(bits=uint32_t, register=uint32_t, position=uint32_t, m=u64, result=u64)
cdef int narrow_lanes(Core* core, Instruction* insn, Narrowing narrowing) noexcept nogil
@cython.locals(bits=uint32_t, register=uint32_t, position=uint32_t, m=u64, result=u64, source=s64)
cdef int vshll(Core* core, Instruction* insn) noexcept nogil

cdef s64 element_shr(Core* core, Instruction* insn, s64 d, s64 m) noexcept nogil
cdef s64 element_rshr(Core* core, Instruction* insn, s64 d, s64 m) noexcept nogil
cdef s64 element_sra(Core* core, Instruction* insn, s64 d, s64 m) noexcept nogil
cdef s64 element_rsra(Core* core, Instruction* insn, s64 d, s64 m) noexcept nogil
@cython.locals(kept=uint32_t)
cdef s64 element_sri(Core* core, Instruction* insn, s64 d, s64 m) noexcept nogil
cdef int vshr(Core* core, Instruction* insn) noexcept nogil
cdef int vrshr(Core* core, Instruction* insn) noexcept nogil
cdef int vsra(Core* core, Instruction* insn) noexcept nogil
cdef int vrsra(Core* core, Instruction* insn) noexcept nogil
cdef int vsri(Core* core, Instruction* insn) noexcept nogil

cdef s64 element_shl(Core* core, Instruction* insn, s64 d, s64 m) noexcept nogil
@cython.locals(below=u64)
cdef s64 element_sli(Core* core, Instruction* insn, s64 d, s64 m) noexcept nogil
cdef s64 element_qshl(Core* core, Instruction* insn, s64 d, s64 m) noexcept nogil
cdef s64 element_qshlu(Core* core, Instruction* insn, s64 d, s64 m) noexcept nogil
cdef int vshl(Core* core, Instruction* insn) noexcept nogil
cdef int vsli(Core* core, Instruction* insn) noexcept nogil
cdef int vqshl(Core* core, Instruction* insn) noexcept nogil
cdef int vqshlu(Core* core, Instruction* insn) noexcept nogil

cdef s64 narrow_shr(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 narrow_rshr(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 narrow_qshr(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 narrow_qrshr(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 narrow_qshru(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef s64 narrow_qrshru(Core* core, Instruction* insn, s64 m) noexcept nogil
cdef int vshrn(Core* core, Instruction* insn) noexcept nogil
cdef int vrshrn(Core* core, Instruction* insn) noexcept nogil
cdef int vqshrn(Core* core, Instruction* insn) noexcept nogil
cdef int vqrshrn(Core* core, Instruction* insn) noexcept nogil
cdef int vqshrun(Core* core, Instruction* insn) noexcept nogil
cdef int vqrshrun(Core* core, Instruction* insn) noexcept nogil
