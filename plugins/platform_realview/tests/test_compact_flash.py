"""The CompactFlash socket: the bus, the card in it or none, and checkpoints in the middle of a transfer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ata_testing as ata
import pytest
from ata_testing import give, issue, take
from hypothesis import given
from hypothesis import strategies as st
from realview_testing import (
    any_guest,
    check_any_guest,
    interrupts,
    make_copy,
    make_device,
    restore_checkpoint,
    take_checkpoint,
)
from vmsim_core.disk_image import SECTOR
from vmsim_core.errors import CheckpointError, VmsimError
from vmsim_platform_realview.compact_flash import CompactFlash

DATA, ERROR, COUNT, LOW, MID, HIGH, DEVICE, STATUS = range(0, 16, 2)
CONTROL = 0x100
SECTORS = 300


def make_card(**params: Any) -> CompactFlash:
    return make_device(CompactFlash, **{"size": SECTORS * SECTOR, **params})


@pytest.fixture
def image(tmp_path: Path) -> Path:
    file = tmp_path / "card.img"
    file.write_bytes(bytes(range(256)) * 2 * SECTORS)
    return file


# --- the bus --------------------------------------------------------------------------------------------------------


def test_registers_are_two_bytes_apart() -> None:
    card = make_card()
    for offset in (COUNT, LOW, MID, HIGH):
        card.write(offset, 1, 0x80 + offset)
    card.write(DEVICE, 1, 0xE5)
    assert [card.read(offset, 1) for offset in (COUNT, LOW, MID, HIGH, DEVICE)] == [0x84, 0x86, 0x88, 0x8A, 0xE5]
    assert card.read(COUNT, 2) == 0x84
    # A word is two registers next to each other; the upper byte of neither is connected.
    assert card.read(COUNT, 4) == 0x0086_0084
    card.write(MID, 4, 0x1234_5678)
    assert (card.read(MID, 1), card.read(HIGH, 1)) == (0x78, 0x34)
    assert card.read(STATUS, 1) == card.read(CONTROL, 1) == ata.READY


@pytest.mark.parametrize("size", [1, 2, 4])
def test_width_of_a_data_access(image: Path, size: int) -> None:
    card = make_card(image=image, size=None)
    assert card.drive is not None
    card.write(COUNT, 1, 1)
    card.write(DEVICE, 1, ata.LBA)
    card.write(LOW, 1, 7)
    card.write(STATUS, 1, ata.READ)
    per_sector = SECTOR // max(size, 2)
    values = [card.read(DATA, size) for _ in range(per_sector)]
    assert card.read(STATUS, 1) == ata.READY
    # A byte access moves a word too; its upper half is lost.
    expected = bytes(range(256)) * 2 if size > 1 else bytes(range(0, 256, 2)) * 2
    assert b"".join(value.to_bytes(size, "little") for value in values) == expected
    card.write(LOW, 1, 9)
    card.write(COUNT, 1, 1)
    card.write(STATUS, 1, ata.WRITE)
    for index in range(per_sector):
        card.write(DATA, size, 0x0403_0201 + index & ((1 << 8 * size) - 1))
    assert card.read(STATUS, 1) == ata.READY
    start = {1: "0100020003000400", 2: "0102020203020402", 4: "0102030402020304"}[size]
    assert card.drive.disk.read(9 * SECTOR, 8).hex() == start


@pytest.mark.parametrize(("offset", "size"), [(1, 1), (0x10, 2), (0xFE, 2), (0x102, 1), (0x104, 4), (0xFFC, 4)])
def test_what_is_not_there(offset: int, size: int) -> None:
    card = make_card()
    assert card.read(offset, size) == 0
    card.write(offset, size, 0xFF)
    assert card.undefined_accesses.value == 2 * (2 if size == 4 else 1)


def test_the_interrupt_is_the_drive_s() -> None:
    card = make_card()
    card.write(STATUS, 1, ata.FLUSH)
    assert interrupts(card)
    card.write(CONTROL, 1, 0x02)
    assert not interrupts(card)


# --- the card -------------------------------------------------------------------------------------------------------


def test_an_empty_socket() -> None:
    """Nobody waits for a card that is not there: it is not busy, and keeps nothing."""
    socket = make_device(CompactFlash)
    for offset in (COUNT, LOW):
        socket.write(offset, 1, 0x55)
        assert socket.read(offset, 1) == 0x7F
    socket.write(STATUS, 1, ata.IDENTIFY)
    assert socket.read(STATUS, 1) == socket.read(CONTROL, 1) == 0x7F
    assert socket.read(DATA, 2) == 0xFF7F
    assert socket.read(DATA, 4) == 0xFF7F_FF7F
    assert not interrupts(socket)
    assert socket.undefined_accesses.value == 0


def test_writes_to_the_image(image: Path) -> None:
    before = image.read_bytes()
    for writes, changed in (("overlay", False), ("image", True)):
        card = make_card(image=image, size=None, writes=writes)
        assert card.drive is not None
        issue(card.drive, ata.WRITE, 1, 2)
        give(card.drive, b"new " * 128)
        issue(card.drive, ata.READ, 1, 2)
        assert take(card.drive) == b"new " * 128
        after = image.read_bytes()
        assert after == (before[: 2 * SECTOR] + b"new " * 128 + before[3 * SECTOR :] if changed else before)
        card.drive.disk.close()


def test_an_image_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(VmsimError, match=r"missing\.img: No such file"):
        make_card(image=tmp_path / "missing.img", size=None)


# --- any guest, and checkpoints -------------------------------------------------------------------------------------

Access = tuple[bool, int, int, int, int]

COMMANDS = sorted({value for name, value in vars(ata).items() if name.isupper() and isinstance(value, int)})
WRITES = [ata.WRITE, ata.WRITE_EXT, ata.WRITE_MULTIPLE, ata.WRITE_MULTIPLE_EXT]
TRANSFERS = [*WRITES, ata.READ, ata.READ_EXT, ata.READ_MULTIPLE, ata.READ_MULTIPLE_EXT, ata.IDENTIFY, ata.SET_MULTIPLE]
anything = st.tuples(
    st.booleans(), st.sampled_from([1, 2, 4]), st.integers(0, 0xFFF), st.integers(0, 0xFFFF_FFFF), st.just(1)
)
registers = st.tuples(
    st.just(True),
    st.just(1),
    st.sampled_from([*range(ERROR, STATUS + 2, 2), CONTROL]),
    st.sampled_from([0, 1, 2, 4, 0x80, ata.DEVICE_1, *COMMANDS]),
    st.just(1),
)


@st.composite
def transfers(draw: st.DrawFn) -> list[Access]:
    """A command with a sound address, and some accesses to the data register, often as many as it needs."""
    command = draw(st.sampled_from(TRANSFERS))
    setup = [
        *((COUNT, value) for value in draw(st.sampled_from([(0, 1), (0, 2), (0, 5), (1, 0)]))),
        *((LOW, value) for value in (0, draw(st.integers(0, 255)))),
        *((offset, 0) for offset in (MID, MID, HIGH, HIGH)),
        (DEVICE, ata.LBA),
        (STATUS, command),
    ]
    size, times = draw(st.sampled_from([(4, 128), (4, 130), (2, 256), (2, 7), (1, 513), (4, 640)]))
    data = [(command in WRITES, size, DATA, draw(st.integers(0, (1 << 8 * size) - 1)), 0)] * times
    return [(True, 1, offset, value, 0) for offset, value in setup] + data


guests = st.lists(transfers() | anything.map(lambda one: [one]) | registers.map(lambda one: [one]), max_size=12)


@any_guest
@given(guests, st.booleans())
def test_any_guest(sequence: list[list[Access]], card: bool) -> None:
    device = make_card(overlay_limit="8KiB") if card else make_device(CompactFlash)
    check_any_guest(device, [access for accesses in sequence for access in accesses])


@pytest.mark.parametrize("command", [ata.READ_MULTIPLE, ata.WRITE_MULTIPLE])
@pytest.mark.parametrize("moved", [0, 2, SECTOR, 5 * SECTOR + 30])
def test_checkpoint_in_the_middle_of_a_transfer(image: Path, command: int, moved: int) -> None:
    card = make_card(image=image, size=None)
    assert card.drive is not None
    reading = command == ata.READ_MULTIPLE
    data = bytes(range(255, -1, -1)) * 2 * 6
    issue(card.drive, ata.SET_MULTIPLE, 4)
    issue(card.drive, command, 6, 3)
    if reading:
        take(card.drive, moved)
    else:
        give(card.drive, data[:moved])
    twin = make_copy(card)
    for each in (card, twin):
        assert each.drive is not None
        if reading:
            assert take(each.drive, 6 * SECTOR - moved) == (bytes(range(256)) * 12)[moved:]
        else:
            give(each.drive, data[moved:])
            assert each.drive.disk.read(3 * SECTOR, 6 * SECTOR) == data
        assert each.read(STATUS, 1) == ata.READY
    assert take_checkpoint(card.system) == take_checkpoint(twin.system)


def test_checkpoint_with_another_image_is_refused(image: Path, tmp_path: Path) -> None:
    checkpoint = take_checkpoint(make_card(image=image, size=None).system)
    moved, other = tmp_path / "moved.img", tmp_path / "other.img"
    moved.write_bytes(image.read_bytes())
    restore_checkpoint(make_card(image=moved, size=None).system, checkpoint)
    other.write_bytes(image.read_bytes()[::-1])
    with pytest.raises(CheckpointError, match="not the one that the checkpoint was taken with"):
        restore_checkpoint(make_card(image=other, size=None).system, checkpoint)
