"""System instructions (DDI 0406C, A5.2.11, A5.2.12, A5.7, A6.2.5, A6.3.4, B9.3): status registers, exceptions, hints.

There is one security state and no virtualization, as nothing else is visible to the guest.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.exceptions import (
        bank_of,
        change_mode,
        is_mode,
        read_cpsr,
        read_spsr,
        return_with,
        write_spsr,
    )
    from vmsim_arch_arm.engine.plain_memory import mem_a_read, mem_a_write, translation_changed
    from vmsim_arch_arm.engine.records import (
        BREAKPOINT,
        CPSR_A,
        CPSR_F,
        CPSR_I,
        CPSR_MODE,
        DECODED,
        EXCEPTION,
        IS_UNDEFINED,
        MASK32,
        MODE_SYS,
        MODE_USR,
        NEXT,
        SECURE_MONITOR_CALL,
        SUPERVISOR_CALL,
        SYNC,
        UNDEFINED,
        WAIT,
        Core,
        Instruction,
    )

    MODE_MON = 0x16
    VISIBLE_BITS = 0xF8FF03DF
    UPPER_BYTE = 0xFF000000
    DEBUG_EVENT = 2
    ENABLE = 2
    DISABLE = 3
    IN_WFI = 1
    IN_WFE = 2


def undefined(core: Core, insn: Instruction) -> int:
    """Every word that no row of the table has: the Undefined Instruction exception, B1.9.1."""
    core.exception = UNDEFINED
    return EXCEPTION


def permanently_undefined(core: Core, insn: Instruction) -> int:
    """UDF, A8.8.247."""
    return undefined(core, insn)


def is_privileged(core: Core) -> int:
    """CurrentModeIsNotUser(), B1.3.1."""
    return core.control & CPSR_MODE != MODE_USR


def has_spsr(core: Core) -> int:
    """Whether the mode has an SPSR."""
    mode = core.control & CPSR_MODE
    return mode != MODE_USR and mode != MODE_SYS


# --- status registers -----------------------------------------------------------------------------------------------


def move_from_cpsr(core: Core, insn: Instruction) -> int:
    """MRS (CPSR), A8.8.109 and B9.3.8: without the execution state but E."""
    core.r[insn.d] = read_cpsr(core) & VISIBLE_BITS
    return NEXT


def move_from_spsr(core: Core, insn: Instruction) -> int:
    """MRS (SPSR), B9.3.8; UNPREDICTABLE in modes without one, UNDEFINED here."""
    if not has_spsr(core):
        return undefined(core, insn)
    core.r[insn.d] = read_spsr(core)
    return NEXT


def move_to_status(core: Core, insn: Instruction) -> int:
    """MSR (register), A8.8.112 and B9.3.12; `option` chooses the SPSR."""
    value = core.r[insn.n]
    return write_saved(core, insn, value) if insn.option else write_status(core, insn, value)


def move_immediate_to_status(core: Core, insn: Instruction) -> int:
    """MSR (immediate), A8.8.111 and B9.3.11."""
    value = insn.immediate
    return write_saved(core, insn, value) if insn.option else write_status(core, insn, value)


def decode_unconditional(insn: Instruction) -> int:
    """BKPT, A8.8.24: executed in an IT block whatever the condition."""
    insn.cond = 15
    return DECODED


def decode_immediate(insn: Instruction) -> int:
    """ARMExpandImm(), A5.2.4."""
    value = insn.immediate & 0xFF
    rotation = insn.immediate >> 8 << 1
    if rotation:
        insn.immediate = (value >> rotation | value << (32 - rotation)) & MASK32
    return DECODED


def write_status(core: Core, insn: Instruction, value: int) -> int:
    """CPSRWriteByInstr(), B1.3.3, of what is no exception return; `length` has the fields f, s, x and c."""
    fields = insn.length
    privileged = is_privileged(core)
    writable = 0
    if privileged:
        writable = (CPSR_A if fields & 2 else 0) | (CPSR_I | CPSR_F | CPSR_MODE if fields & 1 else 0)
    if writable and write_control(core, core.control & ~writable | value & writable) == EXCEPTION:
        return EXCEPTION
    if fields & 8:
        core.nzcv = value >> 28
        core.q = value >> 27 & 1
    if fields & 4:
        core.ge = value >> 16 & 15
    if fields & 2:
        write_endianness(core, value >> 9 & 1)
    return SYNC if writable else NEXT


def write_saved(core: Core, insn: Instruction, value: int) -> int:
    """SPSRWriteByInstr(), B1.3.3; UNPREDICTABLE in modes without an SPSR, UNDEFINED here."""
    fields = insn.length
    if not has_spsr(core):
        return undefined(core, insn)
    writable = 0xFF if fields & 1 else 0
    if fields & 2:
        writable |= 0xFF00
    if fields & 4:
        writable |= 0x1F0000  # GE; bit 20 is reserved, and kept by the virtual CPU as well
    if fields & 8:
        writable |= UPPER_BYTE
    write_spsr(core, read_spsr(core) & ~writable | value & writable)
    return NEXT


def write_control(core: Core, control: int) -> int:
    """Write mode and masks. A mode that does not exist leaves the mode as it is, which is UNPREDICTABLE."""
    mode = control & CPSR_MODE
    if mode == MODE_MON:
        core.exception = SECURE_MONITOR_CALL
        return EXCEPTION
    if mode != core.control & CPSR_MODE and is_mode(mode):
        change_mode(core, mode)
    core.control = core.control & CPSR_MODE | control & (CPSR_A | CPSR_I | CPSR_F)
    return SYNC


def write_endianness(core: Core, big_endian: int) -> None:
    """Write CPSR.E."""
    if core.big_endian != big_endian:
        core.big_endian = big_endian
        translation_changed(core)


def change_state(core: Core, insn: Instruction) -> int:
    """CPS, B9.3.2: `option` is imod, `wback` M, `length` the mode, `immediate` A, I and F; nothing in User mode."""
    if not is_privileged(core):
        return NEXT
    control = core.control
    masks = insn.immediate << 6
    if insn.option == ENABLE:
        control &= ~masks
    elif insn.option == DISABLE:
        control |= masks
    if insn.wback:
        control = control & ~CPSR_MODE | insn.length
    return write_control(core, control)


def decode_change_state_thumb16(insn: Instruction) -> int:
    """CPS, B9.3.1 T1: `option` is im, clear to enable."""
    insn.option += ENABLE
    return DECODED


def set_endianness(core: Core, insn: Instruction) -> int:
    """SETEND, A8.8.167."""
    write_endianness(core, insn.option)
    return NEXT


# --- exceptions -----------------------------------------------------------------------------------------------------


def supervisor_call(core: Core, insn: Instruction) -> int:
    """SVC, A8.8.228."""
    core.exception = SUPERVISOR_CALL
    return EXCEPTION


def breakpoint(core: Core, insn: Instruction) -> int:
    """BKPT, A8.8.24: a prefetch abort whose status is that of a debug event (B3.13.3, C3.1)."""
    core.exception = BREAKPOINT
    core.fault_status = DEBUG_EVENT
    return EXCEPTION


def secure_monitor_call(core: Core, insn: Instruction) -> int:
    """SMC, B9.3.14: the run ends with it, there is no monitor."""
    core.exception = SECURE_MONITOR_CALL if is_privileged(core) else UNDEFINED
    return EXCEPTION


def decode_both_words(insn: Instruction) -> int:
    """RFE and SRS: `immediate` leads from the base to the lower word, `length` is what is written back."""
    distance = 4 if insn.index else 0
    insn.immediate = distance if insn.add else (MASK32 - 7 if insn.index else MASK32 - 3)
    return DECODED


def decode_both_words_thumb(insn: Instruction) -> int:
    """RFE and SRS in Thumb state: before the base downwards, or from the base upwards."""
    insn.add = insn.word >> 23 & 1
    insn.index = 1 - insn.add
    return decode_both_words(insn)


def return_from_exception(core: Core, insn: Instruction) -> int:
    """RFE, B9.3.13; UNPREDICTABLE in User mode, UNDEFINED here."""
    base = core.r[insn.n]
    address = (base + insn.immediate) & MASK32
    if not is_privileged(core):
        return undefined(core, insn)
    target = mem_a_read(core, address, 4)
    if core.exception:
        return EXCEPTION
    status = mem_a_read(core, (address + 4) & MASK32, 4)
    if core.exception:
        return EXCEPTION
    if insn.wback:
        core.r[insn.n] = (base + 8 if insn.add else base - 8) & MASK32
    return return_with(core, target, status)


def store_return_state(core: Core, insn: Instruction) -> int:
    """SRS, B9.3.16, on the stack of the mode in `length`; UNPREDICTABLE without an SPSR, UNDEFINED here."""
    base = stack_of(core, insn.length)
    address = (base + insn.immediate) & MASK32
    if not has_spsr(core):
        return undefined(core, insn)
    mem_a_write(core, address, 4, core.r[14])
    if core.exception:
        return EXCEPTION
    mem_a_write(core, (address + 4) & MASK32, 4, read_spsr(core))
    if core.exception:
        return EXCEPTION
    if insn.wback:
        write_stack(core, insn.length, (base + 8 if insn.add else base - 8) & MASK32)
    return NEXT


def stack_of(core: Core, mode: int) -> int:
    """SP of a mode."""
    if bank_of(mode) == bank_of(core.control & CPSR_MODE):
        return core.r[13]
    return core.bank_sp[bank_of(mode)]


def write_stack(core: Core, mode: int, value: int) -> None:
    """Write SP of a mode."""
    if bank_of(mode) == bank_of(core.control & CPSR_MODE):
        core.r[13] = value
    else:
        core.bank_sp[bank_of(mode)] = value


def decode_store_return_state(insn: Instruction) -> int:
    """SRS to a mode that does not exist is UNPREDICTABLE, UNDEFINED here."""
    return decode_both_words(insn) if is_mode(insn.length) else IS_UNDEFINED


def decode_store_return_state_thumb(insn: Instruction) -> int:
    """The same in Thumb state."""
    return decode_both_words_thumb(insn) if is_mode(insn.length) else IS_UNDEFINED


# --- hints and barriers ---------------------------------------------------------------------------------------------


def no_operation(core: Core, insn: Instruction) -> int:
    """NOP, YIELD, DBG and hints that are not allocated, A8.8.119 and A6.3.4; DMB, DSB and ISB, A8.8.43, 44 and 53.

    Instructions happen one after the other here, and what is predecoded follows memory without being told.
    """
    return NEXT


def wait_for_event(core: Core, insn: Instruction) -> int:
    """WFE, A8.8.424."""
    if core.event_register:
        core.event_register = 0
        return NEXT
    core.waiting = IN_WFE
    return WAIT


def wait_for_interrupt(core: Core, insn: Instruction) -> int:
    """WFI, A8.8.425."""
    core.waiting = IN_WFI
    return WAIT


def send_event(core: Core, insn: Instruction) -> int:
    """SEV, A8.8.168: there is no other core."""
    core.event_register = 1
    return NEXT
