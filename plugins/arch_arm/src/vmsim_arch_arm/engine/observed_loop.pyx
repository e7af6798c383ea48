"""The slow loop: an instruction at a time, by way of whichever loop the engine has otherwise.

What an instruction touches is recorded by memory.pyx while `memory.observed` is set; nothing is in the TLB then.
"""

from libc.string cimport memcpy

from vmsim_arch_arm.engine.code_cache cimport CODE_PAGE_SIZE
from vmsim_arch_arm.engine.loop cimport UNCONDITIONAL, condition_passed, find_page
from vmsim_arch_arm.engine.records cimport NO_EXCEPTION, PREFETCH_ABORT, Instruction


cdef bint _is_breakpoint(Debug* debug, uint32_t pc) noexcept nogil:
    cdef uint32_t index
    for index in range(debug.breakpoint_count):
        if debug.breakpoints[index] == pc:
            return True
    return False


cdef bint _is_watched(Debug* debug, RecordedAccess* access) noexcept nogil:
    cdef uint32_t index
    cdef Watch* watch
    for index in range(debug.watch_count):
        watch = &debug.watches[index]
        if not (watch.writes if access.write else watch.reads):
            continue
        if access.address <= watch.last and access.address + access.size - 1 >= watch.first:
            return True
    return False


cdef void _look_ahead(Engine* e, Debug* debug) noexcept nogil:
    """Note where the next instruction is, and the core before it."""
    debug.page = find_page(e, e.core.pc)
    e.core.exception = NO_EXCEPTION
    memcpy(&debug.before, &e.core, sizeof(Core))


cdef void _look_back(Engine* e, Debug* debug) noexcept nogil:
    """Say what was executed: it was decoded for that, in its place on the page, or apart if that is on two pages."""
    cdef Core* before = &debug.before
    cdef Instruction* insn
    debug.size = 0
    if debug.page == NULL:
        return
    insn = &debug.page.instructions[(before.pc & (CODE_PAGE_SIZE - 1)) >> (1 if before.thumb else 2)]
    if insn.size == 0:
        if before.pc & (CODE_PAGE_SIZE - 1) != CODE_PAGE_SIZE - 2 or e.last_exception == PREFETCH_ABORT:
            return
        insn = &e.scratch
    debug.word, debug.size = insn.word, insn.size
    debug.passed = insn.cond == UNCONDITIONAL or condition_passed(before, before.it >> 4 if before.it else insn.cond)


cdef void execute_observed(Engine* e) noexcept nogil:
    """Execute one instruction, or take the exception that it raises."""
    cdef Debug* debug = <Debug*>e.debug
    cdef Core* core = &e.core
    cdef uint32_t index
    if _is_breakpoint(debug, core.pc):
        e.at_breakpoint = 1
        return
    if debug.observing:
        _look_ahead(e, debug)
    e.memory.access_count = 0
    e.last_exception = NO_EXCEPTION
    core.limit = core.retired + 1
    e.plain(e)
    for index in range(e.memory.access_count):
        if _is_watched(debug, &e.memory.accesses[index]):
            debug.hit = e.memory.accesses[index]
            e.at_watchpoint = 1
            break
    if debug.observing and (core.retired != debug.before.retired or e.last_exception != NO_EXCEPTION):
        _look_back(e, debug)
        debug.show(e.owner)
