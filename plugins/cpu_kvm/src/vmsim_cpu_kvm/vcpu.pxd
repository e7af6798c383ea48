# The state of one vCPU as the hooks see it: plain C, since most of them run without the GIL.

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from vmsim_cpu_kvm.block_table cimport MAX_BLOCK_BYTES, Block, BlockTable
from vmsim_cpu_kvm.unicorn_api cimport UnicornApi, uc_context, uc_engine

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
    MAX_EXCEPTIONS = 1000       # in a row, without an instruction that retires: they will never end
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
    EVENT_REFUSED               # the bus refused an access, at `refused_address`
    EVENT_FETCH                 # code was fetched where Unicorn has no RAM, at `fetch_address`
    EVENT_ENDLESS               # a branch to itself that no interrupt can end

cdef enum Wait:
    WAIT_NONE = 0
    WAIT_INTERRUPT = 1          # WFI
    WAIT_EVENT = 2              # WFE


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
    uint32_t exclusive_bytes    # that the last exclusive load has loaded: Unicorn's monitor keeps no size
    uint32_t* breakpoints       # virtual addresses before which the run comes back
    int breakpoint_count
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
    uint32_t refused_address    # physical
    Span stale[MAX_STALE]       # RAM that was written by the host while the guest ran
    int stale_count
    const char* failure
    uint8_t* code_granules      # by physical address >> GUARD_SHIFT: guarded
    uint8_t* code_pages         # by physical address >> PAGE_SHIFT: was translated
    uint8_t code[MAX_BLOCK_BYTES]
    uint64_t exceptions_taken[16]
    uint64_t retired_at_exception
    uint32_t exceptions_in_a_row
    uint64_t starts, replays, armed_exits, traps, accesses, guards, flushes
    Region regions[MAX_REGIONS]
    int region_count
    Gap gaps[MAX_REGIONS + 1]
    PyObject* owner             # the Python object behind these, which take the GIL
    bint (*access_device)(Vcpu* v, uint64_t count, uint32_t address, uint32_t size, uint64_t* value,
                          bint write) noexcept nogil    # whether the bus answers
    bint (*access_coprocessor)(Vcpu* v, uint32_t word, uint32_t cpsr) noexcept nogil
    void (*call_semihosting)(Vcpu* v) noexcept nogil
    void (*show_exception)(Vcpu* v) noexcept nogil      # NULL: nobody looks at the exceptions that are taken


cdef inline uint32_t read_register(Vcpu* v, int register) noexcept nogil:
    cdef uint32_t value = 0
    v.api.reg_read(v.uc, register, &value)
    return value


cdef inline void write_register(Vcpu* v, int register, uint32_t value) noexcept nogil:
    v.api.reg_write(v.uc, register, &value)


cdef uint32_t read_coprocessor(
    Vcpu* v, uint32_t cp, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2
) noexcept nogil
cdef void write_coprocessor(
    Vcpu* v, uint32_t cp, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2, uint32_t value
) noexcept nogil
cdef void fail(Vcpu* v, const char* reason) noexcept nogil


cdef inline uint32_t read_cp15(Vcpu* v, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2) noexcept nogil:
    return read_coprocessor(v, 15, crn, opc1, crm, opc2)


cdef inline void write_cp15(
    Vcpu* v, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2, uint32_t value
) noexcept nogil:
    write_coprocessor(v, 15, crn, opc1, crm, opc2, value)


cdef inline bint interrupt_due(Vcpu* v, uint32_t cpsr) noexcept nogil:
    return (v.irq and not cpsr & CPSR_I) or (v.fiq and not cpsr & CPSR_F)
