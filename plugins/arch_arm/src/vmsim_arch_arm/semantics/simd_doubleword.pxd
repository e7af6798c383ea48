import cython
from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.lanes cimport ones, sign_bits, simd_trapped, where_zero
from vmsim_arch_arm.engine.records cimport EXCEPTION, NEXT, Core, Instruction, u64

ctypedef u64 (*Whole)(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil

@cython.locals(register=uint32_t, n=u64)
cdef int each_doubleword(Core* core, Instruction* insn, Whole whole) noexcept nogil

@cython.locals(tops=u64)
cdef u64 whole_add(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil
@cython.locals(tops=u64)
cdef u64 whole_sub(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil
cdef u64 whole_ceq(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil
cdef u64 whole_tst(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil
cdef int vadd(Core* core, Instruction* insn) noexcept nogil
cdef int vsub(Core* core, Instruction* insn) noexcept nogil
cdef int vceq(Core* core, Instruction* insn) noexcept nogil
cdef int vtst(Core* core, Instruction* insn) noexcept nogil

cdef u64 whole_and(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil
cdef u64 whole_bic(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil
cdef u64 whole_orr(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil
cdef u64 whole_orn(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil
cdef u64 whole_eor(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil
cdef u64 whole_bsl(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil
cdef u64 whole_bit(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil
cdef u64 whole_bif(u64 n, u64 m, u64 d, uint32_t bits) noexcept nogil
cdef int vand(Core* core, Instruction* insn) noexcept nogil
cdef int vbic(Core* core, Instruction* insn) noexcept nogil
cdef int vorr(Core* core, Instruction* insn) noexcept nogil
cdef int vorn(Core* core, Instruction* insn) noexcept nogil
cdef int veor(Core* core, Instruction* insn) noexcept nogil
cdef int vbsl(Core* core, Instruction* insn) noexcept nogil
cdef int vbit(Core* core, Instruction* insn) noexcept nogil
cdef int vbif(Core* core, Instruction* insn) noexcept nogil
