"""SUBS PC, LR and related instructions: exception returns (DDI 0406C, B9.3.19 and B9.3.20)."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.exceptions import exception_return
    from vmsim_arch_arm.engine.records import (
        CPSR_MODE,
        EXCEPTION,
        MASK32,
        MODE_SYS,
        MODE_USR,
        UNDEFINED,
        Core,
        Instruction,
    )
    from vmsim_arch_arm.semantics.data_processing import shifted_register


def return_register(core: Core, insn: Instruction) -> int:
    """SUBS PC, LR and related instructions, B9.3.20 A2."""
    return _return(core, _result(core, insn.length, core.r[insn.n], shifted_register(core, insn)))


def return_immediate(core: Core, insn: Instruction) -> int:
    """SUBS PC, LR and related instructions, B9.3.20 A1."""
    return _return(core, _result(core, insn.length, core.r[insn.n], insn.immediate))


def return_immediate_thumb(core: Core, insn: Instruction) -> int:
    """SUBS PC, LR, B9.3.19 T1."""
    return _return(core, (core.r[14] - insn.immediate) & MASK32)


def _return(core: Core, address: int) -> int:
    """Return to an address; UNPREDICTABLE in modes without an SPSR, where it is UNDEFINED here."""
    mode = core.control & CPSR_MODE
    if mode in (MODE_USR, MODE_SYS):
        core.exception = UNDEFINED
        return EXCEPTION
    return exception_return(core, address)


def _result(core: Core, opcode: int, x: int, y: int) -> int:
    """What an operation of Table A5-3 gives; opcodes 8 to 11 only set flags and are not among these instructions."""
    carry = core.nzcv >> 1 & 1
    if opcode == 0:
        return x & y
    if opcode == 1:
        return x ^ y
    if opcode == 2:
        return (x - y) & MASK32
    if opcode == 3:
        return (y - x) & MASK32
    if opcode == 4:
        return (x + y) & MASK32
    if opcode == 5:
        return (x + y + carry) & MASK32
    if opcode == 6:
        return (x - y - 1 + carry) & MASK32
    if opcode == 7:
        return (y - x - 1 + carry) & MASK32
    if opcode == 12:
        return x | y
    if opcode == 13:
        return y
    if opcode == 14:
        return x & ~y
    return ~y & MASK32
