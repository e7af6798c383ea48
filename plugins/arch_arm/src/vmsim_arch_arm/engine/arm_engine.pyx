"""The engine as a CPU model uses it: an object that runs, with the way to devices and back."""

from cpython.ref cimport PyObject
from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free

from vmsim_arch_arm.engine.code_cache cimport (
    CODE_PAGE_SIZE, cache_compare, cache_free, cache_init, cache_invalidate, cache_remember,
)
from vmsim_arch_arm.engine.exceptions cimport read_cpsr, read_spsr
from vmsim_arch_arm.engine.loop cimport RunResult, execute_fast, run_engine
from vmsim_arch_arm.engine.memory cimport peek_byte
from vmsim_arch_arm.engine.memory_system cimport RecordedAccess
from vmsim_arch_arm.engine.translation cimport privilege_changed, tlb_flush_all
from vmsim_arch_arm.engine.observed_loop cimport (
    MAX_BREAKPOINTS, MAX_WATCHPOINTS, Debug, Watch, execute_observed,
)
from vmsim_arch_arm.engine.ported_loop cimport execute_ported
from vmsim_arch_arm.engine.records cimport *
from vmsim_arch_arm.engine.state_transfer cimport load_core, save_core
from vmsim_arch_arm.engine.tlb_model cimport tlb_model_reset
from vmsim_core.abi cimport VMSIM_ABI
from vmsim_core.memory_port cimport CorePort
from vmsim_core.ram cimport Ram

from functools import lru_cache

from vmsim_arch_arm.engine.cp15_names import CP15_NAMES
from vmsim_arch_arm.tables import rows
from vmsim_arch_arm.taken_exception import taken_exception
from vmsim_core.address_map import BusError
from vmsim_core.debug import ExecutedInstruction, MemoryAccess

VMSIM_ABI_COMPILED = VMSIM_ABI

cdef enum:
    PAGE_SHIFT = 12
    PAGE_NUMBERS = 1 << 20

cdef uint64_t NEVER = <uint64_t>-1

@lru_cache(maxsize=4)
def _instruction_sets(tables):
    """Return the decoders of a table, which all engines share: they are made in a tenth of a second.

    Few are kept: what belongs to a table of somebody's own would otherwise live as long as the process.
    """
    return tuple([
        InstructionSet(tables(name), "system.undefined", width)
        for name, width in (("ARM", 32), ("THUMB16", 16), ("THUMB32", 32))
    ])


_EXCEPTIONS = ("", "undefined", "supervisor call", "prefetch abort", "data abort", "interrupt", "fast interrupt",
               "breakpoint", "secure monitor call")
"""Names of core.exception."""


# --- calls into Python ----------------------------------------------------------------------------------------------

cdef bint _read_device(void* owner, Core* core, uint32_t physical, uint32_t size, uint32_t* value) noexcept nogil:
    with gil:
        return (<ArmEngine>owner).read_device(physical, size, value)


cdef bint _write_device(void* owner, Core* core, uint32_t physical, uint32_t size, uint32_t value) noexcept nogil:
    with gil:
        return (<ArmEngine>owner).write_device(physical, size, value)


cdef void _call_semihosting(PyObject* owner) noexcept nogil:
    with gil:
        (<ArmEngine>owner).call_semihosting()


cdef void _show_instruction(PyObject* owner) noexcept nogil:
    with gil:
        (<ArmEngine>owner).show_instruction()


cdef void _show_exception(PyObject* owner) noexcept nogil:
    with gil:
        (<ArmEngine>owner).show_exception()


cdef void _code_written(void* owner, uint32_t physical, uint32_t size) noexcept nogil:
    cdef Engine* e = (<ArmEngine>owner).e
    cdef uint32_t alias = e.memory.first_alias[physical >> PAGE_SHIFT]
    cache_invalidate(&e.code, alias | (physical & (CODE_PAGE_SIZE - 1)), size)


cdef class ArmEngine:
    """One ARM core.

    `read(address, size)` and `write(address, size, value)` serve device accesses; `events` is the system's EventQueue.
    """

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
        self.arm, self.thumb16, self.thumb32 = _instruction_sets(tables)
        e.arm, e.thumb16, e.thumb32 = &self.arm.table, &self.thumb16.table, &self.thumb32.table
        e.owner, e.call_semihosting, e.deadline = <PyObject*>self, _call_semihosting, NEVER
        e.plain = e.execute = execute_fast
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
        free(self.e.debug)
        free(self.e.memory.host)
        free(self.e.memory.has_code)
        free(self.e.memory.first_alias)
        free(self.e)
        self.e = NULL
        self._ram = []

    def connect(self, CorePort port not None):
        """Have every access go through the caches that `port` leads to; before the first run only."""
        self._memory_port = port
        self.e.memory.port = &port.port
        self.e.memory.blocking = 1
        self.e.plain = self.e.execute = execute_ported
        tlb_flush_all(&self.e.core)

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
        return self.now()

    cdef uint64_t now(self) noexcept:
        return self._origin_tick + (self.e.core.retired - self._origin_count) * self._period

    cdef uint64_t _count_at(self, uint64_t tick) noexcept:
        if tick <= self._origin_tick:
            return self._origin_count
        return self._origin_count + (tick - self._origin_tick + self._period - 1) // self._period

    # --- devices ----------------------------------------------------------------------------------------------------

    cdef bint read_device(self, uint32_t physical, uint32_t size, uint32_t* value) noexcept:
        cdef bint answered = True
        self._accessing = True
        try:
            self._events.now = self.now()
            try:
                value[0] = self._read(physical, size)
            except BusError:
                answered = False
            self.pull_in(self._events.next_tick)
        except BaseException as error:
            self._keep_error(error)
        self._accessing = False
        return answered

    cdef bint write_device(self, uint32_t physical, uint32_t size, uint32_t value) noexcept:
        cdef bint answered = True
        self._accessing = True
        try:
            self._events.now = self.now()
            try:
                self._write(physical, size, value)
            except BusError:
                answered = False
            self.pull_in(self._events.next_tick)
        except BaseException as error:
            self._keep_error(error)
        self._accessing = False
        return answered

    cdef void call_semihosting(self) noexcept:
        try:
            self._events.now = self.now()
            self.e.core.r[0] = self._semihosting(self.e.core.r[0], self.e.core.r[1])
        except BaseException as error:
            self._keep_error(error)

    cdef int pull_in(self, uint64_t tick) except -1:
        """An event that the access brought up pulls the limit in; the instruction that accesses is completed."""
        cdef uint64_t limit = max(self._count_at(tick), self.e.core.retired + 1)
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
        # The caches' own time only goes on (`execute_ported`).
        self.e.memory.now = max(self.e.memory.now, self.now())
        with nogil:
            result = run_engine(self.e)
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
        cdef uint8_t value = 0
        for index in range(size):
            if not peek_byte(&self.e.core, address + index, &value):
                return None
            data[index] = value
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
        if self.e.memory.port == NULL and cache_remember(&self.e.code) < 0:
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

    # --- for debuggers and traces -----------------------------------------------------------------------------------

    def set_breakpoints(self, addresses):
        """Come back from `run` with AT_BREAKPOINT before an instruction at one of these virtual addresses."""
        cdef Debug* debug = self._debug()
        if len(addresses) > MAX_BREAKPOINTS:
            raise ValueError(f"there can be {MAX_BREAKPOINTS} breakpoints at most")
        debug.breakpoint_count = 0
        for address in sorted(addresses):
            debug.breakpoints[debug.breakpoint_count] = address
            debug.breakpoint_count += 1
        self._choose_loop()

    def set_watchpoints(self, watchpoints):
        """Come back from `run` with AT_WATCHPOINT after an instruction that touches one of these."""
        cdef Debug* debug = self._debug()
        cdef Watch* watch
        if len(watchpoints) > MAX_WATCHPOINTS:
            raise ValueError(f"there can be {MAX_WATCHPOINTS} watchpoints at most")
        debug.watch_count = 0
        for each in watchpoints:
            watch = &debug.watches[debug.watch_count]
            watch.first, watch.last = each.address, each.address + each.size - 1
            watch.reads, watch.writes = each.reads, each.writes
            debug.watch_count += 1
        self._choose_loop()

    def observe(self, observer):
        """Call `observer` with an ExecutedInstruction after each one; None ends that."""
        self._observer = observer
        self._debug().observing = observer is not None
        self._choose_loop()

    def observe_exceptions(self, observer):
        """Call `observer` with a TakenException after each one that is taken; None ends that."""
        self._exception_observer = observer
        self.e.show_exception = NULL
        if observer is not None:
            self.e.show_exception = _show_exception

    @property
    def accessing(self):
        """The address of the instruction whose device access is being served; None when none is."""
        return self.e.core.pc if self._accessing else None

    @property
    def watch_hit(self):
        """The access that `run` returned AT_WATCHPOINT for."""
        return _access(&self._debug().hit)

    cdef Debug* _debug(self) except NULL:
        cdef Debug* debug
        if self.e.debug == NULL:
            self.e.debug = calloc(1, sizeof(Debug))
            if self.e.debug == NULL:
                raise MemoryError
            debug = <Debug*>self.e.debug
            debug.show = _show_instruction
        return <Debug*>self.e.debug

    cdef int _choose_loop(self) except -1:
        cdef Debug* debug = self._debug()
        slowly = debug.breakpoint_count or debug.watch_count or debug.observing
        observed = bool(debug.watch_count or debug.observing)
        self.e.execute = execute_observed if slowly else self.e.plain
        self.e.core.limit = 0
        if self.e.memory.observed != observed:
            self.e.memory.observed = observed
            tlb_flush_all(&self.e.core)
        return 0

    cdef void show_instruction(self) noexcept:
        cdef Debug* debug = self._debug()
        cdef Core* before = &debug.before
        cdef uint32_t index
        cdef bytes code
        try:
            if debug.size == 4 and before.thumb:
                code = (<uint32_t>(debug.word >> 16 | debug.word << 16)).to_bytes(4, "little")
            else:
                code = (<uint32_t>debug.word).to_bytes(4, "little")[:debug.size]
            self._observer(ExecutedInstruction(
                self.e.issued if before.own_clock else self.now() - (self.e.core.retired - before.retired) * self._period,
                before.pc, code, "Thumb" if before.thumb else "ARM", bool(debug.passed),
                _EXCEPTIONS[self.e.last_exception], _changes(before, &self.e.core),
                tuple([_access(&self.e.memory.accesses[index]) for index in range(self.e.memory.access_count)]),
                before.it,
            ))
        except BaseException as error:
            self._keep_error(error)

    cdef void show_exception(self) noexcept:
        cdef Core* core = &self.e.core
        try:
            self._exception_observer(taken_exception(
                self.now(), core.pc, read_cpsr(core), core.r[14], read_spsr(core),
                ifsr=core.cp15[IFSR], ifar=core.cp15[IFAR], dfsr=core.cp15[DFSR], dfar=core.cp15[DFAR],
            ))
        except BaseException as error:
            self._keep_error(error)

    # --- architectural state ----------------------------------------------------------------------------------------

    def load_state(self, state):
        """Take over an ArmState."""
        load_core(&self.e.core, state)
        self.e.exceptions_in_a_row = 0
        self.e.memory.now = 0
        tlb_model_reset(&self.e.memory.tlbs)
        if self.e.suspended:
            if self.e.memory.port == NULL:
                cache_compare(&self.e.code)
            else:
                self.e.memory.code_generation += 1
            self.e.suspended = 0

    def save_state(self, state):
        """Write everything to an ArmState and return it."""
        save_core(&self.e.core, state)
        return state


cdef _access(RecordedAccess* access):
    return MemoryAccess(bool(access.write), access.address, access.size, access.value)


_CORE_REGISTERS = (*(f"r{number}" for number in range(13)), "sp", "lr")
_SPSRS = (None, "spsr_svc", "spsr_abt", "spsr_und", "spsr_irq", "spsr_fiq")


cdef tuple _changes(Core* before, Core* after):
    """Return the registers that differ, by name with their new values: sp and lr are those of the mode."""
    cdef int number
    cdef list changed = []
    for number in range(15):
        if after.r[number] != before.r[number]:
            changed.append((_CORE_REGISTERS[number], after.r[number]))
    if read_cpsr(after) != read_cpsr(before):
        changed.append(("cpsr", read_cpsr(after)))
    for number in range(BANK_SVC, BANKS):
        if after.bank_spsr[number] != before.bank_spsr[number]:
            changed.append((_SPSRS[number], after.bank_spsr[number]))
    for number in range(32):
        if after.d[number] != before.d[number]:
            changed.append((f"d{number}", after.d[number]))
    if after.fpscr != before.fpscr:
        changed.append(("fpscr", after.fpscr))
    if after.fpexc != before.fpexc:
        changed.append(("fpexc", after.fpexc))
    for number in range(CP15_REGISTERS):
        if after.cp15[number] != before.cp15[number]:
            changed.append((CP15_NAMES[number], after.cp15[number]))
    return tuple(changed)
