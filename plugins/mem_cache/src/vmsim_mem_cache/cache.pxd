from libc.stdint cimport uint32_t, uint64_t, uint8_t

from vmsim_mem_cache.dram cimport Dram
from vmsim_mem_cache.level cimport Level, Memory
from vmsim_mem_cache.ram_map cimport RamMap

cdef class MainMemory:
    cdef Memory memory
    cdef readonly RamMap ram
    cdef readonly Dram dram

cdef class Cache:
    cdef Level level
    cdef readonly str name
    cdef MainMemory _memory
    cdef Cache _below
    cdef list _neighbours
    cdef uint8_t* _block        # everything that the array points to
    cdef uint32_t _seed
    cdef void _write_home(self, uint32_t index) noexcept nogil
