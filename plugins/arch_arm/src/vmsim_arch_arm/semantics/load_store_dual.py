"""Loads and stores of two words (DDI 0406C, A5.2.8 and A6.3.6)."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.plain_memory import mem_a_read, mem_a_write
    from vmsim_arch_arm.engine.records import EXCEPTION, IS_UNDEFINED, MASK32, NEXT, Core, Instruction
    from vmsim_arch_arm.semantics.load_store import (
        access_address,
        base_after,
        decode_immediate,
        decode_literal,
        decode_register,
        stored,
    )


def decode_dual_immediate(insn: Instruction) -> int:
    """The ARM encodings: an even register and the one that follows it; an odd one is UNPREDICTABLE, here undefined."""
    insn.t2 = insn.t + 1
    return IS_UNDEFINED if insn.t & 1 else decode_immediate(insn)


def decode_dual_literal(insn: Instruction) -> int:
    """The same with the PC as base."""
    insn.t2 = insn.t + 1
    return IS_UNDEFINED if insn.t & 1 else decode_literal(insn)


def decode_dual_register(insn: Instruction) -> int:
    """The same with a register as offset."""
    insn.t2 = insn.t + 1
    return IS_UNDEFINED if insn.t & 1 else decode_register(insn)


def decode_dual_immediate_thumb(insn: Instruction) -> int:
    """The Thumb encoding: any two registers, and an immediate that counts words."""
    insn.immediate <<= 2
    return decode_immediate(insn)


def decode_dual_literal_thumb(insn: Instruction) -> int:
    """The same with the PC as base."""
    insn.immediate <<= 2
    return decode_literal(insn)


def load_dual(core: Core, insn: Instruction) -> int:
    """LDRD, A8.8.72 to A8.8.74. After an abort of the second access Rt has the first word, unless it is the base."""
    address = access_address(core, insn)
    base = base_after(core, insn)
    first = mem_a_read(core, address, 4)
    if core.exception:
        return EXCEPTION
    if insn.t != insn.n:
        core.r[insn.t] = first
    second = mem_a_read(core, (address + 4) & MASK32, 4)
    if core.exception:
        return EXCEPTION
    core.r[insn.n] = base
    core.r[insn.t] = first
    core.r[insn.t2] = second
    return NEXT


def store_dual(core: Core, insn: Instruction) -> int:
    """STRD, A8.8.210 and A8.8.211."""
    n = insn.n
    second = core.r[insn.t2]
    address = access_address(core, insn)
    base = base_after(core, insn)
    mem_a_write(core, address, 4, core.r[insn.t])
    if core.exception:
        return EXCEPTION
    mem_a_write(core, (address + 4) & MASK32, 4, second)
    return stored(core, n, base)
