"""The engine: one ARM core that executes predecoded instructions, exactly to the instruction.

The fast loop runs without the GIL and comes back to Python for device accesses only. An instruction never looks at the
limits itself: whatever needs attention lowers `core.limit`, with which the loop compares before each instruction.
"""

from libc.stdint cimport uint16_t

from vmsim_arch_arm.engine.code_cache cimport (
    CODE_PAGE_SIZE, FETCH_ENTRIES, FetchEntry, cache_forget_fetches, cache_page,
)
from vmsim_arch_arm.engine.decoder cimport decode_word
from vmsim_arch_arm.engine.exceptions cimport take_exception
from vmsim_arch_arm.engine.memory cimport peek_byte
from vmsim_arch_arm.engine.translation cimport fetch_address, tlb_drop_entries
from vmsim_arch_arm.engine.records cimport *

cdef enum:
    PAGE_SHIFT = 12
    PAGE_MASK = 0xFFFFF000
    MAX_EXCEPTIONS = 1000
    WAIT_INTERRUPT = 1
    WAIT_EVENT = 2


# --- fetching and decoding ------------------------------------------------------------------------------------------

cdef CodePage* find_page(Engine* e, uint32_t address) noexcept nogil:
    """Return the page of instructions at a virtual address; NULL when it cannot be fetched, with core.exception."""
    cdef Core* core = &e.core
    cdef uint32_t tag = (address & PAGE_MASK) | core.thumb << 1 | (core.control & CPSR_MODE != MODE_USR)
    cdef FetchEntry* entry = &e.code.fetches[address >> PAGE_SHIFT & (FETCH_ENTRIES - 1)]
    cdef uint32_t physical = 0
    cdef uint8_t* host
    if entry.tag == tag:
        return entry.page
    host = fetch_address(core, address, &physical)
    if host == NULL:
        return NULL
    physical = e.memory.first_alias[physical >> PAGE_SHIFT]
    entry.page = cache_page(&e.code, physical, core.thumb, host - (address & (CODE_PAGE_SIZE - 1)))
    if entry.page == NULL:
        e.failure = "the host has no memory for more instructions"
        return NULL
    entry.page.inner, entry.page.outer = e.memory.fetch_inner, e.memory.fetch_outer
    entry.tag = tag
    if not e.memory.has_code[physical >> PAGE_SHIFT]:
        e.memory.has_code[physical >> PAGE_SHIFT] = 1
        # From now on writes to this page must be seen.
        tlb_drop_entries(core)
    return entry.page


cdef Instruction* _decode_at(Engine* e, CodePage* page, uint32_t address, Instruction* place) noexcept nogil:
    """Decode the instruction at a virtual address; NULL when its second half cannot be fetched."""
    cdef uint32_t offset = address & (CODE_PAGE_SIZE - 1), word, physical = 0
    cdef uint8_t* host = page.host + offset
    e.code.decoded += 1
    if not e.core.thumb:
        decode_word(e.arm, (<uint32_t*>host)[0], 4, place)
        return place
    word = (<uint16_t*>host)[0]
    if word < FIRST_32_BIT:
        decode_word(e.thumb16, word, 2, place)
        return place
    if offset == CODE_PAGE_SIZE - 2:
        host = fetch_address(&e.core, address + 2, &physical)
        if host == NULL:
            return NULL
        place = &e.scratch
    else:
        host += 2
    decode_word(e.thumb32, word << 16 | (<uint16_t*>host)[0], 4, place)
    return place


# --- the loop -------------------------------------------------------------------------------------------------------

cdef inline bint _interrupt_due(Core* core) noexcept nogil:
    return (core.irq and not core.control & CPSR_I) or (core.fiq and not core.control & CPSR_F)


cdef bint _wakes_up(Core* core) noexcept nogil:
    """WFI ends with a pending interrupt even when it is masked, WFE only when it is not (B1.8.13, B1.8.14)."""
    if core.waiting == WAIT_INTERRUPT:
        return core.irq or core.fiq
    return core.event_register or _interrupt_due(core)


cdef bint _is_semihosting_call(Engine* e) noexcept nogil:
    """Semihosting's supervisor calls: 0x123456 in ARM state, 0xAB in Thumb state (ARM DUI 0471, 8.2)."""
    cdef uint32_t size = 2 if e.core.thumb else 4, index, code = 0
    cdef uint8_t byte = 0
    for index in range(size):
        if not peek_byte(&e.core, e.core.pc + index, &byte):
            return False
        code |= <uint32_t>byte << 8 * index
    return code == 0xDFAB if e.core.thumb else (code & 0x0FFFFFFF) == 0x0F123456


cdef void take(Engine* e) noexcept nogil:
    """Take the exception that is raised."""
    cdef Core* core = &e.core
    e.last_exception = core.exception
    e.exceptions_taken[core.exception & 15] += 1
    if core.exception == SUPERVISOR_CALL and e.semihosting and _is_semihosting_call(e):
        core.exception = NO_EXCEPTION
        core.pc = core.next_pc
        e.call_semihosting(e.owner)
        return
    if core.exception == SECURE_MONITOR_CALL:
        e.failure = "the guest called the secure monitor (SMC), which there is none of"
        return
    e.exceptions_in_a_row += 1
    take_exception(core)
    if e.show_exception != NULL:
        e.show_exception(e.owner)


cdef void execute_fast(Engine* e) noexcept nogil:
    """Execute until core.limit, an exit, or something that needs a look around."""
    cdef Core* core = &e.core
    cdef CodePage* page
    cdef Instruction* insn
    cdef uint32_t pc = core.pc
    cdef int result
    cdef uint32_t thumb, shift, read_ahead
    while core.retired < core.limit:
        thumb = core.thumb
        shift = 1 if thumb else 2
        read_ahead = 4 if thumb else 8
        page = find_page(e, pc)
        if page == NULL:
            core.pc = core.next_pc = pc
            if e.failure == NULL:
                take(e)
            return
        while core.retired < core.limit:
            insn = &page.instructions[(pc & (CODE_PAGE_SIZE - 1)) >> shift]
            core.pc = pc
            if insn.size == 0:
                insn = _decode_at(e, page, pc, insn)
                if insn == NULL:
                    take(e)
                    return
            core.r[15] = pc + read_ahead
            core.next_pc = pc + insn.size
            result = execute_instruction(core, insn)
            if result == NEXT:
                core.retired += 1
                pc = core.next_pc
                if pc & (CODE_PAGE_SIZE - 1) < 4:
                    # It may be another page; a 32-bit instruction may also have led two bytes into it.
                    break
            elif result == BRANCH:
                core.retired += 1
                e.exceptions_in_a_row = 0
                if core.next_pc == pc and core.thumb == thumb and is_final(e):
                    core.retired -= 1
                    e.endless = 1
                    core.pc = pc
                    return
                if (core.next_pc ^ pc) & PAGE_MASK or core.thumb != thumb:
                    pc = core.next_pc
                    break
                pc = core.next_pc
            elif result == EXCEPTION:
                if core.exception == SUPERVISOR_CALL:
                    core.retired += 1
                take(e)
                return
            else:
                core.retired += 1
                e.exceptions_in_a_row = 0
                core.pc = core.next_pc
                return
    core.pc = pc


cdef bint is_final(Engine* e) noexcept nogil:
    """Whether a branch to itself can never be left: nothing can interrupt it."""
    return (e.core.control & CPSR_I) and (e.core.control & CPSR_F or not e.fiq_wired)


cdef RunResult run_engine(Engine* e) noexcept nogil:
    cdef Core* core = &e.core
    while True:
        if e.failure != NULL:
            return FAILED
        if e.endless:
            e.endless = 0
            return ENDLESS_LOOP
        if e.exceptions_in_a_row > MAX_EXCEPTIONS:
            return ENDLESS_EXCEPTIONS
        if core.attention:
            core.attention = 0
            cache_forget_fetches(&e.code)
        if core.waiting and _wakes_up(core):
            if core.waiting == WAIT_EVENT:
                core.event_register = 0
            core.waiting = 0
        if e.stop_requested:
            e.stop_requested = 0
            return STOPPED
        if e.at_watchpoint:
            e.at_watchpoint = 0
            return AT_WATCHPOINT
        if core.retired >= e.limit or e.now >= e.deadline:
            return REACHED_LIMIT
        if e.at_breakpoint:
            e.at_breakpoint = 0
            return AT_BREAKPOINT
        if core.waiting:
            return WAITING
        if _interrupt_due(core):
            core.exception = FAST_INTERRUPT if core.fiq and not core.control & CPSR_F else INTERRUPT
            core.next_pc = core.pc
            take(e)
            continue
        core.limit = e.limit
        e.execute(e)
