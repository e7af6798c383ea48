"""ELF files with nothing but sections and symbols, for tests of what reads these (System V ABI, chapter 4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

CODE, DATA = 1, 2
"""The sections that symbols may be in; ABSOLUTE ones are in none."""
ABSOLUTE = 0xFFF1
NO_TYPE, OBJECT, FUNCTION = 0, 1, 2
LOCAL, GLOBAL = 0, 1
CODE_SIZE, DATA_SIZE = 0x100, 0x40
_ALLOCATED, _EXECUTABLE = 2, 4
_PROGRAM_BITS, _SYMBOLS, _STRINGS = 1, 2, 3


@dataclass(frozen=True)
class ElfSymbol:
    """An entry of a symbol table."""

    name: str
    value: int
    kind: int = FUNCTION
    binding: int = GLOBAL
    section: int = CODE


def elf_file(symbols: list[ElfSymbol], code_at: int = 0x8000, data_at: int = 0x9000, bits: int = 32) -> bytes:
    """Return a little-endian executable with the sections .text and .data, and these symbols."""
    names = b"\0" + b"".join(symbol.name.encode() + b"\0" for symbol in symbols)
    table = _symbol(bits, 0, 0, 0, 0)
    offset = 1
    for symbol in symbols:
        table += _symbol(bits, offset, symbol.value, symbol.binding << 4 | symbol.kind, symbol.section)
        offset += len(symbol.name) + 1
    section_names = b"\0.text\0.data\0.symtab\0.strtab\0.shstrtab\0"
    header_size = 52 if bits == 32 else 64
    parts = [bytes(CODE_SIZE), bytes(DATA_SIZE), table, names, section_names]
    starts = [header_size + sum(map(len, parts[:index])) for index in range(len(parts))]
    word = "I" if bits == 32 else "Q"
    described = [
        (".text", _PROGRAM_BITS, _ALLOCATED | _EXECUTABLE, code_at, 0, 0),
        (".data", _PROGRAM_BITS, _ALLOCATED, data_at, 0, 0),
        (".symtab", _SYMBOLS, 0, 0, 4, len(_symbol(bits, 0, 0, 0, 0))),
        (".strtab", _STRINGS, 0, 0, 0, 0),
        (".shstrtab", _STRINGS, 0, 0, 0, 0),
    ]
    sections = bytes(struct.calcsize(f"<II{word * 4}II{word * 2}"))
    for (name, kind, flags, address, link, entry), start, part in zip(described, starts, parts, strict=True):
        place = section_names.index(name.encode() + b"\0")
        sections += struct.pack(
            f"<II{word * 4}II{word * 2}", place, kind, flags, address, start, len(part), link, 1, 4, entry
        )
    body = b"".join(parts)
    machine, section_size = (40, 40) if bits == 32 else (183, 64)
    header = struct.pack(
        f"<16sHHI{word * 3}IHHHHHH", bytes([0x7F, *b"ELF", bits // 32, 1, 1]), 2, machine, 1,
        code_at, 0, header_size + len(body), 0, header_size, 0, 0, section_size, 6, 5,
    )  # fmt: skip
    return header + body + sections


def _symbol(bits: int, name: int, value: int, info: int, section: int) -> bytes:
    if bits == 32:
        return struct.pack("<IIIBBH", name, value, 0, info, 0, section)
    return struct.pack("<IBBHQQ", name, info, 0, section, value, 0)
