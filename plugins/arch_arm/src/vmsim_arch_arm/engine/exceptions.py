"""Taking exceptions and returning from them (DDI 0406C, B1.8 and B1.9), and the CPSR as a word."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.operations import branch_write_pc
    from vmsim_arch_arm.engine.plain_memory import privilege_changed, translation_changed
    from vmsim_arch_arm.engine.records import (
        BANK_ABT,
        BANK_FIQ,
        BANK_IRQ,
        BANK_SVC,
        BANK_UND,
        BANK_USR,
        BREAKPOINT,
        CPSR_A,
        CPSR_E,
        CPSR_F,
        CPSR_I,
        CPSR_MODE,
        CPSR_Q,
        CPSR_T,
        DATA_ABORT,
        DFAR,
        DFSR,
        EXCEPTION,
        IFAR,
        IFSR,
        INTERRUPT,
        MASK32,
        MODE_ABT,
        MODE_FIQ,
        MODE_IRQ,
        MODE_SVC,
        MODE_UND,
        NO_EXCEPTION,
        PREFETCH_ABORT,
        RETURN,
        SCTLR,
        SECURE_MONITOR_CALL,
        SUPERVISOR_CALL,
        UNDEFINED,
        VBAR,
        Core,
    )

    MODE_MON = 0x16
    MODES = 0x888F0000


def is_mode(mode: int) -> int:
    """Whether a core without monitor and Hyp mode has this mode (B1.3.1)."""
    return MODES >> mode & 1


def bank_of(mode: int) -> int:
    """Return the bank of SP, LR and SPSR that a mode uses (B1.3.2)."""
    if mode == MODE_SVC:
        return BANK_SVC
    if mode == MODE_ABT:
        return BANK_ABT
    if mode == MODE_UND:
        return BANK_UND
    if mode == MODE_IRQ:
        return BANK_IRQ
    if mode == MODE_FIQ:
        return BANK_FIQ
    return BANK_USR


def read_cpsr(core: Core) -> int:
    """The CPSR as a word, B1.3.3."""
    it = (core.it & 3) << 25 | (core.it >> 2) << 10
    flags = core.nzcv << 28 | (CPSR_Q if core.q else 0) | core.ge << 16
    return flags | it | (CPSR_E if core.big_endian else 0) | (CPSR_T if core.thumb else 0) | core.control


def change_mode(core: Core, mode: int) -> None:
    """Change the mode, with the registers that it has for itself."""
    old = bank_of(core.control & CPSR_MODE)
    new = bank_of(mode)
    core.control = core.control & ~CPSR_MODE | mode
    if old != new:
        core.bank_sp[old] = core.r[13]
        core.bank_lr[old] = core.r[14]
        core.r[13] = core.bank_sp[new]
        core.r[14] = core.bank_lr[new]
        if old == BANK_FIQ or new == BANK_FIQ:
            for index in range(5):
                if old == BANK_FIQ:
                    core.bank_r8_12[1][index] = core.r[8 + index]
                    core.r[8 + index] = core.bank_r8_12[0][index]
                else:
                    core.bank_r8_12[0][index] = core.r[8 + index]
                    core.r[8 + index] = core.bank_r8_12[1][index]
    privilege_changed(core)


def write_cpsr_all(core: Core, value: int) -> None:
    """Write every field of the CPSR."""
    core.nzcv = value >> 28
    core.q = 1 if value & CPSR_Q else 0
    core.ge = value >> 16 & 15
    core.it = value >> 25 & 3 | value >> 8 & 0xFC
    core.thumb = 1 if value & CPSR_T else 0
    big_endian = 1 if value & CPSR_E else 0
    change_mode(core, value & CPSR_MODE)
    core.control = value & (CPSR_MODE | CPSR_A | CPSR_I | CPSR_F)
    if core.big_endian != big_endian:
        core.big_endian = big_endian
        translation_changed(core)


def read_spsr(core: Core) -> int:
    """The SPSR of the current mode; zero in a mode that has none."""
    return core.bank_spsr[bank_of(core.control & CPSR_MODE)]


def write_spsr(core: Core, value: int) -> None:
    """Write the SPSR of the current mode, if it has one."""
    bank = bank_of(core.control & CPSR_MODE)
    if bank != BANK_USR:
        core.bank_spsr[bank] = value


def take_exception(core: Core) -> None:
    """Take the exception in `core.exception`: state saved, vector in `core.pc` (B1.8.3, B1.9)."""
    kind = core.exception
    sctlr = core.cp15[SCTLR]
    cpsr = read_cpsr(core)
    masks = CPSR_I
    if kind == UNDEFINED:
        mode, vector, link = MODE_UND, 0x04, core.pc + (2 if core.thumb else 4)
    elif kind == SUPERVISOR_CALL:
        mode, vector, link = MODE_SVC, 0x08, core.next_pc
    elif kind in (PREFETCH_ABORT, BREAKPOINT):
        mode, vector, link, masks = MODE_ABT, 0x0C, core.pc + 4, CPSR_I | CPSR_A
        core.cp15[IFSR] = core.fault_status
        if kind == PREFETCH_ABORT:
            core.cp15[IFAR] = core.fault_address
    elif kind == DATA_ABORT:
        mode, vector, link, masks = MODE_ABT, 0x10, core.pc + 8, CPSR_I | CPSR_A
        core.cp15[DFSR] = core.fault_status
        core.cp15[DFAR] = core.fault_address
    elif kind == INTERRUPT:
        mode, vector, link, masks = MODE_IRQ, 0x18, core.pc + 4, CPSR_I | CPSR_A
    else:
        mode, vector, link, masks = MODE_FIQ, 0x1C, core.pc + 4, CPSR_I | CPSR_A | CPSR_F
    core.exception = NO_EXCEPTION
    change_mode(core, mode)
    core.bank_spsr[bank_of(mode)] = cpsr
    core.r[14] = link & MASK32
    core.control |= masks
    core.it = 0
    core.thumb = sctlr >> 30 & 1
    big_endian = sctlr >> 25 & 1
    if core.big_endian != big_endian:
        core.big_endian = big_endian
        translation_changed(core)
    base = core.cp15[VBAR]
    if sctlr >> 13 & 1:
        base = MASK32 - 0xFFFF
    core.pc = base + vector
    core.next_pc = core.pc


def exception_return(core: Core, address: int) -> int:
    """Return from an exception: the SPSR becomes the CPSR; in modes without one it is UNPREDICTABLE, UNDEFINED here."""
    if bank_of(core.control & CPSR_MODE) == BANK_USR:
        core.exception = UNDEFINED
        return EXCEPTION
    return return_with(core, address, read_spsr(core))


def return_with(core: Core, address: int, cpsr: int) -> int:
    """Go on at an address with a CPSR (B1.9.2, CPSRWriteByInstr()); in monitor mode, which is not there, the run ends.

    Other modes that do not exist are UNPREDICTABLE; the mode stays as it is.
    """
    mode = cpsr & CPSR_MODE
    if mode == MODE_MON:
        core.exception = SECURE_MONITOR_CALL
        return EXCEPTION
    if not is_mode(mode):
        cpsr = cpsr & ~CPSR_MODE | core.control & CPSR_MODE
    write_cpsr_all(core, cpsr)
    branch_write_pc(core, address)
    return RETURN
