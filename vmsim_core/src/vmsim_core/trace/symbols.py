"""The names of code addresses, from the symbol table of an ELF file such as a vmlinux."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

from vmsim_core.errors import VmsimError

_ENTRIES = {32: struct.Struct("IIIBBH"), 64: struct.Struct("IBBHQQ")}
"""Elf32_Sym and Elf64_Sym (System V ABI, chapter 4, Symbol Table): fields of a symbol, in the file's byte order."""
_NO_TYPE, _FUNCTION = 0, 2
_LOCAL = 0
_EXECUTABLE_FLAG = 0x4
_ELF_MAGIC = b"\x7fELF"
_THUMB_BIT = 1
"""A function that is Thumb code has bit 0 of its value set (ELF for the Arm Architecture, IHI 0044, 5.5.3)."""


@dataclass(frozen=True)
class Symbol:
    """A name for the addresses from `start` to `end`, which is not included."""

    start: int
    end: int
    name: str


class Symbols:
    """Finds the symbol that an address belongs to."""

    def __init__(self, symbols: Iterable[Symbol] = ()) -> None:
        self._symbols = sorted(symbols, key=lambda symbol: symbol.start)
        self._starts = [symbol.start for symbol in self._symbols]
        # A trace asks for the same addresses again and again.
        self.locate = lru_cache(maxsize=1 << 16)(self._locate)

    @classmethod
    def from_elf(cls, file: Path) -> Self:
        """Read the symbols of code in an ELF file.

        Raises VmsimError when it cannot be read, is no ELF file, or has no symbols.
        """
        from elftools.elf.elffile import ELFFile

        try:
            with file.open("rb") as stream:
                found = _code_symbols(ELFFile(stream))
        except OSError as error:
            raise VmsimError(f"{file}: the symbols cannot be read: {error.strerror}") from None
        except Exception as error:  # the library believes what it reads: anything may come of a damaged file
            raise VmsimError(f"{file}: is no ELF file, or a damaged one ({error})") from None
        if not found:
            raise VmsimError(f"{file}: has no symbols of code (is it stripped?)")
        return cls(found)

    def __len__(self) -> int:
        return len(self._symbols)

    def find(self, address: int) -> Symbol | None:
        """Return the symbol that an address belongs to."""
        index = bisect_right(self._starts, address) - 1
        if index < 0 or address >= self._symbols[index].end:
            return None
        return self._symbols[index]

    def _locate(self, address: int) -> str:
        """Return an address as a symbol with an offset, such as ``memcpy+0x1c``; empty for one without a symbol."""
        symbol = self.find(address)
        if symbol is None:
            return ""
        offset = address - symbol.start
        return f"{symbol.name}+{offset:#x}" if offset else symbol.name


def is_elf(file: Path) -> bool:
    """Whether a file can be read and looks like an ELF file."""
    try:
        with file.open("rb") as stream:
            return stream.read(len(_ELF_MAGIC)) == _ELF_MAGIC
    except OSError:
        return False


def _code_symbols(elf: Any) -> list[Symbol]:
    """Return a symbol for each address in executable sections that has a name, up to the next one of its section."""
    ends = {
        number: section["sh_addr"] + section["sh_size"]
        for number, section in enumerate(elf.iter_sections())
        if section["sh_flags"] & _EXECUTABLE_FLAG
    }
    named: dict[int, dict[int, tuple[tuple[bool, bool], str]]] = {number: {} for number in ends}
    for name, value, kind, local, section in _entries(elf):
        if section not in ends or kind not in (_NO_TYPE, _FUNCTION) or not name or name.startswith("$"):
            continue  # $a, $d and $t only tell code from data
        start = value & ~_THUMB_BIT if kind == _FUNCTION else value
        # Of several names for one address that of a function is better, and a global one; else the first.
        rank = (kind != _FUNCTION, local)
        if start not in named[section] or rank < named[section][start][0]:
            named[section][start] = (rank, name)
    found = []
    for number, end in ends.items():
        for start, following in pairwise([*sorted(named[number]), end]):
            found.append(Symbol(start, following, named[number][start][1]))
    return found


def _entries(elf: Any) -> Iterable[tuple[str, int, int, bool, int]]:
    """Yield name, value, type, whether it is local, and section of each symbol. The library's own iteration takes a
    second for a kernel's symbols."""
    table = elf.get_section_by_name(".symtab")
    if table is None:
        return
    order = "<" if elf.little_endian else ">"
    layout = struct.Struct(order + _ENTRIES[elf.elfclass].format)
    names, data = table.stringtable.data(), table.data()
    for entry in layout.iter_unpack(data[: len(data) - len(data) % layout.size]):
        if elf.elfclass == 32:
            name, value, _, info, _, section = entry
        else:
            name, info, _, section, value, _ = entry
        end = names.find(b"\0", name)
        yield names[name:end].decode("utf-8", "replace"), value, info & 0xF, info >> 4 == _LOCAL, section
