"""ELF programs: a Linux vmlinux, or a bare-metal program."""

from __future__ import annotations

import struct

from vmsim_core.errors import WorkloadError

from vmsim_platform_realview.boot.program import Program, Segment

MAGIC = b"\x7fELF"
_HEADER = struct.Struct("<16sHHIIIIIHHH")
_PROGRAM_HEADER = struct.Struct("<8I")
_CLASS_32, _LITTLE_ENDIAN, _EXECUTABLE, _ARM, _LOAD = 1, 1, 2, 40, 1
_KERNEL_SPACE = 0x80000000
"""No ARM kernel's PAGE_OFFSET (Linux, VMSPLIT_*) is below; each is a multiple of 256 MiB."""
_PAGE_OFFSET_MASK = 0xF0000000
_MOST_SEGMENTS = 64


def parse(name: str, data: bytes) -> Program:
    """Read the segments of a little-endian 32-bit ARM executable.

    A library for ELF trusts section tables, names and counts that a loader does not need; only the two kinds of header
    that describe segments are read here, and nothing of them is believed.
    """
    if len(data) < _HEADER.size:
        raise WorkloadError(f"{name} is damaged: it ends within its ELF header")
    identity, kind, machine, _, entry, table, _, _, _, entry_size, count = _HEADER.unpack_from(data)
    if identity[4] != _CLASS_32 or identity[5] != _LITTLE_ENDIAN or machine != _ARM:
        raise WorkloadError(f"{name} is no program for this machine: not a little-endian 32-bit ARM ELF file")
    if kind != _EXECUTABLE:
        raise WorkloadError(f"{name} is no executable ELF file (an object, a shared or position-independent one?)")
    if count > _MOST_SEGMENTS or entry_size < _PROGRAM_HEADER.size or table + count * entry_size > len(data):
        raise WorkloadError(f"{name} is damaged: its program headers are not inside the file, or too many")
    segments = []
    for index in range(count):
        header = _PROGRAM_HEADER.unpack_from(data, table + index * entry_size)
        kind, offset, _, physical, file_size, memory_size = header[:6]
        if kind != _LOAD or memory_size == 0:
            continue
        if file_size > memory_size or offset + file_size > len(data) or physical + memory_size > 1 << 32:
            raise WorkloadError(f"{name} is damaged: segment {index} has a wild size or place")
        segments.append(Segment(physical, memoryview(data)[offset : offset + file_size], memory_size))
    if not segments:
        raise WorkloadError(f"{name} has no segment to load")
    return _at_physical_addresses(Program(tuple(segments), entry))


def _at_physical_addresses(program: Program) -> Program:
    """Move a vmlinux, whose headers have virtual addresses only, to where its kernel runs before it maps itself."""
    lowest = min(segment.address for segment in program.segments)
    if lowest < _KERNEL_SPACE:
        return program
    page_offset = lowest & _PAGE_OFFSET_MASK
    segments = tuple(Segment(s.address - page_offset, s.data, s.size) for s in program.segments)
    entry = program.entry - page_offset if program.entry >= page_offset else program.entry
    return Program(segments, entry)
