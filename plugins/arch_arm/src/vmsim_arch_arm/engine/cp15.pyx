"""Coprocessors 14 and 15 as a Cortex-A9 has them (DDI 0406C, B3.17 and C6; DDI 0388I, chapter 4).

What MRC and MCR do with an encoding is in a table; what has an effect, in the functions below. Guests must read the same
under every CPU model: what the manual leaves to the implementation, or UNPREDICTABLE, is as the virtual CPU has it. So
are bits of SCTLR that are not there: they keep what is written.
"""

from libc.stdint cimport uint32_t, uint64_t, uint8_t
from libc.string cimport memset

from vmsim_arch_arm.engine.cache_maintenance cimport (
    invalidate_instruction_line, invalidate_instructions, maintain_address, maintain_set_way,
)
from vmsim_arch_arm.engine.records cimport *
from vmsim_arch_arm.engine.translation cimport maintain_tlbs, translate_address, translation_changed
from vmsim_core.memory_port cimport CLEAN, CLEAN_AND_INVALIDATE, INVALIDATE, SetWay

from vmsim_arch_arm.engine.cp15_names import CP15_NAMES
from vmsim_arch_arm.id_registers import CCSIDR, ID_REGISTERS
from vmsim_arch_arm.state import specs

cdef enum:
    ENCODINGS = 1 << 15
    MAX_CONSTANTS = 32
    NOBODY = 0                  # in User mode
    READS = 1
    WRITES = 2
    PMCR_FIXED = 0x41093000     # IMP ARM, IDCODE Cortex-A9, N = 6
    PMCR_WRITABLE = 0x39
    CYCLE_COUNTER = 0x80000000
    COUNTERS = 6
    TO_UNIFICATION = 4

cdef enum Action:
    IS_NOT_THERE = 0            # UNDEFINED
    IGNORED                     # nothing is written; a read leaves the register as it is
    STORED                      # core.cp15[index], in its writable bits
    CONSTANT_VALUE              # _constants[index]
    CACHE_SIZE                  # CCSIDR, as CSSELR selects
    INTERRUPT_STATUS            # ISR
    MONITORS                    # performance monitors, which look themselves at who asks
    BREAKPOINTS                 # DBGBVR, DBGBCR, DBGWVR and DBGWCR of number `index`
    OS_LOCK
    TLB_MAINTENANCE             # `index` is the operation of tlb_model.pxd
    CACHE_ADDRESS               # `index` is the operation of memory_port.pxd, and TO_UNIFICATION
    CACHE_SET_WAY
    ALL_INSTRUCTIONS
    INSTRUCTION_LINE
    TRANSLATION

cdef struct Access:
    uint8_t read
    uint8_t write
    uint8_t user                # what User mode may do
    uint8_t index

cdef Access _accesses[ENCODINGS]
cdef uint32_t _writable[CP15_REGISTERS]
cdef uint32_t _constants[MAX_CONSTANTS]
cdef uint32_t _data_ccsidr = CCSIDR[0], _instruction_ccsidr = CCSIDR[1]

_WRITABLE = {
    "csselr": 0xF, "actlr": 0x3CF, "cpacr": 0xC0F00000, "ttbcr": 0x37, "par": 0xFFFFF6FF, "fcseidr": 0, "adfsr": 0,
    "aifsr": 0, "vbar": 0xFFFFFFE0, "teecr": 1, "tlb_lockdown": 0x30000001, "power_control": 0x701, "cbar": 0xFFFFE000,
}
"""Bits that keep what is written, where that is not all of them."""

_READ_ONLY = ("midr", "mpidr")
_ABSENT = ("dbgwfar", "dbgprcr")
"""The virtual CPU does not have them, so a guest must not find them here."""

_USER = {"tpidrurw": READS | WRITES, "tpidruro": READS, "teehbr": READS | WRITES, "dbgdidr": READS, "dbgdrar": READS,
         "dbgdsar": READS}
_NON_SECURE_ACCESS = 0xC00
"""NSACR as the Non-secure state sees it: coprocessors 10 and 11 may be used."""


cdef uint32_t pack(uint32_t coprocessor, uint32_t crn, uint32_t opc1, uint32_t crm, uint32_t opc2) noexcept nogil:
    return (coprocessor & 1) << 14 | crn << 10 | opc1 << 7 | crm << 3 | opc2


def _declare(coprocessor, crn, opc1, crm, opc2, read, write, index=0, user=NOBODY):
    """Say what accesses to encodings do; `crm`, `opc1` and `opc2` may be several numbers."""
    cdef Access* access
    for one in opc1 if isinstance(opc1, range) else (opc1,):
        for m in crm if isinstance(crm, (range, tuple)) else (crm,):
            for two in opc2 if isinstance(opc2, (range, tuple)) else (opc2,):
                access = &_accesses[pack(coprocessor, crn, one, m, two)]
                access.read, access.write, access.user, access.index = read, write, user, index


def _fill():
    cdef int number
    everything, many = range(8), range(16)
    # Encodings that are not allocated but do something: what the manual leaves UNPREDICTABLE, as the virtual CPU has it.
    _declare(15, 3, everything, many, everything, STORED, STORED, DACR)
    _declare(15, 7, 0, (0, 1, 2, 3, 6, 7, 9, 11, 12, 13, 14, 15), everything, IS_NOT_THERE, IGNORED)
    _declare(15, 7, 0, 4, range(1, 8), IS_NOT_THERE, IGNORED)
    _declare(15, 10, everything, (1, 4, 8), everything, IGNORED, IGNORED)
    # c0: identification; what is not allocated reads as MIDR or as zero (B7.1).
    _constants[0], _constants[1] = 0, _NON_SECURE_ACCESS
    _declare(15, 0, 0, range(3, 8), everything, CONSTANT_VALUE, IS_NOT_THERE)
    _declare(15, 0, 0, 2, (5, 6, 7), CONSTANT_VALUE, IS_NOT_THERE)
    _declare(15, 0, 0, 0, (4, 7), STORED, IS_NOT_THERE, MIDR)
    _declare(15, 0, 1, 0, 0, CACHE_SIZE, IS_NOT_THERE)
    for number, register in enumerate(ID_REGISTERS, 2):
        _constants[number] = register.value
        _declare(*register.encoding, CONSTANT_VALUE, IS_NOT_THERE, number, _USER.get(register.name, NOBODY))
    # Registers that keep what is written.
    for number, name in enumerate(CP15_NAMES):
        _writable[number] = _WRITABLE.get(name, 0xFFFFFFFF)
    for spec in specs():
        if spec.name in CP15_NAMES and spec.encoding is not None and spec.name not in _ABSENT:
            write = IS_NOT_THERE if spec.name in _READ_ONLY else STORED
            _declare(*spec.encoding, STORED, write, CP15_NAMES.index(spec.name), _USER.get(spec.name, NOBODY))
    _declare(15, 1, 0, 1, 2, CONSTANT_VALUE, IS_NOT_THERE, 1)
    _declare(15, 6, 0, 0, 1, CONSTANT_VALUE, IGNORED)                   # DFAR of watchpoints, before ARMv7
    # c7 and c8: operations
    _declare(15, 7, 0, 5, (0, 1, 2, 3, 5, 6, 7), IS_NOT_THERE, IGNORED)
    _declare(15, 7, 0, 10, (0, 1, 2, 3, 6, 7), IS_NOT_THERE, IGNORED)
    _declare(15, 7, 0, 5, 4, IS_NOT_THERE, IGNORED, 0, WRITES)          # CP15ISB
    _declare(15, 7, 0, 10, (4, 5), IS_NOT_THERE, IGNORED, 0, WRITES)    # CP15DSB, CP15DMB
    for crm in (1, 5):
        _declare(15, 7, 0, crm, 0, IS_NOT_THERE, ALL_INSTRUCTIONS)      # ICIALLUIS, ICIALLU
    _declare(15, 7, 0, 5, 1, IS_NOT_THERE, INSTRUCTION_LINE)            # ICIMVAU
    for crm, operation in ((6, INVALIDATE), (10, CLEAN), (14, CLEAN_AND_INVALIDATE)):
        _declare(15, 7, 0, crm, 1, IS_NOT_THERE, CACHE_ADDRESS, operation)
        _declare(15, 7, 0, crm, 2, IS_NOT_THERE, CACHE_SET_WAY, operation)
    _declare(15, 7, 0, 11, 1, IS_NOT_THERE, CACHE_ADDRESS, CLEAN | TO_UNIFICATION)
    for number in range(4):
        _declare(15, 7, 0, 8, number, IS_NOT_THERE, TRANSLATION, number)
    for number in range(3):
        _declare(15, 8, 0, (3, 5, 6, 7), number, IS_NOT_THERE, TLB_MAINTENANCE, number)
    _declare(15, 8, 0, (3, 7), 3, IS_NOT_THERE, TLB_MAINTENANCE, 3)
    # c9, c12 and c15
    _declare(15, 9, 0, 12, range(6), MONITORS, MONITORS, 0, READS | WRITES)
    _declare(15, 9, 0, (13, 14), range(3), MONITORS, MONITORS, 0, READS | WRITES)
    _declare(15, 12, 0, 1, 0, INTERRUPT_STATUS, IS_NOT_THERE)
    _declare(15, 15, 0, 1, 0, CONSTANT_VALUE, IS_NOT_THERE)             # NEON busy
    _declare(15, 15, 5, many, everything, IS_NOT_THERE, IGNORED)        # main TLB lockdown: nothing can be locked
    # Coprocessor 14: debug and Jazelle
    for number in range(6):
        _declare(14, 0, 0, number, (4, 5), BREAKPOINTS, BREAKPOINTS, number)
    for number in range(4):
        _declare(14, 0, 0, number, (6, 7), BREAKPOINTS, BREAKPOINTS, number)
    _declare(14, 0, 0, 1, 0, STORED, IS_NOT_THERE, DBGDSCR)             # DBGDSCRint
    _declare(14, 0, 0, 2, 0, IGNORED, IGNORED)                          # DBGDTRRXext
    _declare(14, 1, 0, 0, 4, IS_NOT_THERE, OS_LOCK)                     # DBGOSLAR
    _declare(14, 1, 0, 1, 4, OS_LOCK, IS_NOT_THERE)                     # DBGOSLSR
    _declare(14, 1, 0, 3, 4, IGNORED, IGNORED)                          # DBGOSDLR
    _declare(14, 1, 7, 0, 0, CONSTANT_VALUE, IGNORED)                   # JOSCR
    _declare(14, 2, 7, 0, 0, CONSTANT_VALUE, IGNORED)                   # JMCR


_fill()


cdef inline bint _is_user(Core* core) noexcept nogil:
    return core.control & CPSR_MODE == MODE_USR


cdef bint _may(Core* core, Access* access, uint32_t what) noexcept nogil:
    if not _is_user(core):
        return True
    if access.read == STORED and access.index == TEEHBR and core.cp15[TEECR] & 1:
        return False                            # TEECR.XED (B4.1.150)
    return access.user & what != 0


# --- reading --------------------------------------------------------------------------------------------------------

cdef bint read_register(Core* core, uint32_t encoding, uint32_t* value) noexcept nogil:
    """MRC: give the register's value; False where the instruction is undefined."""
    cdef Access* access = &_accesses[encoding]
    if access.read == IS_NOT_THERE or not _may(core, access, READS):
        return False
    if access.read == STORED:
        value[0] = core.cp15[access.index]
    elif access.read == CONSTANT_VALUE:
        value[0] = _constants[access.index]
    elif access.read == MONITORS:
        return _read_monitor(core, encoding >> 3 & 15, encoding & 7, value)
    elif access.read == CACHE_SIZE:
        value[0] = _data_ccsidr if core.cp15[CSSELR] == 0 else _instruction_ccsidr if core.cp15[CSSELR] == 1 else 0
    elif access.read == INTERRUPT_STATUS:
        value[0] = core.pending_async_abort << 8 | core.irq << 7 | core.fiq << 6
    elif access.read == BREAKPOINTS:
        value[0] = _breakpoint_register(core, encoding & 7)[access.index]
    elif access.read == OS_LOCK:
        value[0] = 8 | core.cp15[DBGOSLOCK] << 1
    return True


cdef uint32_t* _breakpoint_register(Core* core, uint32_t opc2) noexcept nogil:
    if opc2 == 4:
        return core.dbgbvr
    if opc2 == 5:
        return core.dbgbcr
    if opc2 == 6:
        return core.dbgwvr
    return core.dbgwcr


cdef bint _read_monitor(Core* core, uint32_t crm, uint32_t opc2, uint32_t* value) noexcept nogil:
    """The performance monitors (C12, TRM 11)."""
    cdef uint32_t index = core.cp15[PMSELR], selector = crm << 4 | opc2
    if _is_user(core) and (not core.cp15[PMUSERENR] & 1 or selector == 0xE1 or selector == 0xE2) and selector != 0xE0:
        return False
    advance_monitors(core)
    value[0] = 0
    if selector == 0xC0:
        value[0] = core.cp15[PMCR]
    elif selector == 0xC1 or selector == 0xC2:
        value[0] = core.cp15[PMCNTENSET]
    elif selector == 0xC3:
        value[0] = core.cp15[PMOVSR]
    elif selector == 0xC5:
        value[0] = core.cp15[PMSELR]
    elif selector == 0xD0:
        value[0] = core.cp15[PMCCNTR]
    elif selector == 0xD1:
        value[0] = core.pmevtyper[index] if index < COUNTERS else 0
    elif selector == 0xD2:
        value[0] = core.pmevcntr[index] if index < COUNTERS else 0
    elif selector == 0xE0:
        value[0] = core.cp15[PMUSERENR]
    elif selector == 0xE1 or selector == 0xE2:
        value[0] = core.cp15[PMINTENSET]
    else:
        return selector == 0xC4
    return True


# --- writing --------------------------------------------------------------------------------------------------------

cdef bint write_register(Core* core, uint32_t encoding, uint32_t value) noexcept nogil:
    """MCR: write the register or do the operation; False where the instruction is undefined."""
    cdef Access* access = &_accesses[encoding]
    if access.write == IS_NOT_THERE or not _may(core, access, WRITES):
        return False
    if access.write == STORED:
        _store(core, access.index, value)
    elif access.write == MONITORS:
        return _write_monitor(core, encoding >> 3 & 15, encoding & 7, value)
    elif access.write == TLB_MAINTENANCE:
        maintain_tlbs(core, access.index, value)
    elif access.write == CACHE_ADDRESS:
        maintain_address(core, value, access.index & 3, access.index & TO_UNIFICATION != 0)
    elif access.write == CACHE_SET_WAY:
        _maintain_set_way(core, value, access.index)
    elif access.write == ALL_INSTRUCTIONS:
        invalidate_instructions(core)
    elif access.write == INSTRUCTION_LINE:
        invalidate_instruction_line(core, value)
    elif access.write == TRANSLATION:
        # ATS1CPR, ATS1CPW, ATS1CUR and ATS1CUW (B4.2.4)
        core.cp15[PAR] = translate_address(core, value, access.index < 2, access.index & 1)
    elif access.write == BREAKPOINTS:
        _write_breakpoint(core, encoding & 7, access.index, value)
    elif access.write == OS_LOCK:
        core.cp15[DBGOSLOCK] = value == <uint32_t>0xC5ACCE55
    return True


cdef void _store(Core* core, int number, uint32_t value) noexcept nogil:
    cdef uint32_t old = core.cp15[number]
    core.cp15[number] = (old & ~_writable[number]) | (value & _writable[number])
    if number in (SCTLR, TTBR0, TTBR1, TTBCR, DACR, PRRR, NMRR, CONTEXTIDR) and core.cp15[number] != old:
        translation_changed(core)


cdef void _write_breakpoint(Core* core, uint32_t opc2, uint32_t index, uint32_t value) noexcept nogil:
    """Values of watchpoints are word-aligned; of a breakpoint's byte address select, bits 1 and 3 copy 0 and 2."""
    if opc2 == 5:
        value = (value & ~<uint32_t>0x140) | (value & 0x20) << 1 | (value & 0x80) << 1
    elif opc2 == 6:
        value &= ~<uint32_t>3
    _breakpoint_register(core, opc2)[index] = value


cdef void _maintain_set_way(Core* core, uint32_t value, uint32_t operation) noexcept nogil:
    """By the geometry that CCSIDR tells of level 1, the only one that CLIDR tells of (B4.2.1): the level in bits 3:1, the
    set above the bits of a line, the way in the highest bits. Its ways are a power of two."""
    cdef SetWay place
    place.sets = (_data_ccsidr >> 13 & 0x7FFF) + 1
    place.ways = (_data_ccsidr >> 3 & 0x3FF) + 1
    if value >> 1 & 7:
        return
    place.number = value >> (_data_ccsidr & 7) + 4 & place.sets - 1
    place.way = <uint32_t>((<uint64_t>value * place.ways) >> 32)
    maintain_set_way(core, &place, operation)


cdef bint _write_monitor(Core* core, uint32_t crm, uint32_t opc2, uint32_t value) noexcept nogil:
    cdef uint32_t index = core.cp15[PMSELR], selector = crm << 4 | opc2, counter
    if _is_user(core) and (not core.cp15[PMUSERENR] & 1 or selector >= 0xE0):
        return False
    advance_monitors(core)
    if selector == 0xC0:
        if value & 2:
            memset(core.pmevcntr, 0, sizeof(core.pmevcntr))
        if value & 4:
            core.cp15[PMCCNTR] = core.cp15[PMCCNTR_PRESCALER] = 0
        core.cp15[PMCR] = PMCR_FIXED | (value & PMCR_WRITABLE)
    elif selector == 0xC1:
        core.cp15[PMCNTENSET] |= value & (CYCLE_COUNTER | (1 << COUNTERS) - 1)
    elif selector == 0xC2:
        core.cp15[PMCNTENSET] &= ~value
    elif selector == 0xC3:
        core.cp15[PMOVSR] &= ~value
    elif selector == 0xC4:
        for counter in range(COUNTERS):
            if core.cp15[PMCR] & 1 and value & core.cp15[PMCNTENSET] & 1 << counter and core.pmevtyper[counter] == 0:
                _count(core, &core.pmevcntr[counter], 1, 1 << counter)
    elif selector == 0xC5:
        core.cp15[PMSELR] = value & 0x1F
    elif selector == 0xD0:
        core.cp15[PMCCNTR] = value
    elif selector == 0xD1:
        if index < COUNTERS:
            core.pmevtyper[index] = value & 0xFF
    elif selector == 0xD2:
        if index < COUNTERS:
            core.pmevcntr[index] = value
    elif selector == 0xE0:
        core.cp15[PMUSERENR] = value & 1
    elif selector == 0xE1:
        core.cp15[PMINTENSET] |= value & (CYCLE_COUNTER | (1 << COUNTERS) - 1)
    elif selector == 0xE2:
        core.cp15[PMINTENSET] &= ~value
    else:
        return False
    return True


cdef void _count(Core* core, uint32_t* counter, uint64_t step, uint32_t flag) noexcept nogil:
    cdef uint64_t total = counter[0] + step
    if total >> 32:
        core.cp15[PMOVSR] |= flag
    counter[0] = <uint32_t>total


cdef void advance_monitors(Core* core) noexcept nogil:
    """Count what has retired since the last look."""
    cdef uint64_t instructions = core.retired - core.counted, cycles, steps
    cdef uint32_t index, event
    core.counted = core.retired
    cycles = core.cycles - core.counted_cycles if core.own_clock else instructions * core.cycles_per_instruction
    core.counted_cycles = core.cycles
    if not core.cp15[PMCR] & 1:
        return
    if core.cp15[PMCNTENSET] & CYCLE_COUNTER:
        steps = cycles
        if core.cp15[PMCR] & 8:
            steps = (cycles + core.cp15[PMCCNTR_PRESCALER]) // 64
            core.cp15[PMCCNTR_PRESCALER] = (cycles + core.cp15[PMCCNTR_PRESCALER]) % 64
        _count(core, &core.cp15[PMCCNTR], steps, CYCLE_COUNTER)
    for index in range(COUNTERS):
        if core.cp15[PMCNTENSET] >> index & 1:
            event = core.pmevtyper[index]
            _count(core, &core.pmevcntr[index],
                   cycles if event == 0x11 else instructions if event == 0x68 else 0, 1 << index)
