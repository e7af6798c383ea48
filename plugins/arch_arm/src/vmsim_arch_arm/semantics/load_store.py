"""Loads and stores of a word, halfword or byte, and hints (DDI 0406C, A5.2.8, A5.2.9, A5.3, A6.3.7 to A6.3.10).

Functions named ``..._immediate`` and ``..._register`` are the short paths for offset addressing without writeback,
which compilers use most; ``load_word`` and the like take every addressing mode.

The base keeps its value when an access aborts. A store may overwrite its own instruction, and the decoded one is
forgotten then: what is needed after the access is taken from it before.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.operations import bx_write_pc, shift
    from vmsim_arch_arm.engine.plain_memory import (
        mem_u_read,
        mem_u_unpriv_read,
        mem_u_unpriv_write,
        mem_u_write,
    )
    from vmsim_arch_arm.engine.records import (
        DECODED,
        EXCEPTION,
        MASK32,
        NEXT,
        SHIFT_LSL,
        SHIFT_ROR,
        SHIFT_RRX,
        Core,
        Instruction,
    )

    # insn.option: what is added to the base.
    OFFSET_IMMEDIATE = 0  # immediate, already negative where the encoding subtracts
    OFFSET_ADDED = 1  # a register, shifted left
    OFFSET_SHIFTED = 2  # a register with any other shift, or one that is subtracted


# --- decoding -------------------------------------------------------------------------------------------------------


def decode_immediate(insn: Instruction) -> int:
    """An immediate with P, U and W: an immediate that U subtracts is negated; post-indexed forms write back."""
    insn.option = OFFSET_IMMEDIATE
    insn.wback |= 1 - insn.index
    if not insn.add:
        insn.immediate = (0 - insn.immediate) & MASK32
    return DECODED


def decode_immediate_offset(insn: Instruction) -> int:
    """An immediate with U alone: the encoding has P set and W clear."""
    insn.index = 1
    return decode_immediate(insn)


def decode_literal(insn: Instruction) -> int:
    """A literal with U: the base is the PC."""
    insn.n, insn.index, insn.wback = 15, 1, 0
    return decode_immediate(insn)


def decode_register(insn: Instruction) -> int:
    """A shifted register with P, U and W: DecodeImmShift(), A8.4.3; post-indexed forms write back."""
    insn.wback |= 1 - insn.index
    insn.option = OFFSET_ADDED if insn.add and insn.shift_type == SHIFT_LSL else OFFSET_SHIFTED
    if insn.shift_amount == 0:
        if insn.shift_type == SHIFT_ROR:
            insn.shift_type, insn.shift_amount = SHIFT_RRX, 1
        elif insn.shift_type != SHIFT_LSL:
            insn.shift_amount = 32
    return DECODED


def decode_register_offset(insn: Instruction) -> int:
    """A shifted register with U alone: the encoding has P set and W clear."""
    insn.index = 1
    return decode_register(insn)


def decode_register_thumb(insn: Instruction) -> int:
    """A register shifted left, added to the base."""
    insn.option, insn.index, insn.add = OFFSET_ADDED, 1, 1
    return DECODED


def decode_unprivileged_thumb(insn: Instruction) -> int:
    """An immediate that is added to the base."""
    insn.option, insn.index, insn.add = OFFSET_IMMEDIATE, 1, 1
    return DECODED


def decode_halfwords(insn: Instruction) -> int:
    """An immediate that counts halfwords."""
    insn.immediate <<= 1
    return DECODED


def decode_words(insn: Instruction) -> int:
    """An immediate that counts words."""
    insn.immediate <<= 2
    return DECODED


def decode_words_sp(insn: Instruction) -> int:
    """An immediate that counts words from the stack pointer."""
    insn.n = 13
    insn.immediate <<= 2
    return DECODED


# --- addressing -----------------------------------------------------------------------------------------------------


def register_offset(core: Core, insn: Instruction) -> int:
    """The shifted register, negative where it is subtracted."""
    if insn.option == OFFSET_ADDED:
        return (core.r[insn.m] << insn.shift_amount) & MASK32
    offset = shift(core.r[insn.m], insn.shift_type, insn.shift_amount, core.nzcv >> 1 & 1)
    return offset if insn.add else (0 - offset) & MASK32


def offset_address(core: Core, insn: Instruction) -> int:
    """The manual's `offset_addr`; a base of R15 is word-aligned."""
    base = core.r[insn.n] & (MASK32 - 3) if insn.n == 15 else core.r[insn.n]
    if insn.option == OFFSET_IMMEDIATE:
        return (base + insn.immediate) & MASK32
    return (base + register_offset(core, insn)) & MASK32


def access_address(core: Core, insn: Instruction) -> int:
    """The manual's `address`: the base itself in a post-indexed form."""
    return offset_address(core, insn) if insn.index else core.r[insn.n]


def base_after(core: Core, insn: Instruction) -> int:
    """What the base register is to hold after the access: itself without writeback."""
    return offset_address(core, insn) if insn.wback else core.r[insn.n]


def sign_extend_byte(value: int) -> int:
    """SignExtend() of 8 bits."""
    return ((value ^ 0x80) - 0x80) & MASK32


def sign_extend_halfword(value: int) -> int:
    """SignExtend() of 16 bits."""
    return ((value ^ 0x8000) - 0x8000) & MASK32


def loaded(core: Core, insn: Instruction, value: int) -> int:
    """End a load: nothing has happened if the access aborted, else the base is written back and the value written."""
    if core.exception:
        return EXCEPTION
    core.r[insn.n] = base_after(core, insn)
    core.r[insn.t] = value
    return NEXT


def stored(core: Core, n: int, base: int) -> int:
    """End a store: nothing has happened if the access aborted, else the base is written back."""
    if core.exception:
        return EXCEPTION
    core.r[n] = base
    return NEXT


# --- words ----------------------------------------------------------------------------------------------------------


def load_word_immediate(core: Core, insn: Instruction) -> int:
    """LDR (immediate) with an offset, A8.8.62 and A8.8.63."""
    value = mem_u_read(core, (core.r[insn.n] + insn.immediate) & MASK32, 4)
    if core.exception:
        return EXCEPTION
    if insn.t == 15:
        return bx_write_pc(core, value)
    core.r[insn.t] = value
    return NEXT


def load_word_literal(core: Core, insn: Instruction) -> int:
    """LDR (literal), A8.8.64."""
    value = mem_u_read(core, ((core.r[15] & (MASK32 - 3)) + insn.immediate) & MASK32, 4)
    if core.exception:
        return EXCEPTION
    if insn.t == 15:
        return bx_write_pc(core, value)
    core.r[insn.t] = value
    return NEXT


def load_word_register(core: Core, insn: Instruction) -> int:
    """LDR (register) with an offset, A8.8.65 and A8.8.66."""
    value = mem_u_read(core, (core.r[insn.n] + register_offset(core, insn)) & MASK32, 4)
    if core.exception:
        return EXCEPTION
    if insn.t == 15:
        return bx_write_pc(core, value)
    core.r[insn.t] = value
    return NEXT


def load_word(core: Core, insn: Instruction) -> int:
    """LDR, A8.8.62 to A8.8.66."""
    result = loaded(core, insn, mem_u_read(core, access_address(core, insn), 4))
    if insn.t == 15 and result == NEXT:
        return bx_write_pc(core, core.r[15])
    return result


def load_word_unprivileged(core: Core, insn: Instruction) -> int:
    """LDRT, A8.8.92."""
    return loaded(core, insn, mem_u_unpriv_read(core, access_address(core, insn), 4))


def store_word_immediate(core: Core, insn: Instruction) -> int:
    """STR (immediate) with an offset, A8.8.203 and A8.8.204."""
    mem_u_write(core, (core.r[insn.n] + insn.immediate) & MASK32, 4, core.r[insn.t])
    return EXCEPTION if core.exception else NEXT


def store_word_register(core: Core, insn: Instruction) -> int:
    """STR (register) with an offset, A8.8.205."""
    mem_u_write(core, (core.r[insn.n] + register_offset(core, insn)) & MASK32, 4, core.r[insn.t])
    return EXCEPTION if core.exception else NEXT


def store_word(core: Core, insn: Instruction) -> int:
    """STR, A8.8.203 to A8.8.205."""
    n = insn.n
    base = base_after(core, insn)
    mem_u_write(core, access_address(core, insn), 4, core.r[insn.t])
    return stored(core, n, base)


def store_word_unprivileged(core: Core, insn: Instruction) -> int:
    """STRT, A8.8.220."""
    n = insn.n
    base = base_after(core, insn)
    mem_u_unpriv_write(core, access_address(core, insn), 4, core.r[insn.t])
    return stored(core, n, base)


# --- bytes ----------------------------------------------------------------------------------------------------------


def load_byte_immediate(core: Core, insn: Instruction) -> int:
    """LDRB (immediate) with an offset, A8.8.67 and A8.8.68."""
    value = mem_u_read(core, (core.r[insn.n] + insn.immediate) & MASK32, 1)
    if core.exception:
        return EXCEPTION
    core.r[insn.t] = value
    return NEXT


def load_byte_register(core: Core, insn: Instruction) -> int:
    """LDRB (register) with an offset, A8.8.70."""
    value = mem_u_read(core, (core.r[insn.n] + register_offset(core, insn)) & MASK32, 1)
    if core.exception:
        return EXCEPTION
    core.r[insn.t] = value
    return NEXT


def load_byte(core: Core, insn: Instruction) -> int:
    """LDRB, A8.8.67 to A8.8.70."""
    return loaded(core, insn, mem_u_read(core, access_address(core, insn), 1))


def load_byte_unprivileged(core: Core, insn: Instruction) -> int:
    """LDRBT, A8.8.71."""
    return loaded(core, insn, mem_u_unpriv_read(core, access_address(core, insn), 1))


def load_signed_byte(core: Core, insn: Instruction) -> int:
    """LDRSB, A8.8.84 to A8.8.86."""
    return loaded(core, insn, sign_extend_byte(mem_u_read(core, access_address(core, insn), 1)))


def load_signed_byte_unprivileged(core: Core, insn: Instruction) -> int:
    """LDRSBT, A8.8.87."""
    return loaded(core, insn, sign_extend_byte(mem_u_unpriv_read(core, access_address(core, insn), 1)))


def store_byte_immediate(core: Core, insn: Instruction) -> int:
    """STRB (immediate) with an offset, A8.8.206 and A8.8.207."""
    mem_u_write(core, (core.r[insn.n] + insn.immediate) & MASK32, 1, core.r[insn.t] & 0xFF)
    return EXCEPTION if core.exception else NEXT


def store_byte_register(core: Core, insn: Instruction) -> int:
    """STRB (register) with an offset, A8.8.208."""
    mem_u_write(core, (core.r[insn.n] + register_offset(core, insn)) & MASK32, 1, core.r[insn.t] & 0xFF)
    return EXCEPTION if core.exception else NEXT


def store_byte(core: Core, insn: Instruction) -> int:
    """STRB, A8.8.206 to A8.8.208."""
    n = insn.n
    base = base_after(core, insn)
    mem_u_write(core, access_address(core, insn), 1, core.r[insn.t] & 0xFF)
    return stored(core, n, base)


def store_byte_unprivileged(core: Core, insn: Instruction) -> int:
    """STRBT, A8.8.209."""
    n = insn.n
    base = base_after(core, insn)
    mem_u_unpriv_write(core, access_address(core, insn), 1, core.r[insn.t] & 0xFF)
    return stored(core, n, base)


# --- halfwords ------------------------------------------------------------------------------------------------------


def load_halfword_immediate(core: Core, insn: Instruction) -> int:
    """LDRH (immediate) with an offset, A8.8.79 and A8.8.80."""
    value = mem_u_read(core, (core.r[insn.n] + insn.immediate) & MASK32, 2)
    if core.exception:
        return EXCEPTION
    core.r[insn.t] = value
    return NEXT


def load_halfword_register(core: Core, insn: Instruction) -> int:
    """LDRH (register) with an offset, A8.8.82."""
    value = mem_u_read(core, (core.r[insn.n] + register_offset(core, insn)) & MASK32, 2)
    if core.exception:
        return EXCEPTION
    core.r[insn.t] = value
    return NEXT


def load_halfword(core: Core, insn: Instruction) -> int:
    """LDRH, A8.8.79 to A8.8.82."""
    return loaded(core, insn, mem_u_read(core, access_address(core, insn), 2))


def load_halfword_unprivileged(core: Core, insn: Instruction) -> int:
    """LDRHT, A8.8.83."""
    return loaded(core, insn, mem_u_unpriv_read(core, access_address(core, insn), 2))


def load_signed_halfword(core: Core, insn: Instruction) -> int:
    """LDRSH, A8.8.88 to A8.8.90."""
    return loaded(core, insn, sign_extend_halfword(mem_u_read(core, access_address(core, insn), 2)))


def load_signed_halfword_unprivileged(core: Core, insn: Instruction) -> int:
    """LDRSHT, A8.8.91."""
    return loaded(core, insn, sign_extend_halfword(mem_u_unpriv_read(core, access_address(core, insn), 2)))


def store_halfword_immediate(core: Core, insn: Instruction) -> int:
    """STRH (immediate) with an offset, A8.8.216 and A8.8.217."""
    mem_u_write(core, (core.r[insn.n] + insn.immediate) & MASK32, 2, core.r[insn.t] & 0xFFFF)
    return EXCEPTION if core.exception else NEXT


def store_halfword_register(core: Core, insn: Instruction) -> int:
    """STRH (register) with an offset, A8.8.218."""
    mem_u_write(core, (core.r[insn.n] + register_offset(core, insn)) & MASK32, 2, core.r[insn.t] & 0xFFFF)
    return EXCEPTION if core.exception else NEXT


def store_halfword(core: Core, insn: Instruction) -> int:
    """STRH, A8.8.216 to A8.8.218."""
    n = insn.n
    base = base_after(core, insn)
    mem_u_write(core, access_address(core, insn), 2, core.r[insn.t] & 0xFFFF)
    return stored(core, n, base)


def store_halfword_unprivileged(core: Core, insn: Instruction) -> int:
    """STRHT, A8.8.219."""
    n = insn.n
    base = base_after(core, insn)
    mem_u_unpriv_write(core, access_address(core, insn), 2, core.r[insn.t] & 0xFFFF)
    return stored(core, n, base)


# --- hints ----------------------------------------------------------------------------------------------------------


def preload(core: Core, insn: Instruction) -> int:
    """PLD, PLDW and PLI, A8.8.126 to A8.8.130, and unallocated memory hints: nothing that a program could see."""
    return NEXT
