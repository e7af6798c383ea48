# cython: boundscheck=False, wraparound=False, cdivision=True
"""The run loop: up to an exact instruction, an interrupt, or whatever else the caller must know of."""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from vmsim_cpu_kvm.block_table cimport block_address_of, table_cut_at
from vmsim_cpu_kvm.device_space cimport owns_ram
from vmsim_cpu_kvm.exceptions cimport (
    take_exception, take_fetch_abort, take_interrupt, take_undefined, uncount_tail,
)
from vmsim_cpu_kvm.translations cimport drop_stale_translations
from vmsim_cpu_kvm.trapped cimport execute_trapped
from vmsim_cpu_kvm.unicorn_api cimport *
from vmsim_cpu_kvm.vcpu cimport *


cdef inline bint wakes_up(Vcpu* v, uint32_t cpsr) noexcept nogil:
    """WFI ends with a pending interrupt even when it is masked, WFE only when it is not (B1.8.13, B1.8.14)."""
    if v.waiting == WAIT_INTERRUPT:
        return v.interrupts != 0
    return v.event_register != 0 or interrupt_due(v, cpsr)


cdef bint arm_exit(Vcpu* v, uint32_t pc) noexcept nogil:
    """Set the one exit when the next block must not run to its end; return whether the instruction at `pc` itself is
    a trapped one."""
    cdef uint64_t index
    cdef bint needed = False
    if v.replaying:
        v.exit_address = v.replay_end
        needed = True
    elif v.cut != NULL and v.cut.pc == pc:
        index = min(<uint64_t>v.cut.count, v.block_limit - v.retired)
        if v.cut.trap == 0:
            return True
        if v.cut.trap < index:
            index = v.cut.trap
        if index < v.cut.count:
            v.exit_address = block_address_of(v.cut, <uint32_t>index)
            needed = True
    if needed:
        v.armed_exits += 1
        v.api.ctl(v.uc, VMSIM_CTL_SET_EXITS, &v.exit_address, <size_t>1)
        v.api.ctl(v.uc, VMSIM_CTL_REMOVE_CACHE, <uint64_t>pc, <uint64_t>pc + 1)
    else:
        v.exit_address = <uint64_t>-1
    return False


cdef void disarm_exit(Vcpu* v) noexcept nogil:
    cdef uint64_t none = 0
    if v.exit_address != <uint64_t>-1:
        v.api.ctl(v.uc, VMSIM_CTL_SET_EXITS, &none, <size_t>0)


cdef void check_exit(Vcpu* v, uint32_t pc, bint replayed) noexcept nogil:
    """A stop without a recorded event must be the armed exit, with the exact count."""
    if v.exit_address != pc:
        v.failure = "unicorn stopped where nothing asked it to"
    elif not replayed and v.retired > v.block_limit:
        v.failure = "unicorn ran past the instruction limit"


cdef void run_once(Vcpu* v) noexcept nogil:
    """One emu_start, and whatever it ended with."""
    cdef uint32_t cpsr = read_register(v, UC_ARM_REG_CPSR), pc = read_register(v, UC_ARM_REG_R15)
    cdef uint32_t attention = v.attention
    cdef bint replayed = v.replaying != 0
    cdef int error
    if arm_exit(v, pc):
        v.cut = NULL
        execute_trapped(v, pc)
        return
    v.cut = NULL
    v.event = EVENT_NONE
    v.log.position = 0
    if replayed:
        v.attention = 0          # the access has asked for it already; the instruction itself is still to be executed
    else:
        v.log.instruction = 0
        v.log.length = 0
    v.starts += 1
    v.first_block = 1
    error = v.api.emu_start(v.uc, pc | (1 if cpsr & CPSR_T else 0), 0, 0, 0)
    disarm_exit(v)
    v.replaying = 0
    v.attention |= attention if replayed else 0
    pc = read_register(v, UC_ARM_REG_R15)
    if v.failure != NULL:
        return
    if v.event == EVENT_REPLAY:
        uncount_tail(v, pc)
        v.replaying = 1
        if pc != v.replay_pc:
            v.failure = "an aborted device access left PC elsewhere"
    elif v.event == EVENT_REFUSED:
        uncount_tail(v, pc)
    elif v.event == EVENT_FETCH:
        if not owns_ram(v, v.fetch_address):
            take_fetch_abort(v, pc)
    elif error != UC_ERR_OK:
        v.failure = v.api.strerror(error)
    elif v.event == EVENT_EXCEPTION:
        take_exception(v, pc)
    elif v.event == EVENT_UNDEFINED:
        uncount_tail(v, pc)
        take_undefined(v, pc)
    elif v.event == EVENT_NONE:
        check_exit(v, pc, replayed)


cdef int place_breakpoints(Vcpu* v, list addresses) except -1:
    """Have blocks cut before instructions at these virtual addresses, instead of earlier ones."""
    cdef uint32_t* places = <uint32_t*>calloc(max(len(addresses), 1), sizeof(uint32_t))
    cdef int index
    if places == NULL:
        raise MemoryError
    for index in range(len(addresses)):
        places[index] = addresses[index]
    free(v.breakpoints)
    v.breakpoints, v.breakpoint_count = places, <int>len(addresses)
    table_cut_at(&v.blocks, places, v.breakpoint_count)
    v.cut = NULL
    return 0


cdef bint at_breakpoint(Vcpu* v) noexcept nogil:
    """Whether the next instruction has a breakpoint. Its block was cut there, as before a trapped instruction."""
    cdef uint32_t pc = read_register(v, UC_ARM_REG_R15)
    cdef int index
    for index in range(v.breakpoint_count):
        if v.breakpoints[index] == pc:
            return True
    return False


cdef RunResult run_until_exit(Vcpu* v) noexcept nogil:
    cdef uint32_t cpsr
    while True:
        if v.failure != NULL:
            return FAILED
        if not v.replaying:
            if v.event == EVENT_ENDLESS:
                v.event = EVENT_NONE
                return ENDLESS_LOOP
            if v.event == EVENT_FETCH and owns_ram(v, v.fetch_address):
                v.event = EVENT_NONE
                return NEEDS_ALIAS
            if v.event == EVENT_REFUSED:
                v.event = EVENT_NONE
                return REFUSED
            if v.exceptions_in_a_row > MAX_EXCEPTIONS:
                return ENDLESS_EXCEPTIONS
            if v.stale_count:
                drop_stale_translations(v)
            v.attention = v.stop_requested
            cpsr = read_register(v, UC_ARM_REG_CPSR)
            if v.waiting and wakes_up(v, cpsr):
                if v.waiting == WAIT_EVENT:
                    v.event_register = 0
                v.waiting = WAIT_NONE
            if v.stop_requested:
                v.stop_requested = v.attention = 0
                return STOPPED
            if v.retired >= v.limit:
                return REACHED_LIMIT
            if v.waiting:
                return WAITING
            if v.interrupts and interrupt_due(v, cpsr):
                take_interrupt(v, cpsr)
                v.cut = NULL
            if v.breakpoint_count and at_breakpoint(v):
                return AT_BREAKPOINT
            v.block_limit = v.limit
        else:
            v.block_limit = v.retired + 1
        run_once(v)
