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
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from vmsim_core.abi cimport VMSIM_ABI
from vmsim_core.ram cimport Ram
from vmsim_cpu_kvm.block_table cimport (
    MAX_BLOCK_BYTES, NO_TRAP, Block, BlockTable, block_address_of, block_decode, block_find, block_hash,
    block_index_of, block_insert, block_release, block_same_layout, table_clear, table_free, table_init,
)
from vmsim_cpu_kvm.unicorn_api cimport *

VMSIM_ABI_COMPILED = VMSIM_ABI

cdef enum:
    CPSR_T = 1 << 5
    CPSR_F = 1 << 6
    CPSR_I = 1 << 7
    CPSR_A = 1 << 8
    CPSR_E = 1 << 9
    CPSR_IT_LOW = 0x0000FC00
    CPSR_IT_HIGH = 0x06000000
    CPSR_J = 1 << 24
    SCTLR_M = 1
    SCTLR_V = 1 << 13
    SCTLR_EE = 1 << 25
    SCTLR_TE = 1 << 30
    MODE_FIQ = 0x11
    MODE_IRQ = 0x12
    MODE_SVC = 0x13
    MODE_ABT = 0x17
    MODE_UND = 0x1B
    PAGE_SHIFT = 12
    GUARD_SHIFT = 18            # stores are kept on the checked path in granules of 256 KiB that contain code
    TRANSLATION_BYTES = 64 << 20    # host code that Unicorn keeps; it starts anew when that is full
    MAX_REGIONS = 16
    MAX_STALE = 64
    MAX_LOGGED = 64             # accesses of one instruction: LDM/VLDM move at most 32 words, unaligned ones twice

# Unicorn's exception numbers, as the interrupt hook gets them (QEMU's EXCP_*).
cdef enum:
    EXCEPTION_SVC = 2
    EXCEPTION_PREFETCH_ABORT = 3
    EXCEPTION_DATA_ABORT = 4
    EXCEPTION_BKPT = 7

cdef enum Event:
    EVENT_NONE = 0
    EVENT_BLOCK                 # stopped before a block; it has not run and is not counted
    EVENT_EXCEPTION             # `exception` says which
    EVENT_UNDEFINED
    EVENT_REPLAY                # an access with consequences; its instruction was aborted
    EVENT_FETCH                 # code was fetched where Unicorn has no RAM, at `fetch_address`
    EVENT_ENDLESS               # a branch to itself that no interrupt can end

cdef enum Wait:
    WAIT_NONE = 0
    WAIT_INTERRUPT = 1          # WFI
    WAIT_EVENT = 2              # WFE

cpdef enum RunResult:
    REACHED_LIMIT = 0
    WAITING = 1
    STOPPED = 2
    ENDLESS_LOOP = 3
    FAILED = 4
    NEEDS_ALIAS = 5             # code was fetched from an alias of RAM that is not mapped: see `map_alias`


cdef struct AccessLog:
    uint64_t instruction        # count of the instruction that accesses, plus one; 0: empty
    int length
    int position
    uint64_t values[MAX_LOGGED]


cdef struct Span:
    uint64_t start
    uint64_t size


cdef struct Region:
    uint64_t base, end
    uint8_t* data
    bint mapped                 # in Unicorn; of several aliases of the same RAM only one is


cdef struct Gap:
    Vcpu* vcpu
    uint64_t base


cdef struct Vcpu:
    UnicornApi api
    uc_engine* uc
    uc_context* context
    size_t syndrome_offset
    BlockTable blocks
    Block* current              # the block that runs
    Block scratch               # an ambiguous block, decoded for this execution
    Block* cut                  # the block before which the block hook stopped
    uint64_t retired            # counted before each block, corrected when a block is left early
    uint64_t limit              # what the caller asked for; a device access may lower it
    uint64_t block_limit        # what the block hook compares with
    uint32_t irq, fiq, fiq_wired
    uint32_t semihosting        # whether the supervisor calls of ARM semihosting go to the simulator
    uint32_t interrupts         # irq or fiq
    uint32_t stop_requested
    uint32_t attention          # a stop is requested or translations are to be dropped: leave before the next block
    uint32_t waiting
    uint32_t event_register
    Event event
    uint32_t exception
    uint32_t first_block        # the next block is the first one of an emu_start
    uint32_t replaying
    uint32_t replay_pc, replay_end
    uint64_t exit_address
    AccessLog log
    uint64_t access_address, access_value   # the access that the protection hook has served
    uint32_t access_size
    uint64_t fetch_address
    Span stale[MAX_STALE]       # RAM that was written by the host while the guest ran
    int stale_count
    const char* failure
    uint8_t* code_granules      # by physical address >> GUARD_SHIFT: guarded
    uint8_t* code_pages         # by physical address >> PAGE_SHIFT: was translated
    uint8_t code[MAX_BLOCK_BYTES]
    uint64_t exceptions_taken[16]
    uint64_t starts, replays, armed_exits, traps, accesses, guards, flushes
    Region regions[MAX_REGIONS]
    int region_count
    Gap gaps[MAX_REGIONS + 1]
    PyObject* owner


cdef inline uint32_t read_register(Vcpu* v, int register) noexcept nogil:
    cdef uint32_t value = 0
    v.api.reg_read(v.uc, register, &value)
    return value


cdef inline void write_register(Vcpu* v, int register, uint32_t value) noexcept nogil:
    v.api.reg_write(v.uc, register, &value)


cdef uint32_t read_coprocessor(
    Vcpu* v, uint32_t cp, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2
) noexcept nogil:
    cdef uc_arm_cp_reg register
    memset(&register, 0, sizeof(register))
    register.cp = cp
    register.crn, register.opc1, register.crm, register.opc2 = crn, opc1, crm, opc2
    v.api.reg_read(v.uc, UC_ARM_REG_CP_REG, &register)
    return <uint32_t>register.val


cdef void write_coprocessor(
    Vcpu* v, uint32_t cp, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2, uint32_t value
) noexcept nogil:
    cdef uc_arm_cp_reg register
    memset(&register, 0, sizeof(register))
    register.cp = cp
    register.crn, register.opc1, register.crm, register.opc2 = crn, opc1, crm, opc2
    register.val = value
    v.api.reg_write(v.uc, UC_ARM_REG_CP_REG, &register)


cdef inline uint32_t read_cp15(Vcpu* v, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2) noexcept nogil:
    return read_coprocessor(v, 15, crn, opc1, crm, opc2)


cdef inline void write_cp15(
    Vcpu* v, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2, uint32_t value
) noexcept nogil:
    write_coprocessor(v, 15, crn, opc1, crm, opc2, value)


cdef void fail(Vcpu* v, const char* reason) noexcept nogil:
    if v.failure == NULL:
        v.failure = reason
    v.api.emu_stop(v.uc)


# --- blocks ---------------------------------------------------------------------------------------------------------

cdef bint decode_at(Vcpu* v, Block* block, uint32_t pc, uint32_t size) noexcept nogil:
    if size > MAX_BLOCK_BYTES or v.api.vmem_read(v.uc, pc, UC_PROT_EXEC, v.code, size) != UC_ERR_OK:
        fail(v, "the code of a block that is executed cannot be read")
        return False
    block.pc = pc
    block_decode(block, v.code, size, (read_register(v, UC_ARM_REG_CPSR) & CPSR_T) != 0)
    return True


cdef Block* new_block(Vcpu* v, uint32_t pc, uint32_t size) noexcept nogil:
    # The table may move when it grows.
    cdef uint32_t current_pc = v.current.pc, current_size = v.current.size
    cdef bint in_table = v.current != &v.scratch
    cdef Block* block = block_insert(&v.blocks, pc, size)
    if block == NULL:
        fail(v, "the host has no memory left for the block table")
        return NULL
    if in_table:
        v.current = block_find(&v.blocks, current_pc, current_size)
    decode_at(v, block, pc, size)
    return block


cdef void guard_code(Vcpu* v, uint32_t pc, uint32_t size) noexcept nogil:
    """Keep stores to the RAM around new code on the path where Unicorn looks for translations to drop.

    Unicorn does that for executable pages only: a store through a non-executable mapping of the same RAM would leave
    a stale translation behind, silently. A protection hook over the range keeps it on the slow path and never fires.
    """
    cdef uint64_t physical = 0
    cdef uint32_t address = pc & ~<uint32_t>0xFFF
    cdef uint32_t granule
    cdef uc_hook hook
    while address < pc + size and address >= (pc & ~<uint32_t>0xFFF):
        if v.api.vmem_translate(v.uc, address, UC_PROT_EXEC, &physical) == UC_ERR_OK:
            v.code_pages[<uint32_t>physical >> PAGE_SHIFT] = 1
            granule = <uint32_t>physical >> GUARD_SHIFT
            if not v.code_granules[granule]:
                v.code_granules[granule] = 1
                v.guards += 1
                v.api.hook_add(v.uc, &hook, UC_HOOK_MEM_WRITE_PROT, <void*>on_guard, NULL,
                               <uint64_t>granule << GUARD_SHIFT, ((<uint64_t>granule + 1) << GUARD_SHIFT) - 1)
                v.api.ctl(v.uc, VMSIM_CTL_FLUSH_TLB)
        address += 0x1000


cdef bint on_guard(uc_engine* uc, uc_mem_type kind, uint64_t address, int size, int64_t value,
                   void* data) noexcept nogil:
    return False


cdef void on_block_translated(uc_engine* uc, uc_tb* block, uc_tb* previous, void* data) noexcept nogil:
    if block.size:
        examine(<Vcpu*>data, <uint32_t>block.pc, block.size)


cdef void examine(Vcpu* v, uint32_t pc, uint32_t size) noexcept nogil:
    """Look at a block that may be new, or new code where other code was."""
    cdef Block fresh
    cdef Block* block
    guard_code(v, pc, size)
    block = block_find(&v.blocks, pc, size)
    if block == NULL:
        new_block(v, pc, size)
    elif not block.ambiguous:
        memset(&fresh, 0, sizeof(fresh))
        if decode_at(v, &fresh, pc, size) and not block_same_layout(&fresh, block):
            block.ambiguous = 1
        block_release(&fresh)


cdef Block* block_slow(Vcpu* v, uint32_t pc, uint32_t size) noexcept nogil:
    cdef Block* block = block_find(&v.blocks, pc, size)
    if block == NULL:
        return new_block(v, pc, size)
    if not block.ambiguous:
        return block
    decode_at(v, &v.scratch, pc, size)
    return &v.scratch


cdef inline bint interrupt_due(Vcpu* v, uint32_t cpsr) noexcept nogil:
    return (v.irq and not cpsr & CPSR_I) or (v.fiq and not cpsr & CPSR_F)


cdef inline void stop_before(Vcpu* v, Block* block, Event event) noexcept nogil:
    v.cut = block
    v.event = event
    v.api.emu_stop(v.uc)


cdef void on_block(uc_engine* uc, uint64_t address, uint32_t size, void* data) noexcept nogil:
    cdef Vcpu* v = <Vcpu*>data
    cdef uint32_t pc = <uint32_t>address
    cdef Block* block = &v.blocks.entries[block_hash(&v.blocks, pc, size)]
    cdef uint32_t cpsr
    cdef uint64_t retired
    if v.event != EVENT_NONE:
        v.api.emu_stop(uc)
        return
    if v.first_block:
        # Unicorn reports a translation only when a block leads to it: not the first one.
        v.first_block = 0
        examine(v, pc, size)
        block = &v.blocks.entries[block_hash(&v.blocks, pc, size)]
    if block.pc != pc or block.size != size or block.ambiguous or not block.used:
        block = block_slow(v, pc, size)
        if v.failure != NULL:
            return
    retired = v.retired + block.count
    if retired > v.block_limit or v.attention or block.trap != NO_TRAP:
        stop_before(v, block, EVENT_BLOCK)
        return
    if v.interrupts and not v.replaying and interrupt_due(v, read_register(v, UC_ARM_REG_CPSR)):
        stop_before(v, block, EVENT_BLOCK)
        return
    if block.endless:
        cpsr = read_register(v, UC_ARM_REG_CPSR)
        if cpsr & CPSR_I and (cpsr & CPSR_F or not v.fiq_wired):
            stop_before(v, block, EVENT_ENDLESS)
            return
    v.current = block
    v.retired = retired


cdef void on_exception(uc_engine* uc, uint32_t number, void* data) noexcept nogil:
    cdef Vcpu* v = <Vcpu*>data
    if v.event == EVENT_NONE:
        v.event = EVENT_EXCEPTION
        v.exception = number
    v.api.emu_stop(uc)


cdef bint on_undefined(uc_engine* uc, void* data) noexcept nogil:
    # WFE and YIELD, which Unicorn reports here too, are on the trap list and never get this far.
    cdef Vcpu* v = <Vcpu*>data
    if v.event == EVENT_NONE:
        v.event = EVENT_UNDEFINED
    v.api.emu_stop(uc)
    return True


cdef bint on_fetch(uc_engine* uc, uc_mem_type kind, uint64_t address, int size, int64_t value,
                   void* data) noexcept nogil:
    cdef Vcpu* v = <Vcpu*>data
    if v.event == EVENT_NONE:
        v.event = EVENT_FETCH
        v.fetch_address = address
    v.api.emu_stop(uc)
    return False


# --- device space ---------------------------------------------------------------------------------------------------

cdef void unwind(Vcpu* v) noexcept nogil:
    """Leave the running instruction from a store's hook: does not return.

    Unicorn checks for a stop only between instructions, and not inside an IT block. A request to translate code at an
    address that cannot be fetched raises a fault, which unwinds to Unicorn's main loop, where the stop is honoured.
    """
    cdef uint32_t candidates[8]
    cdef uint64_t physical
    cdef uc_tb block
    cdef int index
    candidates[:] = [0xFFFFE000, 0x0, 0xFFFE0000, 0xBFF00000, 0x10000000, 0xF0000000, 0xE0000000, 0x7FF00000]
    v.api.emu_stop(v.uc)
    for index in range(8):
        physical = 0
        if (v.api.vmem_translate(v.uc, candidates[index], UC_PROT_EXEC, &physical) != UC_ERR_OK
                or not is_ram(v, physical)):
            v.api.ctl(v.uc, VMSIM_CTL_REQUEST_CACHE, <uint64_t>candidates[index], &block)
    fail(v, "a store could not be aborted: every candidate address is executable")


cdef bint is_ram(Vcpu* v, uint64_t physical) noexcept nogil:
    """Whether Unicorn has RAM there."""
    cdef int index
    for index in range(v.region_count):
        if v.regions[index].mapped and v.regions[index].base <= physical < v.regions[index].end:
            return True
    return False


cdef bint owns_ram(Vcpu* v, uint64_t physical) noexcept nogil:
    """Whether the machine has RAM there, mapped or not."""
    cdef int index
    for index in range(v.region_count):
        if v.regions[index].base <= physical < v.regions[index].end:
            return True
    return False


cdef bint serve(Vcpu* v, uint32_t address, uint32_t size, uint64_t* value, bint write) noexcept nogil:
    """Serve one aligned access at its exact instruction; return whether it has consequences."""
    cdef uint32_t pc = read_register(v, UC_ARM_REG_R15), cpsr = read_register(v, UC_ARM_REG_CPSR)
    cdef uint32_t index = block_index_of(v.current, pc)
    cdef uint64_t count = v.retired - v.current.count + index
    cdef uint32_t remaining = v.current.count - index - 1
    cdef bint consequences = False
    if index >= v.current.count:
        fail(v, "a device access outside the block that runs")
        return False
    v.accesses += 1
    if v.log.instruction != count + 1:
        v.log.instruction = count + 1
        v.log.length = v.log.position = 0
    if v.log.position < v.log.length:
        value[0] = v.log.values[v.log.position]
        v.log.position += 1
    else:
        call_device(v, count, address, size, value, write)
        if v.log.length == MAX_LOGGED:
            fail(v, "one instruction made more device accesses than any can")
            return False
        v.log.values[v.log.length] = value[0]
        v.log.length += 1
        v.log.position += 1
        if v.limit < v.block_limit:
            v.block_limit = v.limit
        consequences = not v.replaying and remaining > 0 and (
            v.attention or interrupt_due(v, cpsr) or v.block_limit < v.retired
        )
    v.access_address, v.access_size, v.access_value = address, size, value[0]
    if consequences:
        v.replay_pc = pc
        v.replay_end = block_address_of(v.current, index + 1)
        v.event = EVENT_REPLAY
        v.replays += 1
        if write:
            unwind(v)
    elif cpsr & (CPSR_IT_LOW | CPSR_IT_HIGH):
        # The synchronisation of PC for this hook left the IT bits in the CPU state, where they do not belong while
        # translated code runs.
        write_register(v, UC_ARM_REG_CPSR, cpsr & ~<uint32_t>(CPSR_IT_LOW | CPSR_IT_HIGH))
    return consequences


cdef void call_device(Vcpu* v, uint64_t count, uint32_t address, uint32_t size, uint64_t* value,
                      bint write) noexcept nogil:
    with gil:
        (<UnicornEngine>v.owner).access(count, address, size, value, write)


cdef bint on_device_read(uc_engine* uc, uc_mem_type kind, uint64_t address, int size, int64_t unused,
                         void* data) noexcept nogil:
    cdef Vcpu* v = <Vcpu*>data
    cdef uint64_t low = 0, high = 0
    cdef uint32_t aligned = <uint32_t>address & ~<uint32_t>(size - 1)
    v.access_size = 0
    if serve(v, aligned, size, &low, False):
        v.api.emu_stop(uc)
        return False
    if aligned != address:
        # Unicorn asks once for an unaligned access and then takes the value from two aligned callbacks.
        if serve(v, aligned + size, size, &high, False):
            v.api.emu_stop(uc)
            return False
        v.access_address = aligned
        v.access_size = 2 * size
        if size < 8:
            v.access_value = (low & ((<uint64_t>1 << 8 * size) - 1)) | high << 8 * size
    return True


cdef bint on_device_write(uc_engine* uc, uc_mem_type kind, uint64_t address, int size, int64_t value,
                          void* data) noexcept nogil:
    cdef Vcpu* v = <Vcpu*>data
    cdef uint64_t written = <uint64_t>value
    v.access_size = 0
    if address & (size - 1):
        return True  # Unicorn comes again with the single bytes
    if size < 8:
        written &= (<uint64_t>1 << 8 * size) - 1
    if serve(v, <uint32_t>address, size, &written, True):
        v.api.emu_stop(uc)
    return True


cdef uint64_t on_mmio_read(uc_engine* uc, uint64_t offset, unsigned int size, void* data) noexcept nogil:
    cdef Gap* gap = <Gap*>data
    cdef Vcpu* v = gap.vcpu
    cdef uint64_t address = gap.base + offset
    if v.access_size and v.access_address <= address and address + size <= v.access_address + v.access_size:
        return v.access_value >> 8 * (address - v.access_address)
    return 0


cdef void on_mmio_write(uc_engine* uc, uint64_t offset, unsigned int size, uint64_t value,
                        void* data) noexcept nogil:
    pass  # on_device_write has served it


# --- exceptions -----------------------------------------------------------------------------------------------------

cdef void enter_exception(Vcpu* v, uint32_t mode, uint32_t vector, uint32_t return_address,
                          uint32_t mask) noexcept nogil:
    """Take an exception (ARM DDI 0406C, B1.9.1): new CPSR, SPSR and LR of the new mode, then the vector."""
    cdef uint32_t cpsr = read_register(v, UC_ARM_REG_CPSR)
    cdef uint32_t sctlr = read_cp15(v, 1, 0, 0, 0)
    cdef uint32_t entered = cpsr & ~<uint32_t>(0x1F | CPSR_IT_LOW | CPSR_IT_HIGH | CPSR_J | CPSR_T | CPSR_E)
    cdef uint32_t base
    entered |= mode | CPSR_I | mask
    if sctlr & SCTLR_TE:
        entered |= CPSR_T
    if sctlr & SCTLR_EE:
        entered |= CPSR_E
    write_register(v, UC_ARM_REG_CPSR, entered)
    write_register(v, UC_ARM_REG_SPSR, cpsr)
    write_register(v, UC_ARM_REG_R14, return_address)
    base = <uint32_t>0xFFFF0000 if sctlr & SCTLR_V else read_cp15(v, 12, 0, 0, 0)
    write_register(v, UC_ARM_REG_R15, (base + vector) | (1 if entered & CPSR_T else 0))


cdef void read_fault(Vcpu* v, uint32_t* status, uint32_t* address) noexcept nogil:
    """Fetch fault status and address: Unicorn leaves them in a structure that only a saved context shows."""
    cdef uint8_t* syndrome
    v.api.context_save(v.uc, v.context)
    syndrome = <uint8_t*>v.context + v.syndrome_offset
    memcpy(status, syndrome + 4, 4)
    memcpy(address, syndrome + 8, 4)


cdef void uncount_tail(Vcpu* v, uint32_t pc) noexcept nogil:
    """The block was left at `pc`: the instruction there and those behind it have not retired."""
    v.retired -= v.current.count - block_index_of(v.current, pc)


cdef void take_undefined(Vcpu* v, uint32_t pc) noexcept nogil:
    v.exceptions_taken[1] += 1
    enter_exception(v, MODE_UND, 0x04, pc + (2 if read_register(v, UC_ARM_REG_CPSR) & CPSR_T else 4), 0)


cdef bint is_semihosting_call(Vcpu* v, uint32_t pc) noexcept nogil:
    """Whether the supervisor call before `pc` is SVC 0x123456, or SVC 0xAB in Thumb (Semihosting for AArch32, 2.1)."""
    cdef uint32_t word = 0
    if read_register(v, UC_ARM_REG_CPSR) & CPSR_T:
        v.api.vmem_read(v.uc, pc - 2, UC_PROT_EXEC, &word, 2)
        return word == 0xDFAB
    v.api.vmem_read(v.uc, pc - 4, UC_PROT_EXEC, &word, 4)
    return (word & 0x0FFFFFFF) == 0x0F123456


cdef bint take_exception(Vcpu* v, uint32_t pc) noexcept nogil:
    cdef uint32_t status = 0, address = 0
    if v.exception < 16:
        v.exceptions_taken[v.exception] += 1
    if v.exception == EXCEPTION_SVC:
        if v.semihosting and is_semihosting_call(v, pc):
            with gil:
                (<UnicornEngine>v.owner).semihosting_call()
        else:
            enter_exception(v, MODE_SVC, 0x08, pc, 0)
    elif v.exception == EXCEPTION_PREFETCH_ABORT or v.exception == EXCEPTION_BKPT:
        read_fault(v, &status, &address)
        if v.exception == EXCEPTION_BKPT:
            uncount_tail(v, pc)
        else:
            write_cp15(v, 6, 0, 0, 2, address)   # IFAR
        write_cp15(v, 5, 0, 0, 1, status)        # IFSR
        enter_exception(v, MODE_ABT, 0x0C, pc + 4, CPSR_A)
    elif v.exception == EXCEPTION_DATA_ABORT:
        read_fault(v, &status, &address)
        uncount_tail(v, pc)
        write_cp15(v, 5, 0, 0, 0, status)        # DFSR
        write_cp15(v, 6, 0, 0, 0, address)       # DFAR
        enter_exception(v, MODE_ABT, 0x10, pc + 8, CPSR_A)
    else:
        v.failure = "the guest executed SMC or entered monitor mode, which this machine does not have"
        return False
    return True


cdef void take_fetch_abort(Vcpu* v, uint32_t pc) noexcept nogil:
    """Code was fetched from device space: a synchronous external abort (ARM DDI 0406C, B3.13.3)."""
    v.exceptions_taken[EXCEPTION_PREFETCH_ABORT] += 1
    write_cp15(v, 6, 0, 0, 2, pc)            # IFAR
    write_cp15(v, 5, 0, 0, 1, 0x008)         # IFSR
    enter_exception(v, MODE_ABT, 0x0C, pc + 4, CPSR_A)


cdef void take_interrupt(Vcpu* v, uint32_t cpsr) noexcept nogil:
    cdef uint32_t pc = read_register(v, UC_ARM_REG_R15)
    if v.fiq and not cpsr & CPSR_F:
        enter_exception(v, MODE_FIQ, 0x1C, pc + 4, CPSR_A | CPSR_F)
    else:
        enter_exception(v, MODE_IRQ, 0x18, pc + 4, CPSR_A)


# --- trapped instructions -------------------------------------------------------------------------------------------

cdef bint condition_passed(uint32_t condition, uint32_t cpsr) noexcept nogil:
    """ARM DDI 0406C, A8.3.1."""
    cdef bint n = cpsr >> 31 & 1, z = cpsr >> 30 & 1, c = cpsr >> 29 & 1, o = cpsr >> 28 & 1
    cdef bint result
    cdef uint32_t base = condition >> 1
    if base == 0:
        result = z
    elif base == 1:
        result = c
    elif base == 2:
        result = n
    elif base == 3:
        result = o
    elif base == 4:
        result = c and not z
    elif base == 5:
        result = n == o
    elif base == 6:
        result = n == o and not z
    else:
        return True
    return result != (condition & 1)


cdef inline uint32_t it_state(uint32_t cpsr) noexcept nogil:
    return (cpsr >> 8 & 0xFC) | (cpsr >> 25 & 3)


cdef inline uint32_t with_it_state(uint32_t cpsr, uint32_t it) noexcept nogil:
    return (cpsr & ~<uint32_t>(CPSR_IT_LOW | CPSR_IT_HIGH)) | (it & 0xFC) << 8 | (it & 3) << 25


cdef void execute_hint(Vcpu* v, uint32_t hint) noexcept nogil:
    if hint == 2:                                # WFE
        if v.event_register:
            v.event_register = 0
        else:
            v.waiting = WAIT_EVENT
    elif hint == 3:                              # WFI
        v.waiting = WAIT_INTERRUPT
    elif hint == 4:                              # SEV
        v.event_register = 1


cdef void execute_trapped(Vcpu* v, uint32_t pc) noexcept nogil:
    """Execute the instruction at `pc`, which is on the trap list, as a Cortex-A9 does."""
    cdef uint32_t cpsr = read_register(v, UC_ARM_REG_CPSR), word = 0, length = 4, it = 0, condition = 14, hint = 0
    cdef uint16_t half[2]
    cdef bint passed, defined = True
    v.traps += 1
    if cpsr & CPSR_T:
        if v.api.vmem_read(v.uc, pc, UC_PROT_EXEC, half, 2) != UC_ERR_OK:
            v.failure = "a trapped instruction cannot be read"
            return
        if half[0] < 0xE800:
            length = 2
            hint = half[0] >> 4 & 15
        else:
            v.api.vmem_read(v.uc, pc + 2, UC_PROT_EXEC, &half[1], 2)
            word = <uint32_t>half[0] << 16 | half[1]
            if half[0] == 0xF3AF:
                hint = word & 0xFF
        it = it_state(cpsr)
        if it & 15:
            condition = it >> 4
    else:
        v.api.vmem_read(v.uc, pc, UC_PROT_EXEC, &word, 4)
        condition = word >> 28
        if (word & 0x0FFFFF00) == 0x0320F000:
            hint = word & 0xFF
    passed = condition_passed(condition, cpsr)
    if passed:
        if hint:
            execute_hint(v, hint)
        else:
            with gil:
                defined = (<UnicornEngine>v.owner).coprocessor(word, cpsr)
    if v.failure != NULL:
        return
    if not defined:
        take_undefined(v, pc)
        return
    if it & 15:
        it = 0 if it & 7 == 0 else (it & 0xE0) | (it << 1 & 0x1F)   # ITAdvance, A2.5.2
        cpsr = with_it_state(read_register(v, UC_ARM_REG_CPSR), it)
        write_register(v, UC_ARM_REG_CPSR, cpsr)
    v.retired += 1
    write_register(v, UC_ARM_REG_R15, (pc + length) | (1 if cpsr & CPSR_T else 0))


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
            v.block_limit = v.limit
        else:
            v.block_limit = v.retired + 1
        run_once(v)


cdef class UnicornEngine:
    """One ARM core that Unicorn executes, on RAM and devices of the simulator.

    `read(address, size)` and `write(address, size, value)` serve device accesses; `coprocessor(word, cpsr)` executes a
    trapped MRC or MCR through the registers of this object and returns whether it is defined.
    """

    cdef Vcpu* v
    cdef list _ram                      # keeps the memory alive
    cdef object _read, _write, _coprocessor, _events, _semihosting
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

    def flush(self):
        """Forget every translation, of addresses and of code: the state was replaced."""
        self.v.log.instruction = 0
        drop_all_translations(self.v)

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
