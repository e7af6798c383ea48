"""The server's initial file system: the base, our side and the command, one archive after the other in one file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vmsim_guests.cpio import CpioArchive

from armserver.base import Base, base
from armserver.machine import Server, command_file
from armserver.project import WORK, project_archive

INIT = Path(__file__).with_name("init")


@contextmanager
def boot(
    command: Sequence[str],
    files: Mapping[str, bytes],
    environment: Mapping[str, str],
    *,
    timeout: float,
    output: IO[bytes] | None = None,
) -> Iterator[Server]:
    """Run a server for a command, its environment and further files; see `Server` and `write_image`."""
    parts = base()
    with tempfile.TemporaryDirectory(prefix="arm-server-") as name:
        image = Path(name) / "image"
        write_image(parts, command_file(command, environment), files, image)
        with Server(parts.kernel, image, timeout=timeout, output=output) as server:
            yield server


def write_image(base: Base, command: bytes, files: Mapping[str, bytes], target: Path) -> None:
    """Write what boots; `files` are further ones by their paths in the server, relative ones in its folder /work."""
    last = CpioArchive()
    last.add_file("init", INIT.read_bytes(), mode=0o755)
    last.add_file("run/command", command)
    last.add_directory(WORK)
    for path, content in files.items():
        last.add_file(path if path.startswith("/") else f"{WORK}/{path}", content)
    with base.archive.open("rb") as source, target.open("wb") as image:
        shutil.copyfileobj(source, image)
        image.write(project_archive(base))
        image.write(last.to_bytes())
