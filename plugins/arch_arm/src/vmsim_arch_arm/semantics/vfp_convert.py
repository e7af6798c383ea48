"""VFP comparison and conversion (DDI 0406C, A7.5)."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.plain_vfp_registers import raise_undefined, read_single, vfp_enabled, write_single
    from vmsim_arch_arm.engine.records import DECODED, MASK32, NEXT, Core, Instruction, u64
    from vmsim_arch_arm.engine.soft_convert import (
        fixed_to_float32,
        fixed_to_float64,
        float16_to_float32,
        float32_to_fixed,
        float32_to_float16,
        float32_to_float64,
        float64_to_fixed,
        float64_to_float32,
    )
    from vmsim_arch_arm.engine.soft_float import FPSCR_ROUNDING, ROUND_TO_ZERO, float32_compare, float64_compare
    from vmsim_arch_arm.semantics.vfp import single_number


# --- comparison -----------------------------------------------------------------------------------------------------


def set_flags(core: Core, nzcv: int) -> int:
    """FPSCR<31:28>."""
    core.fpscr = core.fpscr & (MASK32 >> 4) | nzcv << 28
    return NEXT


def vcmp_f32(core: Core, insn: Instruction) -> int:
    """VCMP, VCMPE, A8.8.303; with E quiet NaNs are invalid, too."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    return set_flags(
        core, float32_compare(core, read_single(core, insn.d), read_single(core, insn.m), insn.option, core.fpscr)
    )


def vcmp_f64(core: Core, insn: Instruction) -> int:
    """VCMP, VCMPE, A8.8.303; with E quiet NaNs are invalid, too."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    return set_flags(core, float64_compare(core, core.d[insn.d], core.d[insn.m], insn.option, core.fpscr))


def vcmp_zero_f32(core: Core, insn: Instruction) -> int:
    """VCMP, VCMPE with zero, A8.8.303."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    return set_flags(core, float32_compare(core, read_single(core, insn.d), 0, insn.option, core.fpscr))


def vcmp_zero_f64(core: Core, insn: Instruction) -> int:
    """VCMP, VCMPE with zero, A8.8.303."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    return set_flags(core, float64_compare(core, core.d[insn.d], 0, insn.option, core.fpscr))


# --- conversion -----------------------------------------------------------------------------------------------------


def vcvt_f64_f32(core: Core, insn: Instruction) -> int:
    """VCVT (between double-precision and single-precision), A8.8.309."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    core.d[insn.d] = float32_to_float64(core, read_single(core, insn.m), core.fpscr)
    return NEXT


def vcvt_f32_f64(core: Core, insn: Instruction) -> int:
    """VCVT (between double-precision and single-precision), A8.8.309."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    write_single(core, insn.d, float64_to_float32(core, core.d[insn.m], core.fpscr))
    return NEXT


def vcvt_f32_f16(core: Core, insn: Instruction) -> int:
    """VCVTB, VCVTT, A8.8.311, from half precision: the top half with T."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    half = read_single(core, insn.m) >> 16 if insn.length else read_single(core, insn.m) & 0xFFFF
    write_single(core, insn.d, float16_to_float32(core, half, core.fpscr))
    return NEXT


def vcvt_f16_f32(core: Core, insn: Instruction) -> int:
    """VCVTB, VCVTT, A8.8.311, to half precision; the other half stays."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    half = float32_to_float16(core, read_single(core, insn.m), core.fpscr)
    old = read_single(core, insn.d)
    write_single(core, insn.d, old & 0xFFFF | half << 16 if insn.length else old >> 16 << 16 | half)
    return NEXT


def vcvt_f32_int(core: Core, insn: Instruction) -> int:
    """VCVT (between floating-point and integer, Floating-point), A8.8.306: rounds as the FPSCR says."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    write_single(core, insn.d, fixed_to_float32(core, read_single(core, insn.m), 0, insn.option == 0, core.fpscr))
    return NEXT


def vcvt_f64_int(core: Core, insn: Instruction) -> int:
    """VCVT (between floating-point and integer, Floating-point), A8.8.306."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    core.d[insn.d] = fixed_to_float64(core, read_single(core, insn.m), 0, insn.option == 0, core.fpscr)
    return NEXT


def integer_rounding(core: Core, insn: Instruction) -> int:
    """The FPSCR with the rounding of VCVT, towards zero, or as it is for VCVTR."""
    return core.fpscr | ROUND_TO_ZERO if insn.length else core.fpscr


def vcvt_int_f32(core: Core, insn: Instruction) -> int:
    """VCVT, VCVTR (between floating-point and integer, Floating-point), A8.8.306."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    control = integer_rounding(core, insn)
    result = float32_to_fixed(core, read_single(core, insn.m), 32, 0, insn.option == 0, control)
    write_single(core, insn.d, result)
    return NEXT


def vcvt_int_f64(core: Core, insn: Instruction) -> int:
    """VCVT, VCVTR (between floating-point and integer, Floating-point), A8.8.306."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    control = integer_rounding(core, insn)
    write_single(core, insn.d, float64_to_fixed(core, core.d[insn.m], 32, 0, insn.option == 0, control))
    return NEXT


def decode_fixed_double(insn: Instruction) -> int:
    """The number of fraction bits in `immediate`, the size in `length`; `add` says that the number is unsigned."""
    insn.length = 32 if insn.length else 16
    insn.immediate = (insn.length - single_number(insn.immediate)) & 63
    return DECODED


def decode_fixed_single(insn: Instruction) -> int:
    """The same for single precision."""
    insn.d = single_number(insn.d)
    return decode_fixed_double(insn)


def vcvt_fixed_f32(core: Core, insn: Instruction) -> int:
    """VCVT (between floating-point and fixed-point, Floating-point), A8.8.308: rounds towards zero."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    value = read_single(core, insn.d)
    result = float32_to_fixed(core, value, insn.length, insn.immediate, insn.add, core.fpscr | ROUND_TO_ZERO)
    write_single(core, insn.d, result)
    return NEXT


def vcvt_fixed_f64(core: Core, insn: Instruction) -> int:
    """VCVT (between floating-point and fixed-point, Floating-point), A8.8.308: extended to the whole register."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    value = core.d[insn.d]
    result = float64_to_fixed(core, value, insn.length, insn.immediate, insn.add, core.fpscr | ROUND_TO_ZERO)
    upper = MASK32 if result >> 31 and not insn.add else 0
    core.d[insn.d] = cython.cast(u64, upper) << 32 | result
    return NEXT


def fixed_operand(value: int, insn: Instruction) -> int:
    """Extend the number of 16 or 32 bits at the bottom of a register to 32 bits."""
    if insn.length == 32:
        return value
    value &= 0xFFFF
    return value | MASK32 >> 16 << 16 if value >> 15 and not insn.add else value


def vcvt_f32_fixed(core: Core, insn: Instruction) -> int:
    """VCVT (between floating-point and fixed-point, Floating-point), A8.8.308: rounds to nearest."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    value = fixed_operand(read_single(core, insn.d), insn)
    result = fixed_to_float32(core, value, insn.immediate, insn.add, core.fpscr & ~FPSCR_ROUNDING)
    write_single(core, insn.d, result)
    return NEXT


def vcvt_f64_fixed(core: Core, insn: Instruction) -> int:
    """VCVT (between floating-point and fixed-point, Floating-point), A8.8.308: always exact."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    value = fixed_operand(core.d[insn.d] & MASK32, insn)
    core.d[insn.d] = fixed_to_float64(core, value, insn.immediate, insn.add, core.fpscr & ~FPSCR_ROUNDING)
    return NEXT
