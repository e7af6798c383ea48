"""File trees as cpio archives, which the kernel unpacks one over the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vmsim_guests.cpio import CpioArchive

EXECUTABLE = 0o755
PLAIN = 0o644


def add_tree(
    archive: CpioArchive, folder: Path, target: str, wanted: Callable[[str], bool] = lambda name: True
) -> None:
    """Add what is in a folder of the host; `wanted` is asked with each path inside it.

    A relative link that leads out of the folder becomes the file that it stands for.
    """
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if not wanted(inside):
            continue
        if path.is_symlink() and not _leads_out(path, folder):
            archive.add_symlink(f"{target}/{inside}", str(path.readlink()))
        elif path.is_dir():
            archive.add_directory(f"{target}/{inside}")
        elif path.is_file():
            mode = EXECUTABLE if path.stat().st_mode & 0o100 else PLAIN
            archive.add_file(f"{target}/{inside}", path.read_bytes(), mode)


def _leads_out(link: Path, folder: Path) -> bool:
    target = link.readlink()
    return not target.is_absolute() and not (link.parent / target).resolve().is_relative_to(folder.resolve())
