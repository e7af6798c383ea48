"""In what two checkpoints differ: machine, sections, fields, attached data, and the first bytes of RAM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vmsim_core.checkpoint.folder import naming
from vmsim_core.checkpoint.memory import KIND as RAM_KIND
from vmsim_core.checkpoint.memory import PAGE, stored_pages
from vmsim_core.checkpoint.restore import read_checkpoint
from vmsim_core.checkpoint.sections import value_text
from vmsim_core.section import Section
from vmsim_core.units import format_time

_ZERO_PAGE = bytes(PAGE)
_SHOWN_BYTES = 8


def compare(one: Path, other: Path) -> Iterator[str]:
    """Yield a line for each difference; raises CheckpointError for a checkpoint that is damaged or none."""
    mine, theirs = read_checkpoint(one), read_checkpoint(other)
    if mine.index.machine != theirs.index.machine:
        yield f"machine: {mine.index.machine} / {theirs.index.machine}"
    if mine.index.tick != theirs.index.tick:
        yield f"time: {format_time(mine.index.tick)} / {format_time(theirs.index.tick)}"
    with naming(Path(f"{one} or {other}")):
        yield from _section_differences(mine.sections, theirs.sections)


def _section_differences(mine: dict[str, Section], theirs: dict[str, Section]) -> Iterator[str]:
    for path in sorted(set(mine) | set(theirs)):
        if path not in mine or path not in theirs:
            yield f"{path}: {'only in the second' if path not in mine else 'only in the first'}"
        elif mine[path].kind == theirs[path].kind == RAM_KIND:
            yield from _ram_differences(mine[path], theirs[path])
        else:
            yield from _differences(mine[path], theirs[path])


def _differences(one: Section, other: Section) -> Iterator[str]:
    for what, mine, theirs in (
        ("kind", one.kind, other.kind),
        ("version", one.version, other.version),
        ("params", one.params, other.params),
    ):
        if mine != theirs:
            yield f"{one.path}: {what}: {mine} / {theirs}"
    for name in sorted(set(one.fields) | set(other.fields)):
        texts = [value_text(each.fields[name]) if name in each.fields else "missing" for each in (one, other)]
        if texts[0] != texts[1]:
            yield f"{one.path}.{name}: {texts[0]} / {texts[1]}"
    for name in sorted(set(one.attachments) | set(other.attachments)):
        data = [each.attachments[name].read() if name in each.attachments else b"" for each in (one, other)]
        if data[0] != data[1]:
            yield f"{one.path}: attached {name}: {len(data[0])} bytes / {len(data[1])} bytes, different"


def _ram_differences(one: Section, other: Section) -> Iterator[str]:
    mine, theirs = stored_pages(one), stored_pages(other)
    for page in sorted(set(mine) | set(theirs)):
        ours, others = mine.get(page, _ZERO_PAGE), theirs.get(page, _ZERO_PAGE)
        if ours == others:
            continue
        different = [index for index in range(PAGE) if ours[index] != others[index]]
        first = different[0]
        shown = [each[first : first + _SHOWN_BYTES].hex(" ") for each in (ours, others)]
        place = page * PAGE + first
        yield f"{one.path}: {len(different)} bytes differ from offset {place:#x} on: {shown[0]} / {shown[1]}"
