from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.records cimport DECODED, IS_UNDEFINED, MASK32, NEXT, Core, Instruction

cdef enum:
    HALVES = 0x00FF00FF

cdef uint32_t _reversed(uint32_t value) noexcept nogil
cdef int decode_thumb_move(Instruction* insn) noexcept nogil
cdef int decode_insertion(Instruction* insn) noexcept nogil
cdef int decode_extraction(Instruction* insn) noexcept nogil
cdef int move_wide(Core* core, Instruction* insn) noexcept nogil
cdef int move_top(Core* core, Instruction* insn) noexcept nogil
cdef int bit_field_clear(Core* core, Instruction* insn) noexcept nogil
cdef int bit_field_insert(Core* core, Instruction* insn) noexcept nogil
cdef int signed_extract(Core* core, Instruction* insn) noexcept nogil
cdef int unsigned_extract(Core* core, Instruction* insn) noexcept nogil
cdef int count_leading_zeros(Core* core, Instruction* insn) noexcept nogil
cdef int reverse_bits(Core* core, Instruction* insn) noexcept nogil
cdef int reverse(Core* core, Instruction* insn) noexcept nogil
cdef int reverse_halves(Core* core, Instruction* insn) noexcept nogil
cdef int reverse_signed_half(Core* core, Instruction* insn) noexcept nogil
