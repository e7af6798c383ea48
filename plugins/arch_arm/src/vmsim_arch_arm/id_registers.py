"""The identification registers of the core: constants, so no part of its state. MIDR and MPIDR differ between hosts and
cores and are in the ArchState.

Their meaning is in ARM DDI 0406C (B4.1, C11, B7), and for the Cortex-A9 in ARM DDI 0388I (4.3). Where that manual's
values depend on the revision or the configuration, these are those of the core that Unicorn and QEMU provide, because
a guest must read the same under every CPU model: r0p0, 16 KB instruction cache, 16 KB data cache.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmsim_arch_arm.fields import Encoding


@dataclass(frozen=True)
class IdRegister:
    """A constant that an MRC reads."""

    name: str
    encoding: Encoding
    value: int
    doc: str


ID_REGISTERS = (
    IdRegister("ctr", (15, 0, 0, 0, 1), 0x80038003, "cache type: lines of 32 bytes, VIPT instruction cache"),
    IdRegister("tcmtr", (15, 0, 0, 0, 2), 0, "TCM type: none"),
    IdRegister("tlbtr", (15, 0, 0, 0, 3), 0, "TLB type: unified; no lockable entries"),
    IdRegister("revidr", (15, 0, 0, 0, 6), 0x410FC090, "revision ID: not implemented, reads as MIDR"),
    IdRegister("id_pfr0", (15, 0, 0, 1, 0), 0x00001031, "processor features: ARM, Thumb-2, ThumbEE"),
    IdRegister("id_pfr1", (15, 0, 0, 1, 1), 0x00000011, "processor features: programmers' model, Security Extensions"),
    IdRegister("id_dfr0", (15, 0, 0, 1, 2), 0, "debug features: none told here"),
    IdRegister("id_afr0", (15, 0, 0, 1, 3), 0, "auxiliary features"),
    IdRegister("id_mmfr0", (15, 0, 0, 1, 4), 0x00100103, "memory model features 0: VMSAv7"),
    IdRegister("id_mmfr1", (15, 0, 0, 1, 5), 0x20000000, "memory model features 1"),
    IdRegister("id_mmfr2", (15, 0, 0, 1, 6), 0x01230000, "memory model features 2: barriers, WFI"),
    IdRegister("id_mmfr3", (15, 0, 0, 1, 7), 0x00002111, "memory model features 3: maintenance operations"),
    IdRegister("id_isar0", (15, 0, 0, 2, 0), 0x00101111, "instruction set attributes 0: no divide"),
    IdRegister("id_isar1", (15, 0, 0, 2, 1), 0x13112111, "instruction set attributes 1"),
    IdRegister("id_isar2", (15, 0, 0, 2, 2), 0x21232041, "instruction set attributes 2"),
    IdRegister("id_isar3", (15, 0, 0, 2, 3), 0x11112131, "instruction set attributes 3"),
    IdRegister("id_isar4", (15, 0, 0, 2, 4), 0x00111142, "instruction set attributes 4"),
    IdRegister("clidr", (15, 0, 1, 0, 1), 0x09000003, "cache levels: separate caches at level 1, nothing beyond"),
    IdRegister("aidr", (15, 0, 1, 0, 7), 0, "auxiliary ID"),
    IdRegister("dbgdidr", (14, 0, 0, 0, 0), 0x35141000, "debug ID: v7, 6 breakpoints, 4 watchpoints"),
    IdRegister("dbgdrar", (14, 1, 0, 0, 0), 0, "debug ROM address: not valid"),
    IdRegister("dbgdsar", (14, 2, 0, 0, 0), 0, "debug self address offset: not valid"),
    IdRegister("jidr", (14, 0, 7, 0, 0), 0, "Jazelle ID: trivial implementation"),
)

CCSIDR = {0: 0xE00FE019, 1: 0x200FE019}
"""Cache size ID by CSSELR: 0 the data cache, 1 the instruction cache (B4.1.19)."""

VFP_ID_REGISTERS = {0: 0x41033090, 6: 0x01111111, 7: 0x11110222}
"""By their number in VMRS: FPSID, MVFR1, MVFR0 (B4.1, B6.1.39): VFPv3 with D32, Advanced SIMD, half precision."""
