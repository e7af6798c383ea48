"""Our side of the server: the distributions as if installed there, the tests, the system descriptions, the guests."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

from vmsim_guests.cache import cache_root
from vmsim_guests.cpio import CpioArchive
from vmsim_guests.errors import GuestError
from vmsim_guests.messages import tell
from vmsim_guests.registry import find_guest
from vmsim_guests.store import GuestStore

from armserver.base import PROJECT, ROOT, SITE, Base
from armserver.bytecode import add_bytecode
from armserver.modules import compiled_modules, distributions
from armserver.tree import add_tree

WORK = "work"
"""The project's folder in the server, where commands run: tests and systems at their places, sources installed."""
GUESTS = ("busybox", "busybox-stress", "hello", "realview")
"""With each comes the rest of its folder in the cache. What cannot be had here is missing there."""
CONSOLE_SCRIPT = b"#!/usr/bin/python3\nfrom vmsim_core.cli import main\n\nmain()\n"
NOT_INSTALLED = (".so", ".egg-info", ".pyc")
INFORMATION = ("METADATA", "entry_points.txt")


def project_archive(base: Base) -> bytes:
    """Return everything of ours as a cpio archive."""
    archive = CpioArchive()
    for path, content in compiled_modules(base).items():
        archive.add_file(f"{SITE}/{path}", content)
    for folder in distributions():
        _install(archive, folder, with_bytecode=base.same_python)
    archive.add_file("usr/bin/vmsim", CONSOLE_SCRIPT, mode=0o755)
    _add_tests(archive, with_bytecode=base.same_python)
    _add_guests(archive)
    return archive.to_bytes()


def _install(archive: CpioArchive, folder: Path, *, with_bytecode: bool) -> None:
    """Add one distribution: what its wheel would hold, less the compiled modules."""
    sources = folder / "src"
    made_by_cython = {
        path.relative_to(sources).as_posix()
        for path in sources.rglob("*.c")
        if path.with_suffix(".pyx").exists() or path.with_suffix(".py").exists()
    }
    add_tree(archive, sources, SITE, lambda name: _is_installed(name) and name not in made_by_cython)
    if with_bytecode:
        add_bytecode(archive, sources, SITE, ROOT / "bytecode", _is_installed)
    name = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"]
    distribution = metadata.distribution(name)
    for file in INFORMATION:
        text = distribution.read_text(file)
        if text is not None:
            target = f"{SITE}/{name.replace('-', '_')}-{distribution.version}.dist-info"
            archive.add_file(f"{target}/{file}", text.encode())


def _is_installed(name: str) -> bool:
    return not name.endswith(NOT_INSTALLED) and ".egg-info/" not in name and "__pycache__" not in name


def _add_tests(archive: CpioArchive, *, with_bytecode: bool) -> None:
    for name in ("conftest.py", "pyproject.toml"):
        archive.add_file(f"{WORK}/{name}", (PROJECT / name).read_bytes())
    tests = [folder / "tests" for folder in distributions()]
    for folder in (PROJECT / "systems", PROJECT / "tests", PROJECT / "tools", *tests):
        target = f"{WORK}/{folder.relative_to(PROJECT).as_posix()}"
        add_tree(archive, folder, target, _is_installed)
        if with_bytecode:
            add_bytecode(archive, folder, target, ROOT / "bytecode", _is_installed)


def _add_guests(archive: CpioArchive) -> None:
    store = GuestStore()
    folders = set()
    for name in GUESTS:
        try:
            store.path(name)
            folders.add(find_guest(name).folder)
        except GuestError as error:
            tell(f"the ARM server has no guest {name}: {error}")
    for folder in sorted(folders):
        add_tree(archive, cache_root() / folder, f"root/.cache/vmsim/guests/{folder}")
