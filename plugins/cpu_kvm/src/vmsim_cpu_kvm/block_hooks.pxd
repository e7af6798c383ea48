from libc.stdint cimport int64_t, uint32_t, uint64_t

from vmsim_cpu_kvm.unicorn_api cimport uc_engine, uc_mem_type, uc_tb

cdef void on_block(uc_engine* uc, uint64_t address, uint32_t size, void* data) noexcept nogil
cdef void on_block_translated(uc_engine* uc, uc_tb* block, uc_tb* previous, void* data) noexcept nogil
cdef void on_exception(uc_engine* uc, uint32_t number, void* data) noexcept nogil
cdef bint on_undefined(uc_engine* uc, void* data) noexcept nogil
cdef bint on_fetch(uc_engine* uc, uc_mem_type kind, uint64_t address, int size, int64_t value,
                   void* data) noexcept nogil
