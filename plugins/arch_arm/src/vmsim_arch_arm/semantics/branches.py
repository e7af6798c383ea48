"""Branches and IT (DDI 0406C, A5.5, A6.2.5, A6.2.6, A6.3.4)."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.operations import branch_write_pc, bx_write_pc
    from vmsim_arch_arm.engine.plain_memory import mem_u_read
    from vmsim_arch_arm.engine.records import (
        BRANCH,
        DECODED,
        EXCEPTION,
        IS_UNDEFINED,
        MASK32,
        NEXT,
        Core,
        Instruction,
    )


# --- offsets, sign-extended, in insn.immediate -----------------------------------------------------------------------


def decode_b_arm(insn: Instruction) -> int:
    """B and BL, A8.8.18 A1 and A8.8.25 A1: imm24."""
    offset = insn.immediate << 2
    insn.immediate = (offset ^ 0x2000000) - 0x2000000 & MASK32
    return DECODED


def decode_blx_arm(insn: Instruction) -> int:
    """BLX (immediate), A8.8.25 A2: imm24:H."""
    offset = insn.immediate << 2 | insn.option << 1
    insn.immediate = (offset ^ 0x2000000) - 0x2000000 & MASK32
    return DECODED


def decode_b_t1(insn: Instruction) -> int:
    """B, A8.8.18 T1: cond and imm8."""
    offset = insn.immediate << 1
    insn.immediate = (offset ^ 0x100) - 0x100 & MASK32
    return DECODED


def decode_b_t2(insn: Instruction) -> int:
    """B, A8.8.18 T2: imm11."""
    offset = insn.immediate << 1
    insn.immediate = (offset ^ 0x800) - 0x800 & MASK32
    return DECODED


def decode_b_t3(insn: Instruction) -> int:
    """B, A8.8.18 T3: S:J2:J1:imm6:imm11."""
    word = insn.word
    j1 = word >> 13 & 1
    j2 = word >> 11 & 1
    offset = (word >> 26 & 1) << 20 | j2 << 19 | j1 << 18 | (word >> 16 & 0x3F) << 12 | (word & 0x7FF) << 1
    insn.immediate = (offset ^ 0x100000) - 0x100000 & MASK32
    return DECODED


def decode_b_t4(insn: Instruction) -> int:
    """B T4, BL T1 and BLX T2, A8.8.18 and A8.8.25: S:I1:I2:imm10:imm11, I is NOT(J EOR S)."""
    word = insn.word
    sign = word >> 26 & 1
    i1 = ~(word >> 13 ^ sign) & 1
    i2 = ~(word >> 11 ^ sign) & 1
    offset = sign << 24 | i1 << 23 | i2 << 22 | (word >> 16 & 0x3FF) << 12 | (word & 0x7FF) << 1
    insn.immediate = (offset ^ 0x1000000) - 0x1000000 & MASK32
    return DECODED


def decode_cbz(insn: Instruction) -> int:
    """CBZ and CBNZ, A8.8.29: i:imm5, always forwards."""
    insn.immediate = insn.immediate << 1
    return DECODED


def decode_it(insn: Instruction) -> int:
    """IT, A8.8.54: firstcond:mask; a mask of zero is a hint."""
    return DECODED if insn.immediate & 15 else IS_UNDEFINED


# --- what they do ----------------------------------------------------------------------------------------------------


def b(core: Core, insn: Instruction) -> int:
    """B, A8.8.18."""
    core.next_pc = (core.r[15] + insn.immediate) & MASK32
    return BRANCH


def bl(core: Core, insn: Instruction) -> int:
    """BL (immediate), A8.8.25."""
    core.r[14] = core.next_pc | core.thumb
    core.next_pc = (core.r[15] + insn.immediate) & MASK32
    return BRANCH


def blx_immediate(core: Core, insn: Instruction) -> int:
    """BLX (immediate), A8.8.25: to the other instruction set."""
    core.r[14] = core.next_pc | core.thumb
    target = (core.r[15] & (MASK32 - 3)) + insn.immediate
    core.thumb = 1 - core.thumb
    return branch_write_pc(core, target & MASK32)


def bx(core: Core, insn: Instruction) -> int:
    """BX, A8.8.27; BXJ, A8.8.28, is the same with the trivial implementation of Jazelle."""
    return bx_write_pc(core, core.r[insn.m])


def blx_register(core: Core, insn: Instruction) -> int:
    """BLX (register), A8.8.26."""
    target = core.r[insn.m]
    core.r[14] = core.next_pc | core.thumb
    return bx_write_pc(core, target)


def cbz(core: Core, insn: Instruction) -> int:
    """CBZ and CBNZ, A8.8.29; `option` is the op bit."""
    nonzero = 1 if core.r[insn.n] else 0
    if nonzero != insn.option:
        return NEXT
    core.next_pc = (core.r[15] + insn.immediate) & MASK32
    return BRANCH


def tbb(core: Core, insn: Instruction) -> int:
    """TBB and TBH, A8.8.236; `option` is the H bit."""
    if insn.option:
        halfwords = mem_u_read(core, (core.r[insn.n] + (core.r[insn.m] << 1)) & MASK32, 2)
    else:
        halfwords = mem_u_read(core, (core.r[insn.n] + core.r[insn.m]) & MASK32, 1)
    if core.exception:
        return EXCEPTION
    core.next_pc = (core.r[15] + (halfwords << 1)) & MASK32
    return BRANCH


def it(core: Core, insn: Instruction) -> int:
    """IT, A8.8.54."""
    core.it = insn.immediate
    return NEXT
