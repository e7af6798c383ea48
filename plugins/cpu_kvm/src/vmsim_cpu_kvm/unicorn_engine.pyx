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

from vmsim_core.abi cimport VMSIM_ABI
from vmsim_core.ram cimport Ram
from vmsim_cpu_kvm.exceptions cimport take_data_abort
from vmsim_cpu_kvm.run_loop cimport RunResult, place_breakpoints, run_until_exit
from vmsim_cpu_kvm.translations cimport drop_addresses, drop_all_translations, mark_stale, translated_pages
from vmsim_cpu_kvm.unicorn_api cimport *
from vmsim_cpu_kvm.unicorn_setup cimport add_region, check, free_vcpu, make_vcpu, open_unicorn, reopen_unicorn
from vmsim_cpu_kvm.vcpu cimport *

from vmsim_arch_arm.taken_exception import taken_exception
from vmsim_core.address_map import BusError

VMSIM_ABI_COMPILED = VMSIM_ABI


# --- calls into Python ----------------------------------------------------------------------------------------------

cdef bint access_device(Vcpu* v, uint64_t count, uint32_t address, uint32_t size, uint64_t* value,
                        bint write) noexcept nogil:
    with gil:
        return (<UnicornEngine>v.owner).access(count, address, size, value, write)


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
        self.v = make_vcpu()
        self._ram = []

    def __init__(self, list ram, read, write, coprocessor, events):
        """`ram`: (base, Ram, offset, size) of every region; `events`: the system's EventQueue."""
        cdef Vcpu* v = self.v
        cdef Ram memory
        self._read, self._write, self._coprocessor, self._events = read, write, coprocessor, events
        v.owner = <PyObject*>self
        v.access_device = access_device
        v.access_coprocessor = access_coprocessor
        v.call_semihosting = call_semihosting
        for base, memory, offset, size in sorted(ram, key=lambda region: region[0]):
            self._ram.append(memory)
            add_region(v, base, size, memory.data + <size_t>offset)
        open_unicorn(v, 0)

    def __dealloc__(self):
        self.close()

    def close(self):
        """Let go of the engine and of the guest's RAM."""
        free_vcpu(self.v)
        self.v = NULL
        self._ram = []

    def map_alias(self):
        """Map the alias of RAM that code was fetched from, instead of the present one.

        All of Unicorn's state is lost: save the architectural state before, and load it afterwards.
        """
        reopen_unicorn(self.v, self.v.fetch_address)

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

    cdef bint access(self, uint64_t count, uint32_t address, uint32_t size, uint64_t* value, bint write) noexcept:
        """Serve a device access at the time of instruction number `count`; return whether the bus answers."""
        cdef uint64_t limit
        cdef bint answered = True
        self._accessing = True
        try:
            self._events.now = self._origin_tick + (count - self._origin_count) * self._period
            self.v.refused_address = address
            try:
                if write:
                    self._write(address, min(size, 4), value[0] & 0xFFFFFFFF)
                else:
                    value[0] = self._read(address, min(size, 4))
                if size == 8:
                    self.v.refused_address = address + 4
                    if write:
                        self._write(address + 4, 4, value[0] >> 32)
                    else:
                        value[0] |= <uint64_t>self._read(address + 4, 4) << 32
            except BusError:
                answered = False
            limit = self._count_at(self._events.next_tick)
            if limit <= count:
                limit = count + 1      # the instruction that accesses is completed
            if limit < self.v.limit:
                self.v.limit = limit
        except BaseException as error:
            self._keep_error(error)
        self._accessing = False
        return answered

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

    @property
    def refused_address(self):
        """The physical address that the bus refused, when `run` returned REFUSED."""
        return self.v.refused_address

    def take_data_abort(self, uint32_t status, uint32_t address):
        """Take a data abort instead of the next instruction, with these values of DFSR and DFAR."""
        self.v.exceptions_taken[EXCEPTION_DATA_ABORT] += 1
        take_data_abort(self.v, read_register(self.v, UC_ARM_REG_R15), status, address)

    def enable_semihosting(self, call):
        """Have `call(operation, parameter)` serve semihosting calls; what it returns goes to R0."""
        self._semihosting = call
        self.v.semihosting = 1

    def set_breakpoints(self, addresses):
        """Have `run` come back before an instruction at one of these virtual addresses, instead of earlier ones."""
        if addresses or self.v.breakpoint_count:
            place_breakpoints(self.v, sorted(addresses))

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

    @property
    def exclusive_bytes(self):
        """How many bytes the last exclusive load has loaded."""
        return self.v.exclusive_bytes

    @exclusive_bytes.setter
    def exclusive_bytes(self, uint32_t value):
        self.v.exclusive_bytes = value

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
        check(self.v, self.v.api.context_save(self.v.uc, self.v.context), "save a context")
        return (<uint64_t*>(<uint8_t*>self.v.context + offset))[0]

    def write_hidden(self, size_t offset, uint64_t value):
        """Write the 64-bit word at `offset` in a saved context; write the registers afterwards."""
        check(self.v, self.v.api.context_save(self.v.uc, self.v.context), "save a context")
        (<uint64_t*>(<uint8_t*>self.v.context + offset))[0] = value
        check(self.v, self.v.api.context_restore(self.v.uc, self.v.context), "restore a context")

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
        self.v.exceptions_in_a_row = 0
        self.v.log.instruction = 0
        drop_addresses(self.v)

    def code_pages(self):
        """Return the contents of every page that code was translated from, by physical address."""
        return translated_pages(self.v)

    def invalidate(self, uint64_t physical, uint64_t size):
        """Drop the translations of code in `size` bytes of RAM at `physical`, which the host has written.

        It is done before the next instruction: a device may write RAM while the guest's access is being served.
        """
        mark_stale(self.v, physical, size)

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
