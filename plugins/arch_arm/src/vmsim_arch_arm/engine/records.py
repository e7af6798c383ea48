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
