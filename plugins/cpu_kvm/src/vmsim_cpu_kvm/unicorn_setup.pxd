from libc.stdint cimport uint8_t, uint64_t

from vmsim_cpu_kvm.vcpu cimport Vcpu

cdef Vcpu* make_vcpu() except NULL
cdef void free_vcpu(Vcpu* v) noexcept
cdef int add_region(Vcpu* v, uint64_t base, uint64_t size, uint8_t* data) except -1
cdef int check(Vcpu* v, int error, str what) except -1
cdef int open_unicorn(Vcpu* v, uint64_t preferred) except -1
cdef int reopen_unicorn(Vcpu* v, uint64_t preferred) except -1
