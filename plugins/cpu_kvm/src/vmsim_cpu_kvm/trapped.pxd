from libc.stdint cimport uint32_t

from vmsim_cpu_kvm.vcpu cimport Vcpu

cdef void execute_trapped(Vcpu* v, uint32_t pc) noexcept nogil
