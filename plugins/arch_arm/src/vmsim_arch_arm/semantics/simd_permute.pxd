import cython
from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.lanes cimport ones, raw_lane, replicated, simd_trapped, vector_n
from vmsim_arch_arm.engine.records cimport DECODED, EXCEPTION, IS_UNDEFINED, MASK32, NEXT, Core, Instruction, u64

cdef int decode_pair(Instruction* insn) noexcept nogil
cdef int decode_to_32(Instruction* insn) noexcept nogil
cdef int decode_reversal(Instruction* insn) noexcept nogil
cdef int decode_interleaving(Instruction* insn) noexcept nogil
@cython.locals(imm4=uint32_t)
cdef int decode_duplicate(Instruction* insn) noexcept nogil
cdef int decode_duplicate_register(Instruction* insn) noexcept nogil
cdef int decode_extract(Instruction* insn) noexcept nogil
cdef int decode_table(Instruction* insn) noexcept nogil
@cython.locals(imm8=uint32_t, cmode=uint32_t)
cdef int decode_immediate(Instruction* insn) noexcept nogil
cdef int decode_inverted(Instruction* insn) noexcept nogil
cdef int decode_bytes(Instruction* insn) noexcept nogil

@cython.locals(block=uint32_t, low=u64)
cdef u64 reversed_groups(Instruction* insn, u64 m) noexcept nogil
@cython.locals(register=uint32_t)
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
