"""Saturating instructions (DDI 0406C, A5.2.6, A5.4.3, A6.3.3 and A6.3.15): what they cut off sets the Q flag."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.operations import shift
    from vmsim_arch_arm.engine.records import DECODED, MASK32, NEXT, SHIFT_ASR, SHIFT_LSL, Core, Instruction, s64

    SIGN32 = 1 << 31


def signed32(value: int) -> int:
    """SInt() of a word."""
    return (value ^ SIGN32) - SIGN32


def signed16(value: int) -> int:
    """SInt() of the lower half of a word."""
    return (value & 0xFFFF ^ 0x8000) - 0x8000


def clamp(core: Core, value: int, lowest: int, highest: int) -> int:
    """The nearest value from `lowest` to `highest`; the Q flag becomes 1 if it is another."""
    if value < lowest:
        core.q = 1
        return lowest
    if value > highest:
        core.q = 1
        return highest
    return value


def signed_saturate(core: Core, value: int, bits: int) -> int:
    """SignedSatQ(), A2.2.1, of 1 to 32 bits."""
    limit = cython.cast(s64, 1) << (bits - 1)
    return clamp(core, value, -limit, limit - 1)


def unsigned_saturate(core: Core, value: int, bits: int) -> int:
    """UnsignedSatQ(), A2.2.1, of 0 to 31 bits."""
    limit = cython.cast(s64, 1) << bits
    return clamp(core, value, 0, limit - 1)


# --- A5.2.6: saturating addition and subtraction --------------------------------------------------------------------


def qadd(core: Core, insn: Instruction) -> int:
    """QADD, A8.8.134."""
    total = signed32(core.r[insn.m]) + signed32(core.r[insn.n])
    core.r[insn.d] = signed_saturate(core, total, 32) & MASK32
    return NEXT


def qsub(core: Core, insn: Instruction) -> int:
    """QSUB, A8.8.141."""
    total = signed32(core.r[insn.m]) - signed32(core.r[insn.n])
    core.r[insn.d] = signed_saturate(core, total, 32) & MASK32
    return NEXT


def qdadd(core: Core, insn: Instruction) -> int:
    """QDADD, A8.8.138: the doubling saturates, too."""
    doubled = signed_saturate(core, 2 * signed32(core.r[insn.n]), 32)
    core.r[insn.d] = signed_saturate(core, signed32(core.r[insn.m]) + doubled, 32) & MASK32
    return NEXT


def qdsub(core: Core, insn: Instruction) -> int:
    """QDSUB, A8.8.139: the doubling saturates, too."""
    doubled = signed_saturate(core, 2 * signed32(core.r[insn.n]), 32)
    core.r[insn.d] = signed_saturate(core, signed32(core.r[insn.m]) - doubled, 32) & MASK32
    return NEXT


# --- A5.4.3: saturation to a number of bits -------------------------------------------------------------------------


def decode_saturate(insn: Instruction) -> int:
    """DecodeImmShift(sh:'0', imm5): of LSL and ASR, of which amount 0 means 32."""
    if insn.shift_type == 0:
        insn.shift_type = SHIFT_LSL
    else:
        insn.shift_type = SHIFT_ASR
        if insn.shift_amount == 0:
            insn.shift_amount = 32
    return DECODED


def ssat(core: Core, insn: Instruction) -> int:
    """SSAT, A8.8.193: to sat_imm + 1 bits."""
    operand = signed32(shift(core.r[insn.n], insn.shift_type, insn.shift_amount, 0))
    core.r[insn.d] = signed_saturate(core, operand, insn.immediate + 1) & MASK32
    return NEXT


def usat(core: Core, insn: Instruction) -> int:
    """USAT, A8.8.266."""
    operand = signed32(shift(core.r[insn.n], insn.shift_type, insn.shift_amount, 0))
    core.r[insn.d] = unsigned_saturate(core, operand, insn.immediate) & MASK32
    return NEXT


def ssat16(core: Core, insn: Instruction) -> int:
    """SSAT16, A8.8.194: to sat_imm + 1 bits."""
    low = signed_saturate(core, signed16(core.r[insn.n]), insn.immediate + 1)
    high = signed_saturate(core, signed16(core.r[insn.n] >> 16), insn.immediate + 1)
    core.r[insn.d] = low & 0xFFFF | (high & 0xFFFF) << 16
    return NEXT


def usat16(core: Core, insn: Instruction) -> int:
    """USAT16, A8.8.267."""
    low = unsigned_saturate(core, signed16(core.r[insn.n]), insn.immediate)
    high = unsigned_saturate(core, signed16(core.r[insn.n] >> 16), insn.immediate)
    core.r[insn.d] = low & 0xFFFF | (high & 0xFFFF) << 16
    return NEXT
