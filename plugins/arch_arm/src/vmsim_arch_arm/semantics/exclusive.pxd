from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.memory cimport (
    clear_exclusive_local, exclusive_monitors_pass, mem_a_read, mem_a_write, set_exclusive_monitors,
)
from vmsim_arch_arm.engine.records cimport (
    DECODED, EXCEPTION, IS_UNDEFINED, MASK32, NEXT, SCTLR, UNDEFINED, Core, Instruction,
)

cdef enum:
    SCTLR_SW = 1 << 10

cdef int decode_words_exclusive(Instruction* insn) noexcept nogil
cdef int decode_pair(Instruction* insn) noexcept nogil

cdef int load_exclusive(Core* core, Instruction* insn, uint32_t address, uint32_t size) noexcept nogil
cdef int load_word_exclusive(Core* core, Instruction* insn) noexcept nogil
cdef int load_byte_exclusive(Core* core, Instruction* insn) noexcept nogil
cdef int load_halfword_exclusive(Core* core, Instruction* insn) noexcept nogil
cdef int load_doubleword_exclusive(Core* core, Instruction* insn) noexcept nogil

cdef int may_store(Core* core, uint32_t address, uint32_t size) noexcept nogil
cdef int store_exclusive(Core* core, Instruction* insn, uint32_t address, uint32_t size, uint32_t value) noexcept nogil
cdef int store_word_exclusive(Core* core, Instruction* insn) noexcept nogil
cdef int store_byte_exclusive(Core* core, Instruction* insn) noexcept nogil
cdef int store_halfword_exclusive(Core* core, Instruction* insn) noexcept nogil
cdef int store_doubleword_exclusive(Core* core, Instruction* insn) noexcept nogil
cdef int clear_exclusive(Core* core, Instruction* insn) noexcept nogil

cdef int swap(Core* core, Instruction* insn, uint32_t size) noexcept nogil
cdef int swap_word(Core* core, Instruction* insn) noexcept nogil
cdef int swap_byte(Core* core, Instruction* insn) noexcept nogil
