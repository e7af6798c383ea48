from vmsim_cpu_kvm.vcpu cimport Vcpu

cpdef enum RunResult:
    REACHED_LIMIT = 0
    WAITING = 1
    STOPPED = 2
    ENDLESS_LOOP = 3
    FAILED = 4
    NEEDS_ALIAS = 5             # code was fetched from an alias of RAM that is not mapped: see `map_alias`
    ENDLESS_EXCEPTIONS = 6      # an exception whose handler raises it again
    AT_BREAKPOINT = 7           # the next instruction has a breakpoint
    REFUSED = 8                 # the bus refused an access of the next instruction: see `take_data_abort`


cdef int place_breakpoints(Vcpu* v, list addresses) except -1
cdef RunResult run_until_exit(Vcpu* v) noexcept nogil
