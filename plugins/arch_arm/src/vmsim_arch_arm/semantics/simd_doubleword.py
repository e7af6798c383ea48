"""Advanced SIMD: three registers of the same length, all bits of a doubleword at once (DDI 0406C, A7.4.1).

These are the instructions simple enough for that; simd_three_same has the others, and decodes these.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from collections.abc import Callable

    from vmsim_arch_arm.engine.plain_lanes import ones, sign_bits, simd_trapped, where_zero
    from vmsim_arch_arm.engine.records import EXCEPTION, NEXT, Core, Instruction

    Whole = Callable[[int, int, int, int], int]


def each_doubleword(core: Core, insn: Instruction, whole: Whole) -> int:
    """Make every doubleword of the destination of those of Vn, Vm and itself."""
    if simd_trapped(core):
        return EXCEPTION
    for register in range(insn.regs):
        n = core.d[insn.n + register]
        core.d[insn.d + register] = whole(n, core.d[insn.m + register], core.d[insn.d + register], insn.option)
    return NEXT


# --- elements that are kept apart ------------------------------------------------------------------------------------


def whole_add(n: int, m: int, d: int, bits: int) -> int:
    """Sums without carries between elements."""
    tops = sign_bits(bits)
    return (((n & ~tops) + (m & ~tops)) ^ ((n ^ m) & tops)) & ones(64)


def whole_sub(n: int, m: int, d: int, bits: int) -> int:
    """Differences without borrows between elements."""
    tops = sign_bits(bits)
    return ((n | tops) - (m & ~tops)) ^ ((n ^ m ^ ones(64)) & tops)


def whole_ceq(n: int, m: int, d: int, bits: int) -> int:
    """All ones where elements are equal."""
    return where_zero(n ^ m, bits)


def whole_tst(n: int, m: int, d: int, bits: int) -> int:
    """All ones where elements have a common one."""
    return where_zero(n & m, bits) ^ ones(64)


def vadd(core: Core, insn: Instruction) -> int:
    """VADD (integer), A8.8.282."""
    return each_doubleword(core, insn, whole_add)


def vsub(core: Core, insn: Instruction) -> int:
    """VSUB (integer), A8.8.414."""
    return each_doubleword(core, insn, whole_sub)


def vceq(core: Core, insn: Instruction) -> int:
    """VCEQ (register), A8.8.291."""
    return each_doubleword(core, insn, whole_ceq)


def vtst(core: Core, insn: Instruction) -> int:
    """VTST, A8.8.421."""
    return each_doubleword(core, insn, whole_tst)


# --- bitwise ---------------------------------------------------------------------------------------------------------


def whole_and(n: int, m: int, d: int, bits: int) -> int:
    """Of every bit."""
    return n & m


def whole_bic(n: int, m: int, d: int, bits: int) -> int:
    """Of every bit."""
    return n & ~m


def whole_orr(n: int, m: int, d: int, bits: int) -> int:
    """Of every bit."""
    return n | m


def whole_orn(n: int, m: int, d: int, bits: int) -> int:
    """Of every bit."""
    return n | (m ^ ones(64))


def whole_eor(n: int, m: int, d: int, bits: int) -> int:
    """Of every bit."""
    return n ^ m


def whole_bsl(n: int, m: int, d: int, bits: int) -> int:
    """Where the destination has ones, Vn, elsewhere Vm."""
    return n & d | m & ~d


def whole_bit(n: int, m: int, d: int, bits: int) -> int:
    """Insert Vn where Vm has ones."""
    return n & m | d & ~m


def whole_bif(n: int, m: int, d: int, bits: int) -> int:
    """Insert Vn where Vm has zeros."""
    return d & m | n & ~m


def vand(core: Core, insn: Instruction) -> int:
    """VAND (register), A8.8.287."""
    return each_doubleword(core, insn, whole_and)


def vbic(core: Core, insn: Instruction) -> int:
    """VBIC (register), A8.8.289."""
    return each_doubleword(core, insn, whole_bic)


def vorr(core: Core, insn: Instruction) -> int:
    """VORR (register) and VMOV (register), A8.8.360, A8.8.340."""
    return each_doubleword(core, insn, whole_orr)


def vorn(core: Core, insn: Instruction) -> int:
    """VORN (register), A8.8.358."""
    return each_doubleword(core, insn, whole_orn)


def veor(core: Core, insn: Instruction) -> int:
    """VEOR, A8.8.315."""
    return each_doubleword(core, insn, whole_eor)


def vbsl(core: Core, insn: Instruction) -> int:
    """VBSL, A8.8.290."""
    return each_doubleword(core, insn, whole_bsl)


def vbit(core: Core, insn: Instruction) -> int:
    """VBIT, A8.8.290."""
    return each_doubleword(core, insn, whole_bit)


def vbif(core: Core, insn: Instruction) -> int:
    """VBIF, A8.8.290."""
    return each_doubleword(core, insn, whole_bif)
