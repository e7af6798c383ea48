"""Decoding what data-processing instructions work on: shifts and immediates (DDI 0406C, A5.2.4, A6.3.2, A8.4.3)."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.records import (
        DECODED,
        MASK32,
        SET_FLAGS_OUTSIDE_IT,
        SHIFT_LSL,
        SHIFT_ROR,
        SHIFT_RRX,
        Instruction,
    )

    # carry_out of an expanded immediate, in insn.option.
    CARRY_KEPT = 0
    CARRY_CLEAR = 1
    CARRY_SET = 2

    SP = 13


def decode_shift(insn: Instruction) -> int:
    """DecodeImmShift(), A8.4.3: in `shift_type` and `shift_amount`."""
    if insn.shift_amount == 0:
        if insn.shift_type == SHIFT_ROR:
            insn.shift_type, insn.shift_amount = SHIFT_RRX, 1
        elif insn.shift_type != SHIFT_LSL:
            insn.shift_amount = 32
    return DECODED


def decode_right_shift(insn: Instruction) -> int:
    """LSR and ASR by an immediate, A8.8.96 and A8.8.16: 0 stands for 32."""
    if insn.shift_amount == 0:
        insn.shift_amount = 32
    return DECODED


def decode_arm_immediate(insn: Instruction) -> int:
    """ARMExpandImm_C(), A5.2.4."""
    _rotate_immediate(insn, insn.immediate & 0xFF, (insn.immediate >> 8) * 2)
    return DECODED


def decode_thumb_immediate(insn: Instruction) -> int:
    """ThumbExpandImm_C(), A6.3.2."""
    code, byte = insn.immediate >> 8, insn.immediate & 0xFF
    if code == 0:
        insn.immediate = byte
    elif code == 1:
        insn.immediate = byte << 16 | byte
    elif code == 2:
        insn.immediate = byte << 24 | byte << 8
    elif code == 3:
        insn.immediate = byte * 0x01010101
    else:
        _rotate_immediate(insn, 0x80 | byte, insn.immediate >> 7)
    return DECODED


def _rotate_immediate(insn: Instruction, value: int, rotation: int) -> None:
    insn.immediate = value
    if rotation:
        insn.immediate = (value >> rotation | value << (32 - rotation)) & MASK32
        insn.option = CARRY_SET if insn.immediate >> 31 else CARRY_CLEAR


def decode_thumb16(insn: Instruction) -> int:
    """A 16-bit encoding that sets flags outside an IT block."""
    insn.setflags = SET_FLAGS_OUTSIDE_IT
    return DECODED


def decode_thumb16_right_shift(insn: Instruction) -> int:
    """LSR and ASR by an immediate, T1."""
    insn.setflags = SET_FLAGS_OUTSIDE_IT
    return decode_right_shift(insn)


def decode_thumb16_words(insn: Instruction) -> int:
    """ADR, A8.8.12 T1: the immediate counts words."""
    insn.immediate <<= 2
    return DECODED


def decode_thumb16_sp(insn: Instruction) -> int:
    """ADD (SP plus immediate), A8.8.9 T1."""
    insn.n = SP
    return decode_thumb16_words(insn)


def decode_thumb16_to_sp(insn: Instruction) -> int:
    """ADD (SP plus immediate) and SUB (SP minus immediate) to SP itself, A8.8.9 T2 and A8.8.225 T1."""
    insn.d = SP
    return decode_thumb16_sp(insn)
