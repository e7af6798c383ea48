"""The table of encodings: patterns, exclusions, ambiguity; and that the compiled decoder reads it the same way."""

from __future__ import annotations

import gc
import random
import re
import weakref
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from vmsim_arch_arm import tables
from vmsim_arch_arm.engine.arm_engine import ArmEngine
from vmsim_arch_arm.engine.decoder import InstructionSet
from vmsim_arch_arm.engine.table import Cube, FieldPart, Row, TableError, check, parse_cube
from vmsim_core.events import EventQueue

UNCONDITIONAL = "1111 0000 000S nnnn dddd hhhh hyy0 mmmm"


def row(pattern: str, name: str = "NAME", **more: Any) -> Row:
    return Row(pattern, name, "A0.0", "system.undefined", **more)


def test_a_pattern_says_which_bits_are_fixed() -> None:
    assert parse_cube("01-+ d0") == Cube(0b110001, 0b010000)


def test_cubes_meet_or_not() -> None:
    assert Cube(0b1100, 0b0100) & Cube(0b0110, 0b0110) == Cube(0b1110, 0b0110)
    assert Cube(0b1100, 0b0100) & Cube(0b0110, 0b0000) is None
    assert Cube(0b1100, 0b0100).contains(0b0111)
    assert not Cube(0b1100, 0b0100).contains(0b1100)


def test_the_pieces_of_a_field_are_put_together() -> None:
    split = row("1111 0i00 nnnn 0iii")
    assert split.parts == (FieldPart("i", 10, 1), FieldPart("n", 4, 4), FieldPart("i", 0, 3))
    assert split.fields_of(0b1111_0100_1010_0011) == {"i": 0b1011, "n": 0b1010}
    assert split.size == 2


def test_a_condition_is_not_1111() -> None:
    conditional = row("cccc 0000 000S nnnn dddd hhhh hyy0 mmmm")
    assert conditional.matches(0xE000_0000)
    assert not conditional.matches(0xF000_0000)
    check([conditional, row(UNCONDITIONAL)])


def test_words_of_another_row_are_not_this_ones() -> None:
    narrowed = row("0100 0000 nnnn dddd", but=("---- ---- 1111 ----", "---- ---- ---- 1111"))
    assert narrowed.matches(0x4012)
    assert not narrowed.matches(0x40F2)
    assert not narrowed.matches(0x401F)


def test_ambiguous_rows_are_named_with_a_word() -> None:
    with pytest.raises(TableError, match=re.escape("is both ONE (A0.0) and OTHER (A0.0)")) as raised:
        check([row("0000 dddd dddd 0001", "ONE"), row("0000 0000 ---- ---1", "OTHER")])
    word = int(str(raised.value).split()[0], 16)
    assert word & 0xFF0F == 1


def test_exclusions_remove_the_ambiguity() -> None:
    special = row("0000 0000 1111 0001", "SPECIAL")
    check([special, row("0000 0000 nnnn 0001", but=("---- ---- 1111 ----",))])
    with pytest.raises(TableError, match="0xf1 is both"):
        check([special, row("0000 0000 nnnn 0001", but=("---- ---- 1110 ----",))])


def test_an_exclusion_of_either_row_counts() -> None:
    one = row("0000 0000 nnnn ----", "ONE", but=("---- ---- 0--- ----",))
    other = row("0000 0000 ---- dddd", "OTHER", but=("---- ---- 1--- ----",))
    check([one, other])


@pytest.mark.parametrize(
    "wrong",
    [
        row("0000 0000 0000 000"),
        row("0000 0000 0000 00002"),
        row("0000 0000 0000 000?"),
        row("0000 0000 0000 000z"),
        row("0000 0000 0000 0000", kind="magic"),
        row("0000 0000 0000 dddd", but=("1111",)),
    ],
    ids=["short", "long", "sign", "letter", "kind", "exclusion"],
)
def test_what_is_no_encoding_is_refused(wrong: Row) -> None:
    with pytest.raises(TableError, match="NAME"):
        check([wrong])


low_bytes = st.text("01-d", min_size=8, max_size=8)
rows = st.builds(
    lambda bits, but: row("00000000" + bits, but=tuple("--------" + each.replace("d", "-") for each in but)),
    low_bytes,
    st.lists(low_bytes, max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(rows, rows)
def test_ambiguity_is_what_counting_finds(one: Row, other: Row) -> None:
    shared = [word for word in range(256) if one.matches(word) and other.matches(word)]
    if not shared:
        check([one, other])
        return
    with pytest.raises(TableError) as raised:
        check([one, other])
    assert int(str(raised.value).split()[0], 16) in shared


@settings(max_examples=100, deadline=None)
@given(st.lists(rows, min_size=1, max_size=6), st.integers(0, 255))
def test_the_decoder_finds_the_row_that_matches(candidates: list[Row], word: int) -> None:
    named = [row(each.pattern, f"R{number}", but=each.but) for number, each in enumerate(candidates)]
    matching = [each for each in named if each.matches(word)]
    assume(len(matching) < 2)
    assert titles(named, 16, [word]) == [str(matching[0]) if matching else None]


def titles(table: list[Row], width: int, words: list[int]) -> list[str | None]:
    """Return the rows that the compiled decoder finds. They execute as if they were defined."""
    defined = [Row(each.pattern, each.name, each.section, "multiply.multiply", but=each.but) for each in table]
    decoder: Any = InstructionSet(defined, "system.undefined", width)
    found = [decoder.describe(word, width // 8) for word in words]
    return [each and each["row"] for each in found]


@pytest.mark.parametrize("instruction_set", ["ARM", "THUMB16", "THUMB32"])
def test_fields_arrive_where_their_letters_say(instruction_set: str) -> None:
    """Rows without a decode function: what they have in their words is what they find in the instruction."""
    table = [each for each in tables.rows(instruction_set) if not each.decode]
    width = 16 if instruction_set == "THUMB16" else 32
    decoder: Any = InstructionSet(table, "system.undefined", width)
    names = {"c": "cond", "S": "setflags", "i": "immediate", "y": "shift_type", "h": "shift_amount", "P": "index",
             "U": "add", "W": "wback", "r": "registers", "o": "option", "l": "length", "g": "regs", "u": "t2",
             "D": "d"}  # fmt: skip
    rng = random.Random(instruction_set)
    for each in table:
        for _ in range(20):
            word = rng.getrandbits(width) & ~each.cube.mask | each.cube.value
            if not each.matches(word):
                continue
            found = decoder.describe(word, width // 8)
            assert found["row"] == str(each)
            for letter, value in each.fields_of(word).items():
                assert found[names.get(letter, letter)] == value
            if "D" in each.fields_of(word):
                assert found["n"] == found["d"]
            if "c" not in each.fields_of(word):
                assert found["cond"] == 14


@pytest.mark.parametrize("instruction_set", ["ARM", "THUMB16", "THUMB32"])
def test_the_whole_table_is_decoded_as_it_is_written(instruction_set: str) -> None:
    table = tables.rows(instruction_set)
    width = 16 if instruction_set == "THUMB16" else 32
    rng = random.Random(instruction_set)
    words = [rng.getrandbits(width) for _ in range(1000)]
    words += [rng.getrandbits(width) & ~each.cube.mask | each.cube.value for each in table]
    expected = [[str(each) for each in table if each.matches(word)] for word in words]
    assert all(len(each) < 2 for each in expected)
    assert titles(table, width, words) == [each[0] if each else None for each in expected]


class OwnTables:
    """An instruction set of somebody's own."""

    def rows(self, name: str) -> list[Row]:
        """Return rows that no other instance has."""
        return []


def test_tables_of_ones_own_live_no_longer_than_their_engines() -> None:
    """But for a few: otherwise whoever makes many engines would keep all of them."""
    alive = []
    for _ in range(20):
        own = OwnTables()
        alive.append(weakref.ref(own))
        ArmEngine([], _no_device, _no_device, EventQueue(), own.rows).close()
    del own
    gc.collect()
    assert sum(reference() is not None for reference in alive) < 10


def _no_device(*access: int) -> Any:
    return 0
