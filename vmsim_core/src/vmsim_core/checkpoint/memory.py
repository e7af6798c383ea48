"""RAM as sections: the pages that are not all zero, in pieces that are compressed one by one."""

from __future__ import annotations

from vmsim_core.checkpoint.extension import CORE_PLUGIN
from vmsim_core.errors import CheckpointError
from vmsim_core.ram import Ram
from vmsim_core.runs import to_runs
from vmsim_core.section import Section
from vmsim_core.system import System

PAGE = 4096
_PIECE = 32 << 20
"""Bytes of RAM that one file covers."""
KIND = "ram"

Contents = list[tuple[int, bytes]]
"""What stands at which offsets of a RAM that is zero everywhere else."""


def ram_sections(system: System) -> list[Section]:
    """Return a section for each RAM of the system."""
    return [_section(ram) for ram in system.rams()]


def expected_ram_sections(system: System) -> list[Section]:
    """Return what identifies each RAM of the system, without contents."""
    return [_empty_section(ram) for ram in system.rams()]


def decode(ram_size: int, section: Section) -> Contents:
    """Return what a section says is in a RAM of `ram_size` bytes; raises CheckpointError for what does not fit."""
    contents: Contents = []
    for number in range(_pieces(ram_size)):
        start, end = number * _PIECE, min((number + 1) * _PIECE, ram_size)
        runs = section.get_ints(_runs_name(number))
        if len(runs) % 2:
            raise CheckpointError(f"{section.path}.{_runs_name(number)}: is no list of pairs")
        data = memoryview(section.attached(_pages_name(number), end - start))
        done, free_from = 0, start
        for first, count in zip(runs[::2], runs[1::2], strict=True):
            offset, size = first * PAGE, count * PAGE
            if size <= 0 or offset < free_from or offset + size > end:
                raise CheckpointError(f"{section.path}.{_runs_name(number)}: pages that are not in this piece of RAM")
            contents.append((offset, bytes(data[done : done + size])))
            done, free_from = done + size, offset + size
        if done != len(data):
            raise CheckpointError(f"{section.path}: {_pages_name(number)} has {len(data)} bytes instead of {done}")
    return contents


def stored_pages(section: Section) -> dict[int, bytes]:
    """Return the pages that a section has, by number; raises CheckpointError when it contradicts itself."""
    size = section.params.get("size")
    if type(size) is not int:
        raise CheckpointError(f"{section.path}: says no size")
    return {
        (offset + start) // PAGE: data[start : start + PAGE]
        for offset, data in decode(size, section)
        for start in range(0, len(data), PAGE)
    }


def fill(system: System, ram: Ram, contents: Contents) -> None:
    """Make the RAM hold `contents` and zeros, and tell every CPU."""
    ram.clear()
    for offset, data in contents:
        ram.view[offset : offset + len(data)] = data
    system.address_map.notify_ram_write(ram, 0, ram.size)


def _section(ram: Ram) -> Section:
    section = _empty_section(ram)
    pages_of_piece: dict[int, list[int]] = {}
    for offset in ram.touched_pages():
        pages_of_piece.setdefault(offset // _PIECE, []).append(offset // PAGE)
    view = ram.view
    for number in range(_pieces(ram.size)):
        runs = to_runs(pages_of_piece.get(number, []))
        section.put(_runs_name(number), runs, "first page of 4096 bytes, number of pages")
        spans = zip(runs[::2], runs[1::2], strict=True)
        section.attach(
            _pages_name(number), b"".join(view[first * PAGE : (first + count) * PAGE] for first, count in spans)
        )
    return section


def _empty_section(ram: Ram) -> Section:
    return Section(f"ram.{ram.name}", KIND, plugin=CORE_PLUGIN, params={"size": ram.size})


def _pieces(ram_size: int) -> int:
    return -(-ram_size // _PIECE)


def _runs_name(piece: int) -> str:
    return f"piece{piece}.runs"


def _pages_name(piece: int) -> str:
    return f"piece{piece}"
