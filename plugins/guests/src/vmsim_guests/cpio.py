"""A writer of cpio archives in the "newc" format, the one the kernel unpacks as an initramfs.

The same entries always give the same bytes: names sorted, times zero, inodes counted.
The format is described in Documentation/driver-api/early-userspace/buffer-format.rst of the kernel.
"""

from __future__ import annotations

import gzip
import stat
from dataclasses import dataclass
from pathlib import PurePosixPath

ALIGNMENT = 4


@dataclass(frozen=True)
class _Entry:
    mode: int
    content: bytes = b""
    device: tuple[int, int] = (0, 0)


class CpioArchive:
    """A file tree, owned by root, to be written as one archive."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def add_directory(self, path: str, mode: int = 0o755) -> None:
        """Add a directory and its parents; adding it again is fine."""
        name = self._prepared(path)
        if name and not self._is_directory(name):
            self._insert(name, _Entry(stat.S_IFDIR | mode))

    def add_file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Add a regular file."""
        self._insert(self._prepared(path), _Entry(stat.S_IFREG | mode, content))

    def add_symlink(self, path: str, target: str) -> None:
        """Add a symbolic link."""
        self._insert(self._prepared(path), _Entry(stat.S_IFLNK | 0o777, target.encode()))

    def add_character_device(self, path: str, major: int, minor: int, mode: int = 0o600) -> None:
        """Add a character device node."""
        self._insert(self._prepared(path), _Entry(stat.S_IFCHR | mode, device=(major, minor)))

    def to_bytes(self) -> bytes:
        """Return the archive."""
        # Sorted names put a directory before what is in it, as the kernel needs it.
        parts = [_record(number, name, entry) for number, (name, entry) in enumerate(sorted(self._entries.items()), 1)]
        parts.append(_record(0, "TRAILER!!!", _Entry(0)))
        return b"".join(parts)

    def to_gzip(self) -> bytes:
        """Return the archive compressed, without a time in the header."""
        return gzip.compress(self.to_bytes(), compresslevel=9, mtime=0)

    def _prepared(self, path: str) -> str:
        """Return the name as the archive spells it, its parent directories added."""
        pure = PurePosixPath("/") / path
        if ".." in pure.parts:
            raise ValueError(f"{path}: a path in an archive may not hold '..'")
        for parent in reversed(pure.parents[:-1]):
            name = str(parent).lstrip("/")
            if not self._is_directory(name):
                self._insert(name, _Entry(stat.S_IFDIR | 0o755))
        return str(pure).lstrip("/")

    def _insert(self, name: str, entry: _Entry) -> None:
        if not name:
            raise ValueError("the root of an archive is always a directory")
        if name in self._entries:
            raise ValueError(f"/{name} is in the archive already")
        self._entries[name] = entry

    def _is_directory(self, name: str) -> bool:
        entry = self._entries.get(name)
        return entry is not None and stat.S_ISDIR(entry.mode)


def _record(inode: int, name: str, entry: _Entry) -> bytes:
    encoded_name = name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (
        inode,
        entry.mode,
        0,  # user
        0,  # group
        links,
        0,  # modification time
        len(entry.content),
        0,  # device of the archive, major
        0,  # and minor
        *entry.device,
        len(encoded_name),
        0,  # no checksum in this format
    )
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + encoded_name) + _padded(entry.content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGNMENT)
