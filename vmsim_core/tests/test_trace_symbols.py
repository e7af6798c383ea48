"""The names of addresses in traces."""

from __future__ import annotations

from pathlib import Path

import pytest
from elf_file import ABSOLUTE, DATA, LOCAL, NO_TYPE, OBJECT, ElfSymbol, elf_file
from hypothesis import given
from hypothesis import strategies as st
from vmsim_core.errors import VmsimError
from vmsim_core.trace import Symbol, Symbols

SYMBOLS = [
    ElfSymbol("start", 0x8000, NO_TYPE),
    ElfSymbol("$a", 0x8000, NO_TYPE, LOCAL),
    ElfSymbol("loop", 0x8010, NO_TYPE, LOCAL),
    ElfSymbol("thumb_function", 0x8021),
    ElfSymbol("$t", 0x8020, NO_TYPE, LOCAL),
    ElfSymbol("a_label", 0x8040, NO_TYPE),
    ElfSymbol("a_local_function", 0x8040, binding=LOCAL),
    ElfSymbol("a_function", 0x8040),
    ElfSymbol("another_function", 0x8040),
    ElfSymbol("table_in_the_code", 0x8050, OBJECT),
    ElfSymbol("variable", 0x9000, OBJECT, section=DATA),
    ElfSymbol("end_of_everything", 0x8060, NO_TYPE, section=ABSOLUTE),
]


@pytest.fixture(params=[32, 64])
def symbols(tmp_path: Path, request: pytest.FixtureRequest) -> Symbols:
    file = tmp_path / "program"
    file.write_bytes(elf_file(SYMBOLS, bits=request.param))
    return Symbols.from_elf(file)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (0x7FFF, ""),
        (0x8000, "start"),
        (0x8004, "start+0x4"),
        (0x8010, "loop"),
        (0x801F, "loop+0xf"),
        (0x8020, "thumb_function"),
        (0x8022, "thumb_function+0x2"),
        (0x8040, "a_function"),
        (0x8064, "a_function+0x24"),
        (0x80FF, "a_function+0xbf"),
        (0x8100, ""),
        (0x9000, ""),
        (0xFFFFFFFF, ""),
    ],
)
def test_an_address_has_the_symbol_before_it_in_its_section(symbols: Symbols, address: int, text: str) -> None:
    assert symbols.locate(address) == text


def test_symbols_are_found_with_their_ends(symbols: Symbols) -> None:
    assert symbols.find(0x8011) == Symbol(0x8010, 0x8020, "loop")
    assert len(symbols) == 4


def test_without_symbols_nothing_has_a_name() -> None:
    assert Symbols().locate(0x8000) == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"hello", "is no ELF file"),
        (elf_file(SYMBOLS)[:80], "is no ELF file, or a damaged one"),
        (elf_file([]), "has no symbols of code"),
        (elf_file([ElfSymbol("variable", 0x9000, OBJECT, section=DATA)]), "has no symbols of code"),
    ],
)
def test_what_has_no_symbols_is_refused_in_a_line(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / "program"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(VmsimError, match=reason) as caught:
        Symbols.from_elf(file)
    assert str(file) in str(caught.value)
    assert len(caught.value.lines()) == 1


@given(damage=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_file_gives_symbols_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int]]
) -> None:
    data = bytearray(elf_file(SYMBOLS))
    for place, value in damage:
        data[place % len(data)] = value
    file = tmp_path_factory.mktemp("elf") / "program"
    file.write_bytes(data)
    try:
        Symbols.from_elf(file).locate(0x8010)
    except VmsimError as error:
        assert len(error.lines()) == 1
