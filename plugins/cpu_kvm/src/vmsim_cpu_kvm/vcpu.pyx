"""Coprocessor registers and failure: what every part of the engine uses."""

from libc.stdint cimport uint32_t
from libc.string cimport memset

from vmsim_cpu_kvm.unicorn_api cimport UC_ARM_REG_CP_REG, uc_arm_cp_reg


cdef uint32_t read_coprocessor(
    Vcpu* v, uint32_t cp, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2
) noexcept nogil:
    cdef uc_arm_cp_reg register
    memset(&register, 0, sizeof(register))
    register.cp = cp
    register.crn, register.opc1, register.crm, register.opc2 = crn, opc1, crm, opc2
    v.api.reg_read(v.uc, UC_ARM_REG_CP_REG, &register)
    return <uint32_t>register.val


cdef void write_coprocessor(
    Vcpu* v, uint32_t cp, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2, uint32_t value
) noexcept nogil:
    cdef uc_arm_cp_reg register
    memset(&register, 0, sizeof(register))
    register.cp = cp
    register.crn, register.opc1, register.crm, register.opc2 = crn, opc1, crm, opc2
    register.val = value
    v.api.reg_write(v.uc, UC_ARM_REG_CP_REG, &register)


cdef void fail(Vcpu* v, const char* reason) noexcept nogil:
    if v.failure == NULL:
        v.failure = reason
    v.api.emu_stop(v.uc)
