"""Branches and IT: the ends of their ranges, links, and blocks as a whole."""

from __future__ import annotations

import random

import pytest
from instruction_case import CODE, DATA, WINDOW, Case
from instruction_oracle import OurSide, unicorn_side
from system_oracle import BankedEngine, BankedUnicorn, differences, random_state
from vmsim_arch_arm import psr, tables


@pytest.fixture(scope="module")
def everything() -> OurSide:
    return OurSide(tables.rows)


DISTANCES = [
    ("B, nothing", False, 0xEAFFFFFE, 4, 0), ("B, furthest", False, 0xEA7FFFFF, 4, 0x2000004),
    ("B, furthest back", False, 0xEA800000, 4, 8 - 0x2000000), ("BLX, H", False, 0xFB000000, 4, 10),
    ("B T1, furthest", True, 0xD07F, 2, 4 + 254), ("B T1, furthest back", True, 0xD080, 2, 4 - 256),
    ("B T2, furthest", True, 0xE3FF, 2, 4 + 2046), ("B T2, furthest back", True, 0xE400, 2, 4 - 2048),
    ("B T3, furthest", True, 0xF03FAFFF, 4, 4 + 0xFFFFE), ("B T3, furthest back", True, 0xF4008000, 4, 4 - 0x100000),
    ("B T3, J1 is below J2", True, 0xF000A000, 4, 4 + 0x40000), ("B T3, J2", True, 0xF0008800, 4, 4 + 0x80000),
    ("B T4, furthest", True, 0xF3FF97FF, 4, 4 + 0xFFFFFE), ("B T4, furthest back", True, 0xF4009000, 4, 4 - 0x1000000),
    ("B T4, I1", True, 0xF0009800, 4, 4 + 0x800000), ("B T4, I2", True, 0xF000B000, 4, 4 + 0x400000),
    ("BL, furthest", True, 0xF3FFD7FF, 4, 4 + 0xFFFFFE), ("BLX, furthest back", True, 0xF400C000, 4, 4 - 0x1000000),
    ("CBZ, furthest", True, 0xB3F8, 2, 4 + 126), ("CBZ, nearest", True, 0xB100, 2, 4),
]  # fmt: skip


@pytest.mark.parametrize("distance", DISTANCES, ids=[each[0] for each in DISTANCES])
def test_distance(everything: OurSide, distance: tuple[str, bool, int, int, int]) -> None:
    _, thumb, word, size, expected = distance
    after = everything.execute(Case(word, size, thumb, nzcv=4))
    assert (after.exception, after.pc) == ("", (CODE + expected) & 0xFFFFFFFF)


LINKS = [
    ("BL", False, 0xEB000000, 4, 4, False), ("BLX to Thumb", False, 0xFA000000, 4, 4, True),
    ("BLX r1", False, 0xE12FFF31, 4, 4, True), ("BL in Thumb", True, 0xF000F800, 4, 5, True),
    ("BLX to ARM", True, 0xF000E800, 4, 5, False), ("BLX r1 in Thumb", True, 0x4788, 2, 3, True),
]  # fmt: skip


@pytest.mark.parametrize("link", LINKS, ids=[each[0] for each in LINKS])
def test_link_and_instruction_set(everything: OurSide, link: tuple[str, bool, int, int, int, bool]) -> None:
    _, thumb, word, size, distance, thumb_after = link
    case = Case(word, size, thumb)
    case.r[1] = 0x9001
    after = everything.execute(case)
    assert (after.r[14], bool(after.cpsr & psr.T)) == (CODE + distance, thumb_after)


def test_blx_reads_its_target_before_it_writes_the_link(everything: OurSide) -> None:
    case = Case(0xE12FFF3E, 4, False)
    case.r[14] = 0x9000
    after = everything.execute(case)
    assert (after.pc, after.r[14]) == (0x9000, CODE + 4)


@pytest.mark.parametrize("word", [0xF000E801, 0xF400C001])
def test_blx_to_half_of_an_arm_instruction_is_undefined(everything: OurSide, word: int) -> None:
    assert everything.execute(Case(word, 4, True)).exception == "undefined"


def test_offsets_are_not_signed(everything: OurSide) -> None:
    case = Case(0xE8D0F011, 4, True)
    case.r[0], case.r[1] = DATA, 0
    case.data = bytes(WINDOW // 2) + b"\x05\x80" + bytes(WINDOW // 2 - 2)
    after = everything.execute(case)
    assert after.pc == CODE + 4 + 2 * 0x8005
    assert after.differences(unicorn_side().execute(case)) == []


class TestIt:
    """Blocks of additions, with and without flags, as a whole."""

    ADDS = (0x3001, 0x3101, 0x3201, 0x3301)

    @pytest.mark.parametrize("first", range(15))
    def test_blocks(self, first: int) -> None:
        ours, unicorn = BankedEngine(), BankedUnicorn()
        rng = random.Random(first)
        for mask in range(1, 16):
            if first == 14 and mask & (mask - 1):
                continue  # UNPREDICTABLE
            words = [0xBF00 | first << 4 | mask, *self.ADDS, 0x3401]
            code = b"".join(word.to_bytes(2, "little") for word in words)
            for _ in range(4):
                state = random_state(rng, thumb=True)
                data = bytes(WINDOW)
                mine, theirs = ours.execute(code, state, data, 6), unicorn.execute(code, state, data, 6)
                assert (mine[0], differences(mine[1], theirs[1])) == (theirs[0], []), f"{first} {mask:#x}"

    def test_state_after_each_instruction(self) -> None:
        """ITTET EQ with Z: ITSTATE as table A2-2 has it."""
        ours = BankedEngine()
        state = random_state(random.Random(1), thumb=True)
        state.cpsr |= psr.Z
        code = b"".join(word.to_bytes(2, "little") for word in (0xBF05, *self.ADDS))
        seen = [psr.it_state(ours.execute(code, state, bytes(WINDOW), count)[1].cpsr) for count in range(1, 6)]
        assert seen == [0x05, 0x0A, 0x14, 0x08, 0x00]

    @pytest.mark.parametrize(("nzcv", "pc"), [(4, 0x9000), (0, CODE + 2)])
    def test_a_branch_that_ends_a_block(self, everything: OurSide, nzcv: int, pc: int) -> None:
        """BXEQ r1, to ARM state."""
        case = Case(0x4708, 2, True, nzcv=nzcv, it=0x08)
        case.r[1] = 0x9000
        after = everything.execute(case)
        assert (after.pc, psr.it_state(after.cpsr), bool(after.cpsr & psr.T)) == (pc, 0, nzcv == 0)
