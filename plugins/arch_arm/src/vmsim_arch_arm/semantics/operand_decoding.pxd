from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.records cimport (
    DECODED, MASK32, SET_FLAGS_OUTSIDE_IT, SHIFT_LSL, SHIFT_ROR, SHIFT_RRX, Instruction,
)

# carry_out of an expanded immediate, in insn.option.
cdef enum:
    CARRY_KEPT = 0
    CARRY_CLEAR = 1
    CARRY_SET = 2

cdef enum:
    SP = 13

cdef void _rotate_immediate(Instruction* insn, uint32_t value, uint32_t rotation) noexcept nogil
cdef int decode_shift(Instruction* insn) noexcept nogil
cdef int decode_right_shift(Instruction* insn) noexcept nogil
cdef int decode_arm_immediate(Instruction* insn) noexcept nogil
cdef int decode_thumb_immediate(Instruction* insn) noexcept nogil
cdef int decode_thumb16(Instruction* insn) noexcept nogil
cdef int decode_thumb16_right_shift(Instruction* insn) noexcept nogil
cdef int decode_thumb16_words(Instruction* insn) noexcept nogil
cdef int decode_thumb16_sp(Instruction* insn) noexcept nogil
cdef int decode_thumb16_to_sp(Instruction* insn) noexcept nogil
