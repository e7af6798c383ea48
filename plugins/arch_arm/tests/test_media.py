"""Media instructions: the corner cases of the manual."""

from __future__ import annotations

import pytest
from instruction_case import After, Case
from instruction_oracle import OurSide, unicorn_side
from vmsim_arch_arm import tables


@pytest.fixture(scope="module")
def everything() -> OurSide:
    return OurSide(tables.rows)


def run(everything: OurSide, case: Case) -> After:
    result = everything.execute(case)
    assert result.exception == ""
    assert result.differences(unicorn_side().execute(case)) == []
    return result


# What, word (operands in r0 and r1, the result in r2), r0, r1, GE before; r2, GE and Q after.
CORNERS = [
    ("SADD16: GE is the sign of the sums", 0xE6102F11, 0x7FFF8000, 0x7FFF8000, 0, 0xFFFE0000, 0xC, 0),
    ("SASX: difference below, sum above", 0xE6102F31, 0x00010002, 0x00050004, 0xF, 0x0005FFFD, 0xC, 0),
    ("SSAX: sum below, difference above", 0xE6102F51, 0x00010002, 0x00050004, 0xF, 0xFFFD0007, 0x3, 0),
    ("SSUB8", 0xE6102FF1, 0x80007F01, 0x01FF8001, 0, 0x7F01FF00, 0x7, 0),
    ("UADD16: GE is the carry", 0xE6502F11, 0xFFFF8000, 0x00017FFF, 0, 0x0000FFFF, 0xC, 0),
    ("UASX: no borrow below, carry above", 0xE6502F31, 0xFFFF0000, 0x00000001, 0, 0x00000000, 0xF, 0),
    ("USAX: carry below, borrow above", 0xE6502F51, 0x0000FFFF, 0x00010001, 0xF, 0xFFFF0000, 0x3, 0),
    ("USUB16: GE is no borrow", 0xE6502F71, 0x00010001, 0x00010002, 0, 0x0000FFFF, 0xC, 0),
    ("UADD8: GE is the carry", 0xE6502F91, 0xFF80017F, 0x0180FF80, 0, 0x000000FF, 0xE, 0),
    ("USUB8: GE is no borrow", 0xE6502FF1, 0xFF800100, 0xFF81FF01, 0, 0x00FF02FF, 0x8, 0),
    ("QADD16 saturates, without Q and GE", 0xE6202F11, 0x7FFF8000, 0x0001FFFF, 5, 0x7FFF8000, 5, 0),
    ("QSUB8 saturates, without Q and GE", 0xE6202FF1, 0x7F80007F, 0xFF010180, 5, 0x7F80FF7F, 5, 0),
    ("UQSUB16 stops at zero", 0xE6602F71, 0x00010002, 0x00020001, 5, 0x00000001, 5, 0),
    ("UQADD8 stops at 255", 0xE6602F91, 0xFF80017F, 0x0180FF80, 5, 0xFFFFFFFF, 5, 0),
    ("SHADD16 halves the whole sum", 0xE6302F11, 0x7FFF8000, 0x7FFF8000, 5, 0x7FFF8000, 5, 0),
    ("SHSUB8 rounds down", 0xE6302FF1, 0x00000080, 0x01000000 | 0x7F, 5, 0xFF000080, 5, 0),
    ("UHADD8 halves the whole sum", 0xE6702F91, 0xFFFF0001, 0xFF000100, 5, 0xFF7F0000, 5, 0),
    ("UHSUB16 is signed after all", 0xE6702F71, 0x00000001, 0x00010000, 5, 0xFFFF0000, 5, 0),
    ("SEL takes bytes by GE", 0xE6802FB1, 0x11223344, 0xAABBCCDD, 0b1010, 0x11BB33DD, 0b1010, 0),
    ("PKHBT", 0xE6802811, 0x11223344, 0x12345678, 0, 0x56783344, 0, 0),
    ("PKHTB by 32 is the sign", 0xE6802051, 0x11223344, 0x80000000, 0, 0x1122FFFF, 0, 0),
    ("SSAT #1", 0xE6A02011, 0, 5, 0, 0, 0, 1),
    ("SSAT #1 of -2", 0xE6A02011, 0, 0xFFFFFFFE, 0, 0xFFFFFFFF, 0, 1),
    ("SSAT #32 keeps everything", 0xE6BF2011, 0, 0x80000000, 0, 0x80000000, 0, 0),
    ("SSAT #8 after LSL #31", 0xE6A72F91, 0, 1, 0, 0xFFFFFF80, 0, 1),
    ("SSAT #8 after ASR #32", 0xE6A72051, 0, 0x80000000, 0, 0xFFFFFFFF, 0, 0),
    ("USAT #0", 0xE6E02011, 0, 1, 0, 0, 0, 1),
    ("USAT #31", 0xE6FF2011, 0, 0x7FFFFFFF, 0, 0x7FFFFFFF, 0, 0),
    ("USAT of a negative", 0xE6FF2011, 0, 0x80000000, 0, 0, 0, 1),
    ("SSAT16 #16 keeps everything", 0xE6AF2F31, 0, 0x80007FFF, 0, 0x80007FFF, 0, 0),
    ("SSAT16 #8: one half is enough for Q", 0xE6A72F31, 0, 0x00050080, 0, 0x0005007F, 0, 1),
    ("USAT16 #8", 0xE6E82F31, 0, 0xFFFF0100, 0, 0x000000FF, 0, 1),
    ("SXTB with ROR #24", 0xE6AF2C71, 0, 0x80000000, 0, 0xFFFFFF80, 0, 0),
    ("SXTH with ROR #24 wraps", 0xE6BF2C71, 0, 0x12000080, 0, 0xFFFF8012, 0, 0),
    ("SXTB16 with ROR #24 wraps", 0xE68F2C71, 0, 0x7F008000, 0, 0xFF80007F & 0xFF80FFFF, 0, 0),
    ("SXTAB16 adds without carry between", 0xE6802071, 0x0001FFFF, 0x00FF0001, 0, 0x00000000, 0, 0),
    ("SXTAH wraps", 0xE6B02071, 0x00000001, 0x0000FFFF, 0, 0, 0, 0),
    ("UXTAB wraps", 0xE6E02071, 0xFFFFFFFF, 0xFFFFFF02, 0, 1, 0, 0),
    ("UXTAB16 adds without carry between", 0xE6C02071, 0xFFFFFFFF, 0x00010001, 0, 0, 0, 0),
    ("USAD8 at its largest", 0xE782F110, 0xFF00FF00, 0x00FF00FF, 0, 1020, 0, 0),
    ("USADA8 wraps", 0xE7822110, 0xFF00FF00, 0x00FF00FF, 0, 1019, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize("corner", CORNERS, ids=[corner[0] for corner in CORNERS])
def test_corner(everything: OurSide, corner: tuple[str, int, int, int, int, int, int, int]) -> None:
    _, word, r0, r1, ge, r2, ge_after, q = corner
    case = Case(word, 4, False, ge=ge, nzcv=5)
    case.r[:3] = [r0, r1, 0xFFFFFFFF]
    after = run(everything, case)
    assert (hex(after.r[2]), after.cpsr >> 16 & 15, after.cpsr >> 27 & 1, after.cpsr >> 28) == (hex(r2), ge_after, q, 5)


@pytest.mark.parametrize("word", [0xB211, 0xB251, 0xB291, 0xB2D1])
def test_thumb_extensions_leave_flags_alone(everything: OurSide, word: int) -> None:
    case = Case(word, 2, True, nzcv=0xF, q=1, ge=9)
    case.r[2] = 0x8180
    after = run(everything, case)
    assert after.cpsr == case.cpsr
    assert after.r[1] == {0xB211: 0xFFFF8180, 0xB251: 0xFFFFFF80, 0xB291: 0x8180, 0xB2D1: 0x80}[word]


@pytest.mark.parametrize("word", [0xE6002F11, 0xE6402F11, 0xE6102FB1, 0xE6502FD1, 0xE6902011 | 0x20, 0xE6900071])
def test_no_holes_in_arm(everything: OurSide, word: int) -> None:
    """Encodings that the tables of A5.4.1 to A5.4.3 leave undefined."""
    assert everything.execute(Case(word, 4, False)).exception == "undefined"
    assert unicorn_side().execute(Case(word, 4, False)).exception == "undefined"


@pytest.mark.parametrize("word", [0xFAB0F201, 0xFAF0F201, 0xFA90F231, 0xFA90E201, 0xFA60F281, 0xEAC00210, 0xEAD00200])
def test_no_holes_in_thumb(everything: OurSide, word: int) -> None:
    """Encodings that the tables of A6.3.11 to A6.3.14 leave undefined."""
    assert everything.execute(Case(word, 4, True)).exception == "undefined"
    assert unicorn_side().execute(Case(word, 4, True)).exception == "undefined"
