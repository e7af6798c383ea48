# The engine as an object; a timed CPU model's engine is a subclass.

from libc.stdint cimport uint32_t, uint64_t

from vmsim_arch_arm.engine.decoder cimport InstructionSet
from vmsim_arch_arm.engine.loop cimport Engine
from vmsim_arch_arm.engine.observed_loop cimport Debug

cdef class ArmEngine:
    cdef Engine* e
    cdef InstructionSet arm, thumb16, thumb32
    cdef list _ram                      # keeps the memory alive
    cdef object _read, _write, _events, _semihosting, _observer, _memory_port
    cdef object _exception_observer
    cdef bint _accessing                # a device access is being served
    cdef uint64_t _origin_tick, _origin_count, _period
    cdef public object error
    cdef uint64_t now(self) noexcept
    cdef int pull_in(self, uint64_t tick) except -1
    cdef uint64_t _count_at(self, uint64_t tick) noexcept
    cdef bint read_device(self, uint32_t physical, uint32_t size, uint32_t* value) noexcept
    cdef bint write_device(self, uint32_t physical, uint32_t size, uint32_t value) noexcept
    cdef void call_semihosting(self) noexcept
    cdef void show_instruction(self) noexcept
    cdef void show_exception(self) noexcept
    cdef void _keep_error(self, error) noexcept
    cdef Debug* _debug(self) except NULL
    cdef int _choose_loop(self) except -1
