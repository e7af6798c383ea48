"""VFP data processing (DDI 0406C, A7.5): arithmetic. Each operation stands twice, for single and double precision."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.plain_vfp_registers import (
        FPEXC_DEX,
        FPSCR_LEN,
        raise_undefined,
        read_single,
        vfp_enabled,
        write_single,
    )
    from vmsim_arch_arm.engine.records import DECODED, MASK32, NEXT, Core, Instruction, u64
    from vmsim_arch_arm.engine.soft_float import (
        float32_add,
        float32_div,
        float32_mul,
        float32_sqrt,
        float32_sub,
        float64_add,
        float64_div,
        float64_mul,
        float64_sqrt,
        float64_sub,
    )

    SIGN32 = 0x80000000


# --- decoding -------------------------------------------------------------------------------------------------------


def single_number(number: int) -> int:
    """Return the number of a single-precision register of which the pattern found the lowest bit first."""
    return (number & 15) << 1 | number >> 4


def decode_singles(insn: Instruction) -> int:
    """Single-precision registers Vd:D and Vm:M; the pattern has Vn:N as it is."""
    insn.d = single_number(insn.d)
    insn.m = single_number(insn.m)
    return DECODED


def decode_doubles(insn: Instruction) -> int:
    """Double-precision registers: N:Vn; the pattern has D:Vd and M:Vm as they are."""
    insn.n = (insn.n & 1) << 4 | insn.n >> 1
    return DECODED


def decode_single_destination(insn: Instruction) -> int:
    """Vd:D and M:Vm."""
    insn.d = single_number(insn.d)
    return DECODED


def decode_single_source(insn: Instruction) -> int:
    """D:Vd and Vm:M."""
    insn.m = single_number(insn.m)
    return DECODED


def decode_immediate_single(insn: Instruction) -> int:
    """VFPExpandImm() to 32 bits, A7.5.1."""
    insn.d = single_number(insn.d)
    imm8 = insn.immediate
    exponent = 0x3E000000 if imm8 & 0x40 else 0x40000000
    insn.immediate = (imm8 & 0x80) << 24 | exponent | (imm8 & 0x3F) << 19
    return DECODED


def decode_immediate_double(insn: Instruction) -> int:
    """VFPExpandImm() to 64 bits, A7.5.1: the upper 32 of them."""
    imm8 = insn.immediate
    exponent = 0x3FC00000 if imm8 & 0x40 else 0x40000000
    insn.immediate = (imm8 & 0x80) << 24 | exponent | (imm8 & 0x3F) << 16
    return DECODED


# --- arithmetic -----------------------------------------------------------------------------------------------------


def sign64() -> int:
    """The sign of double precision."""
    return cython.cast(u64, 1) << 63


def may_calculate(core: Core) -> bool:
    """CheckVFPEnabled(TRUE); a Cortex-A9 leaves short vectors to software (DDI 0408, 2.5.2 and 2.5.5)."""
    if not vfp_enabled(core):
        return False
    if core.fpscr & FPSCR_LEN:
        core.fpexc |= FPEXC_DEX
        return False
    return True


def vadd_f32(core: Core, insn: Instruction) -> int:
    """VADD (floating-point), A8.8.283."""
    if not may_calculate(core):
        return raise_undefined(core)
    result = float32_add(core, read_single(core, insn.n), read_single(core, insn.m), core.fpscr)
    write_single(core, insn.d, result)
    return NEXT


def vadd_f64(core: Core, insn: Instruction) -> int:
    """VADD (floating-point), A8.8.283."""
    if not may_calculate(core):
        return raise_undefined(core)
    core.d[insn.d] = float64_add(core, core.d[insn.n], core.d[insn.m], core.fpscr)
    return NEXT


def vsub_f32(core: Core, insn: Instruction) -> int:
    """VSUB (floating-point), A8.8.415."""
    if not may_calculate(core):
        return raise_undefined(core)
    result = float32_sub(core, read_single(core, insn.n), read_single(core, insn.m), core.fpscr)
    write_single(core, insn.d, result)
    return NEXT


def vsub_f64(core: Core, insn: Instruction) -> int:
    """VSUB (floating-point), A8.8.415."""
    if not may_calculate(core):
        return raise_undefined(core)
    core.d[insn.d] = float64_sub(core, core.d[insn.n], core.d[insn.m], core.fpscr)
    return NEXT


def vmul_f32(core: Core, insn: Instruction) -> int:
    """VMUL (floating-point), A8.8.351."""
    if not may_calculate(core):
        return raise_undefined(core)
    result = float32_mul(core, read_single(core, insn.n), read_single(core, insn.m), core.fpscr)
    write_single(core, insn.d, result)
    return NEXT


def vmul_f64(core: Core, insn: Instruction) -> int:
    """VMUL (floating-point), A8.8.351."""
    if not may_calculate(core):
        return raise_undefined(core)
    core.d[insn.d] = float64_mul(core, core.d[insn.n], core.d[insn.m], core.fpscr)
    return NEXT


def vdiv_f32(core: Core, insn: Instruction) -> int:
    """VDIV, A8.8.312."""
    if not may_calculate(core):
        return raise_undefined(core)
    result = float32_div(core, read_single(core, insn.n), read_single(core, insn.m), core.fpscr)
    write_single(core, insn.d, result)
    return NEXT


def vdiv_f64(core: Core, insn: Instruction) -> int:
    """VDIV, A8.8.312."""
    if not may_calculate(core):
        return raise_undefined(core)
    core.d[insn.d] = float64_div(core, core.d[insn.n], core.d[insn.m], core.fpscr)
    return NEXT


def vmla_f32(core: Core, insn: Instruction) -> int:
    """VMLA (floating-point), A8.8.337: rounds twice."""
    if not may_calculate(core):
        return raise_undefined(core)
    product = float32_mul(core, read_single(core, insn.n), read_single(core, insn.m), core.fpscr)
    write_single(core, insn.d, float32_add(core, read_single(core, insn.d), product, core.fpscr))
    return NEXT


def vmla_f64(core: Core, insn: Instruction) -> int:
    """VMLA (floating-point), A8.8.337: rounds twice."""
    if not may_calculate(core):
        return raise_undefined(core)
    product = float64_mul(core, core.d[insn.n], core.d[insn.m], core.fpscr)
    core.d[insn.d] = float64_add(core, core.d[insn.d], product, core.fpscr)
    return NEXT


def vmls_f32(core: Core, insn: Instruction) -> int:
    """VMLS (floating-point), A8.8.337: the product changes sign, even if it is a NaN."""
    if not may_calculate(core):
        return raise_undefined(core)
    product = float32_mul(core, read_single(core, insn.n), read_single(core, insn.m), core.fpscr)
    write_single(core, insn.d, float32_add(core, read_single(core, insn.d), product ^ SIGN32, core.fpscr))
    return NEXT


def vmls_f64(core: Core, insn: Instruction) -> int:
    """VMLS (floating-point), A8.8.337: the product changes sign, even if it is a NaN."""
    if not may_calculate(core):
        return raise_undefined(core)
    product = float64_mul(core, core.d[insn.n], core.d[insn.m], core.fpscr)
    core.d[insn.d] = float64_add(core, core.d[insn.d], product ^ sign64(), core.fpscr)
    return NEXT


def vnmla_f32(core: Core, insn: Instruction) -> int:
    """VNMLA, A8.8.356."""
    if not may_calculate(core):
        return raise_undefined(core)
    product = float32_mul(core, read_single(core, insn.n), read_single(core, insn.m), core.fpscr)
    write_single(core, insn.d, float32_add(core, read_single(core, insn.d) ^ SIGN32, product ^ SIGN32, core.fpscr))
    return NEXT


def vnmla_f64(core: Core, insn: Instruction) -> int:
    """VNMLA, A8.8.356."""
    if not may_calculate(core):
        return raise_undefined(core)
    product = float64_mul(core, core.d[insn.n], core.d[insn.m], core.fpscr)
    core.d[insn.d] = float64_add(core, core.d[insn.d] ^ sign64(), product ^ sign64(), core.fpscr)
    return NEXT


def vnmls_f32(core: Core, insn: Instruction) -> int:
    """VNMLS, A8.8.356."""
    if not may_calculate(core):
        return raise_undefined(core)
    product = float32_mul(core, read_single(core, insn.n), read_single(core, insn.m), core.fpscr)
    write_single(core, insn.d, float32_add(core, read_single(core, insn.d) ^ SIGN32, product, core.fpscr))
    return NEXT


def vnmls_f64(core: Core, insn: Instruction) -> int:
    """VNMLS, A8.8.356."""
    if not may_calculate(core):
        return raise_undefined(core)
    product = float64_mul(core, core.d[insn.n], core.d[insn.m], core.fpscr)
    core.d[insn.d] = float64_add(core, core.d[insn.d] ^ sign64(), product, core.fpscr)
    return NEXT


def vnmul_f32(core: Core, insn: Instruction) -> int:
    """VNMUL, A8.8.356."""
    if not may_calculate(core):
        return raise_undefined(core)
    product = float32_mul(core, read_single(core, insn.n), read_single(core, insn.m), core.fpscr)
    write_single(core, insn.d, product ^ SIGN32)
    return NEXT


def vnmul_f64(core: Core, insn: Instruction) -> int:
    """VNMUL, A8.8.356."""
    if not may_calculate(core):
        return raise_undefined(core)
    product = float64_mul(core, core.d[insn.n], core.d[insn.m], core.fpscr)
    core.d[insn.d] = product ^ sign64()
    return NEXT


def vabs_f32(core: Core, insn: Instruction) -> int:
    """VABS, A8.8.280: the sign alone, no exceptions."""
    if not may_calculate(core):
        return raise_undefined(core)
    write_single(core, insn.d, read_single(core, insn.m) & ~SIGN32 & MASK32)
    return NEXT


def vabs_f64(core: Core, insn: Instruction) -> int:
    """VABS, A8.8.280: the sign alone, no exceptions."""
    if not may_calculate(core):
        return raise_undefined(core)
    core.d[insn.d] = core.d[insn.m] & ~sign64()
    return NEXT


def vneg_f32(core: Core, insn: Instruction) -> int:
    """VNEG, A8.8.355: the sign alone, no exceptions."""
    if not may_calculate(core):
        return raise_undefined(core)
    write_single(core, insn.d, read_single(core, insn.m) ^ SIGN32)
    return NEXT


def vneg_f64(core: Core, insn: Instruction) -> int:
    """VNEG, A8.8.355: the sign alone, no exceptions."""
    if not may_calculate(core):
        return raise_undefined(core)
    core.d[insn.d] = core.d[insn.m] ^ sign64()
    return NEXT


def vsqrt_f32(core: Core, insn: Instruction) -> int:
    """VSQRT, A8.8.401."""
    if not may_calculate(core):
        return raise_undefined(core)
    write_single(core, insn.d, float32_sqrt(core, read_single(core, insn.m), core.fpscr))
    return NEXT


def vsqrt_f64(core: Core, insn: Instruction) -> int:
    """VSQRT, A8.8.401."""
    if not may_calculate(core):
        return raise_undefined(core)
    core.d[insn.d] = float64_sqrt(core, core.d[insn.m], core.fpscr)
    return NEXT


def vmov_f32(core: Core, insn: Instruction) -> int:
    """VMOV (register), A8.8.340."""
    if not may_calculate(core):
        return raise_undefined(core)
    write_single(core, insn.d, read_single(core, insn.m))
    return NEXT


def vmov_f64(core: Core, insn: Instruction) -> int:
    """VMOV (register), A8.8.340."""
    if not may_calculate(core):
        return raise_undefined(core)
    core.d[insn.d] = core.d[insn.m]
    return NEXT


def vmov_immediate_f32(core: Core, insn: Instruction) -> int:
    """VMOV (immediate), A8.8.339."""
    if not may_calculate(core):
        return raise_undefined(core)
    write_single(core, insn.d, insn.immediate)
    return NEXT


def vmov_immediate_f64(core: Core, insn: Instruction) -> int:
    """VMOV (immediate), A8.8.339."""
    if not may_calculate(core):
        return raise_undefined(core)
    core.d[insn.d] = cython.cast(u64, insn.immediate) << 32
    return NEXT
