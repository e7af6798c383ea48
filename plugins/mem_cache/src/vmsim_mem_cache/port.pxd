from libc.stdint cimport uint32_t, uint64_t, uint8_t

from vmsim_core.memory_port cimport CorePort
from vmsim_mem_cache.busy cimport LATENCY_BUCKETS
from vmsim_mem_cache.level cimport MAX_LINE, Level, Memory
from vmsim_mem_cache.ram_map cimport RamTable

ctypedef struct CoreSide:
    RamTable ram
    Level* data
    Level* instructions         # the same as `data` where they are unified
    Memory* memory
    uint64_t uncached_latency   # of the way past all caches
    uint64_t period             # of the core's clock
    uint64_t latencies[LATENCY_BUCKETS]     # of reads that were more than a plain hit, by powers of two of cycles
    uint64_t recorded           # how many these are
    uint64_t uncached_reads
    uint64_t uncached_writes
    uint8_t line[MAX_LINE]      # of instructions that may not be cached

cdef class CachePort(CorePort):
    cdef CoreSide side
    cdef object _keeps
