from libc.stdint cimport uint32_t

from vmsim_cpu_kvm.vcpu cimport Vcpu

cdef bint take_exception(Vcpu* v, uint32_t pc) noexcept nogil
cdef void take_undefined(Vcpu* v, uint32_t pc) noexcept nogil
cdef void take_data_abort(Vcpu* v, uint32_t pc, uint32_t status, uint32_t address) noexcept nogil
cdef void take_fetch_abort(Vcpu* v, uint32_t pc) noexcept nogil
cdef void take_interrupt(Vcpu* v, uint32_t cpsr) noexcept nogil
cdef void uncount_tail(Vcpu* v, uint32_t pc) noexcept nogil
