from libc.stdint cimport uint64_t

from vmsim_cpu_kvm.vcpu cimport Vcpu

cdef void drop_addresses(Vcpu* v) noexcept nogil
cdef void drop_all_translations(Vcpu* v) noexcept nogil
cdef void drop_stale_translations(Vcpu* v) noexcept nogil
cdef void mark_stale(Vcpu* v, uint64_t physical, uint64_t size) noexcept nogil
cdef dict translated_pages(Vcpu* v)
