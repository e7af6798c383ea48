"""The host's side of an ATA drive, for the tests of the drive and of the socket that it is in."""

from __future__ import annotations

from vmsim_core.disk_image import SECTOR
from vmsim_platform_realview.ata_drive import AtaDrive
from vmsim_platform_realview.ata_task_file import (
    COMMAND,
    DATA,
    DEVICE,
    ERROR,
    FEATURES,
    LBA_HIGH,
    LBA_LOW,
    LBA_MID,
    SECTOR_COUNT,
    STATUS,
)

READY, DATA_REQUEST, FAILED = 0x50, 0x08, 0x01
LBA, DEVICE_1 = 0x40, 0x10
ABORTED, NOT_FOUND, UNCORRECTABLE = 0x04, 0x10, 0x40
READ, READ_EXT, READ_MULTIPLE, READ_MULTIPLE_EXT = 0x20, 0x24, 0xC4, 0x29
WRITE, WRITE_EXT, WRITE_MULTIPLE, WRITE_MULTIPLE_EXT = 0x30, 0x34, 0xC5, 0x39
VERIFY, VERIFY_EXT, SEEK, RECALIBRATE, NOP, DIAGNOSTIC = 0x40, 0x42, 0x70, 0x10, 0x00, 0x90
SET_TRANSLATION, SET_MULTIPLE, SET_FEATURES, IDENTIFY = 0x91, 0xC6, 0xEF, 0xEC
STANDBY_IMMEDIATE, IDLE_IMMEDIATE, STANDBY, IDLE, CHECK_POWER, SLEEP = 0xE0, 0xE1, 0xE2, 0xE3, 0xE5, 0xE6
FLUSH, FLUSH_EXT = 0xE7, 0xEA


def issue(
    drive: AtaDrive, command: int, count: int = 0, lba: int = 0, *, features: int = 0, extended: bool = False
) -> int:
    """Issue a command with a 28-bit or 48-bit address; return the status, which withdraws the interrupt."""
    drive.write(DEVICE, LBA if extended else LBA | lba >> 24 & 0xF)
    if extended:
        for register, value in ((SECTOR_COUNT, count >> 8), (LBA_LOW, lba >> 24), (LBA_MID, lba >> 32)):
            drive.write(register, value & 0xFF)
        drive.write(LBA_HIGH, lba >> 40)
    for register, value in ((FEATURES, features), (SECTOR_COUNT, count), (LBA_LOW, lba), (LBA_MID, lba >> 8)):
        drive.write(register, value & 0xFF)
    drive.write(LBA_HIGH, lba >> 16 & 0xFF)
    drive.write(COMMAND, command)
    return drive.read(STATUS)


def issue_chs(drive: AtaDrive, command: int, count: int, cylinder: int, head: int, sector: int) -> int:
    """Issue a command with a cylinder, head and sector."""
    drive.write(DEVICE, head)
    drive.write(SECTOR_COUNT, count)
    drive.write(LBA_LOW, sector)
    drive.write(LBA_MID, cylinder & 0xFF)
    drive.write(LBA_HIGH, cylinder >> 8)
    drive.write(COMMAND, command)
    return drive.read(STATUS)


def take(drive: AtaDrive, size: int = SECTOR) -> bytes:
    """Read from the Data register."""
    return b"".join(drive.read(DATA).to_bytes(2, "little") for _ in range(size // 2))


def give(drive: AtaDrive, data: bytes) -> None:
    """Write to the Data register."""
    for start in range(0, len(data), 2):
        drive.write(DATA, int.from_bytes(data[start : start + 2], "little"))


def failure(drive: AtaDrive) -> int:
    """Return the Error register of a command that failed, 0 for one that did not."""
    status = drive.read(STATUS)
    assert not status & DATA_REQUEST
    return drive.read(ERROR) if status & FAILED else 0
