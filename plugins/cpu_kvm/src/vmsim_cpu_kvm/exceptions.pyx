# cython: boundscheck=False, wraparound=False, cdivision=True
"""Exceptions, delivered by us: Unicorn only says which one it is (ARM DDI 0406C, B1.9)."""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from vmsim_cpu_kvm.block_table cimport block_index_of
from vmsim_cpu_kvm.unicorn_api cimport *
from vmsim_cpu_kvm.vcpu cimport *


cdef void enter_exception(Vcpu* v, uint32_t mode, uint32_t vector, uint32_t return_address,
                          uint32_t mask) noexcept nogil:
    """Take an exception (ARM DDI 0406C, B1.9.1): new CPSR, SPSR and LR of the new mode, then the vector."""
    cdef uint32_t cpsr = read_register(v, UC_ARM_REG_CPSR)
    cdef uint32_t sctlr = read_cp15(v, 1, 0, 0, 0)
    cdef uint32_t entered = cpsr & ~<uint32_t>(0x1F | CPSR_IT_LOW | CPSR_IT_HIGH | CPSR_J | CPSR_T | CPSR_E)
    cdef uint32_t base
    if v.retired != v.retired_at_exception:
        v.retired_at_exception = v.retired
        v.exceptions_in_a_row = 0
    v.exceptions_in_a_row += 1
    entered |= mode | CPSR_I | mask
    if sctlr & SCTLR_TE:
        entered |= CPSR_T
    if sctlr & SCTLR_EE:
        entered |= CPSR_E
    write_register(v, UC_ARM_REG_CPSR, entered)
    write_register(v, UC_ARM_REG_SPSR, cpsr)
    write_register(v, UC_ARM_REG_R14, return_address)
    base = <uint32_t>0xFFFF0000 if sctlr & SCTLR_V else read_cp15(v, 12, 0, 0, 0)
    write_register(v, UC_ARM_REG_R15, (base + vector) | (1 if entered & CPSR_T else 0))
    if v.show_exception != NULL:
        v.show_exception(v)


cdef void read_fault(Vcpu* v, uint32_t* status, uint32_t* address) noexcept nogil:
    """Fetch fault status and address: Unicorn leaves them in a structure that only a saved context shows."""
    cdef uint8_t* syndrome
    v.api.context_save(v.uc, v.context)
    syndrome = <uint8_t*>v.context + v.syndrome_offset
    memcpy(status, syndrome + 4, 4)
    memcpy(address, syndrome + 8, 4)


cdef void uncount_tail(Vcpu* v, uint32_t pc) noexcept nogil:
    """The block was left at `pc`: the instruction there and those behind it have not retired."""
    v.retired -= v.current.count - block_index_of(v.current, pc)


cdef void take_undefined(Vcpu* v, uint32_t pc) noexcept nogil:
    v.exceptions_taken[1] += 1
    enter_exception(v, MODE_UND, 0x04, pc + (2 if read_register(v, UC_ARM_REG_CPSR) & CPSR_T else 4), 0)


cdef bint is_semihosting_call(Vcpu* v, uint32_t pc) noexcept nogil:
    """Whether the supervisor call before `pc` is SVC 0x123456, or SVC 0xAB in Thumb (Semihosting for AArch32, 2.1)."""
    cdef uint32_t word = 0
    if read_register(v, UC_ARM_REG_CPSR) & CPSR_T:
        v.api.vmem_read(v.uc, pc - 2, UC_PROT_EXEC, &word, 2)
        return word == 0xDFAB
    v.api.vmem_read(v.uc, pc - 4, UC_PROT_EXEC, &word, 4)
    return (word & 0x0FFFFFFF) == 0x0F123456


cdef void take_data_abort(Vcpu* v, uint32_t pc, uint32_t status, uint32_t address) noexcept nogil:
    write_cp15(v, 5, 0, 0, 0, status)        # DFSR
    write_cp15(v, 6, 0, 0, 0, address)       # DFAR
    enter_exception(v, MODE_ABT, 0x10, pc + 8, CPSR_A)


cdef bint take_exception(Vcpu* v, uint32_t pc) noexcept nogil:
    cdef uint32_t status = 0, address = 0
    if v.exception < 16:
        v.exceptions_taken[v.exception] += 1
    if v.exception == EXCEPTION_SVC:
        if v.semihosting and is_semihosting_call(v, pc):
            v.call_semihosting(v)
        else:
            enter_exception(v, MODE_SVC, 0x08, pc, 0)
    elif v.exception == EXCEPTION_PREFETCH_ABORT or v.exception == EXCEPTION_BKPT:
        read_fault(v, &status, &address)
        if v.exception == EXCEPTION_BKPT:
            uncount_tail(v, pc)
        else:
            write_cp15(v, 6, 0, 0, 2, address)   # IFAR
        write_cp15(v, 5, 0, 0, 1, status)        # IFSR
        enter_exception(v, MODE_ABT, 0x0C, pc + 4, CPSR_A)
    elif v.exception == EXCEPTION_DATA_ABORT:
        read_fault(v, &status, &address)
        uncount_tail(v, pc)
        take_data_abort(v, pc, status, address)
    else:
        v.failure = "the guest executed SMC or entered monitor mode, which this machine does not have"
        return False
    return True


cdef void take_fetch_abort(Vcpu* v, uint32_t pc) noexcept nogil:
    """Code was fetched from device space: a synchronous external abort (ARM DDI 0406C, B3.13.3)."""
    v.exceptions_taken[EXCEPTION_PREFETCH_ABORT] += 1
    write_cp15(v, 6, 0, 0, 2, pc)            # IFAR
    write_cp15(v, 5, 0, 0, 1, 0x008)         # IFSR
    enter_exception(v, MODE_ABT, 0x0C, pc + 4, CPSR_A)


cdef void take_interrupt(Vcpu* v, uint32_t cpsr) noexcept nogil:
    cdef uint32_t pc = read_register(v, UC_ARM_REG_R15)
    if v.fiq and not cpsr & CPSR_F:
        enter_exception(v, MODE_FIQ, 0x1C, pc + 4, CPSR_A | CPSR_F)
    else:
        enter_exception(v, MODE_IRQ, 0x18, pc + 4, CPSR_A)
