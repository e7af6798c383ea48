"""What the server has before vmsim comes: Debian's kernel and Python for arm64, and the wheels from PyPI."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from vmsim_guests.cache import Folder, cache_root
from vmsim_guests.cpio import CpioArchive
from vmsim_guests.debian import DebianArchive
from vmsim_guests.errors import GuestError
from vmsim_guests.messages import tell

from armserver.bytecode import add_bytecode
from armserver.tree import add_tree

PROJECT = Path(__file__).parents[2]
ROOT = cache_root().with_name("arm-server")
"""Beside the guests in the user's cache."""

OUR_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

PACKAGES = ("python3", "python3-libfdt", "busybox-static", "libstdc++6")
"""pylibfdt has no wheel for aarch64, so it is Debian's."""
KERNEL = "linux-image-cloud-arm64"
MODULES = ("virtio_ring", "virtio", "virtio_mmio", "virtio_console")
"""In the order in which they are loaded."""
SITE = "usr/lib/python3/dist-packages"
UNUSED = re.compile(
    r"usr/share/(doc|man|locale|lintian|perl5)/.*|.*\.(a|h|hpp)|.*/(idlelib|lib2to3|ensurepip|turtledemo)/.*"
)


@dataclass(frozen=True)
class Base:
    """The parts that change only with their packages."""

    kernel: Path
    archive: Path
    """The file tree as an uncompressed cpio archive."""
    headers: Path
    """The folder of Python.h."""
    python: str
    """Its version, as in 3.11."""

    @property
    def same_python(self) -> bool:
        """Whether our own Python writes its byte code."""
        return self.python == OUR_PYTHON


def base() -> Base:
    """Return the base, fetched and packed when the cache has it not."""
    requirements = locked_requirements()
    code = b"".join(path.read_bytes() for path in (Path(__file__), Path(__file__).with_name("bytecode.py")))
    fingerprint = hashlib.sha256(code + requirements.encode()).hexdigest()
    folder = Folder(ROOT, "base")
    folder.ensure(fingerprint, lambda work: _make(requirements, work))
    path = folder.path
    (headers,) = path.glob("headers/python3.*")
    return Base(path / "Image", path / "base.cpio", headers, headers.name.removeprefix("python"))


def locked_requirements() -> str:
    """Return the wheels in the versions that this workspace has locked."""
    command = [
        "export",
        "--frozen",
        "--all-groups",
        "--no-emit-workspace",
        "--no-hashes",
        "--no-header",
        "--no-annotate",
    ]
    locked = _uv(*command, folder=PROJECT).splitlines()
    return "\n".join(line for line in locked if not line.startswith(("keystone-engine", "pylibfdt", *TOOLS))) + "\n"


TOOLS = (
    *("ast-serialize", "build", "copier", "cython", "grimp", "import-linter", "librt", "mypy", "pycodestyle"),
    *("ruff", "setuptools", "tokenize-rt", "types-", "ziglang"),
)
"""Of the workspace's requirements, those of development."""


def _uv(*arguments: str, folder: Path | None = None) -> str:
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise GuestError("uv is not there: run `make setup`, and this through `uv run`")
    result = subprocess.run([uv, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise GuestError(f"uv {arguments[0]} failed: {result.stderr.strip()}")
    return result.stdout


def _make(requirements: str, work: Path) -> str:
    debian = DebianArchive(ROOT, "arm64")
    root = work / "root"
    for package in debian.download_with_dependencies(PACKAGES, _folder(work / "debs")):
        _unpack(package, root)
    kernel = debian.newest_dependency(KERNEL)
    _take_kernel(debian, kernel, work)
    python = _take_headers(debian, work)
    tell("fetching wheels for aarch64")
    _install_wheels(requirements, python, root / SITE, work)
    tell("packing the base of the ARM server")
    archive = CpioArchive()
    add_tree(archive, root, "", wanted=lambda name: not UNUSED.fullmatch(name))
    for number, module in enumerate(MODULES):
        archive.add_file(f"lib/modules/{number}-{module}.ko", (work / f"{module}.ko").read_bytes())
    if python == OUR_PYTHON:
        add_bytecode(archive, root, "", ROOT / "bytecode", wanted=lambda name: not UNUSED.fullmatch(name))
    (work / "base.cpio").write_bytes(archive.to_bytes())
    for folder in ("root", "debs"):
        shutil.rmtree(work / folder)
    return f"{kernel}, Python {python}"


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _unpack(package: Path, target: Path) -> None:
    subprocess.run(["dpkg-deb", "-x", package, target], check=True)


def _take_kernel(debian: DebianArchive, name: str, work: Path) -> None:
    package = debian.package(name)
    package.extract(r"\./boot/vmlinuz-.*", work / "Image")
    for module in MODULES:
        package.extract(rf"\./(usr/)?lib/modules/.*/{module}\.ko", work / f"{module}.ko")


def _take_headers(debian: DebianArchive, work: Path) -> str:
    """Keep Python's C headers, and return its version."""
    name = debian.newest_dependency("libpython3-dev")
    folder = _folder(work / "development")
    for package in debian.download_with_dependencies([name], _folder(work / "development-debs")):
        if package.name.startswith(f"{name}_"):
            _unpack(package, folder)
    version = name.removeprefix("libpython").removesuffix("-dev")
    headers = _folder(work / "headers")
    shutil.copytree(folder / f"usr/include/python{version}", headers / f"python{version}")
    for architecture in folder.glob("usr/include/*-linux-gnu"):
        shutil.copytree(architecture, headers / f"python{version}" / architecture.name)
    shutil.rmtree(folder)
    shutil.rmtree(work / "development-debs")
    return version


def _install_wheels(requirements: str, python: str, target: Path, work: Path) -> None:
    (work / "requirements.txt").write_text(requirements)
    options = ("--python-platform", "aarch64-manylinux_2_28", "--python-version", python, "--only-binary", ":all:")
    _uv("pip", "install", "--no-deps", "--target", str(target), *options, "-r", str(work / "requirements.txt"))
