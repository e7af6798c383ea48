"""A core and a decoded instruction for interpreted runs, and the constants of the engine.

Compiled modules take all of this from records.pxd; a test holds the two together.
"""

from __future__ import annotations

from typing import Any

# In interpreted runs integers have no size: semantic functions mask their results.
u64 = int
u32 = int
s64 = int
s32 = int

MASK32 = 0xFFFFFFFF

# What a semantic function returns.
NEXT = 0  # go on with the instruction that follows
BRANCH = 1  # core.next_pc says where to go on; core.thumb may have changed
EXCEPTION = 2  # core.exception is raised; the instruction has not happened
SYNC = 3  # go on at core.next_pc, but look at masks, mode, interrupts and translation again
WAIT = 4  # WFI or WFE: core.waiting says which
RETURN = 5  # as SYNC, after an exception return: ITSTATE is what the return has made it

# core.exception (DDI 0406C, B1.8).
NO_EXCEPTION = 0
UNDEFINED = 1
SUPERVISOR_CALL = 2
PREFETCH_ABORT = 3
DATA_ABORT = 4
INTERRUPT = 5
FAST_INTERRUPT = 6
BREAKPOINT = 7  # BKPT: a prefetch abort with its own status
SECURE_MONITOR_CALL = 8

# What a decode function returns.
DECODED = 0
IS_UNDEFINED = 1

# Modes (B1.3.1), and the banks of registers that they use.
MODE_USR = 0x10
MODE_FIQ = 0x11
MODE_IRQ = 0x12
MODE_SVC = 0x13
MODE_ABT = 0x17
MODE_UND = 0x1B
MODE_SYS = 0x1F

BANK_USR = 0
BANK_SVC = 1
BANK_ABT = 2
BANK_UND = 3
BANK_IRQ = 4
BANK_FIQ = 5
BANKS = 6

# Packed flags in core.nzcv.
FLAG_V = 1
FLAG_C = 2
FLAG_Z = 4
FLAG_N = 8

# Bits of the CPSR that core.control holds as they are: mode, masks.
CPSR_MODE = 0x1F
CPSR_T = 0x20
CPSR_F = 0x40
CPSR_I = 0x80
CPSR_A = 0x100
CPSR_E = 0x200
CPSR_Q = 0x8000000

# Shift types (A8.4).
SHIFT_LSL = 0
SHIFT_LSR = 1
SHIFT_ASR = 2
SHIFT_ROR = 3
SHIFT_RRX = 4

# insn.setflags.
KEEP_FLAGS = 0
SET_FLAGS = 1
SET_FLAGS_OUTSIDE_IT = 2  # the 16-bit Thumb encodings

# Registers of coprocessor 15, as indices of core.cp15; the names are those of ArmState.
MIDR = 0
MPIDR = 1
CSSELR = 2
SCTLR = 3
ACTLR = 4
CPACR = 5
TTBR0 = 6
TTBR1 = 7
TTBCR = 8
DACR = 9
PAR = 10
PRRR = 11
NMRR = 12
FCSEIDR = 13
CONTEXTIDR = 14
TLB_LOCKDOWN = 15
DFSR = 16
IFSR = 17
ADFSR = 18
AIFSR = 19
DFAR = 20
IFAR = 21
VBAR = 22
TPIDRURW = 23
TPIDRURO = 24
TPIDRPRW = 25
TEECR = 26
TEEHBR = 27
PMCR = 28
PMCNTENSET = 29
PMOVSR = 30
PMSELR = 31
PMCCNTR = 32
PMCCNTR_PRESCALER = 33
PMUSERENR = 34
PMINTENSET = 35
POWER_CONTROL = 36
DIAGNOSTIC = 37
CBAR = 38
DBGDSCR = 39
DBGWFAR = 40
DBGVCR = 41
DBGPRCR = 42
DBGOSLOCK = 43
CP15_REGISTERS = 44  # how many there are

# insn.operation_class: what an instruction does, as far as the tables of the manuals tell timings apart (DDI 0388,
# appendix B; DDI 0408 and DDI 0409, "Instruction throughput and latency").
CLASS_UNDEFINED = 0  # no instruction at all
CLASS_MOVE = 1  # also shifted by a constant; MRS; MSR of the flags
CLASS_MOVE_REGISTER_SHIFT = 2  # shifted by a register
CLASS_ALU = 3  # arithmetic and logic; counting and reversing bits; packing
CLASS_ALU_SHIFT = 4  # of a register shifted by a constant
CLASS_ALU_REGISTER_SHIFT = 5  # of a register shifted by a register
CLASS_BIT_FIELD = 6  # bit fields and extensions
CLASS_EXTEND_ADD = 7  # extensions with an addition
CLASS_PARALLEL = 8  # parallel additions and subtractions; SEL, SSAT16, USAT16
CLASS_PARALLEL_SATURATING = 9  # those that saturate or halve; QADD and QSUB
CLASS_SATURATE = 10  # SSAT, USAT, QDADD, QDSUB
CLASS_MULTIPLY = 11  # 32 bits of a product of two words
CLASS_MULTIPLY_LONG = 12  # 64 bits of it
CLASS_MULTIPLY_HALF = 13  # products of halfwords, or of a word and a halfword; USAD8
CLASS_MULTIPLY_HALF_LONG = 14  # the same, accumulated in 64 bits
CLASS_LOAD = 15
CLASS_STORE = 16
CLASS_LOAD_MULTIPLE = 17  # also LDRD, LDREXD, RFE
CLASS_STORE_MULTIPLE = 18  # also STRD, STREXD, SRS
CLASS_BRANCH = 19
CLASS_EXCEPTION = 20  # SVC, SMC, BKPT, UDF
CLASS_SYSTEM = 21  # changes the mode, masks or endianness; CLREX
CLASS_COPROCESSOR = 22  # MCR, MRC
CLASS_HINT = 23  # NOP, IT, WFI and the like
CLASS_BARRIER = 24
CLASS_FP_ADD = 25
CLASS_FP_MULTIPLY = 26
CLASS_FP_MULTIPLY_DOUBLE = 27
CLASS_FP_MULTIPLY_ACCUMULATE = 28
CLASS_FP_MULTIPLY_ACCUMULATE_DOUBLE = 29
CLASS_FP_DIVIDE = 30
CLASS_FP_DIVIDE_DOUBLE = 31
CLASS_FP_SQRT = 32
CLASS_FP_SQRT_DOUBLE = 33
CLASS_FP_CONVERT = 34
CLASS_FP_COMPARE = 35
CLASS_FP_MOVE = 36  # also VABS, VNEG and immediates
CLASS_FP_TRANSFER = 37  # between core and extension registers, also Advanced SIMD's; VMRS, VMSR
CLASS_FP_LOAD = 38
CLASS_FP_STORE = 39
CLASS_FP_LOAD_MULTIPLE = 40
CLASS_FP_STORE_MULTIPLE = 41
CLASS_SIMD_INTEGER = 42  # arithmetic, logic, comparisons, immediates
CLASS_SIMD_SHIFT = 43
CLASS_SIMD_MULTIPLY = 44
CLASS_SIMD_MULTIPLY_ACCUMULATE = 45
CLASS_SIMD_FLOAT_ADD = 46  # also comparisons, conversions, estimates
CLASS_SIMD_FLOAT_MULTIPLY = 47
CLASS_SIMD_FLOAT_MULTIPLY_ACCUMULATE = 48  # also VRECPS, VRSQRTS
CLASS_SIMD_PERMUTE = 49
CLASS_SIMD_LOAD = 50  # of elements and structures
CLASS_SIMD_STORE = 51

# insn.memory_kind.
ACCESS_NONE = 0
ACCESS_LOAD = 1
ACCESS_STORE = 2
ACCESS_LOAD_EXCLUSIVE = 3
ACCESS_STORE_EXCLUSIVE = 4
ACCESS_SWAP = 5  # SWP: both
ACCESS_PRELOAD = 6  # PLD, PLDW, PLI: a hint

# insn.branch_kind; whether it is conditional follows from insn.cond, from CBZ and from the IT block.
BRANCH_NONE = 0
BRANCH_DIRECT = 1
BRANCH_DIRECT_CALL = 2
BRANCH_INDIRECT = 3
BRANCH_INDIRECT_CALL = 4
BRANCH_RETURN = 5  # from LR, or loaded with SP as base
BRANCH_EXCEPTION_RETURN = 6

# insn.sources and insn.destinations: bit 0 to 14 for the core registers of the current mode, and these.
OPERAND_PC = 15  # as a source its value is an operand, as a destination it is a branch
OPERAND_FLAGS = 16  # N, Z, C and V
OPERAND_Q_GE = 17  # Q and GE
OPERAND_FP_FLAGS = 18  # FPSCR: N, Z, C and V
OPERAND_SYSTEM = 19  # everything else: modes, masks, SPSR, coprocessor registers, FPEXC
OPERAND_FP_CONTROL = 20  # FPSCR: rounding mode, flush to zero, default NaN, half-precision format
OPERAND_FP_STATUS = 21  # FPSCR: the cumulative bits, which instructions set but never clear
OPERAND_D0 = 32  # and D1 to D31 after it; a single-precision register is half of one

TLB_ENTRIES = 256
TLB_SETS = 2  # 0: unprivileged, 1: privileged


class Instruction:
    """A decoded instruction."""

    def __init__(self) -> None:
        self.execute: Any = None
        self.word = 0
        self.immediate = 0
        self.row = 0
        self.registers = 0
        self.cond = 0
        self.size = 0
        self.d = 0
        self.n = 0
        self.m = 0
        self.s = 0
        self.t = 0
        self.t2 = 0
        self.a = 0
        self.setflags = 0
        self.shift_type = 0
        self.shift_amount = 0
        self.index = 0
        self.add = 0
        self.wback = 0
        self.option = 0
        self.regs = 0
        self.length = 0
        self.operation_class = 0
        self.memory_kind = 0
        self.branch_kind = 0
        self.sources = 0
        self.destinations = 0


class Core:
    """One core."""

    def __init__(self) -> None:
        self.r = [0] * 16
        self.pc = 0
        self.next_pc = 0
        self.nzcv = 0
        self.q = 0
        self.ge = 0
        self.it = 0
        self.thumb = 0
        self.big_endian = 0
        self.control = 0
        self.shifter_carry = 0
        self.bank_r8_12 = [[0] * 5 for _ in range(2)]
        self.bank_sp = [0] * 6
        self.bank_lr = [0] * 6
        self.bank_spsr = [0] * 6
        self.d = [0] * 32
        self.fpscr = 0
        self.fpexc = 0
        self.cp15 = [0] * 44
        self.pmevtyper = [0] * 6
        self.pmevcntr = [0] * 6
        self.dbgbvr = [0] * 6
        self.dbgbcr = [0] * 6
        self.dbgwvr = [0] * 4
        self.dbgwcr = [0] * 4
        self.monitor_valid = 0
        self.monitor_address = 0
        self.monitor_size = 0
        self.monitor_virtual_address = 0
        self.event_register = 0
        self.waiting = 0
        self.pending_async_abort = 0
        self.exception = 0
        self.fault_status = 0
        self.fault_address = 0
        self.irq = 0
        self.fiq = 0
        self.attention = 0
        self.retired = 0
        self.limit = 0
        self.tlb: Any = None
        self.tlbs: Any = None
        self.memory: Any = None
        self.counted = 0
        self.cycles_per_instruction = 1
        self.own_clock = 0
        self.cycles = 0
        self.counted_cycles = 0
