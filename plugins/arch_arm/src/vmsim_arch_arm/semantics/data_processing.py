"""Data-processing instructions with a register or an immediate (DDI 0406C, A5.2.1, A5.2.3, A6.2, A6.3.1 and A6.3.11).

The ARM and Thumb encodings of an operation share its function: what differs is in the decoded fields. Shifted registers
and expanded immediates leave carry_out in `core.shifter_carry`, where bitwise operations find it.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.operations import alu_write_pc
    from vmsim_arch_arm.engine.records import (
        FLAG_V,
        MASK32,
        NEXT,
        SET_FLAGS,
        SHIFT_ASR,
        SHIFT_LSL,
        SHIFT_LSR,
        SHIFT_ROR,
        SHIFT_RRX,
        Core,
        Instruction,
        s64,
        u64,
    )
    from vmsim_arch_arm.semantics.operand_decoding import CARRY_CLEAR, CARRY_KEPT


# --- operands and results -------------------------------------------------------------------------------------------


def shift_c(core: Core, value: int, kind: int, amount: int) -> int:
    """Shift_C(), A8.4.3, by 1 to 33 bits (ROR: to 32): the result, and carry_out in `core.shifter_carry`."""
    wide = cython.cast(u64, value)
    if kind == SHIFT_LSL:
        core.shifter_carry = wide << amount >> 32 & 1
        return wide << amount & MASK32
    if kind == SHIFT_LSR:
        core.shifter_carry = wide >> (amount - 1) & 1
        return wide >> amount
    if kind == SHIFT_ASR:
        signed = cython.cast(s64, value) - (cython.cast(s64, value >> 31) << 32)
        core.shifter_carry = signed >> (amount - 1) & 1
        return signed >> amount & MASK32
    if kind == SHIFT_ROR:
        core.shifter_carry = wide >> (amount - 1) & 1
        return (wide >> amount | wide << (32 - amount)) & MASK32
    carry_in = core.nzcv >> 1 & 1
    core.shifter_carry = value & 1
    return carry_in << 31 | value >> 1


def shifted_register(core: Core, insn: Instruction) -> int:
    """Rm, shifted by an immediate."""
    if insn.shift_amount == 0:
        core.shifter_carry = core.nzcv >> 1 & 1
        return core.r[insn.m]
    return shift_c(core, core.r[insn.m], insn.shift_type, insn.shift_amount)


def expanded_immediate(core: Core, insn: Instruction) -> int:
    """The immediate, with its carry_out."""
    core.shifter_carry = core.nzcv >> 1 & 1 if insn.option == CARRY_KEPT else insn.option - CARRY_CLEAR
    return insn.immediate


def write_result(core: Core, insn: Instruction, result: int) -> int:
    """Write Rd; in R15 it is a branch."""
    if insn.d == 15:
        return alu_write_pc(core, result)
    core.r[insn.d] = result
    return NEXT


def set_bitwise_flags(core: Core, result: int) -> None:
    """N, Z and C of a bitwise operation."""
    core.nzcv = core.nzcv & FLAG_V | result >> 31 << 3 | (result == 0) << 2 | core.shifter_carry << 1


def write_bitwise(core: Core, insn: Instruction, result: int) -> int:
    """Finish a bitwise operation."""
    if insn.setflags and (insn.setflags == SET_FLAGS or core.it == 0):
        set_bitwise_flags(core, result)
    return write_result(core, insn, result)


def add_to_flags(core: Core, x: int, y: int, carry: int) -> int:
    """AddWithCarry(), A2.2.1, with the flags set."""
    wide = cython.cast(u64, x) + y + carry
    result = wide & MASK32
    overflow = ((x ^ result) & (y ^ result)) >> 31
    core.nzcv = result >> 31 << 3 | (result == 0) << 2 | wide >> 32 << 1 | overflow
    return result


def write_sum(core: Core, insn: Instruction, x: int, y: int, carry: int) -> int:
    """Finish an addition: AddWithCarry(), A2.2.1."""
    if insn.setflags and (insn.setflags == SET_FLAGS or core.it == 0):
        return write_result(core, insn, add_to_flags(core, x, y, carry))
    return write_result(core, insn, (x + y + carry) & MASK32)


# --- with a register ------------------------------------------------------------------------------------------------


def and_register(core: Core, insn: Instruction) -> int:
    """AND (register), A8.8.14."""
    return write_bitwise(core, insn, core.r[insn.n] & shifted_register(core, insn))


def eor_register(core: Core, insn: Instruction) -> int:
    """EOR (register), A8.8.47."""
    return write_bitwise(core, insn, core.r[insn.n] ^ shifted_register(core, insn))


def sub_register(core: Core, insn: Instruction) -> int:
    """SUB (register), A8.8.223."""
    return write_sum(core, insn, core.r[insn.n], ~shifted_register(core, insn) & MASK32, 1)


def rsb_register(core: Core, insn: Instruction) -> int:
    """RSB (register), A8.8.153."""
    return write_sum(core, insn, ~core.r[insn.n] & MASK32, shifted_register(core, insn), 1)


def add_register(core: Core, insn: Instruction) -> int:
    """ADD (register), A8.8.6 and A8.8.7."""
    return write_sum(core, insn, core.r[insn.n], shifted_register(core, insn), 0)


def adc_register(core: Core, insn: Instruction) -> int:
    """ADC (register), A8.8.2."""
    return write_sum(core, insn, core.r[insn.n], shifted_register(core, insn), core.nzcv >> 1 & 1)


def sbc_register(core: Core, insn: Instruction) -> int:
    """SBC (register), A8.8.162."""
    return write_sum(core, insn, core.r[insn.n], ~shifted_register(core, insn) & MASK32, core.nzcv >> 1 & 1)


def rsc_register(core: Core, insn: Instruction) -> int:
    """RSC (register), A8.8.156."""
    return write_sum(core, insn, ~core.r[insn.n] & MASK32, shifted_register(core, insn), core.nzcv >> 1 & 1)


def tst_register(core: Core, insn: Instruction) -> int:
    """TST (register), A8.8.241."""
    set_bitwise_flags(core, core.r[insn.n] & shifted_register(core, insn))
    return NEXT


def teq_register(core: Core, insn: Instruction) -> int:
    """TEQ (register), A8.8.238."""
    set_bitwise_flags(core, core.r[insn.n] ^ shifted_register(core, insn))
    return NEXT


def cmp_register(core: Core, insn: Instruction) -> int:
    """CMP (register), A8.8.38."""
    add_to_flags(core, core.r[insn.n], ~shifted_register(core, insn) & MASK32, 1)
    return NEXT


def cmn_register(core: Core, insn: Instruction) -> int:
    """CMN (register), A8.8.35."""
    add_to_flags(core, core.r[insn.n], shifted_register(core, insn), 0)
    return NEXT


def orr_register(core: Core, insn: Instruction) -> int:
    """ORR (register), A8.8.123."""
    return write_bitwise(core, insn, core.r[insn.n] | shifted_register(core, insn))


def orn_register(core: Core, insn: Instruction) -> int:
    """ORN (register), A8.8.121."""
    return write_bitwise(core, insn, core.r[insn.n] | ~shifted_register(core, insn) & MASK32)


def bic_register(core: Core, insn: Instruction) -> int:
    """BIC (register), A8.8.22."""
    return write_bitwise(core, insn, core.r[insn.n] & ~shifted_register(core, insn))


def mov_register(core: Core, insn: Instruction) -> int:
    """MOV (register), A8.8.103 and A8.8.104."""
    core.shifter_carry = core.nzcv >> 1 & 1
    return write_bitwise(core, insn, core.r[insn.m])


def mvn_register(core: Core, insn: Instruction) -> int:
    """MVN (register), A8.8.116."""
    return write_bitwise(core, insn, ~shifted_register(core, insn) & MASK32)


def lsl_immediate(core: Core, insn: Instruction) -> int:
    """LSL (immediate), A8.8.94."""
    return write_bitwise(core, insn, shift_c(core, core.r[insn.m], SHIFT_LSL, insn.shift_amount))


def lsr_immediate(core: Core, insn: Instruction) -> int:
    """LSR (immediate), A8.8.96."""
    return write_bitwise(core, insn, shift_c(core, core.r[insn.m], SHIFT_LSR, insn.shift_amount))


def asr_immediate(core: Core, insn: Instruction) -> int:
    """ASR (immediate), A8.8.16."""
    return write_bitwise(core, insn, shift_c(core, core.r[insn.m], SHIFT_ASR, insn.shift_amount))


def ror_immediate(core: Core, insn: Instruction) -> int:
    """ROR (immediate), A8.8.149."""
    return write_bitwise(core, insn, shift_c(core, core.r[insn.m], SHIFT_ROR, insn.shift_amount))


def rrx(core: Core, insn: Instruction) -> int:
    """RRX, A8.8.151."""
    return write_bitwise(core, insn, shift_c(core, core.r[insn.m], SHIFT_RRX, 1))


# --- with an immediate ----------------------------------------------------------------------------------------------


def and_immediate(core: Core, insn: Instruction) -> int:
    """AND (immediate), A8.8.13."""
    return write_bitwise(core, insn, core.r[insn.n] & expanded_immediate(core, insn))


def eor_immediate(core: Core, insn: Instruction) -> int:
    """EOR (immediate), A8.8.46."""
    return write_bitwise(core, insn, core.r[insn.n] ^ expanded_immediate(core, insn))


def sub_immediate(core: Core, insn: Instruction) -> int:
    """SUB (immediate), A8.8.221 and A8.8.222."""
    return write_sum(core, insn, core.r[insn.n], ~insn.immediate & MASK32, 1)


def rsb_immediate(core: Core, insn: Instruction) -> int:
    """RSB (immediate), A8.8.152."""
    return write_sum(core, insn, ~core.r[insn.n] & MASK32, insn.immediate, 1)


def add_immediate(core: Core, insn: Instruction) -> int:
    """ADD (immediate), A8.8.4 and A8.8.5."""
    return write_sum(core, insn, core.r[insn.n], insn.immediate, 0)


def adc_immediate(core: Core, insn: Instruction) -> int:
    """ADC (immediate), A8.8.1."""
    return write_sum(core, insn, core.r[insn.n], insn.immediate, core.nzcv >> 1 & 1)


def sbc_immediate(core: Core, insn: Instruction) -> int:
    """SBC (immediate), A8.8.161."""
    return write_sum(core, insn, core.r[insn.n], ~insn.immediate & MASK32, core.nzcv >> 1 & 1)


def rsc_immediate(core: Core, insn: Instruction) -> int:
    """RSC (immediate), A8.8.155."""
    return write_sum(core, insn, ~core.r[insn.n] & MASK32, insn.immediate, core.nzcv >> 1 & 1)


def tst_immediate(core: Core, insn: Instruction) -> int:
    """TST (immediate), A8.8.240."""
    set_bitwise_flags(core, core.r[insn.n] & expanded_immediate(core, insn))
    return NEXT


def teq_immediate(core: Core, insn: Instruction) -> int:
    """TEQ (immediate), A8.8.237."""
    set_bitwise_flags(core, core.r[insn.n] ^ expanded_immediate(core, insn))
    return NEXT


def cmp_immediate(core: Core, insn: Instruction) -> int:
    """CMP (immediate), A8.8.37."""
    add_to_flags(core, core.r[insn.n], ~insn.immediate & MASK32, 1)
    return NEXT


def cmn_immediate(core: Core, insn: Instruction) -> int:
    """CMN (immediate), A8.8.34."""
    add_to_flags(core, core.r[insn.n], insn.immediate, 0)
    return NEXT


def orr_immediate(core: Core, insn: Instruction) -> int:
    """ORR (immediate), A8.8.122."""
    return write_bitwise(core, insn, core.r[insn.n] | expanded_immediate(core, insn))


def orn_immediate(core: Core, insn: Instruction) -> int:
    """ORN (immediate), A8.8.120."""
    return write_bitwise(core, insn, core.r[insn.n] | ~expanded_immediate(core, insn) & MASK32)


def bic_immediate(core: Core, insn: Instruction) -> int:
    """BIC (immediate), A8.8.21."""
    return write_bitwise(core, insn, core.r[insn.n] & ~expanded_immediate(core, insn))


def mov_immediate(core: Core, insn: Instruction) -> int:
    """MOV (immediate), A8.8.102."""
    return write_bitwise(core, insn, expanded_immediate(core, insn))


def mvn_immediate(core: Core, insn: Instruction) -> int:
    """MVN (immediate), A8.8.115."""
    return write_bitwise(core, insn, ~expanded_immediate(core, insn) & MASK32)


def adr(core: Core, insn: Instruction) -> int:
    """ADR that adds, A8.8.12."""
    return write_result(core, insn, ((core.r[15] & (MASK32 - 3)) + insn.immediate) & MASK32)


def adr_subtracting(core: Core, insn: Instruction) -> int:
    """ADR that subtracts, A8.8.12."""
    return write_result(core, insn, ((core.r[15] & (MASK32 - 3)) - insn.immediate) & MASK32)
