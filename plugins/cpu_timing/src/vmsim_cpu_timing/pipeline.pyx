"""The loop of the timing CPU: each instruction issues in order, when its operands, its fetch and a slot are there.

An instruction is executed when it issues; what it computes can be used after its latency. A load's result is there when
the caches say; a miss holds up the first instruction that needs it, not the pipeline, as long as not too many loads are
under way. Stores go to a store buffer, and the pipeline waits when that is full. Nothing is speculated on: a branch that
was predicted wrong lets time pass.
"""

from libc.string cimport memset

from vmsim_arch_arm.engine.code_cache cimport CODE_PAGE_SIZE, CodePage
from vmsim_arch_arm.engine.loop cimport ALWAYS, execute_instruction, find_page, is_final, take
from vmsim_arch_arm.engine.memory_system cimport CROSSES_NOTHING
from vmsim_arch_arm.engine.ported_loop cimport decode_fetched, fetch_across, fetch_line
from vmsim_arch_arm.engine.records cimport (
    ACCESS_NONE, ACCESS_STORE, ACCESS_STORE_EXCLUSIVE, BRANCH, BRANCH_DIRECT, BRANCH_DIRECT_CALL,
    BRANCH_EXCEPTION_RETURN, BRANCH_NONE, CLASS_BARRIER, CLASS_COPROCESSOR, EXCEPTION, NEXT, OPERAND_FLAGS,
    SUPERVISOR_CALL, Core,
)
from vmsim_arch_arm.engine.translation cimport fetch_translation_time
from vmsim_cpu_timing.branch_predictor cimport predict

cdef extern from *:
    """
    #define LOWEST_BIT(x) __builtin_ctzll(x)
    """
    uint32_t LOWEST_BIT(uint64_t value) nogil

cdef enum:
    PAGE_MASK = 0xFFFFF000
    CORE_REGISTERS = 0x7FFF     # of insn.sources: all but the PC
    ISB = 6                     # bits 7 to 4 of a barrier's encoding


cdef void empty(Pipeline* p) noexcept nogil:
    """Nothing is in flight any more."""
    memset(p.ready, 0, sizeof(p.ready))
    memset(p.loads, 0, sizeof(p.loads))
    memset(p.stores, 0, sizeof(p.stores))
    p.next_load = p.next_store = 0
    p.fetched = p.line_entered = 0
    p.issued = p.memory_issued = 0


cdef uint64_t complete(Pipeline* p) noexcept nogil:
    """Return the tick at which all that was begun is complete."""
    cdef uint64_t tick = 0
    cdef uint32_t index
    for index in range(OPERANDS):
        tick = max(tick, p.ready[index])
    for index in range(MAX_LOADS):
        tick = max(tick, p.loads[index])
    for index in range(MAX_STORES):
        tick = max(tick, p.stores[index])
    return tick


cdef inline uint64_t _operands_ready(Pipeline* p, Core* core, Instruction* insn, uint64_t tick) noexcept nogil:
    """Return when the operands of an instruction are there; in an IT block the flags and the old result are too."""
    cdef uint64_t sources = insn.sources
    cdef uint32_t bit
    if core.it:
        sources |= insn.destinations | <uint64_t>1 << OPERAND_FLAGS
    while sources:
        bit = LOWEST_BIT(sources)
        if p.ready[bit] > tick:
            tick = p.ready[bit]
        sources &= sources - 1
    return tick


cdef inline void _set_ready(Pipeline* p, uint64_t destinations, uint64_t tick) noexcept nogil:
    while destinations:
        p.ready[LOWEST_BIT(destinations)] = tick
        destinations &= destinations - 1


cdef inline uint64_t _to_cycle(Pipeline* p, uint64_t tick) noexcept nogil:
    return (tick + p.cycle - 1) // p.cycle * p.cycle


cdef uint64_t _next_line(Engine* e, CodePage* page, uint32_t pc) noexcept nogil:
    """Fetch the line of `pc`: a line that follows was asked for when the one before it began to issue."""
    cdef Pipeline* p = <Pipeline*>e.timing
    cdef uint64_t asked = p.issue, ready
    if pc & ~(e.memory.port.line - 1) == e.fetched_line + e.memory.port.line and p.line_entered:
        asked = p.line_entered
    e.memory.now = asked
    fetch_translation_time(&e.core, pc)
    ready = fetch_line(e, page, pc)
    ready = ready - p.fetch_hit if ready > e.memory.now + p.fetch_hit else e.memory.now
    p.fetched = _to_cycle(p, ready)
    if p.fetched > p.issue:
        p.waited_for_fetch += p.fetched - p.issue
        p.issue = p.fetched
    p.line_entered = p.issue
    return ready


cdef inline uint64_t _finish_access(Engine* e, Pipeline* p, Instruction* insn, uint64_t tick) noexcept nogil:
    """After an instruction that has accessed memory: when the next one can issue; returns when its results are there."""
    # A single access leaves the rest of its cycle to others; `memory_issued` keeps other accesses away.
    cdef uint64_t done, busy = tick if e.memory.now == tick + p.cycle else _to_cycle(p, e.memory.now)
    cdef uint64_t* place
    if insn.memory_kind == ACCESS_STORE or insn.memory_kind == ACCESS_STORE_EXCLUSIVE:
        done = tick + p.cycle
        if e.memory.written > done:
            place = &p.stores[p.next_store]
            p.next_store = p.next_store + 1 if p.next_store + 1 < p.store_places else 0
            if place[0] > busy:
                p.waited_for_stores += place[0] - busy
                busy = _to_cycle(p, place[0])
            place[0] = e.memory.written
    else:
        done = _to_cycle(p, e.memory.ready) + p.crossing[e.memory.crossing]
        place = &p.loads[p.next_load]
        p.next_load = p.next_load + 1 if p.next_load + 1 < p.load_places else 0
        if place[0] > busy:
            p.waited_for_loads += place[0] - busy
            busy = place[0]
        place[0] = done
    if p.device_accessed:
        p.device_accessed = 0
        done = _to_cycle(p, tick + p.device)
        p.waited_for_devices += p.device
        busy = done if done > busy else busy
    if done < tick + p.latency[insn.operation_class]:
        done = tick + p.latency[insn.operation_class]
    _set_ready(p, insn.destinations, done)
    if insn.wback and insn.n < 15:
        p.ready[insn.n] = tick + p.cycle
    if insn.branch_kind == BRANCH_EXCEPTION_RETURN and done > busy:
        busy = done             # what is loaded is not predicted
    if busy > p.issue:
        p.issue = busy
    return done


cdef inline void _leave_slot(Pipeline* p, Instruction* insn, uint64_t tick) noexcept nogil:
    """The next instruction issues in the same cycle where there is a slot for it, else after the interval."""
    p.issued += 1
    p.memory_issued |= insn.memory_kind != ACCESS_NONE
    if p.issued < p.width and p.interval[insn.operation_class] <= p.cycle:
        p.issue = tick
    else:
        p.issue = tick + p.interval[insn.operation_class]


cdef void _after_branch(Engine* e, Pipeline* p, Instruction* insn, uint64_t tick, uint64_t resolved, bint in_it,
                        bint taken) noexcept nogil:
    """`resolved` is when it is known where the branch leads, `in_it` whether it is in an IT block."""
    cdef Core* core = &e.core
    cdef bint direct = insn.branch_kind == BRANCH_DIRECT or insn.branch_kind == BRANCH_DIRECT_CALL
    # Of the direct branches only CBZ and CBNZ read a register.
    cdef bint compares = direct and insn.sources & CORE_REGISTERS
    cdef bint conditional = insn.cond != ALWAYS or in_it or compares or insn.sources >> OPERAND_FLAGS & 1
    cdef bint backward = direct and insn.immediate >> 31
    cdef uint32_t following = core.pc + insn.size
    cdef uint64_t goes_on = tick + p.cycle
    if not predict(&p.branches, insn.branch_kind, conditional, backward, core.pc, following, core.next_pc, taken):
        goes_on = (resolved if resolved > goes_on else goes_on) + p.mispredict
    elif taken:
        goes_on += p.taken
    if taken or goes_on > tick + p.cycle:
        p.line_entered = 0      # what follows in memory was not asked for early
    if goes_on > tick + p.cycle and goes_on > p.issue:
        p.waited_for_branches += goes_on - p.issue
        p.issue = goes_on


cdef inline void _flush(Engine* e, Pipeline* p, uint64_t tick) noexcept nogil:
    p.issue = (p.issue if p.issue > tick + p.cycle else tick + p.cycle) + p.flush
    p.waited_for_flushes += p.flush
    p.line_entered = 0
    e.fetched_line = 1


cdef inline void _wait_for(Pipeline* p, uint64_t tick, uint64_t* waited) noexcept nogil:
    if tick > p.issue:
        waited[0] += tick - p.issue
        p.issue = _to_cycle(p, tick)


cdef void _wait_at_barrier(Engine* e, Pipeline* p, Instruction* insn, uint64_t tick) noexcept nogil:
    """DMB and DSB wait for loads and for stores to be seen, ISB flushes the pipeline (A8.8.43, A8.8.44, A8.8.53)."""
    cdef uint32_t place
    if insn.word >> 4 & 0xF == ISB:
        _flush(e, p, tick)
        return
    for place in range(p.load_places):
        _wait_for(p, p.loads[place], &p.waited_for_loads)
    for place in range(p.store_places):
        _wait_for(p, p.stores[place], &p.waited_for_stores)
    if e.memory.port.visible != NULL:
        _wait_for(p, e.memory.port.visible[0], &p.waited_for_stores)


cdef void execute_timed(Engine* e) noexcept nogil:
    """Execute until core.limit, the deadline, an exit, or something that needs a look around."""
    cdef Core* core = &e.core
    cdef Pipeline* p = <Pipeline*>e.timing
    cdef CodePage* page
    cdef Instruction* insn
    cdef uint32_t pc = core.pc, thumb, shift, read_ahead
    cdef uint32_t line_mask = ~(e.memory.port.line - 1), last_halfword = e.memory.port.line - 2
    cdef uint64_t tick, resolved
    cdef bint in_it
    cdef int result
    if pc != p.expected_pc:
        _flush(e, p, p.issue)      # an interrupt was taken, or somebody has gone elsewhere
    e.line_bytes = NULL         # the cache may have changed since
    while core.retired < core.limit:
        thumb = core.thumb
        shift = 1 if thumb else 2
        read_ahead = 4 if thumb else 8
        e.memory.now = p.issue
        page = find_page(e, pc)
        if page == NULL:
            core.pc = core.next_pc = pc
            if e.failure == NULL:
                take(e)
                _flush(e, p, p.issue)
            break
        while core.retired < core.limit:
            core.pc = pc
            if pc & line_mask != e.fetched_line:
                _next_line(e, page, pc)
            if pc & last_halfword == last_halfword:     # never in ARM state
                e.memory.now = p.issue
                insn = fetch_across(e, page, pc, _next_line)
                if insn == NULL:
                    if e.failure == NULL:
                        take(e)
                        _flush(e, p, p.issue)
                    p.expected_pc = core.pc
                    e.now = p.issue
                    return
                e.memory.now = p.issue
            else:
                e.memory.now = p.issue
                insn = &page.instructions[(pc & (CODE_PAGE_SIZE - 1)) >> shift]
                if insn.size == 0:
                    decode_fetched(e, page, pc, insn)
            tick = _operands_ready(p, core, insn, p.issue)
            if tick != p.issue or (p.memory_issued and insn.memory_kind != ACCESS_NONE and p.issued):
                if tick == p.issue:
                    tick += p.cycle
                tick = _to_cycle(p, tick)
                p.waited_for_operands += tick - p.issue
                p.issue = tick
                p.issued = p.memory_issued = 0
            if tick >= e.deadline:
                p.expected_pc = pc
                e.now = tick
                return
            e.issued = e.memory.now = e.memory.ready = e.memory.written = tick
            e.memory.crossing = CROSSES_NOTHING
            core.r[15] = pc + read_ahead
            core.next_pc = pc + insn.size
            if insn.operation_class == CLASS_COPROCESSOR:
                core.cycles = tick // p.cycle
            in_it = core.it != 0
            result = execute_instruction(core, insn)
            if result == EXCEPTION:
                if core.exception == SUPERVISOR_CALL:
                    core.retired += 1
                take(e)
                _flush(e, p, tick)
                p.expected_pc = core.pc
                e.now = p.issue
                return
            if result == BRANCH and core.next_pc == pc and core.thumb == thumb and is_final(e):
                e.endless = 1
                e.now = tick
                return
            core.retired += 1
            _leave_slot(p, insn, tick)
            resolved = tick
            if insn.memory_kind != ACCESS_NONE and (e.memory.now != tick or p.device_accessed):
                resolved = _finish_access(e, p, insn, tick)
            else:
                _set_ready(p, insn.destinations, tick + p.latency[insn.operation_class])
                if e.memory.now > p.issue:
                    p.issue = _to_cycle(p, e.memory.now)        # maintenance of caches and TLBs is waited for
            if insn.operation_class == CLASS_BARRIER:
                _wait_at_barrier(e, p, insn, tick)
            elif insn.operation_class == CLASS_COPROCESSOR:
                e.fetched_line = 1      # instructions may have been invalidated
            if insn.branch_kind != BRANCH_NONE:
                _after_branch(e, p, insn, tick, resolved, in_it, result != NEXT)
            if p.issue != tick:
                p.issued = p.memory_issued = 0
            pc = core.next_pc
            if result != NEXT:
                e.exceptions_in_a_row = 0
                if result != BRANCH:
                    _flush(e, p, tick)
                    core.pc = pc
                    p.expected_pc = pc
                    e.now = p.issue
                    return
            if (pc ^ core.pc) & PAGE_MASK or core.thumb != thumb:
                break
    core.pc = pc if page != NULL else core.pc
    p.expected_pc = core.pc
    e.now = p.issue
