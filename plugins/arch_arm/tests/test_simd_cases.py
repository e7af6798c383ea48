"""Advanced SIMD: the manual's corner cases, and what Unicorn does not judge: alignment, disabling, big-endian data."""

from __future__ import annotations

import random

import pytest
from instruction_case import CODE, DATA, ENABLE_VFP, Case, state_of
from instruction_oracle import OurSide, unicorn_side
from vmsim_arch_arm import tables
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.state import ArmState

QC = 1 << 27
FULL_ACCESS, PRIVILEGED_ACCESS, ASEDIS = 0x00F0_0000, 0x0050_0000, 0x8000_0000
VADD, VLD1 = 0xF202_0801, 0xF420_078F
"""VADD.I8 d0, d2, d1 and VLD1.32 {d0}, [r0]."""


@pytest.fixture(scope="module")
def everything() -> OurSide:
    return OurSide(tables.rows)


# What, word; d0, d1, d2, d3; d0 and FPSCR.QC after (Vd is d0, Vn d2, Vm d1 if there are three registers).
CORNERS = [
    ("VADD.I8 carries nothing over", 0xF2020801, 0, 0x01FF_80FF_7F01_0100, 0x01FF_8001_0101_FF00, 0,
     0x02FE_0000_8002_0000, 0),
    ("VSUB.I16 borrows nothing", 0xF3120801, 0, 0x0001_FFFF_8000_0001, 0x0000_0000_0000_0002, 0,
     0xFFFF_0001_8000_0001, 0),
    ("VQADD.S8 saturates", 0xF2020011, 0, 0x7F80_0000_0000_007F, 0x01FF_0000_0000_0000, 0, 0x7F80_0000_0000_007F, 1),
    ("VQADD.S8 that does not", 0xF2020011, 0, 0x7E81_0000_0000_007F, 0x01FF_0000_0000_0000, 0,
     0x7F80_0000_0000_007F, 0),
    ("VQADD.U64 saturates", 0xF3320011, 0, 1, 0xFFFF_FFFF_FFFF_FFFF, 0, 0xFFFF_FFFF_FFFF_FFFF, 1),
    ("VQADD.S64 saturates below", 0xF2320011, 0, 1 << 63, (1 << 64) - 1, 0, 1 << 63, 1),
    ("VQSUB.U64 saturates", 0xF3320211, 0, 1, 0, 0, 0, 1),
    ("VQSUB.S64 of the least number", 0xF2320211, 0, 1 << 63, 0, 0, (1 << 63) - 1, 1),
    ("VRHADD.U8 keeps the carry", 0xF3020101, 0, 0xFF, 0xFF, 0, 0xFF, 0),
    ("VHSUB.S8 rounds down", 0xF2020201, 0, 0x01, 0x00, 0, 0xFF, 0),
    ("VSHL.U64 by 64", 0xF3310402, 0, 64, (1 << 64) - 1, 0, 0, 0),
    ("VSHL.S64 by -64", 0xF2310402, 0, 0xC0, 1 << 63, 0, (1 << 64) - 1, 0),
    ("VSHL.S64 looks at the lowest byte only", 0xF2310402, 0, 0x7F00, 5, 0, 5, 0),
    ("VRSHL.U64 by -64 rounds the top bit", 0xF3310502, 0, 0xC0, 1 << 63, 0, 1, 0),
    ("VRSHL.S64 by -64 is zero", 0xF2310502, 0, 0xC0, 1 << 63, 0, 0, 0),
    ("VQSHL.S8 of -1 by 7", 0xF2010412, 0, 0x07, 0xFF, 0, 0x80, 0),
    ("VQSHL.S8 of -1 by 8", 0xF2010412, 0, 0x08, 0xFF, 0, 0x80, 1),
    ("VQSHL.U64 by 64", 0xF3310412, 0, 64, 1, 0, (1 << 64) - 1, 1),
    ("VQDMULH.S16 of the least numbers", 0xF2120B01, 0, 0x8000, 0x8000, 0, 0x7FFF, 1),
    ("VQRDMULH.S16 of the least numbers", 0xF3120B01, 0, 0x8000, 0x8000, 0, 0x7FFF, 1),
    ("VQRDMULH.S16 rounds", 0xF3120B01, 0, 0x4000, 0x0001, 0, 0x0001, 0),
    ("VMUL.P8", 0xF3020911, 0, 0x03, 0xFF, 0, 0x01, 0),
    ("VCEQ.I8", 0xF3020811, 0, 0x0001_8000_FF7F_0100, 0x0000_8080_FF7F_0100, 0, 0xFF00_FF00_FFFF_FFFF, 0),
    ("VTST.8", 0xF2020811, 0, 0x0102_80FF, 0x0101_8001, 0, 0xFF00_FFFF, 0),
    ("VSHR.U64 by 64", 0xF3800091, 5, (1 << 64) - 1, 0, 0, 0, 0),
    ("VSHR.S8 by 8", 0xF2880011, 0, 0x80, 0, 0, 0xFF, 0),
    ("VSRI.64 by 64 changes nothing", 0xF3800491, 5, (1 << 64) - 1, 0, 0, 5, 0),
    ("VSLI.8 by 7", 0xF38F0511, 0x7F, 0x01, 0, 0, 0xFF, 0),
    ("VQSHLU.S8 of a negative", 0xF3880611, 0, 0xFF, 0, 0, 0, 1),
    ("VRSHR.U64 by 1 of all ones", 0xF3BF0291, 0, (1 << 64) - 1, 0, 0, 1 << 63, 0),
    ("VQABS.S8 of the least number", 0xF3B00701, 0, 0x80, 0, 0, 0x7F, 1),
    ("VABS.S8 of the least number", 0xF3B10301, 0, 0x80, 0, 0, 0x80, 0),
    ("VCLS.S8", 0xF3B00401, 0, 0x8001_00FF_7F40_C020, 0, 0, 0x0006_0707_0000_0101, 0),
    ("VCLZ.I8", 0xF3B00481, 0, 0x8001_00FF, 0, 0, 0x0808_0808_0007_0800, 0),
    ("VREV64.8", 0xF3B00001, 0, 0x0102_0304_0506_0708, 0, 0, 0x0807_0605_0403_0201, 0),
    ("VREV16.8", 0xF3B00101, 0, 0x0102_0304_0506_0708, 0, 0, 0x0201_0403_0605_0807, 0),
    ("VEXT.8 #3", 0xF2B20301, 0, 0x1716_1514_1312_1110, 0x0706_0504_0302_0100, 0, 0x1211_1007_0605_0403, 0),
    ("VTBL of one register", 0xF3B20801, 9, 0x0807_0605_FF02_0100, 0x7766_5544_3322_1100, 0, 0x0077_6655_0022_1100, 0),
    ("VTBX of one register", 0xF3B20841, 0x9999_9999_9999_9999, 0x0807_0605_FF02_0100, 0x7766_5544_3322_1100, 0,
     0x9977_6655_9922_1100, 0),
    ("VDUP.8 d1[7]", 0xF3BF0C01, 0, 0x5A00_0000_0000_0000, 0, 0, 0x5A5A_5A5A_5A5A_5A5A, 0),
    ("VMOV.I64", 0xF3820E35, 0, 0, 0, 0, 0xFF00_FF00_00FF_00FF, 0),
    ("VMOV.F32 #1.0", 0xF2870F10, 0, 0, 0, 0, 0x3F80_0000_3F80_0000, 0),
    ("VQMOVN.U64 of all ones", 0xF3BA02C2, 0, 0, (1 << 64) - 1, 1, 0x0000_0001_FFFF_FFFF, 1),
    ("VQRSHRN.U64 rounds beyond 64 bits", 0xF3BF0952, 0, 0, (1 << 64) - 1, 1, 0x0000_0001_FFFF_FFFF, 1),
    ("VMAX.F32 of zeros is +0", 0xF2020F01, 0, 0x8000_0000_0000_0000, 0x0000_0000_8000_0000, 0, 0, 0),
    ("VCVT.U32.F32 of -1 is 0", 0xF3BB0781, 0, 0xBF80_0000, 0, 0, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize("corner", CORNERS, ids=[corner[0] for corner in CORNERS])
def test_corner(everything: OurSide, corner: tuple[str, int, int, int, int, int, int, int]) -> None:
    _, word, d0, d1, d2, d3, expected, saturated = corner
    case = Case(word, 4, False)
    case.d[:4] = [d0, d1, d2, d3]
    after = everything.execute(case)
    assert after.differences(unicorn_side().execute(case)) == []
    assert (hex(after.d[0]), after.fpscr >> 27 & 1) == (hex(expected), saturated)


def test_the_scalar_is_read_before_the_destination_is_written(everything: OurSide) -> None:
    case = Case(0xF390_0840, 4, False)  # VMUL.I16 q0, q0, d0[0]
    case.d[:2] = [0x0001_0002_0003_0004, 0x0005_0006_0007_0008]
    after = everything.execute(case)
    assert after.d[:2] == [0x0004_0008_000C_0010, 0x0014_0018_001C_0020]


def run_with(ours: OurSide, case: Case, **changes: int) -> tuple[dict[str, int], ArmState]:
    """Execute a case in a state that differs from the usual one; return what the engine counted, and the state."""
    state = state_of(case)
    for name, value in changes.items():
        setattr(state, name, value)
    ours.ram.view[CODE : CODE + 8] = case.code.ljust(8, b"\0")
    ours.engine.invalidate(CODE, 8)
    ours.engine.load_state(state)
    before = dict(ours.engine.counters())
    ours.engine.run(1 << 62, 1)
    after = ours.engine.counters()
    saved = ours.engine.save_state(Arm().reset_state(0))
    assert isinstance(saved, ArmState)
    return {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0)}, saved


@pytest.mark.parametrize("word", [VADD, VLD1, 0xF202_0D01, 0xF280_0010, 0xF388_0010, 0xEE80_0B10])
@pytest.mark.parametrize(
    ("mode", "fpexc", "cpacr", "undefined"),
    [
        (0x1F, ENABLE_VFP, FULL_ACCESS, False),
        (0x10, ENABLE_VFP, FULL_ACCESS, False),
        (0x1F, 0, FULL_ACCESS, True),
        (0x1F, ENABLE_VFP, 0, True),
        (0x1F, ENABLE_VFP, PRIVILEGED_ACCESS, False),
        (0x10, ENABLE_VFP, PRIVILEGED_ACCESS, True),
        (0x1F, ENABLE_VFP, FULL_ACCESS | ASEDIS, True),
    ],
)
def test_disabled(everything: OurSide, word: int, mode: int, fpexc: int, cpacr: int, undefined: bool) -> None:
    """CheckAdvancedSIMDEnabled(), B1.11.1."""
    case = Case(word, 4, False, mode=mode)
    case.r[0] = DATA
    counted, _ = run_with(everything, case, fpexc=fpexc, cpacr=cpacr)
    assert ("undefined" in counted) == undefined


# What, word with r0 as base, the alignment it asks for.
ALIGNED = [
    ("VLD1.8 {d0}, [r0:64]", 0xF420_071F, 8),
    ("VLD1.8 {d0, d1}, [r0:128]!", 0xF420_0A2D, 16),
    ("VLD1.64 {d0-d3}, [r0:256]!", 0xF420_02FD, 32),
    ("VST2.16 {d0, d1}, [r0:64]", 0xF400_085F, 8),
    ("VLD3.32 {d0-d2}, [r0:64]", 0xF420_049F, 8),
    ("VST4.8 {d0-d3}, [r0:256]", 0xF400_003F, 32),
    ("VLD1.16 {d0[1]}, [r0:16]", 0xF4A0_045F, 2),
    ("VST1.32 {d0[1]}, [r0:32]", 0xF480_08BF, 4),
    ("VLD2.32 {d0[0], d1[0]}, [r0:64]", 0xF4A0_091F, 8),
    ("VLD4.32 {d0[0], ...}, [r0:128]", 0xF4A0_0B2F, 16),
    ("VLD4.32 {d0[], ...}, [r0:128]", 0xF4A0_0FDF, 16),
    ("VLD1.32 {d0[]}, [r0:32]", 0xF4A0_0C9F, 4),
]


@pytest.mark.parametrize(("word", "alignment"), [each[1:] for each in ALIGNED], ids=[each[0] for each in ALIGNED])
def test_alignment(everything: OurSide, word: int, alignment: int) -> None:
    """An address that is not aligned as the instruction says is an alignment fault, whatever SCTLR.A is."""
    is_store = word >> 21 & 1 == 0
    for offset in (0, alignment, alignment // 2, 1):
        case = Case(word, 4, False)
        case.r[0] = DATA + offset
        counted, state = run_with(everything, case)
        assert ("data_aborts" in counted) == (offset % alignment != 0)
        if offset % alignment:
            assert (state.dfar, state.dfsr) == (DATA + offset, 0x801 if is_store else 1)
            assert state.read_gpr(0) == DATA + offset


def test_elements_are_checked_if_sctlr_a_is_set(everything: OurSide) -> None:
    case = Case(VLD1, 4, False)
    case.r[0] = DATA + 2
    sctlr = state_of(case).sctlr | 2
    assert "data_aborts" in run_with(everything, case, sctlr=sctlr)[0]
    case.word = 0xF420_074F  # VLD1.16
    assert "data_aborts" not in run_with(everything, case, sctlr=sctlr)[0]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (0xF420_070F, 0x0706_0504_0302_0100),  # VLD1.8
        (0xF420_074F, 0x0607_0405_0203_0001),  # VLD1.16
        (0xF420_078F, 0x0405_0607_0001_0203),  # VLD1.32
        (0xF420_07CF, 0x0001_0203_0405_0607),  # VLD1.64
        (0xF4A0_0C5F, 0x0001_0001_0001_0001),  # VLD1.16 {d0[]}
    ],
)
def test_big_endian(everything: OurSide, word: int, expected: int) -> None:
    """Elements are big-endian if CPSR.E says so, and stay in their order; what is loaded can be stored again."""
    case = Case(word, 4, False)
    case.r[0] = DATA
    everything.ram.view[DATA : DATA + 8] = bytes(range(8))
    _, state = run_with(everything, case, cpsr=case.cpsr | 0x200)
    assert hex(state.d[0]) == hex(expected)
    if word >> 23 & 1 == 0:
        everything.ram.view[DATA : DATA + 8] = bytes(8)
        case.word = word & ~(1 << 21)
        case.d[0] = expected
        run_with(everything, case, cpsr=case.cpsr | 0x200)
        assert bytes(everything.ram.view[DATA : DATA + 8]) == bytes(range(8))


NOT_AS_THE_MANUAL = ((0xFFB0_0F10, 0xF320_0D10), (0xFF80_0F50, 0xF380_0D00))
"""Masks and values of words that Unicorn executes, although tables A7-9 and A7-11 leave them undefined: VMUL.F32 of
size 10, and VQDMULL with U."""


def test_holes(everything: OurSide) -> None:
    """Words of the space of Advanced SIMD that are no row's are undefined on Unicorn, too."""
    rng = random.Random(1)
    rows = [row for row in tables.rows("ARM") if row.execute.startswith("simd")]
    found = 0
    while found < 300:
        word = rng.getrandbits(25) | 0xF200_0000
        if any(row.matches(word) for row in rows) or any(word & m == v for m, v in NOT_AS_THE_MANUAL):
            continue
        found += 1
        assert everything.execute(Case(word, 4, False)).exception == "undefined"
        assert unicorn_side().execute(Case(word, 4, False)).exception == "undefined", hex(word)
