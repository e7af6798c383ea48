"""The functions of vfp_registers.pxd for interpreted runs."""

from __future__ import annotations

from vmsim_arch_arm.engine.records import CPACR, CPSR_MODE, EXCEPTION, MASK32, MODE_USR, UNDEFINED, Core

FPEXC_EN = 0x40000000
FPEXC_DEX = 0x20000000
FPSCR_LEN = 0x70000
CPACR_ASEDIS = 0x80000000
CPACR_VFP = 0xF00000  # cp10 and cp11
CPACR_VFP_PRIVILEGED = 0x500000


def read_single(core: Core, number: int) -> int:
    """S[n], A2.6.2: half of a doubleword register."""
    return core.d[number >> 1] >> ((number & 1) << 5) & MASK32


def write_single(core: Core, number: int, value: int) -> None:
    """S[n], A2.6.2: half of a doubleword register."""
    shift = (number & 1) << 5
    core.d[number >> 1] = core.d[number >> 1] & ~(MASK32 << shift) | value << shift


def vfp_accessible(core: Core) -> bool:
    """The CPACR's part of CheckVFPEnabled(), B1.11.1."""
    access = core.cp15[CPACR] & CPACR_VFP
    return access == CPACR_VFP or (access == CPACR_VFP_PRIVILEGED and core.control & CPSR_MODE != MODE_USR)


def vfp_enabled(core: Core) -> bool:
    """CheckVFPEnabled(TRUE), B1.11.1."""
    return core.fpexc & FPEXC_EN != 0 and vfp_accessible(core)


def simd_enabled(core: Core) -> bool:
    """CheckAdvSIMDEnabled(), B1.11.1."""
    return vfp_enabled(core) and core.cp15[CPACR] & CPACR_ASEDIS == 0


def raise_undefined(core: Core) -> int:
    """Return from an instruction that is undefined."""
    core.exception = UNDEFINED
    return EXCEPTION
