# cython: boundscheck=False, wraparound=False, cdivision=True
"""The instructions on the trap list, for which Unicorn is no Cortex-A9: hints and some coprocessor registers."""

from libc.stdint cimport uint16_t, uint32_t

from vmsim_cpu_kvm.exceptions cimport take_undefined
from vmsim_cpu_kvm.unicorn_api cimport *
from vmsim_cpu_kvm.vcpu cimport *


cdef bint condition_passed(uint32_t condition, uint32_t cpsr) noexcept nogil:
    """ARM DDI 0406C, A8.3.1."""
    cdef bint n = cpsr >> 31 & 1, z = cpsr >> 30 & 1, c = cpsr >> 29 & 1, o = cpsr >> 28 & 1
    cdef bint result
    cdef uint32_t base = condition >> 1
    if base == 0:
        result = z
    elif base == 1:
        result = c
    elif base == 2:
        result = n
    elif base == 3:
        result = o
    elif base == 4:
        result = c and not z
    elif base == 5:
        result = n == o
    elif base == 6:
        result = n == o and not z
    else:
        return True
    return result != (condition & 1)


cdef inline uint32_t it_state(uint32_t cpsr) noexcept nogil:
    return (cpsr >> 8 & 0xFC) | (cpsr >> 25 & 3)


cdef inline uint32_t with_it_state(uint32_t cpsr, uint32_t it) noexcept nogil:
    return (cpsr & ~<uint32_t>(CPSR_IT_LOW | CPSR_IT_HIGH)) | (it & 0xFC) << 8 | (it & 3) << 25


cdef void execute_hint(Vcpu* v, uint32_t hint) noexcept nogil:
    if hint == 2:                                # WFE
        if v.event_register:
            v.event_register = 0
        else:
            v.waiting = WAIT_EVENT
    elif hint == 3:                              # WFI
        v.waiting = WAIT_INTERRUPT
    elif hint == 4:                              # SEV
        v.event_register = 1


cdef void execute_trapped(Vcpu* v, uint32_t pc) noexcept nogil:
    """Execute the instruction at `pc`, which is on the trap list, as a Cortex-A9 does."""
    cdef uint32_t cpsr = read_register(v, UC_ARM_REG_CPSR), word = 0, length = 4, it = 0, condition = 14, hint = 0
    cdef uint16_t half[2]
    cdef bint passed, defined = True
    v.traps += 1
    if cpsr & CPSR_T:
        if v.api.vmem_read(v.uc, pc, UC_PROT_EXEC, half, 2) != UC_ERR_OK:
            v.failure = "a trapped instruction cannot be read"
            return
        if half[0] < 0xE800:
            length = 2
            hint = half[0] >> 4 & 15
        else:
            v.api.vmem_read(v.uc, pc + 2, UC_PROT_EXEC, &half[1], 2)
            word = <uint32_t>half[0] << 16 | half[1]
            if half[0] == 0xF3AF:
                hint = word & 0xFF
        it = it_state(cpsr)
        if it & 15:
            condition = it >> 4
    else:
        v.api.vmem_read(v.uc, pc, UC_PROT_EXEC, &word, 4)
        condition = word >> 28
        if (word & 0x0FFFFF00) == 0x0320F000:
            hint = word & 0xFF
    passed = condition_passed(condition, cpsr)
    if passed:
        if hint:
            execute_hint(v, hint)
        else:
            defined = v.access_coprocessor(v, word, cpsr)
    if v.failure != NULL:
        return
    if not defined:
        take_undefined(v, pc)
        return
    if it & 15:
        it = 0 if it & 7 == 0 else (it & 0xE0) | (it << 1 & 0x1F)   # ITAdvance, A2.5.2
        cpsr = with_it_state(read_register(v, UC_ARM_REG_CPSR), it)
        write_register(v, UC_ARM_REG_CPSR, cpsr)
    v.retired += 1
    write_register(v, UC_ARM_REG_R15, (pc + length) | (1 if cpsr & CPSR_T else 0))
