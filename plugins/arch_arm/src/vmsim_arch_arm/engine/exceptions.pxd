from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.translation cimport privilege_changed, translation_changed
from vmsim_arch_arm.engine.operations cimport branch_write_pc
from vmsim_arch_arm.engine.records cimport (
    BANK_ABT, BANK_FIQ, BANK_IRQ, BANK_SVC, BANK_UND, BANK_USR, BREAKPOINT, CPSR_A, CPSR_E, CPSR_F, CPSR_I, CPSR_MODE,
    CPSR_Q, CPSR_T, DATA_ABORT, DFAR, DFSR, EXCEPTION, IFAR, IFSR, INTERRUPT, MASK32, MODE_ABT, MODE_FIQ,
    MODE_IRQ, MODE_SVC, MODE_UND, NO_EXCEPTION, PREFETCH_ABORT, SCTLR, SECURE_MONITOR_CALL, SUPERVISOR_CALL, RETURN, UNDEFINED, VBAR, Core,
)

cdef enum:
    MODE_MON = 0x16             # monitor mode, which is not there
    MODES = 0x888F0000          # a bit for every mode that is

cdef int is_mode(uint32_t mode) noexcept nogil
cdef uint32_t bank_of(uint32_t mode) noexcept nogil
cdef uint32_t read_cpsr(Core* core) noexcept nogil
cdef void write_cpsr_all(Core* core, uint32_t value) noexcept nogil
cdef void change_mode(Core* core, uint32_t mode) noexcept nogil
cdef uint32_t read_spsr(Core* core) noexcept nogil
cdef void write_spsr(Core* core, uint32_t value) noexcept nogil
cdef void take_exception(Core* core) noexcept nogil
cdef int exception_return(Core* core, uint32_t address) noexcept nogil
cdef int return_with(Core* core, uint32_t address, uint32_t cpsr) noexcept nogil
