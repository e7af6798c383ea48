"""What it takes to make a folder of the cache, and the recipes that only need Debian packages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vmsim_guests.compiler import SIMCTL, GuestTool
from vmsim_guests.debian import DebianArchive
from vmsim_guests.errors import GuestError
from vmsim_guests.initramfs import build_initramfs, write_initramfs
from vmsim_guests.messages import tell
from vmsim_guests.resources import fingerprint, resource

BUSYBOX_PACKAGE = "busybox-static"
INITRAMFS_NAME = "initramfs.cpio"


@dataclass(frozen=True)
class Kitchen:
    """What a recipe may use."""

    root: Path
    """The root of the cache, for package downloads and work that is not part of the result."""
    archive: DebianArchive
    fresh: bool
    """Fetch packages again even if the cache has them."""


class Recipe(Protocol):
    """Makes all files of one folder in the cache."""

    def fingerprint(self) -> str:
        """Return a text that changes when the recipe would make something else."""

    def make(self, kitchen: Kitchen, work: Path) -> str:
        """Write the files into `work` and return where they came from."""


@dataclass(frozen=True)
class DebianKernel:
    """The zImage and the configuration of the newest kernel that a Debian metapackage stands for, unmodified."""

    metapackage: str

    def fingerprint(self) -> str:
        """Depend on the name alone: a kernel once fetched stays until a fresh one is asked for."""
        return fingerprint(self.metapackage.encode())

    def make(self, kitchen: Kitchen, work: Path) -> str:
        """Take both files out of the package."""
        name = kitchen.archive.newest_dependency(self.metapackage)
        package = kitchen.archive.package(name, fresh=kitchen.fresh)
        package.extract(r"\./boot/vmlinuz-.*", work / "zImage")
        package.extract(r"\./boot/config-.*", work / "config")
        return package.origin


@dataclass(frozen=True)
class BusyboxInitramfs:
    """An initramfs of a static busybox, one of the init scripts of this package, and tools such as simctl."""

    script: str
    tools: tuple[GuestTool, ...] = (SIMCTL,)

    def fingerprint(self) -> str:
        """Depend on the script, on the tools, and on the code that lays the archive out."""
        layout = resource("cpio.py").read_bytes(), resource("initramfs.py").read_bytes()
        return fingerprint(self._init(), *layout, *(tool.fingerprint() for tool in self.tools))

    def make(self, kitchen: Kitchen, work: Path) -> str:
        """Write it uncompressed: the guest would need twenty million instructions more to unpack it."""
        busybox, origin = busybox_binary(kitchen.archive, fresh=kitchen.fresh)
        tools = compiled(self.tools, work)
        write_initramfs(build_initramfs(busybox, self._init(), tools=tools), work / INITRAMFS_NAME)
        return origin

    def _init(self) -> bytes:
        return resource("scripts", self.script).read_bytes()


def busybox_binary(archive: DebianArchive, *, fresh: bool = False) -> tuple[bytes, str]:
    """Return Debian's static busybox and where it came from."""
    package = archive.package(BUSYBOX_PACKAGE, fresh=fresh)
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "busybox"
        package.extract(r"\./(usr/)?bin/busybox", binary)
        return binary.read_bytes(), package.origin


def compiled(tools: Iterable[GuestTool], work: Path) -> dict[str, bytes]:
    """Return tools by their guest paths, compiled in the folder `work`; without a compiler none, which is said."""
    programs = {}
    for tool in tools:
        try:
            programs[tool.path] = tool.make(work)
        except GuestError as error:
            tell(f"an initial file system without /{tool.path}: {error}")
    return programs
