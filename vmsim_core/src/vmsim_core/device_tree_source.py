"""Showing a flattened device tree as source text (Devicetree Specification v0.4, chapters 5 and 6)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from vmsim_core.errors import VmsimError

MAGIC = 0xD00DFEED
_HEADER = struct.Struct(">10I")
_BEGIN_NODE, _END_NODE, _PROPERTY, _NOP, _END = 1, 2, 3, 4, 9


def device_tree_source(blob: bytes) -> str:
    """Return the source text of a device tree; raises VmsimError for a damaged one."""
    try:
        return "".join(f"{line}\n" for line in ["/dts-v1/;", "", *_lines(blob)])
    except (struct.error, ValueError, IndexError):
        raise VmsimError("the device tree is damaged and cannot be shown") from None


def _lines(blob: bytes) -> Iterator[str]:
    magic, _, structure, strings, reservations, *_ = _HEADER.unpack_from(blob)
    if magic != MAGIC:
        raise ValueError("no device tree")
    yield from _reservations(blob, reservations)
    position, depth = structure, 0
    while (token := _cell(blob, position)) != _END:
        position += 4
        indent = "\t" * depth
        if token == _BEGIN_NODE:
            name = _text(blob, position)
            yield f"{indent}{name or '/'} {{"
            position = _aligned(position + len(name) + 1)
            depth += 1
        elif token == _END_NODE:
            depth -= 1
            yield "\t" * depth + "};"
        elif token == _PROPERTY:
            length, name_offset = _cell(blob, position), _cell(blob, position + 4)
            value = blob[position + 8 : position + 8 + length]
            yield f"{indent}{_text(blob, strings + name_offset)}{_assignment(value)};"
            position = _aligned(position + 8 + length)
        elif token != _NOP:
            raise ValueError("unknown token")


def _reservations(blob: bytes, position: int) -> Iterator[str]:
    while (entry := struct.unpack_from(">QQ", blob, position)) != (0, 0):
        yield f"/memreserve/ {entry[0]:#x} {entry[1]:#x};"
        position += 16


def _assignment(value: bytes) -> str:
    if not value:
        return ""
    if (texts := _texts(value)) is not None:
        return " = " + ", ".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    if len(value) % 4 == 0:
        return " = <" + " ".join(f"{cell:#x}" for (cell,) in struct.iter_unpack(">I", value)) + ">"
    return " = [" + value.hex(" ") + "]"


def _texts(value: bytes) -> list[str] | None:
    """Return the texts that a property consists of, or None for one that is binary."""
    if value[-1] != 0:
        return None
    texts = value[:-1].split(b"\0")
    if texts == [b""]:
        return [""]
    if all(text and all(0x20 <= byte < 0x7F for byte in text) for text in texts):
        return [text.decode("ascii") for text in texts]
    return None


def _cell(blob: bytes, position: int) -> int:
    cell: int = struct.unpack_from(">I", blob, position)[0]
    return cell


def _text(blob: bytes, position: int) -> str:
    return blob[position : blob.index(0, position)].decode("ascii")


def _aligned(position: int) -> int:
    return (position + 3) & ~3
