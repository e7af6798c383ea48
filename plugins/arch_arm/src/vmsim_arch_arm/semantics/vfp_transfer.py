"""VFP and Advanced SIMD registers: loads, stores and moves to and from the core (DDI 0406C, A7.6, A7.8 and A7.9)."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.plain_memory import mem_a_read, mem_a_write
    from vmsim_arch_arm.engine.plain_vfp_registers import (
        FPEXC_DEX,
        FPEXC_EN,
        raise_undefined,
        read_single,
        simd_enabled,
        vfp_accessible,
        vfp_enabled,
        write_single,
    )
    from vmsim_arch_arm.engine.records import (
        CPSR_MODE,
        DECODED,
        EXCEPTION,
        MASK32,
        MODE_USR,
        NEXT,
        Core,
        Instruction,
        u64,
    )
    from vmsim_arch_arm.semantics.vfp import single_number

    FPSCR_WRITABLE = 0xFFF7009F
    FPSID = 0x41033090
    MVFR0 = 0x11110222
    MVFR1 = 0x01111111


# --- extension register load and store (A7.6) -----------------------------------------------------------------------


def decode_load_single(insn: Instruction) -> int:
    """imm32 = imm8:'00', Vd:D; imm8 registers. Rn, U and W are in the word, where a pattern may have them fixed."""
    insn.n = insn.word >> 16 & 15
    insn.d = single_number(insn.d)
    insn.regs = insn.immediate & 0xFF
    insn.immediate <<= 2
    insn.add = insn.word >> 23 & 1
    insn.wback = insn.word >> 21 & 1
    return DECODED


def decode_load_double(insn: Instruction) -> int:
    """D:Vd, and half as many registers. An odd imm8 is FLDMX or FSTMX: one word more is skipped."""
    number = insn.d
    decode_load_single(insn)
    insn.d = number
    insn.regs >>= 1
    return DECODED


def read_double(core: Core, address: int) -> int:
    """Return the doubleword at an aligned word address; on an abort core.exception is set."""
    first = mem_a_read(core, address, 4)
    if core.exception:
        return 0
    second = mem_a_read(core, address + 4, 4)
    if core.big_endian:
        return cython.cast(u64, first) << 32 | second
    return cython.cast(u64, second) << 32 | first


def write_double(core: Core, address: int, value: int) -> None:
    """Store a doubleword at an aligned word address; on an abort core.exception is set."""
    lower = value & MASK32
    upper = value >> 32
    mem_a_write(core, address, 4, upper if core.big_endian else lower)
    if not core.exception:
        mem_a_write(core, address + 4, 4, lower if core.big_endian else upper)


def offset_address(core: Core, insn: Instruction) -> int:
    """The address of VLDR and VSTR; Align(PC, 4) if the base is the PC."""
    base = core.r[15] & (MASK32 - 3) if insn.n == 15 else core.r[insn.n]
    return (base + insn.immediate if insn.add else base - insn.immediate) & MASK32


def vldr_single(core: Core, insn: Instruction) -> int:
    """VLDR, A8.8.333."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    value = mem_a_read(core, offset_address(core, insn), 4)
    if core.exception:
        return EXCEPTION
    write_single(core, insn.d, value)
    return NEXT


def vldr_double(core: Core, insn: Instruction) -> int:
    """VLDR, A8.8.333."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    value = read_double(core, offset_address(core, insn))
    if core.exception:
        return EXCEPTION
    core.d[insn.d] = value
    return NEXT


def vstr_single(core: Core, insn: Instruction) -> int:
    """VSTR, A8.8.413."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    mem_a_write(core, offset_address(core, insn), 4, read_single(core, insn.d))
    return EXCEPTION if core.exception else NEXT


def vstr_double(core: Core, insn: Instruction) -> int:
    """VSTR, A8.8.413."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    write_double(core, offset_address(core, insn), core.d[insn.d])
    return EXCEPTION if core.exception else NEXT


def first_address(core: Core, insn: Instruction) -> int:
    """The lowest address of VLDM and VSTM; the manual's `add` is "increment after" here."""
    base = core.r[insn.n]
    return base if insn.add else (base - insn.immediate) & MASK32


def write_back(core: Core, insn: Instruction) -> int:
    """Write the base, after all accesses have succeeded."""
    if insn.wback:
        base = core.r[insn.n]
        core.r[insn.n] = (base + insn.immediate if insn.add else base - insn.immediate) & MASK32
    return NEXT


def vldm_single(core: Core, insn: Instruction) -> int:
    """VLDM, VPOP, A8.8.332, A8.8.367."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    address = first_address(core, insn)
    for index in range(insn.regs):
        value = mem_a_read(core, address, 4)
        if core.exception:
            return EXCEPTION
        write_single(core, (insn.d + index) & 31, value)
        address = (address + 4) & MASK32
    return write_back(core, insn)


def vldm_double(core: Core, insn: Instruction) -> int:
    """VLDM, VPOP, A8.8.332, A8.8.367."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    address = first_address(core, insn)
    for index in range(insn.regs):
        value = read_double(core, address)
        if core.exception:
            return EXCEPTION
        core.d[(insn.d + index) & 31] = value
        address = (address + 8) & MASK32
    return write_back(core, insn)


def vstm_single(core: Core, insn: Instruction) -> int:
    """VSTM, VPUSH, A8.8.412, A8.8.368."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    address = first_address(core, insn)
    for index in range(insn.regs):
        mem_a_write(core, address, 4, read_single(core, (insn.d + index) & 31))
        if core.exception:
            return EXCEPTION
        address = (address + 4) & MASK32
    return write_back(core, insn)


def vstm_double(core: Core, insn: Instruction) -> int:
    """VSTM, VPUSH, A8.8.412, A8.8.368."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    address = first_address(core, insn)
    for index in range(insn.regs):
        write_double(core, address, core.d[(insn.d + index) & 31])
        if core.exception:
            return EXCEPTION
        address = (address + 8) & MASK32
    return write_back(core, insn)


# --- 64-bit transfers between core and extension registers (A7.9) ---------------------------------------------------


def decode_pair(insn: Instruction) -> int:
    """Vm:M, the first of two single-precision registers."""
    insn.m = single_number(insn.m)
    return DECODED


def vmov_to_singles(core: Core, insn: Instruction) -> int:
    """VMOV (between two ARM core registers and two single-precision registers), A8.8.344."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    write_single(core, insn.m, core.r[insn.t])
    write_single(core, (insn.m + 1) & 31, core.r[insn.t2])
    return NEXT


def vmov_from_singles(core: Core, insn: Instruction) -> int:
    """VMOV (between two ARM core registers and two single-precision registers), A8.8.344."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    core.r[insn.t] = read_single(core, insn.m)
    core.r[insn.t2] = read_single(core, (insn.m + 1) & 31)
    return NEXT


def vmov_to_double(core: Core, insn: Instruction) -> int:
    """VMOV (between two ARM core registers and a doubleword extension register), A8.8.345."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    core.d[insn.m] = cython.cast(u64, core.r[insn.t2]) << 32 | core.r[insn.t]
    return NEXT


def vmov_from_double(core: Core, insn: Instruction) -> int:
    """VMOV (between two ARM core registers and a doubleword extension register), A8.8.345."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    value = core.d[insn.m]
    core.r[insn.t] = value & MASK32
    core.r[insn.t2] = value >> 32
    return NEXT


# --- 8, 16, and 32-bit transfers between core and extension registers (A7.8) ----------------------------------------


def vmov_to_single(core: Core, insn: Instruction) -> int:
    """VMOV (between ARM core register and single-precision register), A8.8.343."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    write_single(core, insn.n, core.r[insn.t])
    return NEXT


def vmov_from_single(core: Core, insn: Instruction) -> int:
    """VMOV (between ARM core register and single-precision register), A8.8.343."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    core.r[insn.t] = read_single(core, insn.n)
    return NEXT


def decode_scalar(insn: Instruction) -> int:
    """The register N:Vn, and opc1:opc2: the element's size in `length`, its lowest bit in `shift_amount`."""
    insn.n = (insn.n & 1) << 4 | insn.n >> 1
    if insn.option & 8:
        insn.length, insn.shift_amount = 8, (insn.option & 7) << 3
    elif insn.option & 1:
        insn.length, insn.shift_amount = 16, (insn.option >> 1 & 3) << 4
    else:
        insn.length, insn.shift_amount = 32, (insn.option >> 2 & 1) << 5
    return DECODED


def scalar_enabled(core: Core, insn: Instruction) -> bool:
    """CheckAdvSIMDOrVFPEnabled(): scalars of less than 32 bits belong to Advanced SIMD."""
    return vfp_enabled(core) if insn.length == 32 else simd_enabled(core)


def vmov_to_scalar(core: Core, insn: Instruction) -> int:
    """VMOV (ARM core register to scalar), A8.8.341."""
    if not scalar_enabled(core, insn):
        return raise_undefined(core)
    mask = cython.cast(u64, MASK32 >> (32 - insn.length)) << insn.shift_amount
    value = cython.cast(u64, core.r[insn.t]) << insn.shift_amount
    core.d[insn.n] = core.d[insn.n] & ~mask | value & mask
    return NEXT


def vmov_from_scalar(core: Core, insn: Instruction) -> int:
    """VMOV (scalar to ARM core register), A8.8.342: zero-extended with U (`add`), sign-extended without."""
    if not scalar_enabled(core, insn):
        return raise_undefined(core)
    mask = MASK32 >> (32 - insn.length)
    value = core.d[insn.n] >> insn.shift_amount & mask
    if not insn.add and value >> (insn.length - 1):
        value |= MASK32 - mask
    core.r[insn.t] = value
    return NEXT


# --- system registers (A8.8.348, A8.8.349, B9.3.21, B9.3.22) --------------------------------------------------------


def vmrs_fpscr(core: Core, insn: Instruction) -> int:
    """VMRS of the FPSCR, A8.8.348; its flags to the APSR if Rt is 15."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    if insn.t == 15:
        core.nzcv = core.fpscr >> 28
    else:
        core.r[insn.t] = core.fpscr
    return NEXT


def vmsr_fpscr(core: Core, insn: Instruction) -> int:
    """VMSR of the FPSCR, A8.8.349. A Cortex-A9 has no trapped exceptions: their enable bits stay zero."""
    if not vfp_enabled(core):
        return raise_undefined(core)
    core.fpscr = core.r[insn.t] & FPSCR_WRITABLE
    return NEXT


def vmrs_system(core: Core, insn: Instruction) -> int:
    """VMRS of FPSID, MVFR1, MVFR0 and FPEXC, B9.3.21: in privileged modes, also while FPEXC.EN is 0."""
    number = insn.option
    if core.control & CPSR_MODE == MODE_USR or not vfp_accessible(core):
        return raise_undefined(core)
    if number == 0:
        core.r[insn.t] = FPSID
    elif number == 6:
        core.r[insn.t] = MVFR1
    elif number == 7:
        core.r[insn.t] = MVFR0
    elif number == 8:
        core.r[insn.t] = core.fpexc
    else:
        return raise_undefined(core)
    return NEXT


def vmsr_system(core: Core, insn: Instruction) -> int:
    """VMSR of FPEXC and FPSID, B9.3.22; the latter and MVFR ignore writes."""
    number = insn.option
    if core.control & CPSR_MODE == MODE_USR or not vfp_accessible(core):
        return raise_undefined(core)
    if number == 8:
        core.fpexc = core.r[insn.t] & (FPEXC_EN | FPEXC_DEX)
    elif number != 0 and number != 6 and number != 7:
        return raise_undefined(core)
    return NEXT
