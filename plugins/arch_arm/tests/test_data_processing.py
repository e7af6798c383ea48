"""Data-processing instructions: the corner cases of the manual."""

from __future__ import annotations

import instruction_oracle
import pytest
from instruction_case import After, Case, state_of
from instruction_oracle import OurSide, unicorn_side
from vmsim_arch_arm import tables
from vmsim_arch_arm.state import ArmState

V, C, Z, N = 1, 2, 4, 8


@pytest.fixture(scope="module")
def everything() -> OurSide:
    return OurSide(tables.rows)


def run(everything: OurSide, case: Case) -> After:
    result = everything.execute(case)
    assert result.differences(unicorn_side().execute(case)) == []
    return result


# What, word (r3 is the destination, r0, r1 and r2 are operands), r0 to r2, NZCV before; r3 and NZCV after.
CORNERS = [
    ("LSL by 0 keeps C", 0xE1B03000, (0, 0, 0), C | V, 0, Z | C | V),
    ("LSL by 31", 0xE1B03F80, (3, 0, 0), V, 0x80000000, N | C | V),
    ("LSR #32", 0xE1B03020, (0x80000000, 0, 0), 0, 0, Z | C),
    ("ASR #32", 0xE1B03040, (0x80000000, 0, 0), 0, 0xFFFFFFFF, N | C),
    ("RRX shifts C in and bit 0 out", 0xE1B03060, (1, 0, 0), C, 0x80000000, N | C),
    ("ROR #1", 0xE1B030E0, (1, 0, 0), 0, 0x80000000, N | C),
    ("LSL by a register of 32", 0xE1B03110, (1, 32, 0), 0, 0, Z | C),
    ("LSL by a register of 33", 0xE1B03110, (0xFFFFFFFF, 33, 0), C, 0, Z),
    ("LSL by a register of 255", 0xE1B03110, (0xFFFFFFFF, 255, 0), C, 0, Z),
    ("LSL by a register: its lowest byte counts", 0xE1B03110, (5, 256, 0), C, 5, C),
    ("LSR by a register of 32", 0xE1B03130, (0x80000000, 32, 0), 0, 0, Z | C),
    ("LSR by a register of 33", 0xE1B03130, (0xFFFFFFFF, 33, 0), C, 0, Z),
    ("ASR by a register of 200", 0xE1B03150, (0x80000000, 200, 0), 0, 0xFFFFFFFF, N | C),
    ("ROR by a register of 32", 0xE1B03170, (0x80000001, 32, 0), 0, 0x80000001, N | C),
    ("ROR by a register of 33", 0xE1B03170, (2, 33, 0), C, 1, 0),
    ("an immediate that is not rotated keeps C", 0xE3B030FF, (0, 0, 0), C, 0xFF, C),
    ("a rotated immediate sets C to its bit 31", 0xE3B03102, (0, 0, 0), 0, 0x80000000, N | C),
    ("a rotated immediate clears C", 0xE3B03F40, (0, 0, 0), C, 0x100, 0),
    ("ADDS overflows", 0xE0903001, (0x7FFFFFFF, 1, 0), 0, 0x80000000, N | V),
    ("ADDS carries", 0xE0903001, (0xFFFFFFFF, 1, 0), 0, 0, Z | C),
    ("ADCS carries with the carry alone", 0xE0B03001, (0xFFFFFFFF, 0, 0), C, 0, Z | C),
    ("ADCS of the largest", 0xE0B03001, (0xFFFFFFFF, 0xFFFFFFFF, 0), C, 0xFFFFFFFF, N | C),
    ("SUBS of equals", 0xE0503001, (7, 7, 0), N | V, 0, Z | C),
    ("SUBS borrows", 0xE0503001, (0, 1, 0), C, 0xFFFFFFFF, N),
    ("SUBS overflows", 0xE0503001, (0x80000000, 1, 0), 0, 0x7FFFFFFF, C | V),
    ("SUBS of zero", 0xE0503001, (0, 0, 0), 0, 0, Z | C),
    ("SBCS borrows with the carry clear", 0xE0D03001, (5, 5, 0), 0, 0xFFFFFFFF, N),
    ("RSBS of the most negative", 0xE2703000, (0x80000000, 0, 0), 0, 0x80000000, N | V),
    ("RSCS", 0xE0F03001, (1, 3, 0), C, 2, C),
    ("CLZ of zero", 0xE16F3F10, (0, 0, 0), 0, 32, 0),
    ("CLZ of one", 0xE16F3F10, (1, 0, 0), 0, 31, 0),
    ("CLZ of the most negative", 0xE16F3F10, (0x80000000, 0, 0), 0, 0, 0),
    ("RBIT", 0xE6FF3F30, (0x80000006, 0, 0), 0, 0x60000001, 0),
    ("REV", 0xE6BF3F30, (0x12345678, 0, 0), 0, 0x78563412, 0),
    ("REV16", 0xE6BF3FB0, (0x12345678, 0, 0), 0, 0x34127856, 0),
    ("REVSH", 0xE6FF3FB0, (0x12345680, 0, 0), 0, 0xFFFF8056, 0),
    ("MOVT keeps the lower half", 0xE34F3FFF, (0, 0, 0), 0, 0xFFFFAAAA, 0),
    ("BFC of everything", 0xE7DF301F, (0, 0, 0), 0, 0, 0),
    ("BFI of everything", 0xE7DF3010, (0x12345678, 0, 0), 0, 0x12345678, 0),
    ("BFI of the highest bit", 0xE7DF3F90, (0xFFFFFFFE, 0, 0), 0, 0x2AAAAAAA, 0),
    ("SBFX of everything", 0xE7BF3050, (0x87654321, 0, 0), 0, 0x87654321, 0),
    ("SBFX of one bit", 0xE7A03FD0, (0x80000000, 0, 0), 0, 0xFFFFFFFF, 0),
    ("UBFX of everything", 0xE7FF3050, (0x87654321, 0, 0), 0, 0x87654321, 0),
]  # fmt: skip


@pytest.mark.parametrize("corner", CORNERS, ids=[corner[0] for corner in CORNERS])
def test_corner(everything: OurSide, corner: tuple[str, int, tuple[int, int, int], int, int, int]) -> None:
    _, word, operands, nzcv, result, nzcv_after = corner
    case = Case(word, 4, False, nzcv=nzcv)
    case.r[:4] = [*operands, 0xAAAAAAAA]
    after = run(everything, case)
    assert (after.r[3], after.cpsr >> 28) == (result, nzcv_after)


# What, word, bytes, r0 to r2, NZCV and ITSTATE before; r0 and NZCV after.
THUMB_CORNERS = [
    ("MOVS sets flags outside an IT block", 0x2000, 2, (1, 2, 3), N | C | V, 0, 0, Z | C | V),
    ("MOV in an IT block does not", 0x2000, 2, (1, 2, 3), N | C | V, 0xE8, 0, N | C | V),
    ("CMP in an IT block does", 0x4288, 2, (5, 5, 0), N | V, 0xE8, 5, Z | C),
    ("LSRS #32", 0x0808, 2, (1, 0x80000000, 0), 0, 0, 0, Z | C),
    ("ASRS #32", 0x1008, 2, (1, 0x80000000, 0), 0, 0, 0xFFFFFFFF, N | C),
    ("LSLS by a register of 32", 0x4088, 2, (1, 32, 0), 0, 0, 0, Z | C),
    ("RSBS", 0x4248, 2, (1, 1, 0), 0, 0, 0xFFFFFFFF, N),
    ("ADD of high registers keeps the flags", 0x4448, 2, (1, 0, 0), N | Z | C | V, 0, 1, N | Z | C | V),
    ("MOVS.W of a byte keeps C", 0xF05F00FF, 4, (1, 0, 0), C, 0, 0xFF, C),
    ("MOVS.W of two bytes", 0xF05F10FF, 4, (1, 0, 0), C, 0, 0x00FF00FF, C),
    ("MOVS.W of two upper bytes", 0xF05F20FF, 4, (1, 0, 0), 0, 0, 0xFF00FF00, N),
    ("MOVS.W of four bytes", 0xF05F30AB, 4, (1, 0, 0), 0, 0, 0xABABABAB, N),
    ("MOVS.W of a byte rotated by 8", 0xF05F4000, 4, (1, 0, 0), 0, 0, 0x80000000, N | C),
    ("MOVS.W of a byte rotated by 15", 0xF05F70FF, 4, (1, 0, 0), C, 0, 0x01FE0000, 0),
    ("MOVW of all fields", 0xF64A30CD, 4, (1, 0, 0), 0, 0, 0xABCD, 0),
    ("ORN", 0xEA610002, 4, (0, 1, 0xFFFFFFF0), 0, 0, 0xF, 0),
    ("ADDW", 0xF60170FF, 4, (0, 1, 0), N, 0, 0x1000, N),
    ("SUBS PC, LR needs an SPSR", 0xF3DE8F04, 4, (1, 0, 0), 0, 0, None, None),
]  # fmt: skip


@pytest.mark.parametrize("corner", THUMB_CORNERS, ids=[corner[0] for corner in THUMB_CORNERS])
def test_thumb_corner(
    everything: OurSide,
    corner: tuple[str, int, int, tuple[int, int, int], int, int, int | None, int | None],
) -> None:
    _, word, size, operands, nzcv, it, result, nzcv_after = corner
    case = Case(word, size, True, mode=0x10, nzcv=nzcv, it=it)
    case.r[:3] = operands
    if result is None:
        assert everything.execute(case).exception == unicorn_side().execute(case).exception == "undefined"
        return
    after = run(everything, case)
    assert (after.r[0], after.cpsr >> 28) == (result, nzcv_after)


@pytest.mark.parametrize(
    ("word", "size", "thumb", "r0", "pc", "thumb_after"),
    [
        (0xE1A0F000, 4, False, 0x9001, 0x9000, True),  # MOV PC, R0 interworks in ARM state,
        (0xE08FF000, 4, False, 0x1000, 0x9008, False),  # ADD PC, PC, R0 as well,
        (0x4687, 2, True, 0x9000, 0x9000, True),  # and not in Thumb state
        (0x4487, 2, True, 0x1001, 0x9004, True),
    ],
)
def test_writing_the_pc_is_a_branch(
    everything: OurSide, word: int, size: int, thumb: bool, r0: int, pc: int, thumb_after: bool
) -> None:
    case = Case(word, size, thumb)
    case.r[0] = r0
    after = run(everything, case)
    assert (after.pc, after.cpsr >> 5 & 1) == (pc, thumb_after)


@pytest.mark.parametrize("word", [0xE7C03F90, 0xE7BF30D0, 0xE7FF30D0])
def test_a_bit_field_of_no_or_too_many_bits_is_undefined(everything: OurSide, word: int) -> None:
    """They are UNPREDICTABLE; BFI R3, R0 with msb 0 and lsb 31, SBFX and UBFX of 32 bits from bit 1 on."""
    case = Case(word, 4, False)
    assert everything.execute(case).exception == unicorn_side().execute(case).exception == "undefined"


@pytest.mark.parametrize(("mode", "word"), [(0x10, 0xE25EF004), (0x1F, 0xE1B0F00E)])
def test_an_exception_return_needs_an_spsr(everything: OurSide, mode: int, word: int) -> None:
    """UNPREDICTABLE in User and System mode (B9.3.20): undefined here."""
    assert everything.execute(Case(word, 4, False, mode=mode)).exception == "undefined"


@pytest.mark.parametrize(
    ("opcode", "result"),
    [
        (0, 0xF00F_0000), (1, 0x0FF0_0F0C), (2, 0x0FEF_F0F4), (3, 0xF010_0F0C), (4, 0xF00E_0F0C), (5, 0xF00E_0F0C),
        (6, 0x0FEF_F0F4), (7, 0xF010_0F0C), (12, 0xFFFF_0F0C), (13, 0xF00F_0F0C), (14, 0x0FF0_0000), (15, 0x0FF0_F0F2),
    ],
)  # fmt: skip
def test_every_operation_returns_from_an_exception(
    opcode: int, result: int, everything: OurSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To Thumb state inside of an IT block of User mode, with C set (B9.3.20); flags and mode are those of the SPSR."""
    spsr = 0x0600_FC30 | 0x8000_0000

    def with_spsr(case: Case) -> ArmState:
        state = state_of(case)
        state.spsr_svc = spsr
        return state

    monkeypatch.setattr(instruction_oracle, "state_of", with_spsr)
    case = Case(0xE010F001 | opcode << 21, 4, False, nzcv=C)
    case.r[:2] = [0xFFFF_0000, 0xF00F_0F0C]
    after = everything.execute(case)
    assert (after.exception, after.pc, after.cpsr) == ("", result, spsr)
