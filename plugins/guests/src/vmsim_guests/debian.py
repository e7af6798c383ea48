"""Debian packages for another architecture, by apt's own methods, without touching the machine's package state.

apt verifies the archive's signatures and each package's hash. It is given state, cache and lock folders of its own;
which mirrors it asks is what the machine's administrator configured.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vmsim_guests.cache import Folder, Index, locked
from vmsim_guests.errors import GuestError
from vmsim_guests.messages import tell

ARCHITECTURE = "armhf"
TOOLS = ("apt-get", "apt-cache", "dpkg-deb")
INSTEAD = "or use files of your own with --kernel and --initrd"

_CONFIGURATION = """\
// The host's sources and mirrors, but no other part of its state.
#clear APT::Architectures;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "1";
Dir::State "{folder}/state";
Dir::State::lists "lists/";
Dir::State::status "/dev/null";
Dir::Cache "{folder}/cache";
Dir::Cache::archives "archives/";
Dir::Log "{folder}/log";
"""


class DebianArchive:
    """The Debian archive as this machine's apt sources describe it."""

    def __init__(self, root: Path, architecture: str = ARCHITECTURE) -> None:
        self._root = root
        self._architecture = architecture
        self._apt_folder = root / "apt"
        self._update_errors: str | None = None

    def package(self, name: str, *, fresh: bool = False) -> Package:
        """Return a package, downloaded if it is not in the cache yet."""
        folder = Folder(self._root, f"packages/{name}")
        index = folder.ensure(f"{name}:{self._architecture}", lambda work: self._download(name, work), fresh=fresh)
        (file_name,) = index.files
        return Package(name, folder, index, file_name)

    def newest_dependency(self, metapackage: str) -> str:
        """Return the package that a metapackage stands for at the moment."""
        self._update()
        show = self._run("apt-cache", "show", "--no-all-versions", metapackage)
        match = re.search(r"^Depends: ([^ ,]+)", show.stdout, re.MULTILINE)
        if match is None:
            raise self._unavailable(metapackage)
        return match.group(1)

    def download_with_dependencies(self, names: Sequence[str], folder: Path) -> list[Path]:
        """Put packages and all that they depend on into a folder; return their files in the order of their names."""
        self._update()
        tell(f"fetching Debian packages {', '.join(names)} and what they need ({self._architecture})")
        (folder / "partial").mkdir()
        options = ("--quiet=2", "--yes", "--download-only", "--no-install-recommends")
        result = self._run("apt-get", "install", *options, "-o", f"Dir::Cache::archives={folder}/", *names)
        if result.returncode != 0:
            raise self._unavailable(" ".join(names), result.stderr)
        return sorted(folder.glob("*.deb"))

    def _download(self, name: str, work: Path) -> str:
        self._update()
        tell(f"fetching Debian package {name} ({self._architecture})")
        result = self._run("apt-get", "download", "--quiet=2", name, folder=work)
        files = list(work.glob("*.deb"))
        if result.returncode != 0 or len(files) != 1:
            raise self._unavailable(name, result.stderr)
        # The version stands between the underscores; apt writes a colon in it as %3a.
        version = files[0].name.split("_")[1].replace("%3a", ":")
        return f"Debian package {name} {version}"

    def _update(self) -> None:
        """Bring the private package lists up to date, once; what is missing then shows when a package is asked for."""
        if self._update_errors is not None:
            return
        missing = [tool for tool in TOOLS if shutil.which(tool) is None]
        if missing:
            raise GuestError(
                f"cannot fetch Debian packages: {', '.join(missing)} not found; run this on a Debian machine, {INSTEAD}"
            )
        with self._locked():
            # One source without this architecture, or one mirror in the middle of its update, is no reason to give up.
            self._update_errors = self._run("apt-get", "update", "--quiet=2").stderr

    def _unavailable(self, name: str, errors: str = "") -> GuestError:
        # What went wrong with the lists explains most of what goes wrong later.
        complaints = re.findall(r"^(?:E: |W: (?=Failed))(.*)", f"{self._update_errors}\n{errors}", re.MULTILINE)
        reason = re.sub(r"\s+", " ", complaints[0]) if complaints else "apt's sources here do not have it"
        return GuestError(
            f"cannot fetch Debian package {name} ({self._architecture}): {reason}; "
            f"check the network and apt's sources (Debian, with no architecture excluded), {INSTEAD}"
        )

    def _run(self, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        tool, *arguments = command
        configuration = self._apt_folder / "apt.conf"
        return subprocess.run(
            [tool, f"--config-file={configuration}", *arguments],
            cwd=folder,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with locked(self._root / "locks" / "apt", "package lists"):
            for part in ("state/lists/partial", "cache/archives/partial", "log"):
                (self._apt_folder / part).mkdir(parents=True, exist_ok=True)
            configuration = _CONFIGURATION.format(architecture=self._architecture, folder=self._apt_folder)
            # Renamed into place: an apt of another process may be reading it.
            temporary = self._apt_folder / "apt.conf.new"
            temporary.write_text(configuration)
            temporary.rename(self._apt_folder / "apt.conf")
            yield


class Package:
    """A downloaded Debian package."""

    def __init__(self, name: str, folder: Folder, index: Index, file_name: str) -> None:
        self.name = name
        self.origin = index.origin
        self._folder = folder
        self._index = index
        self._file_name = file_name

    def extract(self, pattern: str, target: Path) -> None:
        """Write the first regular file whose name in the package matches the expression."""
        path = self._folder.verified(self._index, self._file_name)
        command = ["dpkg-deb", "--fsys-tarfile", str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            found = _extract_first(process.stdout, pattern, target)
            process.kill()
        if not found:
            raise GuestError(f"{path}: no file like {pattern} in the package; delete {path.parent} to fetch it anew")


def _extract_first(stream: IO[bytes], pattern: str, target: Path) -> bool:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if member.isfile() and re.fullmatch(pattern, member.name):
                content = archive.extractfile(member)
                assert content is not None
                with target.open("wb") as file:
                    shutil.copyfileobj(content, file)
                return True
    return False
