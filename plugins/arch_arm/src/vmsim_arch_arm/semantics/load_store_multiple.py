"""Loads and stores of several registers (DDI 0406C, A5.5, A6.2, A6.3.5 and B9.3).

Words are accessed from the lowest address on, so those before the one that aborts have been loaded or stored; the base
register keeps its value.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.exceptions import exception_return
    from vmsim_arch_arm.engine.operations import bx_write_pc
    from vmsim_arch_arm.engine.plain_memory import mem_a_read, mem_a_write, words_to_read, words_to_write
    from vmsim_arch_arm.engine.records import (
        BANK_USR,
        CPSR_MODE,
        DECODED,
        EXCEPTION,
        IS_UNDEFINED,
        MASK32,
        MODE_FIQ,
        MODE_SYS,
        MODE_USR,
        NEXT,
        UNDEFINED,
        Core,
        Instruction,
        u32,
    )

    def lowest_set_bit(value: int) -> int:
        """LowestSetBit(), Appendix P."""
        return (value & -value).bit_length() - 1


# --- decoding -------------------------------------------------------------------------------------------------------


def lay_out(insn: Instruction, before: int) -> int:
    """Where the words are: `regs` bytes from `immediate` after the base; the base moves by `length` if written back.

    An empty list and a base of R15 are UNPREDICTABLE, here undefined.
    """
    registers = insn.registers
    size = 0
    while registers:
        registers &= registers - 1
        size += 4
    if size == 0 or insn.n == 15:
        return IS_UNDEFINED
    insn.regs = size
    insn.length = size if insn.wback else 0
    if insn.add:
        insn.immediate = 4 * before
    else:
        insn.immediate = (4 - 4 * before - size) & MASK32
    return DECODED


def decode_multiple(insn: Instruction) -> int:
    """The 32-bit encodings: P (before) is bit 24, U (add) bit 23."""
    insn.add = insn.word >> 23 & 1
    return lay_out(insn, insn.word >> 24 & 1)


def decode_return(insn: Instruction) -> int:
    """The encoding of an exception return, whose bit 15 is fixed."""
    insn.registers |= 1 << 15
    return decode_multiple(insn)


def decode_load_thumb16(insn: Instruction) -> int:
    """A8.8.57 T1: the base is written back if it is not loaded."""
    insn.add, insn.wback = 1, ~(insn.registers >> insn.n) & 1
    return lay_out(insn, 0)


def decode_store_thumb16(insn: Instruction) -> int:
    """A8.8.199 T1: the base is written back."""
    insn.add, insn.wback = 1, 1
    return lay_out(insn, 0)


def decode_push(insn: Instruction) -> int:
    """A8.8.133 T1: M is LR."""
    insn.n, insn.add, insn.wback = 13, 0, 1
    insn.registers = insn.registers & 0xFF | (insn.registers & 0x100) << 6
    return lay_out(insn, 1)


def decode_pop(insn: Instruction) -> int:
    """A8.8.131 T1: P is the PC."""
    insn.n, insn.add, insn.wback = 13, 1, 1
    insn.registers = insn.registers & 0xFF | (insn.registers & 0x100) << 7
    return lay_out(insn, 0)


# --- the registers of the current mode ------------------------------------------------------------------------------


def written_back(core: Core, insn: Instruction) -> int:
    """What the base register holds after the access: itself without writeback."""
    base = core.r[insn.n]
    return (base + insn.length if insn.add else base - insn.length) & MASK32


def load_registers(core: Core, insn: Instruction) -> int:
    """Load registers, and write the base back that is not one of them; R15 is left in `core.r[15]`."""
    base = core.r[insn.n]
    after = written_back(core, insn)
    address = (base + insn.immediate) & MASK32
    registers = cython.cast(u32, insn.registers)
    words = words_to_read(core, address, insn.regs)
    if words:
        while registers:
            core.r[lowest_set_bit(registers)] = words[0]
            registers &= registers - 1
            words += 1
    while registers:
        value = mem_a_read(core, address, 4)
        if core.exception:
            core.r[insn.n] = base
            return EXCEPTION
        core.r[lowest_set_bit(registers)] = value
        registers &= registers - 1
        address = (address + 4) & MASK32
    if not insn.registers >> insn.n & 1:
        core.r[insn.n] = after
    return NEXT


def load_multiple(core: Core, insn: Instruction) -> int:
    """LDM, LDMIA, LDMDA, LDMDB, LDMIB and POP, A8.8.57 to A8.8.61, A8.8.131, A8.8.132."""
    result = load_registers(core, insn)
    if insn.registers >> 15 and result == NEXT:
        return bx_write_pc(core, core.r[15])
    return result


def store_multiple(core: Core, insn: Instruction) -> int:
    """STM, STMIA, STMDA, STMDB, STMIB and PUSH, A8.8.133, A8.8.199 to A8.8.202.

    The instruction may be overwritten by what it stores: nothing is taken from it after the first word.
    """
    n = insn.n
    registers = cython.cast(u32, insn.registers)
    after = written_back(core, insn)
    address = (core.r[n] + insn.immediate) & MASK32
    words = words_to_write(core, address, insn.regs)
    if words:
        while registers:
            words[0] = core.r[lowest_set_bit(registers)]
            registers &= registers - 1
            words += 1
    while registers:
        mem_a_write(core, address, 4, core.r[lowest_set_bit(registers)])
        if core.exception:
            return EXCEPTION
        registers &= registers - 1
        address = (address + 4) & MASK32
    core.r[n] = after
    return NEXT


# --- the registers of User mode, and exception return ---------------------------------------------------------------


def read_user_register(core: Core, number: int) -> int:
    """Rmode[number, '10000'], B1.3.2."""
    mode = core.control & CPSR_MODE
    if mode == MODE_FIQ and 8 <= number <= 12:
        return core.bank_r8_12[0][number - 8]
    if mode not in (MODE_USR, MODE_SYS):
        if number == 13:
            return core.bank_sp[BANK_USR]
        if number == 14:
            return core.bank_lr[BANK_USR]
    return core.r[number]


def write_user_register(core: Core, number: int, value: int) -> None:
    """Rmode[number, '10000'] = value, B1.3.2."""
    mode = core.control & CPSR_MODE
    if mode == MODE_FIQ and 8 <= number <= 12:
        core.bank_r8_12[0][number - 8] = value
    elif number == 13 and mode not in (MODE_USR, MODE_SYS):
        core.bank_sp[BANK_USR] = value
    elif number == 14 and mode not in (MODE_USR, MODE_SYS):
        core.bank_lr[BANK_USR] = value
    else:
        core.r[number] = value


def load_multiple_user(core: Core, insn: Instruction) -> int:
    """LDM (User registers), B9.3.6; UNPREDICTABLE in User mode, here undefined."""
    if core.control & CPSR_MODE == MODE_USR:
        core.exception = UNDEFINED
        return EXCEPTION
    base = core.r[insn.n]
    address = (base + insn.immediate) & MASK32
    registers = cython.cast(u32, insn.registers)
    while registers:
        value = mem_a_read(core, address, 4)
        if core.exception:
            core.r[insn.n] = base
            return EXCEPTION
        write_user_register(core, lowest_set_bit(registers), value)
        registers &= registers - 1
        address = (address + 4) & MASK32
    return NEXT


def store_multiple_user(core: Core, insn: Instruction) -> int:
    """STM (User registers), B9.3.17; UNPREDICTABLE in User mode, here undefined."""
    if core.control & CPSR_MODE == MODE_USR:
        core.exception = UNDEFINED
        return EXCEPTION
    address = (core.r[insn.n] + insn.immediate) & MASK32
    registers = cython.cast(u32, insn.registers)
    while registers:
        mem_a_write(core, address, 4, read_user_register(core, lowest_set_bit(registers)))
        if core.exception:
            return EXCEPTION
        registers &= registers - 1
        address = (address + 4) & MASK32
    return NEXT


def load_multiple_return(core: Core, insn: Instruction) -> int:
    """LDM (exception return), B9.3.5; UNPREDICTABLE in modes without an SPSR, here undefined."""
    mode = core.control & CPSR_MODE
    if mode in (MODE_USR, MODE_SYS):
        core.exception = UNDEFINED
        return EXCEPTION
    if load_registers(core, insn) == EXCEPTION:
        return EXCEPTION
    return exception_return(core, core.r[15])
