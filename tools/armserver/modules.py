"""The compiled modules of our distributions for aarch64: Cython's C files through a cross compiler.

ziglang, which the workspace has for its guests, is one: Clang with the C library's headers and symbols of any version.
What was made is kept by a hash of what it was made from.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from vmsim_guests.messages import tell

from armserver.base import PROJECT, ROOT, Base

GLIBC = "2.36"
"""Of Debian 12; a later one runs what was linked against it."""
FLAGS = (
    *("-target", f"aarch64-linux-gnu.{GLIBC}", "-shared", "-fPIC", "-O2", "-g0", "-s"),
    *("-DNDEBUG", "-fwrapv", "-fno-sanitize=all", "-w"),
)
OBJECTS = ROOT / "objects"
LISTING = """\
import json, runpy, setuptools
modules = []
setuptools.setup = lambda *, ext_modules: modules.extend(ext_modules)
runpy.run_path("setup.py")
print(json.dumps([[module.name, module.sources, module.include_dirs] for module in modules]))
"""
"""What setup.py would compile; Cython writes those C files anew whose sources have changed."""


class CompileError(Exception):
    """Our own code does not compile: a fault of the project, and no lack of this host."""


def compiled_modules(base: Base) -> dict[str, bytes]:
    """Return the shared objects by their paths in the site's folder."""
    folders = distributions()
    declarations = _hash(path for folder in folders for path in folder.glob("src/**/*.pxd"))
    names = {name: kept for folder in folders for name, kept in _distribution(folder, declarations, base).items()}
    suffix = f"cpython-{base.python.replace('.', '')}-aarch64-linux-gnu.so"
    return {f"{name.replace('.', '/')}.{suffix}": (OBJECTS / kept).read_bytes() for name, kept in names.items()}


def distributions() -> list[Path]:
    """Return the folders of our distributions, the core first."""
    return [PROJECT / "vmsim_core", *sorted(path.parent for path in PROJECT.glob("plugins/*/pyproject.toml"))]


def _distribution(folder: Path, declarations: str, base: Base) -> dict[str, str]:
    """Return the names of a distribution's modules and of the files they are kept in, compiled where sources are new.

    `declarations` stands for the .pxd files of all distributions.
    """
    if not (folder / "setup.py").exists():
        return {}
    sources = [folder / "setup.py", *folder.glob("src/**/*.pyx"), *folder.glob("src/**/*.py")]
    key = _hash(
        path for path in sources if path.suffix == ".pyx" or path.with_suffix(".pxd").exists() or path == sources[0]
    )
    list_file = OBJECTS / f"{_digest(key, declarations, base.python, *FLAGS)}.json"
    if not list_file.exists():
        names = _make_distribution(folder, base)
        temporary = list_file.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(names))
        temporary.rename(list_file)
    names = json.loads(list_file.read_text())
    assert isinstance(names, dict)
    return names


def _make_distribution(folder: Path, base: Base) -> dict[str, str]:
    result = subprocess.run([sys.executable, "-c", LISTING], cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise CompileError(f"{folder.name}: setup.py failed:\n{result.stderr[-2000:]}")
    commands: dict[Path, list[str]] = {}
    names = {}
    for name, (source,), include_folders in json.loads(result.stdout.splitlines()[-1]):
        include = [
            f"-I{path}" for path in (base.headers, base.headers.parent, *(folder / path for path in include_folders))
        ]
        names[name] = f"{_digest(_hash([folder / source]), base.python, *FLAGS)}.so"
        if not (OBJECTS / names[name]).exists():
            commands[OBJECTS / names[name]] = [*include, str(folder / source)]
    OBJECTS.mkdir(parents=True, exist_ok=True)
    if commands:
        tell(f"compiling {len(commands)} modules of {folder.name} for aarch64")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(_compile, commands, commands.values()))
    return names


def _compile(target: Path, arguments: list[str]) -> None:
    # Renamed into place: a process that is killed leaves no half of an object.
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", str(temporary), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise CompileError(f"{arguments[-1]} cannot be compiled for aarch64:\n{result.stderr[-2000:]}")
    temporary.rename(target)


def _hash(files: Iterable[Path]) -> str:
    return _digest(*(_digest(str(path)) + _digest(path.read_bytes()) for path in sorted(files)))


def _digest(*parts: str | bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part if isinstance(part, bytes) else part.encode()).digest())
    return whole.hexdigest()
