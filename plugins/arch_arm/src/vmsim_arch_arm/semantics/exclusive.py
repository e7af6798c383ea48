"""Synchronization primitives (DDI 0406C, A3.4, A5.2.10 and A6.3.6): exclusive loads and stores, SWP."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.plain_memory import (
        clear_exclusive_local,
        exclusive_monitors_pass,
        mem_a_read,
        mem_a_write,
        set_exclusive_monitors,
    )
    from vmsim_arch_arm.engine.records import (
        DECODED,
        EXCEPTION,
        IS_UNDEFINED,
        MASK32,
        NEXT,
        SCTLR,
        UNDEFINED,
        Core,
        Instruction,
    )

    SCTLR_SW = 1 << 10  # SWP and SWPB are enabled (B4.1.130)


# --- decoding -------------------------------------------------------------------------------------------------------


def decode_words_exclusive(insn: Instruction) -> int:
    """The Thumb encodings of LDREX and STREX: an immediate that counts words."""
    insn.immediate <<= 2
    return DECODED


def decode_pair(insn: Instruction) -> int:
    """The ARM encodings of LDREXD and STREXD: an even register and the next; an odd one is UNPREDICTABLE."""
    insn.t2 = insn.t + 1
    return IS_UNDEFINED if insn.t & 1 else DECODED


# --- loads ----------------------------------------------------------------------------------------------------------


def load_exclusive(core: Core, insn: Instruction, address: int, size: int) -> int:
    """Load a word, halfword or byte, and mark it."""
    value = mem_a_read(core, address, size)
    if core.exception:
        return EXCEPTION
    set_exclusive_monitors(core, address, size)
    core.r[insn.t] = value
    return NEXT


def load_word_exclusive(core: Core, insn: Instruction) -> int:
    """LDREX, A8.8.75."""
    return load_exclusive(core, insn, (core.r[insn.n] + insn.immediate) & MASK32, 4)


def load_byte_exclusive(core: Core, insn: Instruction) -> int:
    """LDREXB, A8.8.76."""
    return load_exclusive(core, insn, core.r[insn.n], 1)


def load_halfword_exclusive(core: Core, insn: Instruction) -> int:
    """LDREXH, A8.8.78."""
    return load_exclusive(core, insn, core.r[insn.n], 2)


def load_doubleword_exclusive(core: Core, insn: Instruction) -> int:
    """LDREXD, A8.8.77."""
    address = core.r[insn.n]
    if address & 7:
        mem_a_read(core, address, 8)  # does nothing but raise the alignment fault
        return EXCEPTION
    first = mem_a_read(core, address, 4)
    if core.exception:
        return EXCEPTION
    second = mem_a_read(core, address + 4, 4)
    if core.exception:
        return EXCEPTION
    set_exclusive_monitors(core, address, 8)
    core.r[insn.t] = first
    core.r[insn.t2] = second
    return NEXT


# --- stores ---------------------------------------------------------------------------------------------------------


def may_store(core: Core, address: int, size: int) -> int:
    """ExclusiveMonitorsPass(), A3.4.1: 1 if the store is to be done; alignment is checked in any case."""
    if address & (size - 1):
        mem_a_write(core, address, size, 0)  # does nothing but raise the alignment fault
        return 0
    return exclusive_monitors_pass(core, address, size)


def store_exclusive(core: Core, insn: Instruction, address: int, size: int, value: int) -> int:
    """Store a word, halfword or byte if it is still marked, and say in Rd whether it was not."""
    d = insn.d
    failed = 1 - may_store(core, address, size)
    if not failed:
        mem_a_write(core, address, size, value)
        if core.exception:
            core.monitor_valid = 1
    if core.exception:
        return EXCEPTION
    core.r[d] = failed
    return NEXT


def store_word_exclusive(core: Core, insn: Instruction) -> int:
    """STREX, A8.8.212."""
    return store_exclusive(core, insn, (core.r[insn.n] + insn.immediate) & MASK32, 4, core.r[insn.t])


def store_byte_exclusive(core: Core, insn: Instruction) -> int:
    """STREXB, A8.8.213."""
    return store_exclusive(core, insn, core.r[insn.n], 1, core.r[insn.t] & 0xFF)


def store_halfword_exclusive(core: Core, insn: Instruction) -> int:
    """STREXH, A8.8.215."""
    return store_exclusive(core, insn, core.r[insn.n], 2, core.r[insn.t] & 0xFFFF)


def store_doubleword_exclusive(core: Core, insn: Instruction) -> int:
    """STREXD, A8.8.214: both words are in one page, so the second cannot abort when the first did not."""
    d = insn.d
    address, second = core.r[insn.n], core.r[insn.t2]
    failed = 1 - may_store(core, address, 8)
    if not failed:
        mem_a_write(core, address, 4, core.r[insn.t])
        if core.exception:
            core.monitor_valid = 1
        else:
            mem_a_write(core, address + 4, 4, second)
    if core.exception:
        return EXCEPTION
    core.r[d] = failed
    return NEXT


def clear_exclusive(core: Core, insn: Instruction) -> int:
    """CLREX, A8.8.32."""
    clear_exclusive_local(core)
    return NEXT


# --- swap -----------------------------------------------------------------------------------------------------------


def swap(core: Core, insn: Instruction, size: int) -> int:
    """Exchange a register with memory; undefined unless SCTLR.SW enables it."""
    if not core.cp15[SCTLR] & SCTLR_SW:
        core.exception = UNDEFINED
        return EXCEPTION
    t = insn.t
    address = core.r[insn.n]
    value = mem_a_read(core, address, size)
    if core.exception:
        return EXCEPTION
    mem_a_write(core, address, size, core.r[insn.t2] & 0xFF if size == 1 else core.r[insn.t2])
    if core.exception:
        return EXCEPTION
    core.r[t] = value
    return NEXT


def swap_word(core: Core, insn: Instruction) -> int:
    """SWP, A8.8.229."""
    return swap(core, insn, 4)


def swap_byte(core: Core, insn: Instruction) -> int:
    """SWPB, A8.8.229."""
    return swap(core, insn, 1)
