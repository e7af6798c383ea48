"""Multiplications and saturating additions: the corner cases of the manual."""

from __future__ import annotations

import pytest
from instruction_case import After, Case
from instruction_oracle import OurSide, unicorn_side
from vmsim_arch_arm import tables

V, C, Z, N = 1, 2, 4, 8


@pytest.fixture(scope="module")
def everything() -> OurSide:
    return OurSide(tables.rows)


def run(everything: OurSide, case: Case, with_unicorn: bool = True) -> After:
    result = everything.execute(case)
    assert result.exception == ""
    if with_unicorn:
        assert result.differences(unicorn_side().execute(case)) == []
    return result


# What, word (always: r0 and r1 are operands, r2 the accumulator or the lower word of one, r3 the upper word or result),
# r0 to r3, NZCV before; r2 and r3, NZCV and Q after.
CORNERS = [
    ("MULS keeps C and V", 0xE0130190, (0, 7, 0, 9), C | V, 0, 0, Z | C | V, 0),
    ("MULS takes N from bit 31", 0xE0130190, (0x40000000, 2, 0, 9), C, 0, 0x80000000, N | C, 0),
    ("MLAS wraps", 0xE0332190, (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0), V, 0xFFFFFFFF, 0, Z | V, 0),
    ("MLS wraps", 0xE0632190, (1, 1, 0, 0), 0, 0, 0xFFFFFFFF, 0, 0),
    ("UMAAL at its largest", 0xE0432190, (0xFFFFFFFF,) * 4, 0, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0),
    ("UMLALS wraps to zero", 0xE0B32190, (1, 1, 0xFFFFFFFF, 0xFFFFFFFF), C | V, 0, 0, Z | C | V, 0),
    ("UMULLS of the largest", 0xE0932190, (0xFFFFFFFF, 0xFFFFFFFF, 0, 0), 0, 1, 0xFFFFFFFE, N, 0),
    ("UMULLS is zero only if both words are", 0xE0932190, (0x10000, 0x10000, 5, 5), Z, 0, 1, 0, 0),
    ("SMULLS of -1 and 1", 0xE0D32190, (0xFFFFFFFF, 1, 0, 0), 0, 0xFFFFFFFF, 0xFFFFFFFF, N, 0),
    ("SMULL of the most negative", 0xE0C32190, (0x80000000, 0x80000000, 0, 0), N, 0, 0x40000000, N, 0),
    ("SMLALS carries", 0xE0F32190, (1, 1, 0xFFFFFFFF, 0), 0, 0, 1, 0, 0),
    ("SMLABB overflows", 0xE1032180, (0x7FFF, 2, 0x7FFFFFFF, 0), 0, 0x7FFFFFFF, 0x8000FFFD, 0, 1),
    ("SMLATT", 0xE10321E0, (0xFFFF0005, 0x00030007, 1, 0), 0, 1, 0xFFFFFFFE, 0, 0),
    ("SMLABT", 0xE10321C0, (0xFFFF0005, 0x00030007, 1, 0), 0, 1, 16, 0, 0),
    ("SMLATB", 0xE10321A0, (0xFFFF0005, 0x00030007, 1, 0), 0, 1, 0xFFFFFFFA, 0, 0),
    ("SMULBB of the most negative", 0xE1630180, (0x8000, 0x8000, 0, 0), 0, 0, 0x40000000, 0, 0),
    ("SMLAWB rounds down", 0xE1232180, (0xFFFFFFFF, 1, 0, 0), 0, 0, 0xFFFFFFFF, 0, 0),
    ("SMLAWT overflows", 0xE12321C0, (0x80000000, 0x80000000, 0x7FFFFFFF, 0), 0, 0x7FFFFFFF, 0xBFFFFFFF, 0, 1),
    ("SMULWB never overflows", 0xE12301A0, (0x80000000, 0x8000, 0, 0), 0, 0, 0x40000000, 0, 0),
    ("SMLALBB carries", 0xE1432180, (0x7FFF, 0x7FFF, 0xFFFFFFFF, 0x7FFFFFFF), 0, 0x3FFF0000, 0x80000000, 0, 0),
    ("SMUAD overflows", 0xE703F110, (0x80008000, 0x80008000, 0, 0), 0, 0, 0x80000000, 0, 1),
    ("SMLAD overflows", 0xE7032110, (0x7FFF7FFF, 0x7FFF7FFF, 0x7FFFFFFF, 0), 0, 0x7FFFFFFF, 0xFFFE0001, 0, 1),
    ("SMLADX exchanges", 0xE7032130, (0x00020003, 0x00050007, 0, 0), 0, 0, 3 * 5 + 2 * 7, 0, 0),
    ("SMUSD at its largest", 0xE703F150, (0x7FFF8000, 0x80008000, 0, 0), 0, 0, 0x7FFF8000, 0, 0),
    ("SMUSDX exchanges", 0xE703F170, (0x00020003, 0x00050007, 0, 0), 0, 0, 3 * 5 - 2 * 7, 0, 0),
    ("SMLSD overflows", 0xE7032150, (0x7FFF8000, 0x80008000, 0x7FFFFFFF, 0), 0, 0x7FFFFFFF, 0xFFFF7FFF, 0, 1),
    ("SMLALD of 2 to the 31st", 0xE7432110, (0x80008000, 0x80008000, 0x80000000, 0), 0, 0, 1, 0, 0),
    ("SMLSLD of a negative difference", 0xE7432150, (0x00010000, 0x00010000, 0, 0), 0, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0),
    ("SMMUL cuts off", 0xE753F110, (0xFFFFFFFF, 1, 0, 0), 0, 0, 0xFFFFFFFF, 0, 0),
    ("SMMULR rounds", 0xE753F130, (0xFFFFFFFF, 1, 0, 0), 0, 0, 0, 0, 0),
    ("SMMLA wraps, without Q", 0xE7532110, (0x80000000, 0x80000000, 0x7FFFFFFF, 0), 0, 0x7FFFFFFF, 0xBFFFFFFF, 0, 0),
    ("SMMLS borrows", 0xE75321D0, (1, 1, 1, 0), 0, 1, 0, 0, 0),
    ("SMMLSR rounds", 0xE75321F0, (1, 1, 1, 0), 0, 1, 1, 0, 0),
    ("QADD up", 0xE1013050, (0x7FFFFFFF, 1, 0, 0), N, 0, 0x7FFFFFFF, N, 1),
    ("QADD down", 0xE1013050, (0x80000000, 0xFFFFFFFF, 0, 0), 0, 0, 0x80000000, 0, 1),
    ("QSUB just not", 0xE1213050, (0x7FFFFFFE, 0xFFFFFFFF, 0, 0), 0, 0, 0x7FFFFFFF, 0, 0),
    ("QSUB of the most negative", 0xE1213050, (0, 0x80000000, 0, 0), 0, 0, 0x7FFFFFFF, 0, 1),
    ("QDADD: the doubling alone saturates", 0xE1413050, (0x80000000, 0x40000000, 0, 0), 0, 0, 0xFFFFFFFF, 0, 1),
    ("QDSUB: the doubling alone saturates", 0xE1613050, (0, 0x40000000, 0, 0), 0, 0, 0x80000001, 0, 1),
    ("QDSUB saturates twice", 0xE1613050, (0x7FFFFFFF, 0x80000000, 0, 0), 0, 0, 0x7FFFFFFF, 0, 1),
]  # fmt: skip


@pytest.mark.parametrize("corner", CORNERS, ids=[corner[0] for corner in CORNERS])
def test_corner(everything: OurSide, corner: tuple[str, int, tuple[int, ...], int, int, int, int, int]) -> None:
    _, word, registers, nzcv, r2, r3, nzcv_after, q = corner
    case = Case(word, 4, False, nzcv=nzcv)
    case.r[:4] = registers
    after = run(everything, case)
    assert (after.r[2], after.r[3], after.cpsr >> 28, after.cpsr >> 27 & 1) == (r2, r3, nzcv_after, q)


def test_an_intermediate_overflow_of_smlad_does_not_set_q(everything: OurSide) -> None:
    """Only the sum of all three counts (A8.8.177); Unicorn sets Q for the sum of the products, too."""
    case = Case(0xE7032110, 4, False)
    case.r[:4] = [0x80008000, 0x80008000, 0xFFFFFFFF, 0]
    after = run(everything, case, with_unicorn=False)
    assert (after.r[3], after.cpsr >> 27 & 1) == (0x7FFFFFFF, 0)


def test_q_is_sticky(everything: OurSide) -> None:
    case = Case(0xE1013050, 4, False, q=1)
    assert run(everything, case).cpsr >> 27 & 1 == 1


@pytest.mark.parametrize(("it", "flags"), [(0, Z | C | V), (0xE8, N | C | V)])
def test_thumb_mul_sets_flags_outside_an_it_block_only(everything: OurSide, it: int, flags: int) -> None:
    """MULS r0, r1, r0."""
    case = Case(0x4348, 2, True, nzcv=N | C | V, it=it)
    assert run(everything, case).cpsr >> 28 == flags


@pytest.mark.parametrize("word", [0xE713F110, 0xE733F110, 0xE0532190, 0xE0732190, 0xE7532150, 0xE7432190])
def test_no_division_and_no_holes_in_arm(everything: OurSide, word: int) -> None:
    """SDIV, UDIV, and encodings that the tables of A5.2.5 and A5.4.4 leave undefined."""
    assert everything.execute(Case(word, 4, False)).exception == "undefined"
    assert unicorn_side().execute(Case(word, 4, False)).exception == "undefined"


@pytest.mark.parametrize("word", [0xFB90F3F1, 0xFBB0F3F1, 0xFB802311, 0xFB702311, 0xFB002321, 0xFA80E381])
def test_no_division_and_no_holes_in_thumb(everything: OurSide, word: int) -> None:
    """SDIV, UDIV, and encodings that the tables of A6.3.15 to A6.3.17 leave undefined."""
    assert everything.execute(Case(word, 4, True)).exception == "undefined"
    assert unicorn_side().execute(Case(word, 4, True)).exception == "undefined"
