import cython
from libc.stdint cimport int32_t, uint32_t

from vmsim_arch_arm.engine.records cimport NEXT, Core, Instruction

cdef int32_t low(uint32_t value) noexcept nogil
cdef int32_t high(uint32_t value) noexcept nogil
cdef int32_t u_low(uint32_t value) noexcept nogil
cdef int32_t u_high(uint32_t value) noexcept nogil
cdef int32_t clamp(int32_t value, int32_t lowest, int32_t highest) noexcept nogil
cdef int write_halves(Core* core, Instruction* insn, uint32_t first, uint32_t second) noexcept nogil
cdef int write_halves_ge(Core* core, Instruction* insn, int32_t first, int32_t second) noexcept nogil
cdef int32_t signed_byte(uint32_t value, uint32_t position) noexcept nogil
cdef int32_t unsigned_byte(uint32_t value, uint32_t position) noexcept nogil

cdef int sadd16(Core* core, Instruction* insn) noexcept nogil
cdef int sasx(Core* core, Instruction* insn) noexcept nogil
cdef int ssax(Core* core, Instruction* insn) noexcept nogil
cdef int ssub16(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=uint32_t, ge=uint32_t, total=int32_t, position=uint32_t)
cdef int sadd8(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=uint32_t, ge=uint32_t, total=int32_t, position=uint32_t)
cdef int ssub8(Core* core, Instruction* insn) noexcept nogil

cdef int qadd16(Core* core, Instruction* insn) noexcept nogil
cdef int qasx(Core* core, Instruction* insn) noexcept nogil
cdef int qsax(Core* core, Instruction* insn) noexcept nogil
cdef int qsub16(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=uint32_t, total=int32_t, position=uint32_t)
cdef int qadd8(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=uint32_t, total=int32_t, position=uint32_t)
cdef int qsub8(Core* core, Instruction* insn) noexcept nogil

cdef int shadd16(Core* core, Instruction* insn) noexcept nogil
cdef int shasx(Core* core, Instruction* insn) noexcept nogil
cdef int shsax(Core* core, Instruction* insn) noexcept nogil
cdef int shsub16(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=uint32_t, total=int32_t, position=uint32_t)
cdef int shadd8(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=uint32_t, total=int32_t, position=uint32_t)
cdef int shsub8(Core* core, Instruction* insn) noexcept nogil

cdef int uadd16(Core* core, Instruction* insn) noexcept nogil
cdef int uasx(Core* core, Instruction* insn) noexcept nogil
cdef int usax(Core* core, Instruction* insn) noexcept nogil
cdef int usub16(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=uint32_t, ge=uint32_t, total=int32_t, position=uint32_t)
cdef int uadd8(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=uint32_t, ge=uint32_t, total=int32_t, position=uint32_t)
cdef int usub8(Core* core, Instruction* insn) noexcept nogil

cdef int uqadd16(Core* core, Instruction* insn) noexcept nogil
cdef int uqasx(Core* core, Instruction* insn) noexcept nogil
cdef int uqsax(Core* core, Instruction* insn) noexcept nogil
cdef int uqsub16(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=uint32_t, total=int32_t, position=uint32_t)
cdef int uqadd8(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=uint32_t, total=int32_t, position=uint32_t)
cdef int uqsub8(Core* core, Instruction* insn) noexcept nogil

cdef int uhadd16(Core* core, Instruction* insn) noexcept nogil
cdef int uhasx(Core* core, Instruction* insn) noexcept nogil
cdef int uhsax(Core* core, Instruction* insn) noexcept nogil
cdef int uhsub16(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=uint32_t, total=int32_t, position=uint32_t)
cdef int uhadd8(Core* core, Instruction* insn) noexcept nogil
@cython.locals(result=uint32_t, total=int32_t, position=uint32_t)
cdef int uhsub8(Core* core, Instruction* insn) noexcept nogil
