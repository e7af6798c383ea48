"""Disk images: contents, the overlay, the file, and checkpoints."""

from __future__ import annotations

import os
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from vmsim_core.disk_image import BLOCK, SECTOR, DiskError, DiskImage, DiskParams
from vmsim_core.errors import CheckpointError, VmsimError
from vmsim_core.section import Field, Section

PATTERN = bytes(range(1, 252)) * 200
SIZE = 5 * BLOCK + SECTOR
"""Of the images here: the last block is a part of one."""

writes = st.lists(st.tuples(st.integers(0, SIZE - 1), st.binary(max_size=2 * BLOCK + 7)), max_size=8)


def make_params(**params: Any) -> DiskParams:
    return DiskParams.model_validate({"at": 0, **params})


def make_disk(**params: Any) -> DiskImage:
    return DiskImage(make_params(**params))


def save(disk: DiskImage) -> Section:
    section = Section("disk", "disk")
    disk.serialize(section)
    return section


@pytest.fixture
def image(tmp_path: Path) -> Path:
    file = tmp_path / "disk.img"
    file.write_bytes(PATTERN[:SIZE])
    return file


# --- contents -------------------------------------------------------------------------------------------------------


def apply(disk: DiskImage, expected: bytearray, sequence: list[tuple[int, bytes]]) -> None:
    """Make the same writes to the disk and to what it is expected to hold."""
    for offset, data in sequence:
        data = data[: disk.size - offset]
        disk.write(offset, data)
        expected[offset : offset + len(data)] = data


@settings(deadline=None, max_examples=60)
@given(sequence=writes, reads=st.lists(st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)), max_size=5))
@pytest.mark.parametrize("kind", ["blank", "overlay", "longer", "image"])
def test_a_disk_is_so_many_bytes(
    tmp_path_factory: pytest.TempPathFactory, kind: str, sequence: list[tuple[int, bytes]], reads: list[tuple[int, int]]
) -> None:
    file = tmp_path_factory.mktemp("disk") / "disk.img"
    content = b"" if kind == "blank" else PATTERN[: SIZE - 3 * SECTOR - 100] if kind == "longer" else PATTERN[:SIZE]
    file.write_bytes(content)
    params: dict[str, dict[str, Any]] = {
        "blank": {"size": SIZE},
        "overlay": {"image": file},
        "longer": {"image": file, "size": SIZE},
        "image": {"image": file, "writes": "image"},
    }
    disk = make_disk(**params[kind])
    expected = bytearray(content.ljust(SIZE, b"\0"))
    assert disk.size == SIZE
    apply(disk, expected, sequence)
    for offset, size in reads:
        size = min(size, SIZE - offset)
        assert disk.read(offset, size) == expected[offset : offset + size]
    assert disk.read(0, SIZE) == expected
    # The file holds what was written if that was asked for, and otherwise what it held before.
    assert file.read_bytes() == (expected if kind == "image" else content)
    disk.close()


@pytest.mark.parametrize(("offset", "size"), [(-1, 1), (0, SIZE + 1), (SIZE, 1), (SIZE - 1, 2), (1 << 70, 1), (0, -1)])
def test_nothing_outside_the_disk(offset: int, size: int) -> None:
    disk = make_disk(size=SIZE)
    with pytest.raises(ValueError, match="not inside the disk"):
        disk.read(offset, size)
    if size >= 0:
        with pytest.raises(ValueError, match="not inside the disk"):
            disk.write(offset, bytes(size))


def test_power_on_finds_the_image_as_it_is(image: Path) -> None:
    disk = make_disk(image=image)
    disk.write(100, b"guest")
    disk.reset()
    assert disk.read(0, SIZE) == PATTERN[:SIZE]


# --- sizes and files ------------------------------------------------------------------------------------------------


def test_whether_there_is_a_medium(image: Path) -> None:
    assert not make_params().has_medium
    assert make_params(image=image).has_medium
    assert make_params(size="1MiB").has_medium


@pytest.mark.parametrize(
    ("params", "mistake"),
    [
        ({"size": 0}, "no whole number of sectors"),
        ({"size": 1000}, "no whole number of sectors"),
        ({"writes": "image", "size": 512}, "needs an image"),
        ({"writes": "never"}, "overlay"),
    ],
)
def test_mistaken_parameters(params: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValidationError, match=mistake):
        make_params(**params)


def test_a_huge_blank_disk_costs_nothing() -> None:
    disk = make_disk(size=1 << 80)
    disk.write((1 << 80) - 5, b"abcde")
    assert disk.read((1 << 80) - 6, 6) == b"\0abcde"


@pytest.mark.parametrize(
    ("size", "params", "mistake"),
    [
        (SIZE, {"size": SIZE - SECTOR}, "larger than the size"),
        (SIZE, {"size": SIZE + SECTOR, "writes": "image"}, "smaller than the size"),
        (SIZE + 1, {}, "no whole number of sectors"),
        (0, {}, "no whole number of sectors"),
    ],
)
def test_images_that_do_not_fit(image: Path, size: int, params: dict[str, Any], mistake: str) -> None:
    os.truncate(image, size)
    with pytest.raises(VmsimError, match=mistake) as refused:
        make_disk(image=image, **params)
    assert str(image) in str(refused.value)
    # The refused one holds no lock.
    os.truncate(image, SIZE)
    make_disk(image=image, writes="image").close()


def test_files_that_are_no_image(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, reason in [("missing", "No such file"), ("pipe", "no regular file"), (".", "no regular file")]:
        with pytest.raises(VmsimError, match=f"{reason}.*; name a disk image"):
            make_disk(image=tmp_path / name)


def test_an_image_that_is_written_has_one_user(image: Path) -> None:
    readers = [make_disk(image=image), make_disk(image=image)]
    with pytest.raises(VmsimError, match="another run has it in use"):
        make_disk(image=image, writes="image")
    for reader in readers:
        reader.close()
    writer = make_disk(image=image, writes="image")
    with pytest.raises(VmsimError, match="another run has it in use"):
        make_disk(image=image)
    writer.close()
    make_disk(image=image).close()


# --- the limits of the host -----------------------------------------------------------------------------------------


def test_an_overlay_has_a_limit() -> None:
    disk = make_disk(size=16 * BLOCK, overlay_limit=2 * BLOCK)
    disk.write(0, b"first")
    disk.write(9 * BLOCK, b"second")
    with pytest.raises(DiskError, match="more than 8KiB"):
        disk.write(5 * BLOCK, b"third")
    disk.write(10, b"what is there can be changed")
    assert disk.read(5 * BLOCK, 5) == bytes(5)
    assert disk.read(9 * BLOCK, 6) == b"second"


def test_a_host_whose_disk_is_full(image: Path) -> None:
    disk = make_disk(image=image, writes="image")
    disk._file = FileIO("/dev/full", "r+")
    with pytest.raises(DiskError, match="No space left"):
        disk.write(0, b"data")


def test_a_host_that_cannot_read(image: Path) -> None:
    disk = make_disk(image=image)
    assert disk._file is not None
    folder = os.open(image.parent, os.O_RDONLY)
    os.dup2(folder, disk._file.fileno())
    os.close(folder)
    with pytest.raises(DiskError, match="Is a directory"):
        disk.read(0, 1)
    with pytest.raises(CheckpointError, match="Is a directory"):
        save(disk)


# --- checkpoints ----------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(before=writes, after=writes)
def test_a_checkpoint_holds_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, before: list[tuple[int, bytes]], after: list[tuple[int, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("disk")
    image, moved = folder / "disk.img", folder / "moved.img"
    for file in (image, moved):
        file.write_bytes(PATTERN[:SIZE])
    expected = bytearray(PATTERN[:SIZE])
    disk = make_disk(image=image)
    apply(disk, expected, before)
    section = save(disk)
    apply(disk, bytearray(expected), after)
    # The image may have moved, and the new disk's own past does not matter.
    other = make_disk(image=moved)
    apply(other, bytearray(expected), after)
    other.deserialize(section)
    assert other.read(0, SIZE) == expected
    assert save(other) == section


def test_what_a_checkpoint_says() -> None:
    disk = make_disk(size=64 * BLOCK)
    assert save(disk).attachments == {}
    for number in (3, 4, 5, 9):
        disk.write(number * BLOCK, bytes([number]))
    section = save(disk)
    assert section.get_ints("disk.overlay_runs") == [3, 3, 9, 1]
    assert section.attachments["overlay"].size == 4 * BLOCK


@pytest.mark.parametrize("hole", [False, True])
def test_how_an_image_is_stored_does_not_matter(tmp_path: Path, hole: bool) -> None:
    """An image with holes, one with zeros there, and one with its end left out are the same to the guest."""
    size = 9 << 20
    content = bytearray(size)
    content[3 << 20 : (3 << 20) + 5] = b"hello"
    content[5000:5005] = b"there"
    dense, other = tmp_path / "dense.img", tmp_path / "other.img"
    dense.write_bytes(content)
    with other.open("wb") as file:
        for start in (5000, 3 << 20):
            file.seek(start)
            file.write(content[start : start + 5])
        if hole:
            file.truncate(size)
    make_disk(image=other, size=size).deserialize(save(make_disk(image=dense)))


def test_another_image_is_refused(image: Path, tmp_path: Path) -> None:
    disk = make_disk(image=image)
    disk.write(0, b"guest")
    section = save(disk)
    other = tmp_path / "other.img"
    other.write_bytes(PATTERN[: SIZE - 1] + b"?")
    refusing = make_disk(image=other)
    refusing.write(0, b"kept")
    with pytest.raises(CheckpointError, match="disk: the disk image is not the one"):
        refusing.deserialize(section)
    assert refusing.read(0, 4) == b"kept"
    with pytest.raises(CheckpointError, match="the disk had 20992B, this one has 21KiB"):
        make_disk(image=image, size=SIZE + SECTOR).deserialize(section)


def test_an_image_that_was_written_since_is_refused(image: Path) -> None:
    disk = make_disk(image=image, writes="image")
    section = save(disk)
    disk.deserialize(section)
    disk.write(7, b"later")
    with pytest.raises(CheckpointError, match="give the image as it was then"):
        disk.deserialize(section)


def test_an_overlay_cannot_be_put_over_an_image_that_is_written(image: Path) -> None:
    disk = make_disk(image=image)
    unwritten = save(disk)
    disk.write(7, b"over it")
    section = save(disk)
    disk.close()
    in_place = make_disk(image=image, writes="image")
    in_place.deserialize(unwritten)
    with pytest.raises(CheckpointError, match="restore it with writes: overlay"):
        in_place.deserialize(section)


@pytest.mark.parametrize(
    ("runs", "data", "mistake"),
    [
        ([0], 1, "not pairs"),
        ([5, 1], 1, "not inside the disk"),
        ([4, 2], 2, "not inside the disk"),
        ([-1, 1], 1, "not inside the disk"),
        ([0, 0], 0, "not inside the disk"),
        ([0, -1], 0, "not inside the disk"),
        ([1, 1, 0, 1], 2, "not inside the disk"),
        ([1, 2, 2, 1], 3, "not inside the disk"),
        ([0, 1 << 60], 1, "not inside the disk"),
        ([0, 4], 4, "larger than 12KiB"),
        ([0, 2, 3, 2], 4, "larger than 12KiB"),
        ([0, 2], 1, "does not have its 2 blocks"),
        ([0, 2], 0, "does not have its 2 blocks"),
        ([0, 1], 2, "more than the 4096"),
    ],
)
def test_hostile_checkpoints(runs: list[int], data: int, mistake: str) -> None:
    disk = make_disk(size=5 * BLOCK, overlay_limit=3 * BLOCK)
    disk.write(0, b"kept")
    section = save(make_disk(size=5 * BLOCK))
    section.fields["disk.overlay_runs"] = Field(runs)
    section.attach("overlay", b"x" * BLOCK * data)
    with pytest.raises(CheckpointError, match=mistake):
        disk.deserialize(section)
    assert disk.read(0, 4) == b"kept"


def test_only_what_the_guest_sees_is_the_identity(image: Path) -> None:
    one = make_params(image=image, size="1MiB")
    other = make_params(image=image, overlay_limit="1MiB", writes="image")
    assert one.identity() == other.identity()
