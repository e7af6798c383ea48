"""The user's cache of guests: folders that appear whole, hold an index of SHA-256 sums, and are verified when used.

A folder and its index are made under a temporary name and renamed into place together, so no process ever sees half of
one. One lock file for each folder keeps two processes from making the same thing twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from vmsim_guests.errors import GuestError
from vmsim_guests.messages import tell

INDEX_NAME = "index.json"
INDEX_VERSION = 1


def cache_root() -> Path:
    """Return the folder for guests in the user's cache; it need not exist."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification: a relative path in the variable is to be ignored.
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return root / "vmsim" / "guests"


@dataclass(frozen=True)
class Entry:
    """What the index says about one file."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Index:
    """What a folder of the cache holds, where it came from, and a fingerprint of the recipe that made it."""

    origin: str
    fingerprint: str
    files: dict[str, Entry]

    def to_text(self) -> str:
        """Return the index as JSON."""
        document = {
            "version": INDEX_VERSION,
            "origin": self.origin,
            "fingerprint": self.fingerprint,
            "files": {name: asdict(entry) for name, entry in sorted(self.files.items())},
        }
        return json.dumps(document, indent=2) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Index:
        """Read an index; ValueError, KeyError or TypeError when it is none."""
        document = json.loads(text)
        if document["version"] != INDEX_VERSION:
            raise ValueError(f"version {document['version']}")
        files = {name: Entry(**entry) for name, entry in document["files"].items()}
        return cls(document["origin"], document["fingerprint"], files)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def locked(lock_file: Path, purpose: str) -> Iterator[None]:
    """Hold an exclusive lock; say so once if another process has it."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(f"waiting for another vmsim that is making {purpose}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Folder:
    """One folder of the cache: all files of one guest recipe, or one Debian package."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.path = root / name
        flat_name = name.replace("/", "-")
        self._lock_file = root / "locks" / flat_name
        self._work = root / "tmp" / flat_name

    def index(self) -> Index | None:
        """Return what is recorded, or None when the folder is not there or was written by another version."""
        try:
            return Index.from_text((self.path / INDEX_NAME).read_text())
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def ensure(self, fingerprint: str, make: Callable[[Path], str], *, fresh: bool = False) -> Index:
        """Return the index of a folder that this recipe made; `make` fills a new folder and returns its origin."""
        with locked(self._lock_file, self.name):
            index = self.index()
            if index is not None and index.fingerprint == fingerprint and not fresh:
                return index
            with self._workspace() as work:
                origin = make(work)
                index = Index(origin, fingerprint, _entries(work))
                (work / INDEX_NAME).write_text(index.to_text())
                self._publish()
            return index

    def verified(self, index: Index, file_name: str) -> Path:
        """Return the path of a file that is still what the index says."""
        path = self.path / file_name
        entry = index.files.get(file_name)
        if entry is None or not path.is_file():
            raise GuestError(f"{path}: the file is missing from the cache; delete {self.path} to have it made again")
        if path.stat().st_size != entry.size or sha256_of(path) != entry.sha256:
            raise GuestError(
                f"{path}: damaged, its SHA-256 is not the recorded one; delete {self.path} to have it made again"
            )
        return path

    @contextmanager
    def _workspace(self) -> Iterator[Path]:
        # The lock is held, so whatever is here was left by a process that was killed.
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True)
        try:
            yield self._work
        finally:
            shutil.rmtree(self._work, ignore_errors=True)

    def _publish(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        replaced = self._work.with_name(self._work.name + ".replaced")
        shutil.rmtree(replaced, ignore_errors=True)
        if self.path.exists():
            self.path.rename(replaced)
        self._work.rename(self.path)
        shutil.rmtree(replaced, ignore_errors=True)


def _entries(folder: Path) -> dict[str, Entry]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): Entry(sha256_of(path), path.stat().st_size) for path in files}
