# Architectural state in and out of a core's record.

from vmsim_arch_arm.engine.records cimport Core

cdef int load_core(Core* core, state) except -1
cdef int save_core(Core* core, state) except -1
