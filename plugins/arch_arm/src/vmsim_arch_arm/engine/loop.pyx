"""The engine: one ARM core that executes predecoded instructions, exactly to the instruction.

The fast loop runs without the GIL and comes back to Python for device accesses only. An instruction never looks at the
limits itself: whatever needs attention lowers `core.limit`, with which the loop compares before each instruction.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport uint16_t, uint32_t, uint64_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from vmsim_arch_arm.engine.code_cache cimport (
    CODE_PAGE_SIZE, FETCH_ENTRIES, CodeCache, CodePage, FetchEntry, cache_compare,
    cache_forget_fetches, cache_free, cache_init, cache_invalidate, cache_page, cache_remember,
)
from vmsim_arch_arm.engine.cp15 cimport advance_monitors
from vmsim_arch_arm.engine.decoder cimport CompiledTable, InstructionSet, decode_word
from vmsim_arch_arm.engine.exceptions cimport read_cpsr, take_exception, write_cpsr_all
from vmsim_arch_arm.engine.memory cimport MemorySystem, fetch_address, mem_u_read, privilege_changed, tlb_flush_all
from vmsim_arch_arm.engine.operations cimport condition_passed
from vmsim_arch_arm.engine.records cimport *
from vmsim_core.abi cimport VMSIM_ABI
from vmsim_core.ram cimport Ram

from vmsim_arch_arm.tables import rows

VMSIM_ABI_COMPILED = VMSIM_ABI

cdef enum:
    PAGE_SHIFT = 12
    PAGE_MASK = 0xFFFFF000
    PAGE_NUMBERS = 1 << 20
    ALWAYS = 14
    UNCONDITIONAL = 15          # in an IT block too: BKPT (A8.8.24)
    FIRST_32_BIT = 0xE800       # the first halfword of a 32-bit Thumb instruction is this or more (A6.1)
    MAX_EXCEPTIONS = 1000
    WAIT_INTERRUPT = 1
    WAIT_EVENT = 2

cpdef enum RunResult:
    REACHED_LIMIT = 0
    WAITING = 1
    STOPPED = 2
    ENDLESS_LOOP = 3
    FAILED = 4
    ENDLESS_EXCEPTIONS = 6

cdef struct Engine:
    Core core
    MemorySystem memory
    CodeCache code
    uint64_t limit              # what the caller asked for; core.limit may be lower
    uint32_t stop_requested
    uint32_t fiq_wired
    uint32_t semihosting        # whether the supervisor calls of ARM semihosting go to the simulator
    uint32_t exceptions_in_a_row
    uint32_t endless
    uint32_t suspended          # code may have changed unseen
    uint64_t exceptions_taken[16]
    Instruction scratch         # an instruction that is not kept: its second halfword is on another page
    const char* failure
    CompiledTable* arm
    CompiledTable* thumb16
    CompiledTable* thumb32
    PyObject* owner


# --- fetching and decoding ------------------------------------------------------------------------------------------

cdef CodePage* _find_page(Engine* e, uint32_t address) noexcept nogil:
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
    entry.tag = tag
    if not e.memory.has_code[physical >> PAGE_SHIFT]:
        e.memory.has_code[physical >> PAGE_SHIFT] = 1
        # From now on writes to this page must be seen.
        tlb_flush_all(core)
    return entry.page


cdef Instruction* _decode(Engine* e, CodePage* page, uint32_t address, Instruction* place) noexcept nogil:
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
    cdef uint32_t physical = 0
    cdef uint8_t* host = fetch_address(&e.core, e.core.pc, &physical)
    if host == NULL:
        return False
    if e.core.thumb:
        return (<uint16_t*>host)[0] == 0xDFAB
    return ((<uint32_t*>host)[0] & 0x0FFFFFFF) == 0x0F123456


cdef void _take(Engine* e) noexcept nogil:
    """Take the exception that is raised."""
    cdef Core* core = &e.core
    e.exceptions_taken[core.exception & 15] += 1
    if core.exception == SUPERVISOR_CALL and e.semihosting and _is_semihosting_call(e):
        core.exception = NO_EXCEPTION
        core.pc = core.next_pc
        _call_semihosting(e.owner)
        return
    if core.exception == SECURE_MONITOR_CALL:
        e.failure = "the guest called the secure monitor (SMC), which there is none of"
        return
    e.exceptions_in_a_row += 1
    take_exception(core)


cdef void _execute(Engine* e) noexcept nogil:
    """Execute until core.limit, an exit, or something that needs a look around."""
    cdef Core* core = &e.core
    cdef CodePage* page
    cdef Instruction* insn
    cdef uint32_t pc = core.pc, it
    cdef int result
    cdef uint32_t thumb, shift, read_ahead
    while core.retired < core.limit:
        thumb = core.thumb
        shift = 1 if thumb else 2
        read_ahead = 4 if thumb else 8
        page = _find_page(e, pc)
        if page == NULL:
            core.pc = core.next_pc = pc
            if e.failure == NULL:
                _take(e)
            return
        while core.retired < core.limit:
            insn = &page.instructions[(pc & (CODE_PAGE_SIZE - 1)) >> shift]
            core.pc = pc
            if insn.size == 0:
                insn = _decode(e, page, pc, insn)
                if insn == NULL:
                    _take(e)
                    return
            core.r[15] = pc + read_ahead
            core.next_pc = pc + insn.size
            it = core.it
            if it:
                if insn.cond != UNCONDITIONAL and not condition_passed(core, it >> 4):
                    core.it = _advanced(it)
                    result = NEXT
                else:
                    result = insn.execute(core, insn)
                    if result != RETURN and (result != EXCEPTION or core.exception == SUPERVISOR_CALL):
                        core.it = _advanced(it) if core.it == it else core.it
            elif insn.cond != ALWAYS and not condition_passed(core, insn.cond):
                result = NEXT
            else:
                result = insn.execute(core, insn)
            if result == NEXT:
                core.retired += 1
                pc = core.next_pc
                if pc & (CODE_PAGE_SIZE - 1) < 4:
                    # It may be another page; a 32-bit instruction may also have led two bytes into it.
                    break
            elif result == BRANCH:
                core.retired += 1
                e.exceptions_in_a_row = 0
                if core.next_pc == pc and core.thumb == thumb and _is_final(e):
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
                _take(e)
                return
            else:
                core.retired += 1
                e.exceptions_in_a_row = 0
                core.pc = core.next_pc
                return
    core.pc = pc


cdef inline uint32_t _advanced(uint32_t it) noexcept nogil:
    """ITAdvance(), A2.5.2."""
    return (it & 0xE0) | (it << 1 & 0x1F) if it & 7 else 0


cdef bint _is_final(Engine* e) noexcept nogil:
    """Whether a branch to itself can never be left: nothing can interrupt it."""
    return (e.core.control & CPSR_I) and (e.core.control & CPSR_F or not e.fiq_wired)


cdef RunResult _run(Engine* e) noexcept nogil:
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
        if core.retired >= e.limit:
            return REACHED_LIMIT
        if core.waiting:
            return WAITING
        if _interrupt_due(core):
            core.exception = FAST_INTERRUPT if core.fiq and not core.control & CPSR_F else INTERRUPT
            core.next_pc = core.pc
            _take(e)
            continue
        core.limit = e.limit
        _execute(e)


# --- calls into Python ----------------------------------------------------------------------------------------------

cdef uint32_t _read_device(void* owner, Core* core, uint32_t physical, uint32_t size) noexcept nogil:
    with gil:
        return (<ArmEngine>owner).read_device(physical, size)


cdef void _write_device(void* owner, Core* core, uint32_t physical, uint32_t size, uint32_t value) noexcept nogil:
    with gil:
        (<ArmEngine>owner).write_device(physical, size, value)


cdef void _call_semihosting(PyObject* owner) noexcept nogil:
    with gil:
        (<ArmEngine>owner).call_semihosting()


cdef void _code_written(void* owner, uint32_t physical, uint32_t size) noexcept nogil:
    cdef Engine* e = (<ArmEngine>owner).e
    cdef uint32_t alias = e.memory.first_alias[physical >> PAGE_SHIFT]
    cache_invalidate(&e.code, alias | (physical & (CODE_PAGE_SIZE - 1)), size)


cdef class ArmEngine:
    """One ARM core.

    `read(address, size)` and `write(address, size, value)` serve device accesses; `events` is the system's EventQueue.
    """

    cdef Engine* e
    cdef InstructionSet arm, thumb16, thumb32
    cdef list _ram                      # keeps the memory alive
    cdef object _read, _write, _events, _semihosting
    cdef uint64_t _origin_tick, _origin_count, _period
    cdef public object error

    def __cinit__(self):
        self.e = <Engine*>calloc(1, sizeof(Engine))
        if self.e == NULL:
            raise MemoryError
        self._ram = []

    def __init__(self, list ram, read, write, events, tables=rows):
        """`ram`: (base, Ram, offset, size) of every region; `tables(name)` gives the rows of an instruction set."""
        cdef Engine* e = self.e
        cdef Ram memory
        cdef uint64_t page
        cdef dict first_aliases = {}
        self._read, self._write, self._events, self._period = read, write, events, 1
        self.arm = InstructionSet(tables("ARM"), "system.undefined", 32)
        self.thumb16 = InstructionSet(tables("THUMB16"), "system.undefined", 16)
        self.thumb32 = InstructionSet(tables("THUMB32"), "system.undefined", 32)
        e.arm, e.thumb16, e.thumb32 = &self.arm.table, &self.thumb16.table, &self.thumb32.table
        e.owner = <PyObject*>self
        e.memory.owner = <void*>self
        e.memory.read_device, e.memory.write_device, e.memory.code_written = _read_device, _write_device, _code_written
        e.memory.host = <uint8_t**>calloc(PAGE_NUMBERS, sizeof(uint8_t*))
        e.memory.has_code = <uint8_t*>calloc(PAGE_NUMBERS, 1)
        e.memory.first_alias = <uint32_t*>calloc(PAGE_NUMBERS, sizeof(uint32_t))
        if e.memory.host == NULL or e.memory.has_code == NULL or e.memory.first_alias == NULL:
            raise MemoryError
        for base, memory, offset, size in sorted(ram, key=lambda region: region[0]):
            self._ram.append(memory)
            for page in range(0, size, CODE_PAGE_SIZE):
                e.memory.host[(base + page) >> PAGE_SHIFT] = memory.data + <size_t>offset + page
                first = first_aliases.setdefault((id(memory), offset + page), base + page)
                e.memory.first_alias[(base + page) >> PAGE_SHIFT] = first
        cache_init(&e.code)
        e.core.memory = &e.memory
        e.core.cycles_per_instruction = 1
        e.core.control = CPSR_A | CPSR_I | CPSR_F | MODE_SVC
        tlb_flush_all(&e.core)
        privilege_changed(&e.core)

    def __dealloc__(self):
        self.close()

    def close(self):
        """Let go of the host's memory and of the guest's RAM."""
        if self.e == NULL:
            return
        cache_free(&self.e.code)
        free(self.e.memory.host)
        free(self.e.memory.has_code)
        free(self.e.memory.first_alias)
        free(self.e)
        self.e = NULL
        self._ram = []

    # --- time: the instruction is the clock -------------------------------------------------------------------------

    def set_cycles_per_instruction(self, uint64_t cycles):
        """Say how many cycles the performance monitors count for an instruction."""
        self.e.core.cycles_per_instruction = cycles

    def set_clock(self, uint64_t tick, uint64_t period):
        """Let the next instruction start at `tick`, and each one after it `period` ticks later."""
        self._origin_tick, self._origin_count, self._period = tick, self.e.core.retired, period

    @property
    def time(self):
        """The tick at which the next instruction starts."""
        return self._origin_tick + (self.e.core.retired - self._origin_count) * self._period

    cdef uint64_t _count_at(self, uint64_t tick) noexcept:
        if tick <= self._origin_tick:
            return self._origin_count
        return self._origin_count + (tick - self._origin_tick + self._period - 1) // self._period

    # --- devices ----------------------------------------------------------------------------------------------------

    cdef uint32_t read_device(self, uint32_t physical, uint32_t size) noexcept:
        cdef uint32_t value = 0
        try:
            self._events.now = self.time
            value = self._read(physical, size)
            self._look_at_events()
        except BaseException as error:
            self._keep_error(error)
        return value

    cdef void write_device(self, uint32_t physical, uint32_t size, uint32_t value) noexcept:
        try:
            self._events.now = self.time
            self._write(physical, size, value)
            self._look_at_events()
        except BaseException as error:
            self._keep_error(error)

    cdef void call_semihosting(self) noexcept:
        try:
            self._events.now = self.time
            self.e.core.r[0] = self._semihosting(self.e.core.r[0], self.e.core.r[1])
        except BaseException as error:
            self._keep_error(error)

    cdef int _look_at_events(self) except -1:
        """An event that the access brought up pulls the limit in; the instruction that accesses is completed."""
        cdef uint64_t limit = max(self._count_at(self._events.next_tick), self.e.core.retired + 1)
        if limit < self.e.limit:
            self.e.limit = limit
        if limit < self.e.core.limit:
            self.e.core.limit = limit
        return 0

    cdef void _keep_error(self, error) noexcept:
        self.error = error
        self.e.failure = "an exception in Python"
        self.e.core.limit = 0

    # --- what a CPU model uses --------------------------------------------------------------------------------------

    def run(self, uint64_t deadline, uint64_t instructions):
        """Run to the first instruction that starts at tick `deadline` or later, at most `instructions` of them."""
        cdef RunResult result
        self.e.limit = min(self.e.core.retired + instructions, self._count_at(deadline))
        with nogil:
            result = _run(self.e)
        if self.error is not None:
            error, self.error = self.error, None
            self.e.failure = NULL
            raise error
        return result

    def enable_semihosting(self, call):
        """Have `call(operation, parameter)` serve semihosting calls; what it returns goes to R0."""
        self._semihosting = call
        self.e.semihosting = 1

    def read_memory(self, uint32_t address, uint32_t size):
        """Return `size` bytes at a virtual address, or None where the guest could not read them."""
        cdef bytearray data = bytearray(size)
        cdef uint32_t index
        cdef Core* core = &self.e.core
        for index in range(size):
            data[index] = mem_u_read(core, address + index, 1)
            if core.exception:
                core.exception = NO_EXCEPTION
                return None
        return bytes(data)

    def stop(self):
        """Make `run` come back after the current instruction."""
        self.e.stop_requested = 1
        self.e.core.limit = 0

    def set_interrupts(self, bint irq, bint fiq, bint fiq_wired):
        """Set the levels of the interrupt inputs."""
        self.e.core.irq, self.e.core.fiq, self.e.fiq_wired = irq, fiq, fiq_wired
        self.e.core.limit = 0

    def suspend(self):
        """Be told that memory may change unseen until `load_state`."""
        if cache_remember(&self.e.code) < 0:
            raise MemoryError
        self.e.suspended = 1

    def invalidate(self, uint32_t physical, uint64_t size):
        """Drop the instructions decoded from `size` bytes of RAM at `physical`, which the host has written."""
        cdef uint64_t page
        for page in range(physical >> PAGE_SHIFT, ((physical + size - 1) >> PAGE_SHIFT) + 1):
            if self.e.memory.has_code[self.e.memory.first_alias[page] >> PAGE_SHIFT]:
                start = max(<uint64_t>physical, page << PAGE_SHIFT)
                end = min(physical + size, (page + 1) << PAGE_SHIFT)
                _code_written(<void*>self, start, end - start)

    @property
    def retired(self):
        """Instructions retired since the engine was made."""
        return self.e.core.retired

    @property
    def failure(self):
        """Why `run` returned FAILED."""
        return "" if self.e.failure == NULL else self.e.failure.decode()

    def counters(self):
        """Return what the engine counted, by name, for the statistics."""
        cdef Engine* e = self.e
        return {
            "decoded": e.code.decoded, "code_pages": e.code.page_count, "code_invalidations": e.code.invalidated,
            "undefined": e.exceptions_taken[UNDEFINED], "supervisor_calls": e.exceptions_taken[SUPERVISOR_CALL],
            "prefetch_aborts": e.exceptions_taken[PREFETCH_ABORT], "data_aborts": e.exceptions_taken[DATA_ABORT],
            "interrupts": e.exceptions_taken[INTERRUPT], "breakpoints": e.exceptions_taken[BREAKPOINT],
        }

    # --- architectural state ----------------------------------------------------------------------------------------

    def load_state(self, state):
        """Take over an ArmState."""
        cdef Core* core = &self.e.core
        cdef int index, bank
        for bank, suffix in enumerate(_BANK_SUFFIXES):
            core.bank_sp[bank], core.bank_lr[bank] = getattr(state, f"sp_{suffix}"), getattr(state, f"lr_{suffix}")
            core.bank_spsr[bank] = getattr(state, f"spsr_{suffix}", 0)
        for index in range(5):
            core.bank_r8_12[0][index] = state.r8_12_usr[index]
            core.bank_r8_12[1][index] = state.r8_12_fiq[index]
        for index in range(8):
            core.r[index] = state.r[index]
        core.control = state.cpsr & (CPSR_MODE | CPSR_A | CPSR_I | CPSR_F)
        bank = _bank_of(core)
        for index in range(5):
            core.r[8 + index] = core.bank_r8_12[bank == BANK_FIQ][index]
        core.r[13], core.r[14] = core.bank_sp[bank], core.bank_lr[bank]
        write_cpsr_all(core, state.cpsr)
        core.pc = core.next_pc = state.pc
        for index in range(32):
            core.d[index] = state.d[index]
        for name, number in _CP15.items():
            core.cp15[<int>number] = getattr(state, name)
        core.fpscr, core.fpexc = state.fpscr, state.fpexc
        for index in range(6):
            core.pmevtyper[index], core.pmevcntr[index] = state.pmevtyper[index], state.pmevcntr[index]
            core.dbgbvr[index], core.dbgbcr[index] = state.dbgbvr[index], state.dbgbcr[index]
        for index in range(4):
            core.dbgwvr[index], core.dbgwcr[index] = state.dbgwvr[index], state.dbgwcr[index]
        core.monitor_valid, core.monitor_address = state.monitor_valid, state.monitor_address
        core.monitor_size, core.monitor_virtual_address = state.monitor_size, state.monitor_virtual_address
        core.event_register, core.waiting = state.event_register, state.waiting
        core.pending_async_abort = state.pending_async_abort
        core.counted = core.retired
        core.exception = NO_EXCEPTION
        self.e.exceptions_in_a_row = 0
        if self.e.suspended:
            cache_compare(&self.e.code)
            self.e.suspended = 0
        tlb_flush_all(core)
        privilege_changed(core)

    def save_state(self, state):
        """Write everything to an ArmState and return it."""
        cdef Core* core = &self.e.core
        cdef int index, bank = _bank_of(core)
        advance_monitors(core)
        core.bank_sp[bank], core.bank_lr[bank] = core.r[13], core.r[14]
        for index in range(5):
            core.bank_r8_12[bank == BANK_FIQ][index] = core.r[8 + index]
        for index, suffix in enumerate(_BANK_SUFFIXES):
            setattr(state, f"sp_{suffix}", core.bank_sp[index])
            setattr(state, f"lr_{suffix}", core.bank_lr[index])
            if suffix != "usr":
                setattr(state, f"spsr_{suffix}", core.bank_spsr[index])
        state.r8_12_usr[:] = [core.bank_r8_12[0][index] for index in range(5)]
        state.r8_12_fiq[:] = [core.bank_r8_12[1][index] for index in range(5)]
        state.r[:] = [core.r[index] for index in range(8)]
        state.cpsr, state.pc = read_cpsr(core), core.pc
        state.d[:] = [core.d[index] for index in range(32)]
        for name, number in _CP15.items():
            setattr(state, name, core.cp15[<int>number])
        state.fpscr, state.fpexc = core.fpscr, core.fpexc
        state.pmevtyper[:] = [core.pmevtyper[index] for index in range(6)]
        state.pmevcntr[:] = [core.pmevcntr[index] for index in range(6)]
        state.dbgbvr[:] = [core.dbgbvr[index] for index in range(6)]
        state.dbgbcr[:] = [core.dbgbcr[index] for index in range(6)]
        state.dbgwvr[:] = [core.dbgwvr[index] for index in range(4)]
        state.dbgwcr[:] = [core.dbgwcr[index] for index in range(4)]
        held = 1 if core.monitor_valid else 0
        state.monitor_valid, state.monitor_address = held, held * core.monitor_address
        state.monitor_size = held * core.monitor_size
        state.monitor_virtual_address = held * core.monitor_virtual_address
        state.event_register, state.waiting = core.event_register, core.waiting
        state.pending_async_abort = core.pending_async_abort
        return state


_BANK_SUFFIXES = ("usr", "svc", "abt", "und", "irq", "fiq")
"""Of the fields of ArmState, in the order of the banks."""

_CP15 = {
    name: number
    for number, name in enumerate((
        "midr", "mpidr", "csselr", "sctlr", "actlr", "cpacr", "ttbr0", "ttbr1", "ttbcr", "dacr", "par", "prrr", "nmrr",
        "fcseidr", "contextidr", "tlb_lockdown", "dfsr", "ifsr", "adfsr", "aifsr", "dfar", "ifar", "vbar", "tpidrurw",
        "tpidruro", "tpidrprw", "teecr", "teehbr", "pmcr", "pmcntenset", "pmovsr", "pmselr", "pmccntr",
        "pmccntr_prescaler", "pmuserenr", "pmintenset", "power_control", "diagnostic", "cbar", "dbgdscr", "dbgwfar",
        "dbgvcr", "dbgprcr", "dbgoslock",
    ))
}
"""The fields of ArmState that core.cp15 holds, in the order of records.pxd."""


cdef int _bank_of(Core* core) noexcept nogil:
    cdef uint32_t mode = core.control & CPSR_MODE
    if mode == MODE_SVC:
        return BANK_SVC
    if mode == MODE_ABT:
        return BANK_ABT
    if mode == MODE_UND:
        return BANK_UND
    if mode == MODE_IRQ:
        return BANK_IRQ
    if mode == MODE_FIQ:
        return BANK_FIQ
    return BANK_USR
