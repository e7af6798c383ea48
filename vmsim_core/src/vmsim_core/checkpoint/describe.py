"""What a checkpoint holds, in a few lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vmsim_core.checkpoint.memory import KIND as RAM_KIND
from vmsim_core.checkpoint.restore import read_checkpoint
from vmsim_core.units import format_size, format_time


def describe(path: Path) -> Iterator[str]:
    """Yield the lines; raises CheckpointError for a checkpoint that is damaged or none."""
    checkpoint = read_checkpoint(path)
    index, sections = checkpoint.index, checkpoint.sections.values()
    machine = index.machine
    memory = sum(each.size for section in sections if section.kind == RAM_KIND for each in section.attachments.values())
    on_disk = sum(entry.size for entry in index.files.values())
    plugins = ", ".join(f"{name} {version}" for name, version in index.plugins.items())
    yield f"time           {format_time(index.tick)}"
    yield f"instructions   {index.instructions:,}"
    cores = "1 core" if machine.cores == 1 else f"{machine.cores} cores"
    yield f"board          {machine.platform}, {cores} ({machine.architecture})"
    yield f"memory         {format_size(machine.memory)}, of which {memory:,} bytes are in pages that are not zero"
    yield f"size on disk   {on_disk:,} bytes in {len(index.files)} files"
    yield f"format         version {index.format_version}"
    yield f"written by     {plugins}"
    yield f"sha256         {checkpoint.hash}"
    yield "sections"
    for section in sections:
        attached = "".join(f", {name} of {each.size:,} bytes" for name, each in section.attachments.items())
        yield f"  {section.path:<24} {section.kind} version {section.version}, {len(section.fields)} fields{attached}"
