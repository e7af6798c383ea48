"""Data-processing instructions with a register that a register shifts, and such shifts (DDI 0406C, A5.2.2, A6.3.12)."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.records import (
        MASK32,
        NEXT,
        SHIFT_ASR,
        SHIFT_LSL,
        SHIFT_LSR,
        SHIFT_ROR,
        Core,
        Instruction,
    )
    from vmsim_arch_arm.semantics.data_processing import (
        add_to_flags,
        set_bitwise_flags,
        shift_c,
        write_bitwise,
        write_sum,
    )


def shift_by_register(core: Core, value: int, kind: int, amount: int) -> int:
    """Shift_C(), A8.4.3, by the lowest byte of a register; the carry_out is left in `core.shifter_carry`."""
    amount &= 0xFF
    if amount == 0:
        core.shifter_carry = core.nzcv >> 1 & 1
        return value
    if kind == SHIFT_ROR:
        amount = (amount - 1 & 31) + 1
    elif amount > 33:
        amount = 33
    return shift_c(core, value, kind, amount)


def shifted_register(core: Core, insn: Instruction) -> int:
    """Rm, shifted by Rs."""
    return shift_by_register(core, core.r[insn.m], insn.shift_type, core.r[insn.s])


def and_register_shifted(core: Core, insn: Instruction) -> int:
    """AND (register-shifted register), A8.8.15."""
    return write_bitwise(core, insn, core.r[insn.n] & shifted_register(core, insn))


def eor_register_shifted(core: Core, insn: Instruction) -> int:
    """EOR (register-shifted register), A8.8.48."""
    return write_bitwise(core, insn, core.r[insn.n] ^ shifted_register(core, insn))


def sub_register_shifted(core: Core, insn: Instruction) -> int:
    """SUB (register-shifted register), A8.8.224."""
    return write_sum(core, insn, core.r[insn.n], ~shifted_register(core, insn) & MASK32, 1)


def rsb_register_shifted(core: Core, insn: Instruction) -> int:
    """RSB (register-shifted register), A8.8.154."""
    return write_sum(core, insn, ~core.r[insn.n] & MASK32, shifted_register(core, insn), 1)


def add_register_shifted(core: Core, insn: Instruction) -> int:
    """ADD (register-shifted register), A8.8.8."""
    return write_sum(core, insn, core.r[insn.n], shifted_register(core, insn), 0)


def adc_register_shifted(core: Core, insn: Instruction) -> int:
    """ADC (register-shifted register), A8.8.3."""
    return write_sum(core, insn, core.r[insn.n], shifted_register(core, insn), core.nzcv >> 1 & 1)


def sbc_register_shifted(core: Core, insn: Instruction) -> int:
    """SBC (register-shifted register), A8.8.163."""
    return write_sum(core, insn, core.r[insn.n], ~shifted_register(core, insn) & MASK32, core.nzcv >> 1 & 1)


def rsc_register_shifted(core: Core, insn: Instruction) -> int:
    """RSC (register-shifted register), A8.8.157."""
    return write_sum(core, insn, ~core.r[insn.n] & MASK32, shifted_register(core, insn), core.nzcv >> 1 & 1)


def tst_register_shifted(core: Core, insn: Instruction) -> int:
    """TST (register-shifted register), A8.8.242."""
    set_bitwise_flags(core, core.r[insn.n] & shifted_register(core, insn))
    return NEXT


def teq_register_shifted(core: Core, insn: Instruction) -> int:
    """TEQ (register-shifted register), A8.8.239."""
    set_bitwise_flags(core, core.r[insn.n] ^ shifted_register(core, insn))
    return NEXT


def cmp_register_shifted(core: Core, insn: Instruction) -> int:
    """CMP (register-shifted register), A8.8.39."""
    add_to_flags(core, core.r[insn.n], ~shifted_register(core, insn) & MASK32, 1)
    return NEXT


def cmn_register_shifted(core: Core, insn: Instruction) -> int:
    """CMN (register-shifted register), A8.8.36."""
    add_to_flags(core, core.r[insn.n], shifted_register(core, insn), 0)
    return NEXT


def orr_register_shifted(core: Core, insn: Instruction) -> int:
    """ORR (register-shifted register), A8.8.124."""
    return write_bitwise(core, insn, core.r[insn.n] | shifted_register(core, insn))


def bic_register_shifted(core: Core, insn: Instruction) -> int:
    """BIC (register-shifted register), A8.8.23."""
    return write_bitwise(core, insn, core.r[insn.n] & ~shifted_register(core, insn))


def mvn_register_shifted(core: Core, insn: Instruction) -> int:
    """MVN (register-shifted register), A8.8.117."""
    return write_bitwise(core, insn, ~shifted_register(core, insn) & MASK32)


def lsl_register(core: Core, insn: Instruction) -> int:
    """LSL (register), A8.8.95."""
    return write_bitwise(core, insn, shift_by_register(core, core.r[insn.n], SHIFT_LSL, core.r[insn.m]))


def lsr_register(core: Core, insn: Instruction) -> int:
    """LSR (register), A8.8.97."""
    return write_bitwise(core, insn, shift_by_register(core, core.r[insn.n], SHIFT_LSR, core.r[insn.m]))


def asr_register(core: Core, insn: Instruction) -> int:
    """ASR (register), A8.8.17."""
    return write_bitwise(core, insn, shift_by_register(core, core.r[insn.n], SHIFT_ASR, core.r[insn.m]))


def ror_register(core: Core, insn: Instruction) -> int:
    """ROR (register), A8.8.150."""
    return write_bitwise(core, insn, shift_by_register(core, core.r[insn.n], SHIFT_ROR, core.r[insn.m]))
