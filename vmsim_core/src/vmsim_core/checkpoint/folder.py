"""The folder of a checkpoint: it appears complete or not at all, and nothing that is read from one is believed unseen.

A checkpoint is written in a hidden folder beside its place and renamed when every file is on the disk. What a killed
process leaves behind is such a hidden folder; the next one that writes there takes it away.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import zstandard

from vmsim_core.checkpoint.index import INDEX_FILE, FileEntry, Index, index_text, parse_index
from vmsim_core.errors import CheckpointError

_COMPRESSION_LEVEL = 1
_COMPRESSION_THREADS = 2
_MAX_INDEX_SIZE = 4 << 20
_MAX_TEXT_SIZE = 256 << 20


class FolderWriter:
    """Writes the files of a checkpoint that is going to be `place`; leaving the context unpublished removes them."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.files: dict[str, FileEntry] = {}
        beside = _where_to_write(place.parent)
        self._partial = beside / f".{place.parent.name}-{place.name}.partial-{os.getpid()}"
        self._lock = -1

    def __enter__(self) -> FolderWriter:
        _remove_leftovers(self._partial.parent, f".{self.place.parent.name}-")
        self._partial.mkdir()
        self._lock = os.open(self._partial, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        shutil.rmtree(self._partial, ignore_errors=True)
        os.close(self._lock)

    def write(self, name: str, content: bytes) -> None:
        """Write a file and see it on the disk; raises OSError."""
        if name in self.files:
            raise CheckpointError(f"two files of the checkpoint would be called {name}")
        self._write(name, content)
        self.files[name] = FileEntry(size=len(content), sha256=hashlib.sha256(content).hexdigest())

    def write_compressed(self, name: str, content: bytes) -> None:
        """Write a file, compressed."""
        compressor = zstandard.ZstdCompressor(level=_COMPRESSION_LEVEL, threads=_COMPRESSION_THREADS)
        self.write(name, compressor.compress(content))

    def publish(self, index: Index) -> None:
        """Write the index and let the checkpoint appear, in place of an older one of that name."""
        self._write(INDEX_FILE, index_text(index))
        os.fsync(self._lock)
        replaced = self._partial.with_name(f"{self._partial.name}-replaced")
        if self.place.exists():
            self.place.rename(replaced)
        self._partial.rename(self.place)
        _sync(self.place.parent)
        shutil.rmtree(replaced, ignore_errors=True)

    def _write(self, name: str, content: bytes) -> None:
        with (self._partial / name).open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())


@dataclass(frozen=True)
class Compressed:
    """An attachment that is read and unpacked when it is asked for."""

    folder: FolderReader
    file: str
    size: int

    def read(self) -> bytes:
        """Return the data; raises CheckpointError, which does not name the folder, when there are not `size` bytes."""
        content = self.folder.read(self.file)
        try:
            # The header's own word on the size is checked before anything is unpacked.
            if zstandard.frame_content_size(content) == self.size:
                return zstandard.ZstdDecompressor().decompress(content, max_output_size=self.size)
        except zstandard.ZstdError:
            pass
        raise CheckpointError(f"{self.file} is not {self.size} compressed bytes")


class FolderReader:
    """A checkpoint's folder, opened for reading; every byte that it gives out has the hash that the index says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir():
            raise CheckpointError(f"{path} is no checkpoint: there is no such folder")
        if not os.path.lexists(path / INDEX_FILE):
            raise CheckpointError(f"{path} is no checkpoint: it has no {INDEX_FILE}{_checkpoints_in(path)}")
        self.index, self.hash = parse_index(self._read(INDEX_FILE, _MAX_INDEX_SIZE), str(path))

    def verify(self) -> None:
        """Read everything once; raises CheckpointError for the first file that is missing or damaged, or is strange."""
        found = {entry.name for entry in os.scandir(self.path)}
        for name in sorted(found - set(self.index.files) - {INDEX_FILE}):
            raise CheckpointError(f"{self.path} is damaged: it has a file {name} that its index does not know")
        for name in self.index.files:
            self.read(name)

    def read(self, name: str) -> bytes:
        """Return a file's content; raises CheckpointError when it is not what the index says."""
        entry = self.index.files.get(name)
        if entry is None:
            raise CheckpointError(f"{self.path} is damaged: its index knows no file {name}")
        content = self._read(name, entry.size)
        if len(content) != entry.size:
            raise CheckpointError(
                f"{self.path} is damaged: {name} has {len(content)} bytes instead of {entry.size}: truncated?"
            )
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise CheckpointError(f"{self.path} is damaged: {name} does not have the content that the index states")
        return content

    def text(self, name: str) -> bytes:
        """Return the content of a file that is text, of bearable size."""
        if name in self.index.files and self.index.files[name].size > _MAX_TEXT_SIZE:
            raise CheckpointError(f"{self.path}: {name} is too large")
        return self.read(name)

    def attachment(self, file: str, size: int) -> Compressed:
        """Return the attachment in `file`, unpacked of `size` bytes."""
        return Compressed(self, file, size)

    def _read(self, name: str, at_most: int) -> bytes:
        """Return a regular file's content; of a longer one a byte more than `at_most`."""
        try:
            # A link or a pipe in a folder that somebody sends us must lead nowhere and wait for nobody.
            number = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            raise CheckpointError(f"{self.path} is damaged: {name} is missing") from None
        except OSError as error:
            raise CheckpointError(f"{self.path}: {name} cannot be read: {error.strerror}") from None
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise CheckpointError(f"{self.path}: {name} is no regular file")
        with os.fdopen(number, "rb") as stream:
            try:
                return stream.read(at_most + 1)
            except OSError as error:
                raise CheckpointError(f"{self.path}: {name} cannot be read: {error.strerror}") from None


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let errors in what a checkpoint says begin with its path."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None


def _checkpoints_in(path: Path) -> str:
    inside = sorted(each.name for each in path.iterdir() if (each / INDEX_FILE).exists())
    return f"; there are checkpoints in it, the last is {path / inside[-1]}" if inside else ""


def _where_to_write(folder: Path) -> Path:
    """Return where a checkpoint that goes into `folder` is written: beside it, so that it holds checkpoints only.

    On another file system nothing could be renamed into it; then it is `folder` itself.
    """
    beside = folder.absolute().parent
    if beside.stat().st_dev == folder.stat().st_dev and os.access(beside, os.W_OK):
        return beside
    return folder


def _remove_leftovers(folder: Path, prefix: str) -> None:
    """Remove what processes that do not live any more have begun."""
    for leftover in folder.glob(f"{prefix}*.partial-*"):
        with suppress(OSError):
            number = os.open(leftover, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(leftover, ignore_errors=True)
            finally:
                os.close(number)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
