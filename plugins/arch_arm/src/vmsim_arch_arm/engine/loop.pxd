# The engine's loop, and what other loops (observing, through caches, timed) share with it.

from libc.stdint cimport uint16_t, uint32_t, uint64_t, uint8_t

from cpython.ref cimport PyObject

from vmsim_arch_arm.engine.code_cache cimport CodeCache, CodePage
from vmsim_arch_arm.engine.decoder cimport CompiledTable
from vmsim_arch_arm.engine.memory_system cimport MemorySystem
from vmsim_arch_arm.engine.records cimport EXCEPTION, NEXT, RETURN, SUPERVISOR_CALL, Core, Instruction

cpdef enum RunResult:
    REACHED_LIMIT = 0
    WAITING = 1
    STOPPED = 2
    ENDLESS_LOOP = 3
    FAILED = 4
    ENDLESS_EXCEPTIONS = 6
    AT_BREAKPOINT = 7
    AT_WATCHPOINT = 8

cdef enum:
    ALWAYS = 14
    UNCONDITIONAL = 15          # in an IT block too: BKPT (A8.8.24)
    FIRST_32_BIT = 0xE800       # the first halfword of a 32-bit Thumb instruction is this or more (A6.1)

cdef struct Engine

# Executes instructions until core.limit, an exit, or something that needs a look around; see `execute_fast`.
ctypedef void (*Execute)(Engine* e) noexcept nogil

cdef struct Engine:
    Core core
    MemorySystem memory
    CodeCache code
    Execute execute
    Execute plain               # the loop that an observing one goes by
    uint32_t fetched_line       # virtual address of the line that was fetched last, odd for none
    uint8_t* line_bytes         # NULL: not known any more
    uint32_t peeked             # a word of a line that is not kept
    uint64_t issued             # tick at which the last instruction started, of a loop that has a clock of its own
    uint64_t limit              # what the caller asked for; core.limit may be lower
    uint64_t now                # ticks, of a loop that has a clock of its own; else 0
    uint64_t deadline           # of such a loop
    uint32_t stop_requested
    uint32_t fiq_wired
    uint32_t semihosting        # whether the supervisor calls of ARM semihosting go to the simulator
    uint32_t exceptions_in_a_row
    uint32_t endless
    uint32_t suspended          # code may have changed unseen
    uint32_t at_breakpoint
    uint32_t at_watchpoint
    uint32_t last_exception     # the exception that was taken last
    uint64_t exceptions_taken[16]
    Instruction scratch         # an instruction that is not kept: its second halfword is on another page
    const char* failure
    CompiledTable* arm
    CompiledTable* thumb16
    CompiledTable* thumb32
    PyObject* owner
    void (*call_semihosting)(PyObject* owner) noexcept nogil
    void* debug                 # what an observing loop looks for
    void* timing                # what a timed loop keeps
    void (*show_exception)(PyObject* owner) noexcept nogil      # NULL: nobody looks at the exceptions that are taken

cdef RunResult run_engine(Engine* e) noexcept nogil
cdef void execute_fast(Engine* e) noexcept nogil
cdef CodePage* find_page(Engine* e, uint32_t address) noexcept nogil
cdef void take(Engine* e) noexcept nogil
cdef bint is_final(Engine* e) noexcept nogil


cdef extern from *:
    """
    /* ConditionPassed(), A8.3.1: by condition, a bit for each value of N, Z, C and V with which it passes. */
    static const uint16_t VMSIM_PASSES[16] = {
        0xF0F0, 0x0F0F, 0xCCCC, 0x3333, 0xFF00, 0x00FF, 0xAAAA, 0x5555,
        0x0C0C, 0xF3F3, 0xAA55, 0x55AA, 0x0A05, 0xF5FA, 0xFFFF, 0xFFFF,
    };
    """
    const uint16_t VMSIM_PASSES[16]


cdef inline bint condition_passed(const Core* core, uint32_t cond) noexcept nogil:
    return VMSIM_PASSES[cond] >> core.nzcv & 1


cdef inline uint32_t advanced(uint32_t it) noexcept nogil:
    """ITAdvance(), A2.5.2."""
    return (it & 0xE0) | (it << 1 & 0x1F) if it & 7 else 0


cdef inline int execute_instruction(Core* core, Instruction* insn) noexcept nogil:
    """Execute an instruction if its condition holds, and advance ITSTATE; return its outcome."""
    cdef uint32_t it = core.it
    cdef int result
    if not it:
        if insn.cond != ALWAYS and not condition_passed(core, insn.cond):
            return NEXT
        return insn.execute(core, insn)
    if insn.cond != UNCONDITIONAL and not condition_passed(core, it >> 4):
        core.it = advanced(it)
        return NEXT
    result = insn.execute(core, insn)
    if result != RETURN and (result != EXCEPTION or core.exception == SUPERVISOR_CALL):
        core.it = advanced(it) if core.it == it else core.it
    return result
