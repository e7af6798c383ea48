"""Multiplications (DDI 0406C, A5.2.5, A5.2.7, A5.4.4, A6.3.16 and A6.3.17).

Of a long multiplication `insn.d` is RdHi and `insn.t` RdLo; `insn.option` says that the upper half of Rn is an operand,
`insn.length` the same of Rm, or what else distinguishes two forms.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.operations import set_nz, sets_flags
    from vmsim_arch_arm.engine.records import FLAG_C, FLAG_V, MASK32, NEXT, Core, Instruction, u64

    SIGN32 = 1 << 31


def signed32(value: int) -> int:
    """SInt() of a word."""
    return (value ^ SIGN32) - SIGN32


def half(value: int, upper: int) -> int:
    """SInt() of the lower or the upper half of a word."""
    return (value >> (16 * upper) & 0xFFFF ^ 0x8000) - 0x8000


def signed_product(core: Core, insn: Instruction) -> int:
    """SInt(R[n]) * SInt(R[m])."""
    return signed32(core.r[insn.n]) * signed32(core.r[insn.m])


def write_accumulated(core: Core, insn: Instruction, total: int) -> int:
    """Write the lower word of a sum; the Q flag becomes 1 if it does not fit."""
    core.r[insn.d] = total & MASK32
    if total != signed32(total & MASK32):
        core.q = 1
    return NEXT


def accumulator(core: Core, insn: Instruction) -> int:
    """RdHi:RdLo."""
    return cython.cast(u64, core.r[insn.d]) << 32 | core.r[insn.t]


def write_long(core: Core, insn: Instruction, total: int) -> int:
    """Write 64 bits to RdHi:RdLo."""
    core.r[insn.t] = total & MASK32
    core.r[insn.d] = total >> 32 & MASK32
    return NEXT


def write_long_with_flags(core: Core, insn: Instruction, total: int) -> int:
    """Write 64 bits to RdHi:RdLo, and set N and Z for them if asked."""
    write_long(core, insn, total)
    if insn.setflags:
        high = core.r[insn.d]
        core.nzcv = core.nzcv & (FLAG_C | FLAG_V) | (high >> 31) << 3 | ((high | core.r[insn.t]) == 0) << 2
    return NEXT


# --- A5.2.5: multiply and multiply accumulate -----------------------------------------------------------------------


def multiply(core: Core, insn: Instruction) -> int:
    """MUL, A8.8.114."""
    result = core.r[insn.n] * core.r[insn.m] & MASK32
    core.r[insn.d] = result
    if sets_flags(core, insn):
        set_nz(core, result)
    return NEXT


def multiply_thumb16(core: Core, insn: Instruction) -> int:
    """MUL, A8.8.114 T1: sets flags outside an IT block."""
    result = core.r[insn.n] * core.r[insn.m] & MASK32
    core.r[insn.d] = result
    if core.it == 0:
        set_nz(core, result)
    return NEXT


def multiply_accumulate(core: Core, insn: Instruction) -> int:
    """MLA, A8.8.100."""
    result = core.r[insn.n] * core.r[insn.m] + core.r[insn.a] & MASK32
    core.r[insn.d] = result
    if insn.setflags:
        set_nz(core, result)
    return NEXT


def multiply_subtract(core: Core, insn: Instruction) -> int:
    """MLS, A8.8.101."""
    core.r[insn.d] = core.r[insn.a] - core.r[insn.n] * core.r[insn.m] & MASK32
    return NEXT


def umull(core: Core, insn: Instruction) -> int:
    """UMULL, A8.8.257."""
    return write_long_with_flags(core, insn, cython.cast(u64, core.r[insn.n]) * core.r[insn.m])


def umlal(core: Core, insn: Instruction) -> int:
    """UMLAL, A8.8.256."""
    total = cython.cast(u64, core.r[insn.n]) * core.r[insn.m] + accumulator(core, insn)
    return write_long_with_flags(core, insn, total)


def umaal(core: Core, insn: Instruction) -> int:
    """UMAAL, A8.8.255: the sum always fits."""
    product = cython.cast(u64, core.r[insn.n]) * core.r[insn.m]
    return write_long(core, insn, product + core.r[insn.d] + core.r[insn.t])


def smull(core: Core, insn: Instruction) -> int:
    """SMULL, A8.8.189."""
    return write_long_with_flags(core, insn, cython.cast(u64, signed_product(core, insn)))


def smlal(core: Core, insn: Instruction) -> int:
    """SMLAL, A8.8.178."""
    total = cython.cast(u64, signed_product(core, insn)) + accumulator(core, insn)
    return write_long_with_flags(core, insn, total)


# --- A5.2.7: halfword multiply and multiply accumulate --------------------------------------------------------------


def halfword_product(core: Core, insn: Instruction) -> int:
    """The product of the halves of Rn and Rm that the instruction names."""
    return half(core.r[insn.n], insn.option) * half(core.r[insn.m], insn.length)


def word_by_halfword_product(core: Core, insn: Instruction) -> int:
    """The upper 32 of the 48 bits of SInt(R[n]) times the half of Rm that the instruction names."""
    return signed32(core.r[insn.n]) * half(core.r[insn.m], insn.length) >> 16


def smla_halves(core: Core, insn: Instruction) -> int:
    """SMLABB, SMLABT, SMLATB, SMLATT, A8.8.176."""
    return write_accumulated(core, insn, halfword_product(core, insn) + signed32(core.r[insn.a]))


def smlaw(core: Core, insn: Instruction) -> int:
    """SMLAWB, SMLAWT, A8.8.181: the accumulator has no bits below those that are kept."""
    return write_accumulated(core, insn, word_by_halfword_product(core, insn) + signed32(core.r[insn.a]))


def smulw(core: Core, insn: Instruction) -> int:
    """SMULWB, SMULWT, A8.8.190: never overflows."""
    core.r[insn.d] = word_by_halfword_product(core, insn) & MASK32
    return NEXT


def smlal_halves(core: Core, insn: Instruction) -> int:
    """SMLALBB, SMLALBT, SMLALTB, SMLALTT, A8.8.179."""
    return write_long(core, insn, accumulator(core, insn) + cython.cast(u64, halfword_product(core, insn)))


def smul_halves(core: Core, insn: Instruction) -> int:
    """SMULBB, SMULBT, SMULTB, SMULTT, A8.8.188: never overflows."""
    core.r[insn.d] = halfword_product(core, insn) & MASK32
    return NEXT


# --- A5.4.4: signed multiplications of pairs and of most significant words ------------------------------------------


def dual_sum(core: Core, insn: Instruction) -> int:
    """The lower halves' product plus the upper halves'; with X (`insn.length`) the halves of Rm change places."""
    n, m = core.r[insn.n], core.r[insn.m]
    return half(n, 0) * half(m, insn.length) + half(n, 1) * half(m, 1 - insn.length)


def dual_difference(core: Core, insn: Instruction) -> int:
    """The lower halves' product minus the upper halves'; with X (`insn.length`) the halves of Rm change places."""
    n, m = core.r[insn.n], core.r[insn.m]
    return half(n, 0) * half(m, insn.length) - half(n, 1) * half(m, 1 - insn.length)


def smlad(core: Core, insn: Instruction) -> int:
    """SMLAD, A8.8.177."""
    return write_accumulated(core, insn, dual_sum(core, insn) + signed32(core.r[insn.a]))


def smuad(core: Core, insn: Instruction) -> int:
    """SMUAD, A8.8.187: overflows if all four halves are -32768."""
    return write_accumulated(core, insn, dual_sum(core, insn))


def smlsd(core: Core, insn: Instruction) -> int:
    """SMLSD, A8.8.182."""
    return write_accumulated(core, insn, dual_difference(core, insn) + signed32(core.r[insn.a]))


def smusd(core: Core, insn: Instruction) -> int:
    """SMUSD, A8.8.191: never overflows."""
    core.r[insn.d] = dual_difference(core, insn) & MASK32
    return NEXT


def smlald(core: Core, insn: Instruction) -> int:
    """SMLALD, A8.8.180."""
    return write_long(core, insn, accumulator(core, insn) + cython.cast(u64, dual_sum(core, insn)))


def smlsld(core: Core, insn: Instruction) -> int:
    """SMLSLD, A8.8.183."""
    return write_long(core, insn, accumulator(core, insn) + cython.cast(u64, dual_difference(core, insn)))


def write_most_significant(core: Core, insn: Instruction, total: int) -> int:
    """Write the upper word of 64 bits, rounded with R (`insn.length`)."""
    core.r[insn.d] = total + (cython.cast(u64, insn.length) << 31) >> 32 & MASK32
    return NEXT


def smmla(core: Core, insn: Instruction) -> int:
    """SMMLA, A8.8.184."""
    high = cython.cast(u64, core.r[insn.a]) << 32
    return write_most_significant(core, insn, high + cython.cast(u64, signed_product(core, insn)))


def smmul(core: Core, insn: Instruction) -> int:
    """SMMUL, A8.8.186."""
    return write_most_significant(core, insn, cython.cast(u64, signed_product(core, insn)))


def smmls(core: Core, insn: Instruction) -> int:
    """SMMLS, A8.8.185."""
    high = cython.cast(u64, core.r[insn.a]) << 32
    return write_most_significant(core, insn, high - cython.cast(u64, signed_product(core, insn)))
