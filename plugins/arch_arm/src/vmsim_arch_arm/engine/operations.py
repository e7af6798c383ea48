"""What the manual's pseudocode calls and many instructions share: addition, shifts, writes to the PC.

Names and sections are those of the ARM Architecture Reference Manual (DDI 0406C).
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.records import (
        BRANCH,
        FLAG_C,
        FLAG_V,
        MASK32,
        NEXT,
        SET_FLAGS,
        SET_FLAGS_OUTSIDE_IT,
        SHIFT_ASR,
        SHIFT_LSL,
        SHIFT_LSR,
        SHIFT_ROR,
        Core,
        Instruction,
        u64,
    )


def sets_flags(core: Core, insn: Instruction) -> bool:
    """The variable `setflags` of the manual: of 16-bit Thumb encodings it is ``!InITBlock()``."""
    return insn.setflags == SET_FLAGS or (insn.setflags == SET_FLAGS_OUTSIDE_IT and core.it == 0)


def add_with_carry(core: Core, x: int, y: int, carry: int, setflags: bool) -> int:
    """AddWithCarry(), A2.2.1; sets N, Z, C and V if asked."""
    wide = cython.cast(u64, x) + y + carry
    result = wide & MASK32
    if setflags:
        overflow = ((x ^ result) & (y ^ result)) >> 31
        core.nzcv = (result >> 31) << 3 | (result == 0) << 2 | (wide >> 32) << 1 | overflow
    return result


def set_nz(core: Core, result: int) -> None:
    """Set N and Z for a result, and keep C and V."""
    core.nzcv = core.nzcv & (FLAG_C | FLAG_V) | (result >> 31) << 3 | (result == 0) << 2


def set_nzc(core: Core, result: int, carry: int) -> None:
    """Set N and Z for a result and C from a shifter, and keep V."""
    core.nzcv = core.nzcv & FLAG_V | (result >> 31) << 3 | (result == 0) << 2 | carry << 1


def rotate_right(value: int, amount: int) -> int:
    """ROR(), A2.2.1, by 0 to 31 bits."""
    if amount == 0:
        return value
    return (value >> amount | value << (32 - amount)) & MASK32


def shift(value: int, kind: int, amount: int, carry: int) -> int:
    """Shift(), A8.4.3: the result alone; `amount` is 0 to 255, `carry` what RRX shifts in."""
    if amount == 0:
        return value
    if kind == SHIFT_LSL:
        return (value << amount) & MASK32 if amount < 32 else 0
    if kind == SHIFT_LSR:
        return value >> amount if amount < 32 else 0
    if kind == SHIFT_ASR:
        sign = MASK32 if value >> 31 else 0
        return value >> amount | (sign << (32 - amount)) & MASK32 if amount < 32 else sign
    if kind == SHIFT_ROR:
        return rotate_right(value, amount & 31)
    return carry << 31 | value >> 1


def shift_with_carry(core: Core, value: int, kind: int, amount: int) -> int:
    """Shift_C(), A8.4.3: the result, and carry_out in `core.shifter_carry`."""
    carry = core.nzcv >> 1 & 1
    if amount == 0:
        core.shifter_carry = carry
    elif kind == SHIFT_LSL:
        core.shifter_carry = value >> (32 - amount) & 1 if amount <= 32 else 0
    elif kind == SHIFT_LSR:
        core.shifter_carry = value >> (amount - 1) & 1 if amount <= 32 else 0
    elif kind == SHIFT_ASR:
        core.shifter_carry = value >> (amount - 1 if amount <= 32 else 31) & 1
    elif kind == SHIFT_ROR:
        core.shifter_carry = value >> (amount - 1 & 31) & 1
    else:
        core.shifter_carry = value & 1
    return shift(value, kind, amount, carry)


def write_register(core: Core, number: int, value: int) -> int:
    """Write the result of a data-processing instruction; one in R15 is a branch."""
    if number == 15:
        return alu_write_pc(core, value)
    core.r[number] = value
    return NEXT


def branch_write_pc(core: Core, address: int) -> int:
    """BranchWritePC(), A2.3.1."""
    core.next_pc = address & (MASK32 - 1) if core.thumb else address & (MASK32 - 3)
    return BRANCH


def bx_write_pc(core: Core, address: int) -> int:
    """BXWritePC(), A2.3.1, and LoadWritePC(), which is the same in ARMv7. Bits <1:0> = '10' count as '00'."""
    core.thumb = address & 1
    core.next_pc = address & (MASK32 - 1) if address & 1 else address & (MASK32 - 3)
    return BRANCH


def alu_write_pc(core: Core, address: int) -> int:
    """ALUWritePC(), A2.3.1: interworking in ARM state only."""
    return branch_write_pc(core, address) if core.thumb else bx_write_pc(core, address)
