import cython
from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.operations cimport shift
from vmsim_arch_arm.engine.records cimport DECODED, MASK32, NEXT, SHIFT_ASR, SHIFT_LSL, Core, Instruction

cdef int select_bytes(Core* core, Instruction* insn) noexcept nogil

cdef int decode_pack_top(Instruction* insn) noexcept nogil
cdef int pack_bottom_top(Core* core, Instruction* insn) noexcept nogil
cdef int pack_top_bottom(Core* core, Instruction* insn) noexcept nogil

cdef int decode_rotation(Instruction* insn) noexcept nogil
cdef uint32_t rotated(Core* core, Instruction* insn) noexcept nogil
cdef uint32_t sign_extend(uint32_t value, uint32_t sign) noexcept nogil
cdef uint32_t sign_extend_pair(uint32_t value) noexcept nogil
cdef uint32_t add_pairs(uint32_t x, uint32_t y) noexcept nogil
cdef int sxtb(Core* core, Instruction* insn) noexcept nogil
cdef int sxtab(Core* core, Instruction* insn) noexcept nogil
cdef int sxtb16(Core* core, Instruction* insn) noexcept nogil
cdef int sxtab16(Core* core, Instruction* insn) noexcept nogil
cdef int sxth(Core* core, Instruction* insn) noexcept nogil
cdef int sxtah(Core* core, Instruction* insn) noexcept nogil
cdef int uxtb(Core* core, Instruction* insn) noexcept nogil
cdef int uxtab(Core* core, Instruction* insn) noexcept nogil
cdef int uxtb16(Core* core, Instruction* insn) noexcept nogil
cdef int uxtab16(Core* core, Instruction* insn) noexcept nogil
cdef int uxth(Core* core, Instruction* insn) noexcept nogil
cdef int uxtah(Core* core, Instruction* insn) noexcept nogil

@cython.locals(total=uint32_t, x=uint32_t, y=uint32_t, position=uint32_t)
cdef uint32_t sum_of_differences(uint32_t n, uint32_t m) noexcept nogil
cdef int usad8(Core* core, Instruction* insn) noexcept nogil
cdef int usada8(Core* core, Instruction* insn) noexcept nogil
