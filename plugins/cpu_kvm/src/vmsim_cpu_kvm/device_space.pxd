from libc.stdint cimport int64_t, uint64_t

from vmsim_cpu_kvm.unicorn_api cimport uc_engine, uc_mem_type
from vmsim_cpu_kvm.vcpu cimport Vcpu

cdef bint owns_ram(Vcpu* v, uint64_t physical) noexcept nogil
cdef bint on_device_read(uc_engine* uc, uc_mem_type kind, uint64_t address, int size, int64_t unused,
                         void* data) noexcept nogil
cdef bint on_device_write(uc_engine* uc, uc_mem_type kind, uint64_t address, int size, int64_t value,
                          void* data) noexcept nogil
cdef uint64_t on_mmio_read(uc_engine* uc, uint64_t offset, unsigned int size, void* data) noexcept nogil
cdef void on_mmio_write(uc_engine* uc, uint64_t offset, unsigned int size, uint64_t value,
                        void* data) noexcept nogil
