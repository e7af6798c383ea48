"""VFP where Unicorn cannot judge: what is enabled, what a Cortex-A9 lacks, alignment, and system registers."""

from __future__ import annotations

import random
import struct
from fractions import Fraction
from typing import Any

import pytest
from instruction_case import DATA, MEMORY, Case, disassembly, state_of
from instruction_oracle import OurSide, unicorn_side
from vmsim_arch_arm import tables
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.id_registers import VFP_ID_REGISTERS
from vmsim_arch_arm.state import ArmState

USR, SVC = 0x10, 0x13
ENABLED, DEX = 1 << 30, 1 << 29
FULL_ACCESS, PRIVILEGED_ACCESS = 0xF << 20, 0x5 << 20
VADD_F64, VCMP_F32, VMOV_S0_R0 = 0xEE310B02, 0xEEB40A60, 0xEE000A10
VLDR, VMOV_8, VMOV_32 = 0xED900A00, 0xEE400B10, 0xEE000B10


@pytest.fixture(scope="module")
def ours() -> OurSide:
    return OurSide(tables.rows)


def run(ours: OurSide, case: Case, **registers: int) -> tuple[str, ArmState]:
    """Execute a case with other registers of the state; return the exception and the state after it."""
    state = state_of(case)
    for name, value in registers.items():
        setattr(state, name, value)
    start = state.pc
    ours.ram.view[start : start + 8] = case.code.ljust(8, b"\0")
    ours.engine.invalidate(start, 8)
    ours.ram.view[DATA - 0x100 : DATA + 0x100] = bytes(range(256)) * 2
    before = ours.engine.counters()
    ours.engine.load_state(state)
    ours.engine.run(1 << 62, 1)
    after = ours.engine.counters()
    raised = [name for name in ("undefined", "data_aborts") if after[name] != before[name]]
    result: Any = ours.engine.save_state(Arm().reset_state(0))
    return raised[0] if raised else "", result


def arm(word: int, mode: int = SVC, **fields: Any) -> Case:
    return Case(word, 4, False, mode=mode, **fields)


@pytest.mark.parametrize("word", [VADD_F64, VCMP_F32, VMOV_S0_R0, VLDR, VMOV_8, VMOV_32, 0xEEF10A10, 0xEEE10A10])
@pytest.mark.parametrize(
    ("mode", "cpacr", "fpexc", "defined"),
    [
        (USR, FULL_ACCESS, ENABLED, True),
        (SVC, FULL_ACCESS, ENABLED, True),
        (SVC, FULL_ACCESS, 0, False),
        (SVC, 0, ENABLED, False),
        (SVC, PRIVILEGED_ACCESS, ENABLED, True),
        (USR, PRIVILEGED_ACCESS, ENABLED, False),
    ],
)
def test_what_is_not_enabled_is_undefined(
    ours: OurSide, word: int, mode: int, cpacr: int, fpexc: int, defined: bool
) -> None:
    exception, _ = run(ours, arm(word, mode, r=[DATA] * 15), cpacr=cpacr, fpexc=fpexc)
    assert exception == ("" if defined else "undefined")


def test_scalars_below_a_word_belong_to_advanced_simd(ours: OurSide) -> None:
    cpacr = 1 << 31 | FULL_ACCESS
    assert run(ours, arm(VMOV_8), cpacr=cpacr)[0] == "undefined"
    assert run(ours, arm(VMOV_32), cpacr=cpacr)[0] == ""


@pytest.mark.parametrize("number", VFP_ID_REGISTERS)
def test_identification_is_read_while_vfp_is_off(ours: OurSide, number: int) -> None:
    exception, state = run(ours, arm(0xEEF00A10 | number << 16), fpexc=0)
    assert (exception, state.r[0]) == ("", VFP_ID_REGISTERS[number])
    assert run(ours, arm(0xEEF00A10 | number << 16, USR))[0] == "undefined"
    assert run(ours, arm(0xEEF00A10 | number << 16), cpacr=0)[0] == "undefined"
    assert run(ours, arm(0xEEE00A10 | number << 16))[0] == ""  # writes are ignored


def test_fpexc_is_written_while_vfp_is_off(ours: OurSide) -> None:
    exception, state = run(ours, arm(0xEEE80A10, r=[0xFFFFFFFF] * 15), fpexc=0)
    assert (exception, state.fpexc) == ("", ENABLED | DEX)
    assert run(ours, arm(0xEEE80A10, USR, r=[0] * 15))[0] == "undefined"
    assert run(ours, arm(0xEEF80A10), fpexc=ENABLED)[1].r[0] == ENABLED


@pytest.mark.parametrize("number", [2, 3, 4, 5, 9, 10, 11, 15])
def test_there_are_no_other_system_registers(ours: OurSide, number: int) -> None:
    assert run(ours, arm(0xEEF00A10 | number << 16))[0] == "undefined"
    assert run(ours, arm(0xEEE00A10 | number << 16))[0] == "undefined"


def test_bits_of_the_fpscr_that_can_be_written(ours: OurSide) -> None:
    write_ones = arm(0xEEE10A10, r=[0xFFFFFFFF] * 15)
    _, state = run(ours, write_ones)
    assert state.fpscr == 0xFFF7009F
    assert state.fpscr == unicorn_side().execute(write_ones).fpscr


def test_flags_go_to_the_apsr(ours: OurSide) -> None:
    _, state = run(ours, arm(0xEEF1FA10, nzcv=5), fpscr=0xA0000010)
    assert state.cpsr >> 28 == 0xA


@pytest.mark.parametrize(
    "word",
    [0xEE300A20, VADD_F64, 0xEEB00A60, 0xEEB70A00, 0xEEB00AE0, 0xEEB10AC0, 0xEE000A20, 0xEE800A20],
    ids=["vadd.f32", "vadd.f64", "vmov", "vmov immediate", "vabs", "vsqrt", "vmla", "vdiv"],
)
def test_short_vectors_are_left_to_software(ours: OurSide, word: int) -> None:
    """DDI 0408, 2.5: a Cortex-A9 has no short vectors. (Unicorn has: not compared.)"""
    exception, state = run(ours, arm(word), fpscr=1 << 16)
    assert (exception, state.fpexc) == ("undefined", ENABLED | DEX)
    exception, state = run(ours, arm(word), fpscr=3 << 20)  # Stride alone does nothing
    assert (exception, state.fpexc) == ("", ENABLED)
    assert run(ours, arm(VCMP_F32), fpscr=1 << 16)[0] == ""


@pytest.mark.parametrize("word", [0xEEA00A00, 0xEEA00A40, 0xEE900A00, 0xEE900A40, 0xEEB20B40, 0xEEB60A40])
def test_what_came_later_is_undefined(ours: OurSide, word: int) -> None:
    """Fused multiplication (VFPv4), conversions between half and double precision, and rounding (ARMv8)."""
    assert run(ours, arm(word))[0] == "undefined"
    assert unicorn_side().execute(arm(word)).exception == "undefined"


LOADS_AND_STORES = [0xED900A00, 0xED900B00, 0xED800A00, 0xED800B00, 0xECB00A02, 0xECB00B04, 0xECA00A02, 0xECA00B04]


@pytest.mark.parametrize("word", LOADS_AND_STORES)
def test_unaligned_addresses_abort(ours: OurSide, word: int) -> None:
    """MemA of words, whatever SCTLR.A says. (Unicorn accesses them: not compared.)"""
    case = arm(word, r=[DATA + 2] * 15, d=[5] * 32)
    exception, state = run(ours, case)
    assert exception == "data_aborts"
    assert (state.dfar, state.dfsr & 0x40F) == (DATA + 2, 1)
    assert (state.r[0], state.d[0]) == (DATA + 2, 5)
    assert ours.ram.view[DATA : DATA + 4] == bytes(range(4))


def test_big_endian_doublewords(ours: OurSide) -> None:
    word = 0xED900B00
    case = arm(word, r=[DATA] * 15)
    assert run(ours, case)[1].d[0] == 0x0706050403020100
    assert run(ours, case, cpsr=case.cpsr | 0x200)[1].d[0] == 0x0001020304050607
    case = arm(0xED800B00, r=[DATA] * 15, d=[0x0102030405060708] * 32)
    run(ours, case, cpsr=case.cpsr | 0x200)
    assert ours.ram.view[DATA : DATA + 8] == bytes(range(1, 9))


def test_fldmx_skips_a_word(ours: OurSide) -> None:
    exception, state = run(ours, arm(0xECB00B05, r=[DATA] * 15))
    assert (exception, state.r[0], state.d[2]) == ("", DATA + 20, 0)


@pytest.mark.parametrize("word", [0xEEBA0AEF, 0xEEBB0AEF], ids=["signed", "unsigned"])
def test_fixed_point_is_rounded_to_nearest(ours: OurSide, word: int) -> None:
    """A8.8.308: conversions from fixed point round to nearest, those to it towards zero. (Unicorn obeys the FPSCR.)"""
    for mode in range(4):
        for value, expected in ((0x00FFFFFF, 0x4AFFFFFF), (0x01000001, 0x4B000000), (0x01000003, 0x4B000002)):
            _, state = run(ours, arm(word, d=[value] + [0] * 31), fpscr=mode << 22)
            assert state.d[0] == expected
            assert state.fpscr == mode << 22 | (0x10 if value & 0x1000000 else 0)


def test_every_expanded_immediate(ours: OurSide) -> None:
    """VFPExpandImm(), A7.5.1: n/16 from 16/16 to 31/16, times a power of two from 1/8 to 16; double and single."""
    for imm8 in range(256):
        exponent = (imm8 >> 4 & 7 ^ 4) - 3
        value = Fraction(16 + (imm8 & 15), 16) * Fraction(2) ** exponent * (-1 if imm8 & 0x80 else 1)
        word = 0xEEB00A00 | imm8 >> 4 << 16 | imm8 & 15
        _, state = run(ours, arm(word))
        _, wide = run(ours, arm(word | 0x100))
        number = float(value)
        assert state.d[0].to_bytes(8, "little")[:4] == struct.pack("<f", number)
        assert wide.d[0].to_bytes(8, "little") == struct.pack("<d", number)
        assert float(disassembly(arm(word)).split("#")[1]) == number


@pytest.mark.parametrize(
    "word", [0xECB00B04, 0xECA00B04, 0xECB00A03, 0xECA00A03], ids=["vldm", "vstm", "vldm s", "vstm s"]
)
def test_an_abort_half_way_leaves_the_base(ours: OurSide, word: int) -> None:
    """The first mebibyte is mapped (a section, B3.5.1), the next is not."""
    table, base = 0xC000, MEMORY - 8
    ours.ram.view[table : table + 8] = (0xC02).to_bytes(8, "little")
    state = state_of(arm(word))
    translation = {"ttbr0": table, "dacr": 3, "sctlr": state.sctlr | 1}
    exception, state = run(ours, arm(word, r=[base] * 15), **translation)
    assert (exception, state.r[0], state.dfar) == ("data_aborts", base, MEMORY)
    assert state.dfsr & 0x40F == 5
    exception, state = run(ours, arm(word, r=[base - 8] * 15), **translation)
    assert (exception, state.r[0]) == ("", base - 8 + (word & 0xFF) * 4)


def test_random_programs_agree_with_unicorn(ours: OurSide) -> None:
    """Chains of operations, each on what the ones before have left: exceptions accumulate, NaNs spread."""
    rng = random.Random(4)
    operations = [
        0xEE300B00,
        0xEE300B40,
        0xEE200B00,
        0xEE800B00,
        0xEE000B00,
        0xEE100B40,
        0xEEB10BC0,
        0xEEB70BC0,
        0xEEB70AC0,
    ]
    unicorn = unicorn_side()
    for _ in range(10):
        case = arm(0, d=[rng.getrandbits(64) for _ in range(32)], fpscr=rng.getrandbits(2) << 24)
        for _ in range(60):
            case.word = rng.choice(operations) | rng.randrange(8) << 12 | rng.randrange(8)
            if case.word & 0x00B00000 != 0x00B00000:
                case.word |= rng.randrange(8) << 16
            mine, theirs = ours.execute(case), unicorn.execute(case)
            assert mine.differences(theirs) == [], disassembly(case)
            case.d, case.fpscr = mine.d, mine.fpscr
