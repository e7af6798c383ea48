"""Disk images: the contents of a guest's disk or card, by default under a copy-on-write overlay.

The image file is never changed unless the description says so: what the guest writes is kept in memory, block by
block, and goes into checkpoints.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Annotated, Literal

from pydantic import model_validator

from vmsim_core.component import HOST_SIDE
from vmsim_core.device import DeviceParams
from vmsim_core.errors import CheckpointError, VmsimError
from vmsim_core.runs import to_runs
from vmsim_core.section import Section
from vmsim_core.units import MemorySize, format_size

SECTOR = 512
"""The unit in which drives and cards count, in bytes; a disk is a whole number of them."""
BLOCK = 4096
"""The unit in which an overlay is kept, in bytes."""
_ZERO_BLOCK = bytes(BLOCK)
_HASHED_AT_ONCE = 1 << 20


class DiskError(Exception):
    """The host could not read or keep a block; the guest's drive reports a medium error."""


class DiskParams(DeviceParams):
    """Where the contents of a device's disk come from."""

    image: Path | None = None
    """The image file; without one and without a size there is no medium."""
    size: Annotated[MemorySize | None, HOST_SIDE] = None
    """Size of the medium, in whole sectors of 512 bytes: a blank one, or the image with zeros after its end."""
    writes: Annotated[Literal["overlay", "image"], HOST_SIDE] = "overlay"
    """``overlay``: what the guest writes ends with the run (or goes into checkpoints); ``image``: it is written to the
    image file at once."""
    overlay_limit: Annotated[MemorySize, HOST_SIDE] = 1 << 30
    """The most that the guest may write in memory; beyond it, writes fail as on a broken medium."""

    @model_validator(mode="after")
    def _check_medium(self) -> DiskParams:
        if self.writes == "image" and self.image is None:
            raise ValueError("writes: image needs an image to write to")
        if self.size is not None and (self.size == 0 or self.size % SECTOR):
            raise ValueError(f"a size of {self.size} bytes is no whole number of sectors of {SECTOR} bytes")
        return self

    @property
    def has_medium(self) -> bool:
        """Whether there is a disk at all."""
        return self.image is not None or self.size is not None


class DiskImage:
    """`size` bytes that a guest reads and writes, a whole number of sectors."""

    def __init__(self, params: DiskParams) -> None:
        """Open the image; raises VmsimError when that is not possible, naming the file.

        A device whose parameters have no medium makes no DiskImage.
        """
        self._limit = params.overlay_limit // BLOCK
        self._overlay: dict[int, bytes] = {}
        self._content_hash: str | None = None
        self._in_place = params.writes == "image"
        self._file = None if params.image is None else _open(params.image, self._in_place)
        self._file_size = 0 if self._file is None else os.fstat(self._file.fileno()).st_size
        self.size = params.size or self._file_size
        if reason := self._why_unusable():
            self.close()
            raise VmsimError(f"{params.image} {reason}")

    def _why_unusable(self) -> str:
        if self.size < self._file_size:
            return f"is larger than the size of {format_size(self.size)} that is given for it"
        if self._in_place and self.size > self._file_size:
            return f"is smaller than the size of {format_size(self.size)}; enlarge the file"
        if self.size == 0 or self.size % SECTOR:
            return (
                f"has {self.size} bytes, no whole number of sectors of {SECTOR} bytes; enlarge the file or give a size"
            )
        return ""

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes from `offset` on; raises ValueError outside the disk, DiskError if the host fails."""
        self._check(offset, size)
        first, last = offset // BLOCK, (offset + size + BLOCK - 1) // BLOCK
        blocks = b"".join(self._block(number) for number in range(first, last))
        start = offset - first * BLOCK
        return blocks[start : start + size]

    def write(self, offset: int, data: bytes) -> None:
        """Write at `offset`; raises ValueError outside the disk, DiskError if the data cannot be kept."""
        self._check(offset, len(data))
        if self._in_place:
            self._write_to_file(offset, data)
            return
        done = 0
        while done < len(data):
            number, start = divmod(offset + done, BLOCK)
            step = min(BLOCK - start, len(data) - done)
            old = self._block(number) if step < BLOCK else _ZERO_BLOCK
            if number not in self._overlay and len(self._overlay) >= self._limit:
                raise DiskError(f"the guest has written more than {format_size(self._limit * BLOCK)}")
            self._overlay[number] = old[:start] + data[done : done + step] + old[start + step :]
            done += step

    def serialize(self, section: Section) -> None:
        """Write what identifies the image, and what the guest has written over it; raises CheckpointError if the image
        cannot be read."""
        numbers = sorted(self._overlay)
        section.put("disk.size", self.size, "bytes")
        section.put("disk.image_sha256", self.content_hash())
        section.put("disk.overlay_runs", to_runs(numbers), "first block of 4096 bytes, number of blocks")
        section.attach("overlay", b"".join(self._overlay[number] for number in numbers))

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError when the image under it is another one, or what was
        written over it cannot be taken."""
        if section.get_int("disk.size") != self.size:
            raise CheckpointError(
                f"{section.path}: the disk had {format_size(section.get_int('disk.size'))}, "
                f"this one has {format_size(self.size)}"
            )
        if section.get_str("disk.image_sha256") != self.content_hash():
            raise CheckpointError(
                f"{section.path}: the disk image is not the one that the checkpoint was taken with; "
                "give the image as it was then"
            )
        numbers = self._block_numbers(section)
        if numbers and self._in_place:
            raise CheckpointError(
                f"{section.path}: the checkpoint holds what the guest wrote over the image; "
                "restore it with writes: overlay"
            )
        data = section.attached("overlay", len(numbers) * BLOCK)
        if len(data) != len(numbers) * BLOCK:
            raise CheckpointError(f"{section.path}: the overlay does not have its {len(numbers)} blocks")
        self._overlay = {number: data[index * BLOCK : (index + 1) * BLOCK] for index, number in enumerate(numbers)}

    def content_hash(self) -> str:
        """Return the SHA-256 of the image under the overlay: of its blocks that are not all zero, with their numbers.

        So a sparse file, and one with zeros at its end, is the same as the disk sees it. Raises CheckpointError if the
        image cannot be read.
        """
        if self._content_hash is None or self._in_place:
            self._content_hash = self._hash()
        return self._content_hash

    def reset(self) -> None:
        """Forget what the guest wrote to the overlay: power-on finds the image as it is."""
        self._overlay.clear()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def _check(self, offset: int, size: int) -> None:
        if offset < 0 or size < 0 or offset + size > self.size:
            raise ValueError(f"{size} bytes at {offset} are not inside the disk of {self.size} bytes")

    def _block(self, number: int) -> bytes:
        if number in self._overlay:
            return self._overlay[number]
        return self._read_file(number * BLOCK, BLOCK)

    def _read_file(self, offset: int, size: int) -> bytes:
        if self._file is None or offset >= self._file_size:
            return bytes(size)
        try:
            return os.pread(self._file.fileno(), size, offset).ljust(size, b"\0")
        except OSError as error:
            raise DiskError(f"{self._file.name}: {error.strerror}") from None

    def _write_to_file(self, offset: int, data: bytes) -> None:
        assert self._file is not None
        try:
            written = os.pwrite(self._file.fileno(), data, offset)
        except OSError as error:
            raise DiskError(f"{self._file.name}: {error.strerror}") from None
        if written != len(data):
            raise DiskError(f"{self._file.name}: the host's disk is full")

    def _hash(self) -> str:
        digest = hashlib.sha256()
        try:
            for start, data in self._chunks():
                for offset in range(0, len(data), BLOCK):
                    block = data[offset : offset + BLOCK]
                    if block != _ZERO_BLOCK:
                        digest.update(((start + offset) // BLOCK).to_bytes(8, "little") + block)
        except DiskError as error:
            raise CheckpointError(str(error)) from None
        return digest.hexdigest()

    def _chunks(self) -> Iterator[tuple[int, bytes]]:
        """Yield the file's contents with their offsets, in whole blocks, without most of a sparse file's holes."""
        position = 0
        while self._file is not None and position < self._file_size:
            try:
                data_at = os.lseek(self._file.fileno(), position, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:  # nothing but a hole follows
                    return
                raise DiskError(f"{self._file.name}: {error.strerror}") from None
            position = data_at - data_at % BLOCK
            yield position, self._read_file(position, _HASHED_AT_ONCE)
            position += _HASHED_AT_ONCE

    def _block_numbers(self, section: Section) -> list[int]:
        runs = section.get_ints("disk.overlay_runs")
        if len(runs) % 2:
            raise CheckpointError(f"{section.path}: the overlay's blocks are not pairs of a number and a count")
        numbers: list[int] = []
        end = 0
        for first, count in zip(runs[::2], runs[1::2], strict=True):
            if first < end or count < 1 or (first + count - 1) * BLOCK >= self.size:
                raise CheckpointError(f"{section.path}: the overlay's blocks are not inside the disk")
            end = first + count
            if len(numbers) + count > self._limit:
                raise CheckpointError(f"{section.path}: the overlay is larger than {format_size(self._limit * BLOCK)}")
            numbers += range(first, end)
        return numbers


def _open(file: Path, writable: bool) -> FileIO:
    try:
        # A pipe would wait for its other end, and a device file says no size.
        if not stat.S_ISREG(file.stat().st_mode):
            raise VmsimError(f"{file} is no regular file; name a disk image")
        stream = FileIO(file, "r+" if writable else "r")
    except OSError as error:
        raise VmsimError(f"{file}: {error.strerror}; name a disk image") from None
    try:
        # Two runs may read one image, but not while one of them writes to it.
        fcntl.flock(stream, (fcntl.LOCK_EX if writable else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise VmsimError(f"{file}: another run has it in use, to write to it; end that run or use a copy") from None
    return stream
