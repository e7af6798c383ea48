# Coprocessors 14 and 15 (DDI 0406C, B3.17 and C6): what MRC and MCR do, by encoding.

from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.records cimport Core

# Both return whether the access is defined. `encoding` is as `pack` makes it.
cdef bint read_register(Core* core, uint32_t encoding, uint32_t* value) noexcept nogil
cdef bint write_register(Core* core, uint32_t encoding, uint32_t value) noexcept nogil
cdef uint32_t pack(uint32_t coprocessor, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2) noexcept nogil

# Brings the performance counters up to date; call it before they are looked at from outside.
cdef void advance_monitors(Core* core) noexcept nogil
