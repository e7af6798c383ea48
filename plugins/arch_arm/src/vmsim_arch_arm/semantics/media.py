"""Packing, extension, selection and differences of bytes (DDI 0406C, A5.4, A5.4.3, A6.2.5, A6.3.11 and A6.3.12)."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.operations import shift
    from vmsim_arch_arm.engine.records import DECODED, MASK32, NEXT, SHIFT_ASR, SHIFT_LSL, Core, Instruction


def select_bytes(core: Core, insn: Instruction) -> int:
    """SEL, A8.8.166: the bytes of Rn where the GE flags are 1, those of Rm elsewhere."""
    ge = core.ge
    chosen = (ge | ge << 7 | ge << 14 | ge << 21) & 0x01010101  # a bit in each byte
    mask = (chosen << 8) - chosen & MASK32
    core.r[insn.d] = core.r[insn.n] & mask | core.r[insn.m] & ~mask
    return NEXT


# --- Packing --------------------------------------------------------------------------------------------------------


def decode_pack_top(insn: Instruction) -> int:
    """DecodeImmShift('10', imm5) of PKHTB: an amount of 0 means 32."""
    insn.shift_type = SHIFT_ASR
    if insn.shift_amount == 0:
        insn.shift_amount = 32
    return DECODED


def pack_bottom_top(core: Core, insn: Instruction) -> int:
    """PKHBT, A8.8.125."""
    top = shift(core.r[insn.m], SHIFT_LSL, insn.shift_amount, 0) & ~0xFFFF
    core.r[insn.d] = core.r[insn.n] & 0xFFFF | top
    return NEXT


def pack_top_bottom(core: Core, insn: Instruction) -> int:
    """PKHTB, A8.8.125."""
    bottom = shift(core.r[insn.m], SHIFT_ASR, insn.shift_amount, 0) & 0xFFFF
    core.r[insn.d] = core.r[insn.n] & ~0xFFFF | bottom
    return NEXT


# --- Extension ------------------------------------------------------------------------------------------------------


def decode_rotation(insn: Instruction) -> int:
    """The rotation of an extension: rotate:'000'."""
    insn.shift_amount = insn.shift_amount << 3
    return DECODED


def rotated(core: Core, insn: Instruction) -> int:
    """ROR(R[m], rotation)."""
    value = core.r[insn.m]
    return (value >> insn.shift_amount | value << (-insn.shift_amount & 31)) & MASK32


def sign_extend(value: int, sign: int) -> int:
    """SignExtend() of the bits up to `sign`, the value of the highest one, to 32 bits."""
    return ((value & (2 * sign - 1) ^ sign) - sign) & MASK32


def sign_extend_pair(value: int) -> int:
    """SignExtend() of bytes 0 and 2 to 16 bits each."""
    return sign_extend(value, 0x80) & 0xFFFF | (sign_extend(value >> 16, 0x80) << 16 & MASK32)


def add_pairs(x: int, y: int) -> int:
    """Add two pairs of halfwords."""
    return x + y & 0xFFFF | ((x >> 16) + (y >> 16) << 16 & MASK32)


def sxtb(core: Core, insn: Instruction) -> int:
    """SXTB, A8.8.233."""
    core.r[insn.d] = sign_extend(core.r[insn.m] >> insn.shift_amount, 0x80)
    return NEXT


def sxtab(core: Core, insn: Instruction) -> int:
    """SXTAB, A8.8.230."""
    core.r[insn.d] = core.r[insn.n] + sign_extend(core.r[insn.m] >> insn.shift_amount, 0x80) & MASK32
    return NEXT


def sxtb16(core: Core, insn: Instruction) -> int:
    """SXTB16, A8.8.234."""
    core.r[insn.d] = sign_extend_pair(rotated(core, insn))
    return NEXT


def sxtab16(core: Core, insn: Instruction) -> int:
    """SXTAB16, A8.8.231."""
    core.r[insn.d] = add_pairs(core.r[insn.n], sign_extend_pair(rotated(core, insn)))
    return NEXT


def sxth(core: Core, insn: Instruction) -> int:
    """SXTH, A8.8.235."""
    core.r[insn.d] = sign_extend(rotated(core, insn), 0x8000)
    return NEXT


def sxtah(core: Core, insn: Instruction) -> int:
    """SXTAH, A8.8.232."""
    core.r[insn.d] = core.r[insn.n] + sign_extend(rotated(core, insn), 0x8000) & MASK32
    return NEXT


def uxtb(core: Core, insn: Instruction) -> int:
    """UXTB, A8.8.274."""
    core.r[insn.d] = core.r[insn.m] >> insn.shift_amount & 0xFF
    return NEXT


def uxtab(core: Core, insn: Instruction) -> int:
    """UXTAB, A8.8.271."""
    core.r[insn.d] = core.r[insn.n] + (core.r[insn.m] >> insn.shift_amount & 0xFF) & MASK32
    return NEXT


def uxtb16(core: Core, insn: Instruction) -> int:
    """UXTB16, A8.8.275."""
    core.r[insn.d] = rotated(core, insn) & 0xFF00FF
    return NEXT


def uxtab16(core: Core, insn: Instruction) -> int:
    """UXTAB16, A8.8.272."""
    core.r[insn.d] = add_pairs(core.r[insn.n], rotated(core, insn) & 0xFF00FF)
    return NEXT


def uxth(core: Core, insn: Instruction) -> int:
    """UXTH, A8.8.276."""
    core.r[insn.d] = rotated(core, insn) & 0xFFFF
    return NEXT


def uxtah(core: Core, insn: Instruction) -> int:
    """UXTAH, A8.8.273."""
    core.r[insn.d] = core.r[insn.n] + (rotated(core, insn) & 0xFFFF) & MASK32
    return NEXT


# --- Sums of absolute differences -----------------------------------------------------------------------------------


def sum_of_differences(n: int, m: int) -> int:
    """The sum of the absolute differences of four unsigned bytes."""
    total = 0
    for position in range(0, 32, 8):
        x, y = n >> position & 0xFF, m >> position & 0xFF
        total += x - y if x > y else y - x
    return total


def usad8(core: Core, insn: Instruction) -> int:
    """USAD8, A8.8.264."""
    core.r[insn.d] = sum_of_differences(core.r[insn.n], core.r[insn.m])
    return NEXT


def usada8(core: Core, insn: Instruction) -> int:
    """USADA8, A8.8.265."""
    core.r[insn.d] = core.r[insn.a] + sum_of_differences(core.r[insn.n], core.r[insn.m]) & MASK32
    return NEXT
