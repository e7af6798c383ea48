# cython: boundscheck=False, wraparound=False, cdivision=True
"""Unicorn as an instruction-exact virtual CPU.

Unicorn translates and runs blocks; it knows neither time nor devices. What makes it a virtual CPU of a simulator:

* The *block hook* counts instructions before each block and stops before one that would cross the limit, that contains
  an instruction on the trap list, or that must not run because an interrupt is to be taken.
* The rest of such a block, up to an exact instruction, is run with one *exit* set there and its translation removed.
* Device space is mapped without permissions. Unicorn synchronises PC before it calls the protection hooks, so the
  exact instruction is known; the device is served there, and the MMIO callback only passes the value on.
* An access with *consequences* (an interrupt that must be taken next, an event before the limit, a request to stop) is
  logged, its instruction aborted, and run again alone with an exit behind it, answered from the log.
* Exceptions are delivered here, after emu_start has returned: no hook writes PC, since that would set Unicorn's quit
  and skip-sync flags and make a later stop execute instructions again.

Hooks are plain C functions without the GIL; Python runs for device accesses and trapped CP15 instructions only.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from vmsim_core.abi cimport VMSIM_ABI
from vmsim_core.ram cimport Ram
from vmsim_cpu_kvm.block_hooks cimport on_block, on_block_translated, on_exception, on_fetch, on_undefined
from vmsim_cpu_kvm.block_table cimport block_address_of, block_release, table_clear, table_cut_at, table_free, table_init
from vmsim_cpu_kvm.device_space cimport on_device_read, on_device_write, on_mmio_read, on_mmio_write, owns_ram
from vmsim_cpu_kvm.exceptions cimport (
    take_exception, take_fetch_abort, take_interrupt, take_undefined, uncount_tail,
)
from vmsim_cpu_kvm.trapped cimport execute_trapped
from vmsim_cpu_kvm.unicorn_api cimport *
from vmsim_cpu_kvm.vcpu cimport *

from vmsim_arch_arm.taken_exception import taken_exception

VMSIM_ABI_COMPILED = VMSIM_ABI

cdef enum:
    PAGE_BYTES = 4096

cpdef enum RunResult:
    REACHED_LIMIT = 0
    WAITING = 1
    STOPPED = 2
    ENDLESS_LOOP = 3
    FAILED = 4
    NEEDS_ALIAS = 5             # code was fetched from an alias of RAM that is not mapped: see `map_alias`
    ENDLESS_EXCEPTIONS = 6      # an exception whose handler raises it again
    AT_BREAKPOINT = 7           # the next instruction has a breakpoint


# --- the run loop ---------------------------------------------------------------------------------------------------

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


cdef void drop_translations(Vcpu* v, uint64_t start, uint64_t size) noexcept nogil:
    """Forget the code in a span of physical memory. The interface takes virtual addresses: with the MMU off they are
    the physical ones."""
    cdef uint32_t sctlr = read_cp15(v, 1, 0, 0, 0)
    write_cp15(v, 1, 0, 0, 0, sctlr & ~<uint32_t>SCTLR_M)
    v.api.ctl(v.uc, VMSIM_CTL_FLUSH_TLB)
    v.api.ctl(v.uc, VMSIM_CTL_REMOVE_CACHE, start, start + size)
    write_cp15(v, 1, 0, 0, 0, sctlr)
    v.api.ctl(v.uc, VMSIM_CTL_FLUSH_TLB)


cdef void drop_all_translations(Vcpu* v) noexcept nogil:
    v.flushes += 1
    v.cut = NULL
    v.current = &v.scratch
    v.api.ctl(v.uc, VMSIM_CTL_FLUSH_TLB)
    v.api.ctl(v.uc, VMSIM_CTL_FLUSH_TB)
    table_clear(&v.blocks)


cdef void drop_stale_translations(Vcpu* v) noexcept nogil:
    cdef int index
    if v.stale_count > MAX_STALE:
        drop_all_translations(v)
    else:
        for index in range(v.stale_count):
            drop_translations(v, v.stale[index].start, v.stale[index].size)
    v.stale_count = 0


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


# --- calls into Python ----------------------------------------------------------------------------------------------

cdef void access_device(Vcpu* v, uint64_t count, uint32_t address, uint32_t size, uint64_t* value,
                        bint write) noexcept nogil:
    with gil:
        (<UnicornEngine>v.owner).access(count, address, size, value, write)


cdef bint access_coprocessor(Vcpu* v, uint32_t word, uint32_t cpsr) noexcept nogil:
    with gil:
        return (<UnicornEngine>v.owner).coprocessor(word, cpsr)


cdef void call_semihosting(Vcpu* v) noexcept nogil:
    with gil:
        (<UnicornEngine>v.owner).semihosting_call()


cdef void show_exception(Vcpu* v) noexcept nogil:
    with gil:
        (<UnicornEngine>v.owner).exception_taken()


cdef class UnicornEngine:
    """One ARM core that Unicorn executes, on RAM and devices of the simulator.

    `read(address, size)` and `write(address, size, value)` serve device accesses; `coprocessor(word, cpsr)` executes a
    trapped MRC or MCR through the registers of this object and returns whether it is defined.
    """

    cdef Vcpu* v
    cdef list _ram                      # keeps the memory alive
    cdef object _read, _write, _coprocessor, _events, _semihosting, _exception_observer
    cdef bint _accessing                # a device access is being served
    cdef uint64_t _origin_tick, _origin_count, _period
    cdef public object error

    def __cinit__(self):
        self.v = <Vcpu*>calloc(1, sizeof(Vcpu))
        if self.v == NULL:
            raise MemoryError
        self._ram = []

    def __init__(self, list ram, read, write, coprocessor, events):
        """`ram`: (base, Ram, offset, size) of every region; `events`: the system's EventQueue."""
        cdef Vcpu* v = self.v
        cdef Ram memory
        cdef Region* region
        if len(ram) > MAX_REGIONS:
            raise ValueError(f"more than {MAX_REGIONS} RAM regions")
        self._read, self._write, self._coprocessor, self._events = read, write, coprocessor, events
        load_api(&v.api)
        v.owner = <PyObject*>self
        v.access_device = access_device
        v.access_coprocessor = access_coprocessor
        v.call_semihosting = call_semihosting
        v.current = &v.scratch
        v.exit_address = <uint64_t>-1
        v.code_granules = <uint8_t*>calloc(1 << (32 - GUARD_SHIFT), 1)
        v.code_pages = <uint8_t*>calloc(1 << (32 - PAGE_SHIFT), 1)
        if v.code_granules == NULL or v.code_pages == NULL:
            raise MemoryError
        table_init(&v.blocks)
        for base, memory, offset, size in sorted(ram, key=lambda region: region[0]):
            self._ram.append(memory)
            region = &v.regions[v.region_count]
            v.region_count += 1
            region.base, region.end = base, base + size
            region.data = memory.data + <size_t>offset
        self._open(0)

    def __dealloc__(self):
        self.close()

    def close(self):
        """Let go of the engine and of the guest's RAM."""
        cdef Vcpu* v = self.v
        if v == NULL:
            return
        self._close_unicorn()
        table_free(&v.blocks)
        block_release(&v.scratch)
        free(v.code_granules)
        free(v.code_pages)
        free(v.breakpoints)
        free(v)
        self.v = NULL
        self._ram = []

    cdef int _check(self, int error, str what) except -1:
        if error != UC_ERR_OK:
            raise RuntimeError(f"unicorn could not {what}: {self.v.api.strerror(error).decode()}")
        return 0

    cdef int _add_hook(self, int kind, void* callback, uint64_t begin, uint64_t end) except -1:
        cdef uc_hook hook
        return self._check(self.v.api.hook_add(self.v.uc, &hook, kind, callback, self.v, begin, end), "add a hook")

    cdef int _open(self, uint64_t preferred) except -1:
        """Make the Unicorn engine; among aliases of RAM, map the one that holds the physical address `preferred`."""
        cdef Vcpu* v = self.v
        self._check(v.api.open(UC_ARCH_ARM, UC_MODE_ARM, &v.uc), "open")
        self._check(v.api.ctl(v.uc, VMSIM_CTL_CPU_MODEL, <int>UC_CPU_ARM_CORTEX_A9), "choose the Cortex-A9")
        self._check(v.api.ctl(v.uc, VMSIM_CTL_BUFFER_SIZE, <uint32_t>TRANSLATION_BYTES), "size its buffer")
        self._check(v.api.ctl(v.uc, VMSIM_CTL_USE_EXITS, <int>1), "enable exits")
        self._choose_aliases(preferred)
        self._map()
        # Unicorn's core starts in the Non-secure state, in which CPACR ignores what NSACR does not allow: coprocessors
        # 10 and 11, the VFP (DDI 0406C, B4.1.111); and CPSR.A and F stay as they are unless SCR.AW and FW are set
        # (B4.1.129).
        write_coprocessor(v, 15, 1, 0, 1, 2, 3 << 10)
        write_coprocessor(v, 15, 1, 0, 1, 0, 0x31)
        self._check(v.api.context_alloc(v.uc, &v.context), "allocate a context")
        self._find_syndrome()
        self._add_hook(UC_HOOK_INTR, <void*>on_exception, 1, 0)
        self._add_hook(UC_HOOK_INSN_INVALID, <void*>on_undefined, 1, 0)
        self._add_hook(UC_HOOK_EDGE_GENERATED, <void*>on_block_translated, 1, 0)
        self._add_hook(UC_HOOK_BLOCK, <void*>on_block, 1, 0)
        return 0

    cdef void _close_unicorn(self) noexcept:
        cdef Vcpu* v = self.v
        if v.context != NULL:
            v.api.context_free(v.context)
            v.context = NULL
        if v.uc != NULL:
            v.api.close(v.uc)
            v.uc = NULL

    cdef void _choose_aliases(self, uint64_t preferred) noexcept:
        """A store through one mapping leaves translations of another alone, so the same RAM is mapped once only; its
        aliases are served like devices, until the guest executes there."""
        cdef Vcpu* v = self.v
        cdef Region* region
        cdef int index, other
        for index in range(v.region_count):
            region = &v.regions[index]
            region.mapped = region.base <= preferred < region.end
        for index in range(v.region_count):
            region = &v.regions[index]
            if region.mapped:
                continue
            region.mapped = True
            for other in range(v.region_count):
                if (other != index and v.regions[other].mapped and region.data < v.regions[other].data
                        + (v.regions[other].end - v.regions[other].base)
                        and v.regions[other].data < region.data + (region.end - region.base)):
                    region.mapped = False

    cdef int _map(self) except -1:
        cdef Vcpu* v = self.v
        cdef Region* region
        cdef uint64_t end = 0
        cdef int index, gap = 0
        for index in range(v.region_count):
            region = &v.regions[index]
            if not region.mapped:
                continue
            if end < region.base:
                self._map_devices(&v.gaps[gap], end, region.base - end)
                gap += 1
            self._check(v.api.mem_map_ptr(v.uc, region.base, region.end - region.base, UC_PROT_ALL, region.data),
                        "map RAM")
            end = region.end
        if end < <uint64_t>1 << 32:
            self._map_devices(&v.gaps[gap], end, (<uint64_t>1 << 32) - end)
        return 0

    cdef int _map_devices(self, Gap* gap, uint64_t base, uint64_t size) except -1:
        cdef UnicornApi* api = &self.v.api
        gap.vcpu = self.v
        gap.base = base
        self._check(api.mmio_map(self.v.uc, base, size, <void*>on_mmio_read, gap, <void*>on_mmio_write, gap),
                    "map device space")
        self._check(api.mem_protect(self.v.uc, base, size, UC_PROT_NONE), "protect device space")
        self._add_hook(UC_HOOK_MEM_READ_PROT, <void*>on_device_read, base, base + size - 1)
        self._add_hook(UC_HOOK_MEM_WRITE_PROT, <void*>on_device_write, base, base + size - 1)
        self._add_hook(UC_HOOK_MEM_FETCH_PROT, <void*>on_fetch, base, base + size - 1)
        return 0

    def map_alias(self):
        """Map the alias of RAM that code was fetched from, instead of the present one.

        All of Unicorn's state is lost: save the architectural state before, and load it afterwards.
        """
        cdef Vcpu* v = self.v
        cdef uint64_t address = v.fetch_address
        self._close_unicorn()
        memset(v.code_granules, 0, 1 << (32 - GUARD_SHIFT))
        memset(v.code_pages, 0, 1 << (32 - PAGE_SHIFT))
        v.cut = NULL
        v.current = &v.scratch
        table_clear(&v.blocks)
        self._open(address)

    cdef int _find_syndrome(self) except -1:
        """Find where a saved context holds the exception syndrome, by writing two sentinels and comparing."""
        cdef Vcpu* v = self.v
        cdef size_t size = v.api.context_size(v.uc), offset, found = 0
        cdef uint32_t first = 0x13579BDF, second = 0x2468ACE1
        write_register(v, UC_ARM_REG_ESR, first)
        v.api.context_save(v.uc, v.context)
        cdef bytes before = (<uint8_t*>v.context)[:size]
        write_register(v, UC_ARM_REG_ESR, second)
        v.api.context_save(v.uc, v.context)
        cdef const uint8_t* old = before
        cdef const uint8_t* new = <const uint8_t*>v.context
        for offset in range(0, size - 3, 4):
            if (<const uint32_t*>(old + offset))[0] == first and (<const uint32_t*>(new + offset))[0] == second:
                v.syndrome_offset = offset
                found += 1
        if found != 1:
            raise RuntimeError("this build of unicorn does not show fault status where version 2.1.4 does; "
                               "reinstall it: pip install --force-reinstall unicorn==2.1.4")
        write_register(v, UC_ARM_REG_ESR, 0)
        return 0

    # --- time: the instruction is the clock -------------------------------------------------------------------------

    def set_clock(self, uint64_t tick, uint64_t period):
        """Let the next instruction start at `tick`, and each one after it `period` ticks later."""
        self._origin_tick, self._origin_count, self._period = tick, self.v.retired, period

    @property
    def time(self):
        """The tick at which the next instruction starts."""
        return self._origin_tick + (self.v.retired - self._origin_count) * self._period

    cdef uint64_t _count_at(self, uint64_t tick) noexcept:
        """Return the instruction count at the first instruction that starts at `tick` or later."""
        if tick <= self._origin_tick:
            return self._origin_count
        return self._origin_count + (tick - self._origin_tick + self._period - 1) // self._period

    cdef void access(self, uint64_t count, uint32_t address, uint32_t size, uint64_t* value, bint write) noexcept:
        """Serve a device access at the time of instruction number `count`."""
        cdef uint64_t limit
        self._accessing = True
        try:
            self._events.now = self._origin_tick + (count - self._origin_count) * self._period
            if write:
                self._write(address, min(size, 4), value[0] & 0xFFFFFFFF)
                if size == 8:
                    self._write(address + 4, 4, value[0] >> 32)
            else:
                value[0] = self._read(address, min(size, 4))
                if size == 8:
                    value[0] |= <uint64_t>self._read(address + 4, 4) << 32
            limit = self._count_at(self._events.next_tick)
            if limit <= count:
                limit = count + 1      # the instruction that accesses is completed
            if limit < self.v.limit:
                self.v.limit = limit
        except BaseException as error:
            self._keep_error(error)
        self._accessing = False

    cdef bint coprocessor(self, uint32_t word, uint32_t cpsr) noexcept:
        try:
            return self._coprocessor(word, cpsr)
        except BaseException as error:
            self._keep_error(error)
            return True

    cdef void semihosting_call(self) noexcept:
        cdef uint32_t result
        try:
            self._events.now = self.time
            result = self._semihosting(read_register(self.v, UC_ARM_REG_R0), read_register(self.v, UC_ARM_REG_R0 + 1))
            write_register(self.v, UC_ARM_REG_R0, result)
        except BaseException as error:
            self._keep_error(error)

    cdef void exception_taken(self) noexcept:
        cdef Vcpu* v = self.v
        try:
            self._exception_observer(taken_exception(
                self.time, read_register(v, UC_ARM_REG_R15), read_register(v, UC_ARM_REG_CPSR),
                read_register(v, UC_ARM_REG_R14), read_register(v, UC_ARM_REG_SPSR),
                ifsr=read_cp15(v, 5, 0, 0, 1), ifar=read_cp15(v, 6, 0, 0, 2),
                dfsr=read_cp15(v, 5, 0, 0, 0), dfar=read_cp15(v, 6, 0, 0, 0),
            ))
        except BaseException as error:
            self._keep_error(error)

    cdef void _keep_error(self, error) noexcept:
        self.error = error
        fail(self.v, "an exception in Python")

    # --- what the CPU model uses ------------------------------------------------------------------------------------

    def run(self, uint64_t deadline, uint64_t instructions):
        """Run to the first instruction that starts at tick `deadline` or later, at most `instructions` of them."""
        cdef Vcpu* v = self.v
        cdef RunResult result
        v.limit = min(v.retired + instructions, self._count_at(deadline))
        with nogil:
            result = run_until_exit(v)
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return result

    def enable_semihosting(self, call):
        """Have `call(operation, parameter)` serve semihosting calls; what it returns goes to R0."""
        self._semihosting = call
        self.v.semihosting = 1

    def set_breakpoints(self, addresses):
        """Have `run` come back before an instruction at one of these virtual addresses, instead of earlier ones."""
        cdef Vcpu* v = self.v
        cdef uint32_t* places
        if not addresses and not v.breakpoint_count:
            return
        places = <uint32_t*>calloc(max(len(addresses), 1), sizeof(uint32_t))
        if places == NULL:
            raise MemoryError
        free(v.breakpoints)
        v.breakpoints, v.breakpoint_count = places, 0
        for address in sorted(addresses):
            places[v.breakpoint_count] = address
            v.breakpoint_count += 1
        table_cut_at(&v.blocks, places, v.breakpoint_count)
        v.cut = NULL

    def observe_exceptions(self, observer):
        """Call `observer` with a TakenException after each one that is taken; None ends that."""
        self._exception_observer = observer
        self.v.show_exception = NULL
        if observer is not None:
            self.v.show_exception = show_exception

    @property
    def accessing(self):
        """The address of the instruction whose device access is being served; None when none is."""
        return read_register(self.v, UC_ARM_REG_R15) if self._accessing else None

    def read_memory(self, uint32_t address, uint32_t size):
        """Return `size` bytes at a virtual address, or None where the guest could not read them."""
        cdef bytearray data = bytearray(size)
        cdef uint8_t* start = data
        if size and self.v.api.vmem_read(self.v.uc, address, UC_PROT_READ, start, size) != UC_ERR_OK:
            return None
        return bytes(data)

    def stop(self):
        """Make `run` come back after the current instruction."""
        self.v.stop_requested = self.v.attention = 1

    def set_interrupts(self, bint irq, bint fiq, bint fiq_wired):
        """Set the levels of the interrupt inputs."""
        self.v.irq, self.v.fiq, self.v.fiq_wired = irq, fiq, fiq_wired
        self.v.interrupts = irq or fiq

    @property
    def retired(self):
        """Instructions retired since the engine was made."""
        return self.v.retired

    @property
    def failure(self):
        """Why `run` returned FAILED."""
        return "" if self.v.failure == NULL else self.v.failure.decode()

    @property
    def waiting(self):
        """0 running, 1 in WFI, 2 in WFE."""
        return self.v.waiting

    @waiting.setter
    def waiting(self, uint32_t value):
        self.v.waiting = value

    @property
    def event_register(self):
        """The event register that SEV sets and WFE clears."""
        return self.v.event_register

    @event_register.setter
    def event_register(self, uint32_t value):
        self.v.event_register = value

    def read_register(self, int register):
        """Return a 32-bit register by Unicorn's number."""
        return read_register(self.v, register)

    def write_register(self, int register, uint32_t value):
        """Write a 32-bit register by Unicorn's number."""
        write_register(self.v, register, value)

    def read_double(self, int register):
        """Return a 64-bit register (d0 to d31) by Unicorn's number."""
        cdef uint64_t value = 0
        self.v.api.reg_read(self.v.uc, register, &value)
        return value

    def write_double(self, int register, uint64_t value):
        """Write a 64-bit register by Unicorn's number."""
        self.v.api.reg_write(self.v.uc, register, &value)

    def read_coprocessor(self, uint32_t cp, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2):
        """Return a coprocessor register."""
        return read_coprocessor(self.v, cp, crn, opc1, crm, opc2)

    def write_coprocessor(
        self, uint32_t cp, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2, uint32_t value
    ):
        """Write a coprocessor register; some overwrite R0, so write the core registers afterwards."""
        write_coprocessor(self.v, cp, crn, opc1, crm, opc2, value)

    def read_hidden(self, size_t offset):
        """Return the 64-bit word at `offset` in a saved context: state that has no register number."""
        self._check(self.v.api.context_save(self.v.uc, self.v.context), "save a context")
        return (<uint64_t*>(<uint8_t*>self.v.context + offset))[0]

    def write_hidden(self, size_t offset, uint64_t value):
        """Write the 64-bit word at `offset` in a saved context; write the registers afterwards."""
        self._check(self.v.api.context_save(self.v.uc, self.v.context), "save a context")
        (<uint64_t*>(<uint8_t*>self.v.context + offset))[0] = value
        self._check(self.v.api.context_restore(self.v.uc, self.v.context), "restore a context")

    def translate(self, uint32_t address):
        """Return the physical address that a read at a virtual one goes to, or None where the guest cannot read."""
        cdef uint64_t physical = 0
        if self.v.api.vmem_translate(self.v.uc, address, UC_PROT_READ, &physical) != UC_ERR_OK:
            return None
        return physical

    def flush(self):
        """Forget every translation, of addresses and of code: the state was replaced."""
        self.v.exceptions_in_a_row = 0
        self.v.log.instruction = 0
        drop_all_translations(self.v)

    def flush_addresses(self):
        """Forget every translation of addresses, but not of code: the state was replaced."""
        cdef Vcpu* v = self.v
        v.exceptions_in_a_row = 0
        v.log.instruction = 0
        v.cut = NULL
        v.current = &v.scratch
        v.api.ctl(v.uc, VMSIM_CTL_FLUSH_TLB)

    def code_pages(self):
        """Return the contents of every page that code was translated from, by physical address."""
        cdef uint64_t number
        cdef Region* region
        cdef int index
        pages = {}
        for index in range(self.v.region_count):
            region = &self.v.regions[index]
            if not region.mapped:
                continue
            for number in range(region.base >> PAGE_SHIFT, region.end >> PAGE_SHIFT):
                if self.v.code_pages[number]:
                    pages[number << PAGE_SHIFT] = (region.data + ((number << PAGE_SHIFT) - region.base))[:PAGE_BYTES]
        return pages

    def invalidate(self, uint64_t physical, uint64_t size):
        """Drop the translations of code in `size` bytes of RAM at `physical`, which the host has written.

        It is done before the next instruction: a device may write RAM while the guest's access is being served.
        """
        cdef Vcpu* v = self.v
        cdef uint64_t page
        for page in range(physical >> PAGE_SHIFT, ((physical + size - 1) >> PAGE_SHIFT) + 1):
            if v.code_pages[page]:
                if v.stale_count < MAX_STALE:
                    v.stale[v.stale_count].start, v.stale[v.stale_count].size = physical, size
                v.stale_count = min(v.stale_count + 1, MAX_STALE + 1)
                v.attention = 1
                return

    def counters(self):
        """Return what the engine counted, by name, for the statistics."""
        cdef Vcpu* v = self.v
        return {
            "starts": v.starts, "replays": v.replays, "armed_exits": v.armed_exits, "traps": v.traps,
            "device_accesses": v.accesses, "guards": v.guards, "flushes": v.flushes, "blocks": v.blocks.used,
            "undefined": v.exceptions_taken[1], "supervisor_calls": v.exceptions_taken[EXCEPTION_SVC],
            "prefetch_aborts": v.exceptions_taken[EXCEPTION_PREFETCH_ABORT],
            "data_aborts": v.exceptions_taken[EXCEPTION_DATA_ABORT],
        }
