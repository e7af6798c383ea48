"""Builders of initial RAM file systems: a busybox, an init script, and whatever a user adds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from vmsim_guests.cpio import CpioArchive
from vmsim_guests.errors import GuestError
from vmsim_guests.resources import resource

BUSYBOX = "bin/busybox"
EMPTY_DIRECTORIES = ("dev", "proc", "root", "sys", "tmp")
EXECUTABLE_BITS = 0o111
NO_TOOLS: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True)
class Addition:
    """A file of the host and where it goes in the guest."""

    source: Path
    target: str

    @classmethod
    def parse(cls, text: str) -> Addition:
        """Read HOSTFILE:GUESTPATH."""
        source, colon, target = text.rpartition(":")
        if not colon or not source or not target.strip("/"):
            raise GuestError(f"--add {text}: expected HOSTFILE:GUESTPATH, such as ./tool:/bin/tool")
        return cls(Path(source), target)


def build_initramfs(
    busybox: bytes, init: bytes, additions: Iterable[Addition] = (), tools: Mapping[str, bytes] = NO_TOOLS
) -> CpioArchive:
    """Return a file system with busybox, its shell as /bin/sh, /init, tools by their guest paths, and the additions."""
    archive = CpioArchive()
    for directory in EMPTY_DIRECTORIES:
        archive.add_directory(directory)
    # The kernel opens it for /init before anything is mounted.
    archive.add_character_device("dev/console", 5, 1)
    archive.add_file(BUSYBOX, busybox, 0o755)
    # One link is enough: Debian's static busybox finds its other commands by itself. Each link would cost the guest
    # some ten thousand instructions.
    archive.add_symlink("bin/sh", "busybox")
    archive.add_file("init", init, 0o755)
    for path, content in tools.items():
        archive.add_file(path, content, 0o755)
    for addition in additions:
        _add(archive, addition)
    return archive


def _add(archive: CpioArchive, addition: Addition) -> None:
    try:
        content = addition.source.read_bytes()
        mode = 0o755 if addition.source.stat().st_mode & EXECUTABLE_BITS else 0o644
    except OSError as error:
        raise GuestError(f"--add {addition.source}: {error.strerror}; name a regular file") from error
    try:
        archive.add_file(addition.target, content, mode)
    except ValueError as error:
        raise GuestError(f"--add {addition.source}:{addition.target}: {error}; choose another guest path") from error


def read_init(script: Path | None) -> bytes:
    """Return a user's init script, or the one that gives a shell."""
    if script is None:
        return resource("scripts", "init").read_bytes()
    try:
        return script.read_bytes()
    except OSError as error:
        raise GuestError(f"--init {script}: {error.strerror}; name a script or a program") from error


def write_initramfs(archive: CpioArchive, output: Path) -> None:
    """Write the archive, compressed if the name ends in .gz; the file appears whole or not at all."""
    content = archive.to_gzip() if output.suffix == ".gz" else archive.to_bytes()
    temporary = output.with_name(f".{output.name}.new")
    try:
        temporary.write_bytes(content)
        temporary.rename(output)
    except OSError as error:
        raise GuestError(f"{output}: {error.strerror}; choose another place with -o") from error
