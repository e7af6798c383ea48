from libc.stdint cimport int32_t, uint32_t, uint64_t

from vmsim_arch_arm.engine.records cimport (
    BRANCH, FLAG_C, FLAG_N, FLAG_V, FLAG_Z, MASK32, NEXT, SET_FLAGS, SET_FLAGS_OUTSIDE_IT, SHIFT_ASR, SHIFT_LSL,
    SHIFT_LSR, SHIFT_ROR, SHIFT_RRX, Core, Instruction, s32, u32, u64,
)

cdef bint sets_flags(Core* core, Instruction* insn) noexcept nogil
cdef uint32_t add_with_carry(Core* core, uint32_t x, uint32_t y, uint32_t carry, bint setflags) noexcept nogil
cdef void set_nz(Core* core, uint32_t result) noexcept nogil
cdef void set_nzc(Core* core, uint32_t result, uint32_t carry) noexcept nogil
cdef uint32_t shift(uint32_t value, uint32_t kind, uint32_t amount, uint32_t carry) noexcept nogil
cdef uint32_t shift_with_carry(Core* core, uint32_t value, uint32_t kind, uint32_t amount) noexcept nogil
cdef uint32_t rotate_right(uint32_t value, uint32_t amount) noexcept nogil
cdef int write_register(Core* core, uint32_t number, uint32_t value) noexcept nogil
cdef int alu_write_pc(Core* core, uint32_t address) noexcept nogil
cdef int branch_write_pc(Core* core, uint32_t address) noexcept nogil
cdef int bx_write_pc(Core* core, uint32_t address) noexcept nogil
