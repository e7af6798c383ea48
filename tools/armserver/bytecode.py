"""Python's byte code, compiled here: the emulated server would need ten times as long."""

from __future__ import annotations

import hashlib
import importlib.util
import py_compile
from collections.abc import Callable
from pathlib import Path

from vmsim_guests.cpio import CpioArchive


def add_bytecode(
    archive: CpioArchive, folder: Path, target: str, cache: Path, wanted: Callable[[str], bool] = lambda name: True
) -> None:
    """Add the byte code of all Python sources in a folder, which is at `target` in the server.

    It is marked as never to be checked against the source, since the files in the archive have no times.
    """
    cache.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder).as_posix()
        if not wanted(inside):
            continue
        code = compiled(path, f"/{target}/{inside}".replace("//", "/"), cache)
        if code is not None:
            name = importlib.util.cache_from_source(path.name)
            archive.add_file(f"{target}/{Path(inside).parent.as_posix()}/{name}", code)


def compiled(source: Path, name: str, cache: Path) -> bytes | None:
    """Return the byte code of a file that has the given name in the server; None for one that is no Python."""
    magic = importlib.util.MAGIC_NUMBER
    kept = cache / hashlib.sha256(magic + name.encode() + b"\0" + source.read_bytes()).hexdigest()
    if not kept.exists():
        try:
            py_compile.compile(
                str(source),
                str(kept),
                dfile=name,
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except (py_compile.PyCompileError, SyntaxError):
            return None
    return kept.read_bytes()
