# What the engine works on, as C structures. records.py has the same for interpreted runs; a test compares them.

from libc.stdint cimport int16_t, int32_t, int64_t, int8_t, uint16_t, uint32_t, uint64_t, uint8_t

ctypedef uint64_t u64
ctypedef uint32_t u32
ctypedef int64_t s64
ctypedef int32_t s32

cdef enum:
    MASK32 = 0xFFFFFFFF

# What a semantic function returns.
cdef enum:
    NEXT = 0            # go on with the instruction that follows
    BRANCH = 1          # core.next_pc says where to go on; core.thumb may have changed
    EXCEPTION = 2       # core.exception is raised; the instruction has not happened
    SYNC = 3            # go on at core.next_pc, but look at masks, mode, interrupts and translation again
    WAIT = 4            # WFI or WFE: core.waiting says which
    RETURN = 5          # as SYNC, after an exception return: ITSTATE is what the return has made it

# core.exception (DDI 0406C, B1.8).
cdef enum:
    NO_EXCEPTION = 0
    UNDEFINED = 1
    SUPERVISOR_CALL = 2
    PREFETCH_ABORT = 3
    DATA_ABORT = 4
    INTERRUPT = 5
    FAST_INTERRUPT = 6
    BREAKPOINT = 7      # BKPT: a prefetch abort with its own status
    SECURE_MONITOR_CALL = 8

# What a decode function returns.
cdef enum:
    DECODED = 0
    IS_UNDEFINED = 1

# Modes (B1.3.1), and the banks of registers that they use.
cdef enum:
    MODE_USR = 0x10
    MODE_FIQ = 0x11
    MODE_IRQ = 0x12
    MODE_SVC = 0x13
    MODE_ABT = 0x17
    MODE_UND = 0x1B
    MODE_SYS = 0x1F

cdef enum:
    BANK_USR = 0
    BANK_SVC = 1
    BANK_ABT = 2
    BANK_UND = 3
    BANK_IRQ = 4
    BANK_FIQ = 5
    BANKS = 6

# Packed flags in core.nzcv.
cdef enum:
    FLAG_V = 1
    FLAG_C = 2
    FLAG_Z = 4
    FLAG_N = 8

# Bits of the CPSR that core.control holds as they are: mode, masks.
cdef enum:
    CPSR_MODE = 0x1F
    CPSR_T = 0x20
    CPSR_F = 0x40
    CPSR_I = 0x80
    CPSR_A = 0x100
    CPSR_E = 0x200
    CPSR_Q = 0x8000000

# Shift types (A8.4).
cdef enum:
    SHIFT_LSL = 0
    SHIFT_LSR = 1
    SHIFT_ASR = 2
    SHIFT_ROR = 3
    SHIFT_RRX = 4

# insn.setflags.
cdef enum:
    KEEP_FLAGS = 0
    SET_FLAGS = 1
    SET_FLAGS_OUTSIDE_IT = 2    # the 16-bit Thumb encodings

# Registers of coprocessor 15, as indices of core.cp15; the names are those of ArmState.
cdef enum:
    MIDR
    MPIDR
    CSSELR
    SCTLR
    ACTLR
    CPACR
    TTBR0
    TTBR1
    TTBCR
    DACR
    PAR
    PRRR
    NMRR
    FCSEIDR
    CONTEXTIDR
    TLB_LOCKDOWN
    DFSR
    IFSR
    ADFSR
    AIFSR
    DFAR
    IFAR
    VBAR
    TPIDRURW
    TPIDRURO
    TPIDRPRW
    TEECR
    TEEHBR
    PMCR
    PMCNTENSET
    PMOVSR
    PMSELR
    PMCCNTR
    PMCCNTR_PRESCALER
    PMUSERENR
    PMINTENSET
    POWER_CONTROL
    DIAGNOSTIC
    CBAR
    DBGDSCR
    DBGWFAR
    DBGVCR
    DBGPRCR
    DBGOSLOCK
    CP15_REGISTERS      # how many there are

# insn.operation_class: what an instruction does, as far as the tables of the manuals tell timings apart (DDI 0388,
# appendix B; DDI 0408 and DDI 0409, "Instruction throughput and latency").
cdef enum:
    CLASS_UNDEFINED                     # no instruction at all
    CLASS_MOVE                          # also shifted by a constant; MRS; MSR of the flags
    CLASS_MOVE_REGISTER_SHIFT           # shifted by a register
    CLASS_ALU                           # arithmetic and logic; counting and reversing bits; packing
    CLASS_ALU_SHIFT                     # of a register shifted by a constant
    CLASS_ALU_REGISTER_SHIFT            # of a register shifted by a register
    CLASS_BIT_FIELD                     # bit fields and extensions
    CLASS_EXTEND_ADD                    # extensions with an addition
    CLASS_PARALLEL                      # parallel additions and subtractions; SEL, SSAT16, USAT16
    CLASS_PARALLEL_SATURATING           # those that saturate or halve; QADD and QSUB
    CLASS_SATURATE                      # SSAT, USAT, QDADD, QDSUB
    CLASS_MULTIPLY                      # 32 bits of a product of two words
    CLASS_MULTIPLY_LONG                 # 64 bits of it
    CLASS_MULTIPLY_HALF                 # products of halfwords, or of a word and a halfword; USAD8
    CLASS_MULTIPLY_HALF_LONG            # the same, accumulated in 64 bits
    CLASS_LOAD
    CLASS_STORE
    CLASS_LOAD_MULTIPLE                 # also LDRD, LDREXD, RFE
    CLASS_STORE_MULTIPLE                # also STRD, STREXD, SRS
    CLASS_BRANCH
    CLASS_EXCEPTION                     # SVC, SMC, BKPT, UDF
    CLASS_SYSTEM                        # changes the mode, masks or endianness; CLREX
    CLASS_COPROCESSOR                   # MCR, MRC
    CLASS_HINT                          # NOP, IT, WFI and the like
    CLASS_BARRIER
    CLASS_FP_ADD
    CLASS_FP_MULTIPLY
    CLASS_FP_MULTIPLY_DOUBLE
    CLASS_FP_MULTIPLY_ACCUMULATE
    CLASS_FP_MULTIPLY_ACCUMULATE_DOUBLE
    CLASS_FP_DIVIDE
    CLASS_FP_DIVIDE_DOUBLE
    CLASS_FP_SQRT
    CLASS_FP_SQRT_DOUBLE
    CLASS_FP_CONVERT
    CLASS_FP_COMPARE
    CLASS_FP_MOVE                       # also VABS, VNEG and immediates
    CLASS_FP_TRANSFER                   # between core and extension registers, also Advanced SIMD's; VMRS, VMSR
    CLASS_FP_LOAD
    CLASS_FP_STORE
    CLASS_FP_LOAD_MULTIPLE
    CLASS_FP_STORE_MULTIPLE
    CLASS_SIMD_INTEGER                  # arithmetic, logic, comparisons, immediates
    CLASS_SIMD_SHIFT
    CLASS_SIMD_MULTIPLY
    CLASS_SIMD_MULTIPLY_ACCUMULATE
    CLASS_SIMD_FLOAT_ADD                # also comparisons, conversions, estimates
    CLASS_SIMD_FLOAT_MULTIPLY
    CLASS_SIMD_FLOAT_MULTIPLY_ACCUMULATE# also VRECPS, VRSQRTS
    CLASS_SIMD_PERMUTE
    CLASS_SIMD_LOAD                     # of elements and structures
    CLASS_SIMD_STORE

# insn.memory_kind.
cdef enum:
    ACCESS_NONE
    ACCESS_LOAD
    ACCESS_STORE
    ACCESS_LOAD_EXCLUSIVE
    ACCESS_STORE_EXCLUSIVE
    ACCESS_SWAP                         # SWP: both
    ACCESS_PRELOAD                      # PLD, PLDW, PLI: a hint

# insn.branch_kind; whether it is conditional follows from insn.cond, from CBZ and from the IT block.
cdef enum:
    BRANCH_NONE
    BRANCH_DIRECT
    BRANCH_DIRECT_CALL
    BRANCH_INDIRECT
    BRANCH_INDIRECT_CALL
    BRANCH_RETURN                       # from LR, or loaded with SP as base
    BRANCH_EXCEPTION_RETURN

# insn.sources and insn.destinations: bit 0 to 14 for the core registers of the current mode, and these.
cdef enum:
    OPERAND_PC = 15                     # as a source its value is an operand, as a destination it is a branch
    OPERAND_FLAGS = 16                  # N, Z, C and V
    OPERAND_Q_GE = 17                   # Q and GE
    OPERAND_FP_FLAGS = 18               # FPSCR: N, Z, C and V
    OPERAND_SYSTEM = 19                 # everything else: modes, masks, SPSR, coprocessor registers, FPEXC
    OPERAND_FP_CONTROL = 20             # FPSCR: rounding mode, flush to zero, default NaN, half-precision format
    OPERAND_FP_STATUS = 21              # FPSCR: the cumulative bits, which instructions set but never clear
    OPERAND_D0 = 32                     # and D1 to D31 after it; a single-precision register is half of one

cdef enum:
    TLB_ENTRIES = 256
    TLB_SETS = 2        # 0: unprivileged, 1: privileged

# A translation of the software TLB: valid for an access when the page's address equals the tag (bit 2 of a tag that
# never matches is set). `host` + address is where the byte is.
cdef struct TlbEntry:
    uint32_t read_tag
    uint32_t write_tag
    uint64_t host

ctypedef int (*Semantic)(Core* core, Instruction* insn) noexcept nogil
ctypedef int (*Decode)(Instruction* insn) noexcept nogil

# A decoded instruction. Register numbers are named as the manual names them: d for Rd, n for Rn, t for Rt, ...
cdef struct Instruction:
    Semantic execute
    uint32_t word               # the encoding; of a 32-bit Thumb instruction the first halfword is the upper one
    uint32_t immediate          # imm32, or what the decode function makes of the encoding
    uint16_t row                # which row of the table
    uint16_t registers          # register_list
    uint8_t cond                # 14: always; Thumb instructions have 14, their condition comes from ITSTATE or a branch
    uint8_t size                # 2 or 4 bytes
    uint8_t d
    uint8_t n
    uint8_t m
    uint8_t s
    uint8_t t
    uint8_t t2
    uint8_t a
    uint8_t setflags
    uint8_t shift_type
    uint8_t shift_amount
    uint8_t index               # P as the manual's variable `index` has it
    uint8_t add                 # U
    uint8_t wback
    uint8_t option              # anything more that a row needs, such as an element size
    uint8_t regs                # number of registers of a VFP or Advanced SIMD access
    uint8_t length              # anything more
    # For timing models, derived from the row and the fields above: operands.py says how.
    uint8_t operation_class
    uint8_t memory_kind
    uint8_t branch_kind
    uint64_t sources            # registers it reads, as a mask of OPERAND_... and core registers
    uint64_t destinations       # registers it writes

# One core. Everything that is architectural is here while the engine runs.
cdef struct Core:
    uint32_t r[16]              # as the current mode sees them; r[15] is what an instruction reads: its address + 8 or 4
    uint32_t pc                 # address of the instruction that is executed
    uint32_t next_pc            # where execution goes on
    uint32_t nzcv
    uint32_t q                  # 0 or 1
    uint32_t ge                 # four bits
    uint32_t it                 # ITSTATE; 0 outside an IT block
    uint32_t thumb              # 0 or 1
    uint32_t big_endian         # CPSR.E, 0 or 1
    uint32_t control            # CPSR's mode and its masks A, I and F
    uint32_t shifter_carry      # carry_out of the last shift or expanded immediate
    uint32_t bank_r8_12[2][5]   # r8 to r12 of the other modes: 0 for all but FIQ, 1 for FIQ
    uint32_t bank_sp[6]
    uint32_t bank_lr[6]
    uint32_t bank_spsr[6]
    uint64_t d[32]
    uint32_t fpscr
    uint32_t fpexc
    uint32_t cp15[44]
    uint32_t pmevtyper[6]
    uint32_t pmevcntr[6]
    uint32_t dbgbvr[6]
    uint32_t dbgbcr[6]
    uint32_t dbgwvr[4]
    uint32_t dbgwcr[4]
    uint32_t monitor_valid
    uint32_t monitor_address    # physical
    uint32_t monitor_size
    uint32_t monitor_virtual_address
    uint32_t event_register
    uint32_t waiting            # 0 running, 1 in WFI, 2 in WFE
    uint32_t pending_async_abort
    uint32_t exception          # raised by the instruction that is executed
    uint32_t fault_status       # of an abort: as DFSR or IFSR will have it
    uint32_t fault_address
    uint32_t irq                # levels of the interrupt inputs
    uint32_t fiq
    uint32_t attention          # the loop must look up before the next instruction
    uint64_t retired
    uint64_t limit              # the loop comes back when `retired` reaches it
    TlbEntry* tlb               # of the present privilege
    TlbEntry tlbs[2][256]
    void* memory                # the memory system behind the TLB
    uint64_t counted            # instructions up to which the performance monitors have counted
    uint64_t cycles_per_instruction
    uint32_t own_clock          # `cycles` is what a timing model counts; else cycles follow from instructions
    uint64_t cycles
    uint64_t counted_cycles     # cycles up to which the performance monitors have counted
