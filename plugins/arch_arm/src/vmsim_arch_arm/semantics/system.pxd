from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.exceptions cimport (
    MODE_MON, bank_of, change_mode, is_mode, read_cpsr, read_spsr, return_with, write_spsr,
)
from vmsim_arch_arm.engine.memory cimport mem_a_read, mem_a_write
from vmsim_arch_arm.engine.translation cimport translation_changed
from vmsim_arch_arm.engine.records cimport (
    BREAKPOINT, CPSR_A, CPSR_F, CPSR_I, CPSR_MODE, DECODED, EXCEPTION, IS_UNDEFINED, MASK32, MODE_SYS,
    MODE_USR, NEXT, SECURE_MONITOR_CALL, SUPERVISOR_CALL, SYNC, UNDEFINED, WAIT, Core, Instruction,
)

cdef enum:
    VISIBLE_BITS = 0xF8FF03DF
    UPPER_BYTE = 0xFF000000
    DEBUG_EVENT = 2             # IFSR.FS (B3.13.3)
    ENABLE = 2                  # imod
    DISABLE = 3
    IN_WFI = 1
    IN_WFE = 2

cdef int undefined(Core* core, Instruction* insn) noexcept nogil
cdef int permanently_undefined(Core* core, Instruction* insn) noexcept nogil
cdef int is_privileged(Core* core) noexcept nogil
cdef int has_spsr(Core* core) noexcept nogil
cdef int move_from_cpsr(Core* core, Instruction* insn) noexcept nogil
cdef int move_from_spsr(Core* core, Instruction* insn) noexcept nogil
cdef int move_to_status(Core* core, Instruction* insn) noexcept nogil
cdef int move_immediate_to_status(Core* core, Instruction* insn) noexcept nogil
cdef int decode_unconditional(Instruction* insn) noexcept nogil
cdef int decode_immediate(Instruction* insn) noexcept nogil
cdef int write_status(Core* core, Instruction* insn, uint32_t value) noexcept nogil
cdef int write_saved(Core* core, Instruction* insn, uint32_t value) noexcept nogil
cdef int write_control(Core* core, uint32_t control) noexcept nogil
cdef void write_endianness(Core* core, uint32_t big_endian) noexcept nogil
cdef int change_state(Core* core, Instruction* insn) noexcept nogil
cdef int decode_change_state_thumb16(Instruction* insn) noexcept nogil
cdef int set_endianness(Core* core, Instruction* insn) noexcept nogil
cdef int supervisor_call(Core* core, Instruction* insn) noexcept nogil
cdef int breakpoint(Core* core, Instruction* insn) noexcept nogil
cdef int secure_monitor_call(Core* core, Instruction* insn) noexcept nogil
cdef int decode_both_words(Instruction* insn) noexcept nogil
cdef int decode_both_words_thumb(Instruction* insn) noexcept nogil
cdef int return_from_exception(Core* core, Instruction* insn) noexcept nogil
cdef int store_return_state(Core* core, Instruction* insn) noexcept nogil
cdef uint32_t stack_of(Core* core, uint32_t mode) noexcept nogil
cdef void write_stack(Core* core, uint32_t mode, uint32_t value) noexcept nogil
cdef int decode_store_return_state(Instruction* insn) noexcept nogil
cdef int decode_store_return_state_thumb(Instruction* insn) noexcept nogil
cdef int no_operation(Core* core, Instruction* insn) noexcept nogil
cdef int wait_for_event(Core* core, Instruction* insn) noexcept nogil
cdef int wait_for_interrupt(Core* core, Instruction* insn) noexcept nogil
cdef int send_event(Core* core, Instruction* insn) noexcept nogil
