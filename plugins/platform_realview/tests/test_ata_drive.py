"""The ATA drive: its registers, commands and transfers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ata_testing as ata
import pytest
from ata_testing import failure, give, issue, issue_chs, take
from hypothesis import given
from hypothesis import strategies as st
from realview_testing import any_guest, make_device, make_system
from vmsim_core.disk_image import SECTOR, DiskImage, DiskParams
from vmsim_core.errors import CheckpointError, VmsimError
from vmsim_core.section import Field, Section, Value
from vmsim_platform_realview.ata_drive import AtaDrive
from vmsim_platform_realview.ata_identity import default_geometry
from vmsim_platform_realview.ata_task_file import (
    ALTERNATE_STATUS,
    COMMAND,
    DATA,
    DEVICE,
    DEVICE_CONTROL,
    ERROR,
    FEATURES,
    LBA_HIGH,
    LBA_LOW,
    LBA_MID,
    SECTOR_COUNT,
    STATUS,
)
from vmsim_platform_realview.compact_flash import CompactFlash

SECTORS = 2000
RESET, NO_INTERRUPT, HIGH_ORDER_BYTE = 0x04, 0x02, 0x80


def make_drive(sectors: int = SECTORS, **params: Any) -> AtaDrive:
    drive = make_device(CompactFlash, size=sectors * SECTOR, **params).drive
    assert drive is not None
    return drive


def fill(drive: AtaDrive, first: int, count: int) -> bytes:
    """Put sectors of known contents on the disk; return them."""
    data = b"".join((first + index).to_bytes(8, "little") * (SECTOR // 8) for index in range(count))
    drive.disk.write(first * SECTOR, data)
    return data


def interrupts(drive: AtaDrive) -> bool:
    device = drive.system.devices["device"]
    return device.irq.level


def words(drive: AtaDrive) -> list[int]:
    assert issue(drive, ata.IDENTIFY) == ata.READY | ata.DATA_REQUEST
    data = take(drive)
    assert failure(drive) == 0
    assert sum(data) & 0xFF == 0
    assert data[510] == 0xA5
    return [int.from_bytes(data[index : index + 2], "little") for index in range(0, SECTOR, 2)]


# --- registers ------------------------------------------------------------------------------------------------------


def test_power_on_shows_the_signature() -> None:
    drive = make_drive()
    assert [drive.read(register) for register in range(ERROR, STATUS)] == [1, 1, 1, 0, 0, 0]
    assert drive.read(STATUS) == drive.read(ALTERNATE_STATUS) == ata.READY
    assert not interrupts(drive)


def test_registers_keep_two_bytes() -> None:
    drive = make_drive()
    for register in range(SECTOR_COUNT, DEVICE):
        drive.write(register, 0x10 + register)
        drive.write(register, 0x20 + register)
    assert [drive.read(register) for register in range(SECTOR_COUNT, DEVICE)] == [0x22, 0x23, 0x24, 0x25]
    drive.write(DEVICE_CONTROL, HIGH_ORDER_BYTE)
    assert [drive.read(register) for register in range(SECTOR_COUNT, DEVICE)] == [0x12, 0x13, 0x14, 0x15]
    # A write to the command block shows the last byte again.
    drive.write(DEVICE, 0)
    assert [drive.read(register) for register in range(SECTOR_COUNT, DEVICE)] == [0x22, 0x23, 0x24, 0x25]


def test_reset_by_software() -> None:
    drive = make_drive()
    issue(drive, ata.SET_MULTIPLE, 8)
    issue(drive, ata.READ, 1)
    drive.write(DEVICE_CONTROL, RESET)
    assert drive.read(ALTERNATE_STATUS) == 0x80
    assert not interrupts(drive)
    # Nothing but the Device Control register answers.
    drive.write(SECTOR_COUNT, 0x55)
    drive.write(COMMAND, ata.DIAGNOSTIC)
    drive.write(DATA, 0)
    drive.write(DEVICE_CONTROL, 0)
    assert [drive.read(register) for register in range(ERROR, STATUS)] == [1, 1, 1, 0, 0, 0]
    assert drive.read(STATUS) == ata.READY
    assert issue(drive, ata.READ_MULTIPLE, 1) & ata.FAILED


def test_diagnostic_shows_the_signature() -> None:
    drive = make_drive()
    issue(drive, ata.READ, 1, 5)
    drive.write(DEVICE, ata.DEVICE_1)
    drive.write(COMMAND, ata.DIAGNOSTIC)
    assert interrupts(drive)
    assert drive.read(STATUS) == ata.READY
    assert [drive.read(register) for register in range(ERROR, STATUS)] == [1, 1, 1, 0, 0, 0]


def test_there_is_no_device_1() -> None:
    drive = make_drive()
    issue(drive, ata.READ, 1)
    drive.write(DEVICE_CONTROL, 0)
    drive.write(DEVICE, ata.DEVICE_1)
    assert drive.read(STATUS) == drive.read(ALTERNATE_STATUS) == 0
    assert drive.read(DATA) == 0
    # A command for it is ignored; device 0 goes on where it was.
    drive.write(COMMAND, ata.FLUSH)
    drive.write(DATA, 0)
    drive.write(DEVICE, 0)
    assert drive.read(STATUS) == ata.READY | ata.DATA_REQUEST
    assert drive.position == 0


def test_interrupt() -> None:
    drive = make_drive()
    drive.write(COMMAND, ata.FLUSH)
    assert interrupts(drive)
    assert drive.read(ALTERNATE_STATUS) == ata.READY
    assert interrupts(drive)
    drive.write(DEVICE_CONTROL, NO_INTERRUPT)
    assert not interrupts(drive)
    drive.write(DEVICE_CONTROL, 0)
    assert interrupts(drive)
    drive.write(DEVICE, ata.DEVICE_1)
    assert not interrupts(drive)
    drive.read(STATUS)
    drive.write(DEVICE, 0)
    assert interrupts(drive)
    drive.read(STATUS)
    assert not interrupts(drive)


def test_interrupts_of_transfers() -> None:
    drive = make_drive()
    drive.write(SECTOR_COUNT, 2)
    drive.write(DEVICE, ata.LBA)
    drive.write(LBA_LOW, 0)
    # Of a read before each block, of a write after each block.
    for command, expected in ((ata.READ, [True, True, False]), (ata.WRITE, [False, True, True])):
        drive.write(COMMAND, command)
        for index, level in enumerate(expected):
            assert interrupts(drive) == level
            drive.read(STATUS)
            if index < 2:
                take(drive) if command == ata.READ else give(drive, bytes(SECTOR))


# --- transfers ------------------------------------------------------------------------------------------------------


def test_read_and_write_by_all_addresses() -> None:
    drive = make_drive()
    data = fill(drive, 0, SECTORS)
    for number in (0, 1, 62, 63, 1007, 1008, SECTORS - 1):
        track, sector = divmod(number, 63)
        expected = data[number * SECTOR :][:SECTOR]
        issue(drive, ata.READ, 1, number)
        assert take(drive) == expected
        issue(drive, ata.READ_EXT, 1, number, extended=True)
        assert take(drive) == expected
        if number < 1 * 16 * 63:
            issue_chs(drive, ata.READ, 1, track // 16, track % 16, sector + 1)
            assert take(drive) == expected
    for command in (ata.WRITE, ata.WRITE_EXT):
        new = bytes([command]) * 3 * SECTOR
        issue(drive, command, 3, 100, extended=command == ata.WRITE_EXT)
        give(drive, new)
        assert failure(drive) == 0
        assert (
            drive.disk.read(99 * SECTOR, 5 * SECTOR)
            == data[99 * SECTOR :][:SECTOR] + new + data[103 * SECTOR :][:SECTOR]
        )
    assert (drive.sectors_read.value, drive.sectors_written.value) == (7 + 7 + 5, 6)


def test_a_48_bit_address_reaches_everything() -> None:
    drive = make_drive(1 << 48)
    for number in (1 << 28, 0x1234_5678_9ABC, (1 << 48) - 1):
        data = fill(drive, number, 1)
        assert issue(drive, ata.READ_EXT, 1, number, extended=True) == ata.READY | ata.DATA_REQUEST
        assert take(drive) == data
    with pytest.raises(VmsimError, match="more than an ATA drive can have"):
        make_drive((1 << 48) + 1)


def test_a_count_of_zero_is_the_largest() -> None:
    drive = make_drive(70000)
    issue(drive, ata.READ, 0)
    assert drive.sectors_left == 256
    issue(drive, ata.WRITE_EXT, 0, extended=True)
    assert drive.sectors_left == 65536


def test_translation_that_the_guest_sets() -> None:
    drive = make_drive()
    data = fill(drive, 0, SECTORS)
    drive.write(DEVICE, 4 - 1)
    drive.write(SECTOR_COUNT, 10)
    drive.write(COMMAND, ata.SET_TRANSLATION)
    assert failure(drive) == 0
    assert words(drive)[53:59] == [3, 50, 4, 10, 2000, 0]
    issue_chs(drive, ata.READ, 1, 3, 2, 10)
    assert take(drive) == data[(3 * 40 + 2 * 10 + 9) * SECTOR :][:SECTOR]
    for cylinder, head, sector in ((0, 0, 0), (0, 0, 11), (0, 4, 1), (50, 0, 1)):
        issue_chs(drive, ata.READ, 1, cylinder, head, sector)
        assert failure(drive) == ata.NOT_FOUND
    drive.write(SECTOR_COUNT, 0)
    drive.write(COMMAND, ata.SET_TRANSLATION)
    assert failure(drive) == ata.ABORTED


@pytest.mark.parametrize("command", [ata.READ, ata.READ_EXT, ata.WRITE, ata.WRITE_EXT, ata.VERIFY, ata.VERIFY_EXT])
def test_nothing_outside_the_disk(command: int) -> None:
    drive = make_drive()
    extended = command in (ata.READ_EXT, ata.WRITE_EXT, ata.VERIFY_EXT)
    for lba, count in ((SECTORS, 1), (SECTORS - 1, 2), (0x0FFF_FFFF, 0)):
        issue(drive, command, count, lba, extended=extended)
        assert failure(drive) == ata.NOT_FOUND
    issue(drive, command, 1, SECTORS - 1, extended=extended)
    assert not drive.read(STATUS) & ata.FAILED
    assert drive.read(ERROR) == 0


def test_blocks_of_several_sectors() -> None:
    drive = make_drive()
    data = fill(drive, 0, 8)
    for command in (ata.READ_MULTIPLE, ata.WRITE_MULTIPLE, ata.READ_MULTIPLE_EXT, ata.WRITE_MULTIPLE_EXT):
        issue(drive, command, 1)
        assert failure(drive) == ata.ABORTED
    issue(drive, ata.SET_MULTIPLE, 4)
    assert failure(drive) == 0
    assert words(drive)[59] == 0x104
    drive.write(SECTOR_COUNT, 6)
    drive.write(COMMAND, ata.READ_MULTIPLE)
    for expected in (data[: 4 * SECTOR], data[4 * SECTOR : 6 * SECTOR]):
        assert interrupts(drive)
        assert drive.read(STATUS) & ata.DATA_REQUEST
        assert take(drive, len(expected)) == expected
    assert not interrupts(drive)
    issue(drive, ata.WRITE_MULTIPLE_EXT, 6, 100, extended=True)
    give(drive, data[: 4 * SECTOR])
    assert interrupts(drive)
    assert drive.disk.read(100 * SECTOR, 4 * SECTOR) == data[: 4 * SECTOR]
    give(drive, data[4 * SECTOR : 6 * SECTOR])
    assert drive.disk.read(100 * SECTOR, 6 * SECTOR) == data[: 6 * SECTOR]
    issue(drive, ata.SET_MULTIPLE, 5)
    assert failure(drive) == ata.ABORTED
    assert words(drive)[59] == 0


def test_data_register_without_a_transfer() -> None:
    drive = make_drive()
    drive.write(DATA, 0x1234)
    assert drive.read(DATA) == 0
    issue(drive, ata.WRITE, 1)
    assert drive.read(DATA) == 0
    issue(drive, ata.READ, 1)
    drive.write(DATA, 0x1234)
    assert drive.position == 0


def test_a_command_ends_the_transfer_before_it() -> None:
    drive = make_drive()
    issue(drive, ata.WRITE, 1)
    give(drive, b"lost" * 100)
    issue(drive, ata.FLUSH)
    assert failure(drive) == 0
    give(drive, bytes(112))
    assert drive.disk.read(0, 4) == bytes(4)


def test_data_register_of_8_bits() -> None:
    drive = make_drive()
    data = fill(drive, 7, 1)
    issue(drive, ata.SET_FEATURES, features=0x01)
    issue(drive, ata.READ, 1, 7)
    assert bytes(drive.read(DATA) for _ in range(SECTOR)) == data
    issue(drive, ata.WRITE, 1, 8)
    for byte in data:
        drive.write(DATA, 0xFF00 | byte)
    assert failure(drive) == 0
    assert drive.disk.read(8 * SECTOR, SECTOR) == data
    issue(drive, ata.SET_FEATURES, features=0x81)
    issue(drive, ata.READ, 1, 8)
    assert take(drive) == data


@any_guest
@given(st.lists(st.tuples(st.sampled_from("rwRWmMeE"), st.integers(0, 59), st.integers(1, 20)), max_size=12), st.data())
def test_a_disk_holds_what_was_written(sequence: list[tuple[str, int, int]], contents: st.DataObject) -> None:
    drive = make_drive(60)
    expected = bytearray(60 * SECTOR)
    issue(drive, ata.SET_MULTIPLE, 4)
    commands = {"r": ata.READ, "w": ata.WRITE, "R": ata.READ_EXT, "W": ata.WRITE_EXT, "m": ata.READ_MULTIPLE,
                "M": ata.WRITE_MULTIPLE, "e": ata.READ_MULTIPLE_EXT, "E": ata.WRITE_MULTIPLE_EXT}  # fmt: skip
    for kind, first, count in sequence:
        count = min(count, 60 - first)
        part = slice(first * SECTOR, (first + count) * SECTOR)
        issue(drive, commands[kind], count, first, extended=kind in "RWeE")
        if kind in "rRme":
            assert take(drive, count * SECTOR) == expected[part]
        else:
            expected[part] = contents.draw(st.binary(min_size=16, max_size=16)) * (count * SECTOR // 16)
            give(drive, bytes(expected[part]))
        assert failure(drive) == 0
    assert drive.disk.read(0, 60 * SECTOR) == expected


# --- a host that fails ----------------------------------------------------------------------------------------------


def address(drive: AtaDrive) -> list[int]:
    return [drive.read(register) for register in (SECTOR_COUNT, LBA_LOW, LBA_MID, LBA_HIGH, DEVICE)]


def test_a_write_that_the_host_cannot_keep() -> None:
    drive = make_drive(overlay_limit=4096)
    issue(drive, ata.WRITE, 3, 7)
    give(drive, b"a" * SECTOR)
    assert drive.read(STATUS) == ata.READY | ata.DATA_REQUEST
    give(drive, b"b" * SECTOR)
    assert interrupts(drive)
    assert failure(drive) == ata.UNCORRECTABLE
    assert address(drive) == [2, 8, 0, 0, ata.LBA]
    issue_chs(drive, ata.WRITE, 1, 1, 3, 5)
    give(drive, bytes(SECTOR))
    assert failure(drive) == ata.UNCORRECTABLE
    assert address(drive) == [1, 5, 1, 0, 3]
    issue(drive, ata.WRITE_EXT, 300, 1000, extended=True)
    give(drive, bytes(SECTOR))
    assert failure(drive) == ata.UNCORRECTABLE
    assert address(drive) == [300 & 0xFF, 1000 & 0xFF, 1000 >> 8, 0, ata.LBA]
    drive.write(DEVICE_CONTROL, HIGH_ORDER_BYTE)
    assert address(drive) == [300 >> 8, 0, 0, 0, ata.LBA]


def test_a_read_that_the_host_cannot_serve(tmp_path: Path) -> None:
    file = tmp_path / "disk.img"
    file.write_bytes(bytes(SECTORS * SECTOR))
    drive = make_drive(image=file)
    drive.disk.write(0, bytes(8 * SECTOR))
    assert drive.disk._file is not None
    drive.disk._file.close()
    drive.disk._file = (tmp_path / "other").open("wb", buffering=0)
    issue(drive, ata.READ, 3, 7)
    take(drive)
    assert interrupts(drive)
    assert failure(drive) == ata.UNCORRECTABLE
    assert address(drive) == [2, 8, 0, 0, ata.LBA]


# --- other commands -------------------------------------------------------------------------------------------------


def test_identity() -> None:
    identity = words(make_drive())
    assert identity[0] == 0x848A
    assert (identity[1], identity[3], identity[6]) == (1, 16, 63)
    assert identity[7:9] == [0, SECTORS]
    text = b"".join(word.to_bytes(2, "big") for word in identity[10:47])
    assert text[:20] == b"        device.drive"
    assert text[34:] == b"vmsim CompactFlash".ljust(40)
    assert identity[47] == 0x8010
    assert identity[49] & 0x0300 == 0x0200
    assert identity[54:61] == [1, 16, 63, 1008, 0, 0, SECTORS]
    assert identity[83] & 0xC400 == 0x4400
    assert identity[100:104] == [SECTORS, 0, 0, 0]


@pytest.mark.parametrize("sectors", [1, 5, 63, 64, 1007, 1008, 1 << 28, (1 << 48) - 1, 1 << 48])
def test_identity_of_any_size(sectors: int) -> None:
    identity = words(make_drive(sectors))
    cylinders, heads, per_track = identity[1], identity[3], identity[6]
    assert 1 <= cylinders * heads * per_track <= sectors
    assert (cylinders, heads, per_track) == (identity[54], identity[55], identity[56]) or sectors > 16383 * 16 * 63
    assert identity[57] | identity[58] << 16 <= sectors
    assert identity[60] | identity[61] << 16 == min(sectors, 0x0FFF_FFFF)
    assert sum(word << 16 * index for index, word in enumerate(identity[100:104])) == sectors & (1 << 64) - 1


def test_default_geometry() -> None:
    assert default_geometry(1 << 40).cylinders == 16383
    assert default_geometry(100).sectors == 63


@pytest.mark.parametrize("command", [ata.RECALIBRATE, 0x1F, ata.FLUSH, ata.FLUSH_EXT, ata.SEEK, 0x7F, ata.IDLE])
def test_commands_that_find_everything_done(command: int) -> None:
    drive = make_drive()
    drive.write(DEVICE, ata.LBA)
    drive.write(COMMAND, command)
    assert interrupts(drive)
    assert failure(drive) == 0


def test_seek_outside_the_disk() -> None:
    drive = make_drive()
    issue(drive, ata.SEEK, lba=SECTORS - 1)
    assert failure(drive) == 0
    issue(drive, ata.SEEK, lba=SECTORS)
    assert failure(drive) == ata.NOT_FOUND


@pytest.mark.parametrize("command", [ata.NOP, 0x08, 0xA1, 0xC8, 0xCA, 0xB0, 0xF8, 0xFF])
def test_commands_that_are_aborted(command: int) -> None:
    drive = make_drive()
    issue(drive, command, 1)
    assert failure(drive) == ata.ABORTED
    assert drive.read(ERROR) == ata.ABORTED
    # The next command does not see the error.
    issue(drive, ata.FLUSH)
    assert drive.read(ERROR) == 0


@pytest.mark.parametrize(
    ("feature", "mode", "error"),
    [(0x03, 0x00, 0), (0x03, 0x0C, 0), (0x03, 0x0D, ata.ABORTED), (0x03, 0x42, ata.ABORTED), (0x02, 0, ata.ABORTED)],
)
def test_features(feature: int, mode: int, error: int) -> None:
    drive = make_drive()
    issue(drive, ata.SET_FEATURES, mode, features=feature)
    assert failure(drive) == error


def test_power_modes() -> None:
    drive = make_drive()

    def mode() -> int:
        issue(drive, ata.CHECK_POWER)
        return drive.read(SECTOR_COUNT)

    assert mode() == 0xFF
    for standby in (ata.STANDBY, ata.STANDBY_IMMEDIATE, ata.SLEEP):
        issue(drive, standby)
        assert mode() == 0x00
        issue(drive, ata.IDLE_IMMEDIATE)
        assert mode() == 0xFF
    issue(drive, ata.STANDBY)
    issue(drive, ata.READ, 1)
    assert mode() == 0xFF


# --- checkpoints ----------------------------------------------------------------------------------------------------


def save(drive: AtaDrive) -> Section:
    section = Section(drive.path, drive.type_name)
    drive.serialize(section)
    return section


HOSTILE: list[dict[str, Value]] = [
    {"written": [0] * 4},
    {"written": [0, 0, 0, 0, 0x10000]},
    {"written": [-1, 0, 0, 0, 0]},
    {"status": 0x100},
    {"device": -1},
    {"heads": 0},
    {"heads": 17},
    {"sectors_per_track": 0},
    {"sectors_per_track": 256},
    {"multiple": 3},
    {"multiple": -1},
    {"status": 0x50},
    {"buffer": b""},
    {"buffer": bytes(SECTOR - 2)},
    {"buffer": bytes(2 * SECTOR)},
    {"block_sectors": 0},
    {"block_sectors": 1 << 20},
    {"sectors_left": 0},
    {"sectors_left": SECTORS},
    {"sector": -1},
    {"sector": SECTORS - 1},
    {"position": -2},
    {"position": SECTOR},
    {"position": 3},
]


@pytest.mark.parametrize("changed", HOSTILE, ids=str)
def test_hostile_checkpoints(changed: dict[str, Value]) -> None:
    drive = make_drive()
    issue(drive, ata.READ, 2, 5)
    take(drive, 10)
    section = save(drive)
    make_drive().deserialize(section)
    for name, value in changed.items():
        section.fields[name] = Field(value)
    with pytest.raises(CheckpointError, match=r"device\.drive: "):
        make_drive().deserialize(section)


def test_a_drive_needs_its_system_for_nothing_but_time() -> None:
    """It can be put behind any other interface: what it needs is a disk and someone to tell its interrupt."""
    levels: list[bool] = []
    disk = DiskImage(DiskParams(at=0, size=SECTOR))
    drive = AtaDrive(make_system(), "drive", disk, levels.append)
    drive.reset()
    drive.write(FEATURES, 0)
    drive.write(COMMAND, ata.IDENTIFY)
    assert levels[-1]
