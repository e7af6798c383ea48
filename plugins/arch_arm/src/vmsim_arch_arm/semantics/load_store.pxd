from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.inline_memory cimport mem_u_read, mem_u_write
from vmsim_arch_arm.engine.memory cimport mem_u_unpriv_read, mem_u_unpriv_write
from vmsim_arch_arm.engine.operations cimport bx_write_pc, shift
from vmsim_arch_arm.engine.records cimport (
    DECODED, EXCEPTION, MASK32, NEXT, SHIFT_LSL, SHIFT_ROR, SHIFT_RRX, Core, Instruction,
)

# insn.option: what is added to the base.
cdef enum:
    OFFSET_IMMEDIATE = 0        # immediate, already negative where the encoding subtracts
    OFFSET_ADDED = 1            # a register, shifted left
    OFFSET_SHIFTED = 2          # a register with any other shift, or one that is subtracted

cdef int decode_immediate(Instruction* insn) noexcept nogil
cdef int decode_immediate_offset(Instruction* insn) noexcept nogil
cdef int decode_literal(Instruction* insn) noexcept nogil
cdef int decode_register(Instruction* insn) noexcept nogil
cdef int decode_register_offset(Instruction* insn) noexcept nogil
cdef int decode_register_thumb(Instruction* insn) noexcept nogil
cdef int decode_unprivileged_thumb(Instruction* insn) noexcept nogil
cdef int decode_halfwords(Instruction* insn) noexcept nogil
cdef int decode_words(Instruction* insn) noexcept nogil
cdef int decode_words_sp(Instruction* insn) noexcept nogil

cdef uint32_t register_offset(Core* core, Instruction* insn) noexcept nogil
cdef uint32_t offset_address(Core* core, Instruction* insn) noexcept nogil
cdef uint32_t access_address(Core* core, Instruction* insn) noexcept nogil
cdef uint32_t base_after(Core* core, Instruction* insn) noexcept nogil
cdef uint32_t sign_extend_byte(uint32_t value) noexcept nogil
cdef uint32_t sign_extend_halfword(uint32_t value) noexcept nogil
cdef int loaded(Core* core, Instruction* insn, uint32_t value) noexcept nogil
cdef int stored(Core* core, uint32_t n, uint32_t base) noexcept nogil

cdef int load_word_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int load_word_literal(Core* core, Instruction* insn) noexcept nogil
cdef int load_word_register(Core* core, Instruction* insn) noexcept nogil
cdef int load_word(Core* core, Instruction* insn) noexcept nogil
cdef int load_word_unprivileged(Core* core, Instruction* insn) noexcept nogil
cdef int load_byte_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int load_byte_register(Core* core, Instruction* insn) noexcept nogil
cdef int load_byte(Core* core, Instruction* insn) noexcept nogil
cdef int load_byte_unprivileged(Core* core, Instruction* insn) noexcept nogil
cdef int load_halfword_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int load_halfword_register(Core* core, Instruction* insn) noexcept nogil
cdef int load_halfword(Core* core, Instruction* insn) noexcept nogil
cdef int load_halfword_unprivileged(Core* core, Instruction* insn) noexcept nogil
cdef int load_signed_byte(Core* core, Instruction* insn) noexcept nogil
cdef int load_signed_byte_unprivileged(Core* core, Instruction* insn) noexcept nogil
cdef int load_signed_halfword(Core* core, Instruction* insn) noexcept nogil
cdef int load_signed_halfword_unprivileged(Core* core, Instruction* insn) noexcept nogil

cdef int store_word_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int store_word_register(Core* core, Instruction* insn) noexcept nogil
cdef int store_word(Core* core, Instruction* insn) noexcept nogil
cdef int store_word_unprivileged(Core* core, Instruction* insn) noexcept nogil
cdef int store_byte_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int store_byte_register(Core* core, Instruction* insn) noexcept nogil
cdef int store_byte(Core* core, Instruction* insn) noexcept nogil
cdef int store_byte_unprivileged(Core* core, Instruction* insn) noexcept nogil
cdef int store_halfword_immediate(Core* core, Instruction* insn) noexcept nogil
cdef int store_halfword_register(Core* core, Instruction* insn) noexcept nogil
cdef int store_halfword(Core* core, Instruction* insn) noexcept nogil
cdef int store_halfword_unprivileged(Core* core, Instruction* insn) noexcept nogil

cdef int preload(Core* core, Instruction* insn) noexcept nogil
