# The slow loop: breakpoints, watchpoints, and every instruction shown to an observer.

from libc.stdint cimport uint32_t, uint64_t

from cpython.ref cimport PyObject

from vmsim_arch_arm.engine.code_cache cimport CodePage
from vmsim_arch_arm.engine.loop cimport Engine
from vmsim_arch_arm.engine.memory_system cimport RecordedAccess
from vmsim_arch_arm.engine.records cimport Core

cdef enum:
    MAX_BREAKPOINTS = 256
    MAX_WATCHPOINTS = 64

cdef struct Watch:
    uint32_t first
    uint32_t last
    uint32_t reads
    uint32_t writes

cdef struct Debug:
    uint32_t breakpoints[MAX_BREAKPOINTS]
    uint32_t breakpoint_count
    Watch watches[MAX_WATCHPOINTS]
    uint32_t watch_count
    RecordedAccess hit          # the access that a watchpoint stopped at
    uint32_t observing
    Core before                 # what is observed: the core as it was
    CodePage* page              # where the instruction is; NULL: it cannot be fetched
    uint32_t word
    uint32_t size               # 0: the instruction could not be fetched
    uint32_t passed             # whether its condition held
    uint64_t exceptions         # how many had been taken
    void (*show)(PyObject* owner) noexcept nogil

cdef void execute_observed(Engine* e) noexcept nogil
