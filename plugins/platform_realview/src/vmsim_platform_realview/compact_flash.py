"""The CompactFlash socket: a card in True IDE mode on a 16-bit bus (CompactFlash specification 4.1, ARM DUI 0440)."""

from __future__ import annotations

from typing import ClassVar

from vmsim_core.component import ComponentParams
from vmsim_core.device import Device
from vmsim_core.disk_image import DiskImage, DiskParams
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System

from vmsim_platform_realview.ata_drive import AtaDrive
from vmsim_platform_realview.ata_task_file import ALTERNATE_STATUS, DATA

CONTROL_BLOCK = 0x100
"""Offset of the control block; the command block is at 0."""
_STRIDE = 2

# The registers in the window, one byte of a 16-bit word each; only Data is as wide as the bus.
_REGISTERS = {_STRIDE * number: number for number in range(ALTERNATE_STATUS)} | {CONTROL_BLOCK: ALTERNATE_STATUS}

# What a bus without a card shows: ATA has D7 pulled down, so that no one waits for BSY to go.
_FLOATING = 0xFF7F


class CompactFlash(Device):
    """The socket; without an image and a size there is no card in it."""

    type_name = "compact-flash"
    Params: ClassVar[type[ComponentParams]] = DiskParams
    device_tree = {"compatible": "ata-generic", "reg-shift": 1, "pio-mode": 4}

    # The registers are the card's.
    registers = RegisterTable(size=0x1000)

    def __init__(self, system: System, path: str, params: DiskParams) -> None:
        super().__init__(system, path, params)
        self.drive: AtaDrive | None = None
        if params.has_medium:
            self.drive = AtaDrive(system, f"{path}.drive", DiskImage(params), self.irq.set)
            system.add(self.drive)

    def read(self, offset: int, size: int) -> int:
        """Serve a read; 32 bits are two accesses on the bus, both to Data if that is the first."""
        self.reads.value += 1
        if size == 4:
            return self._read(offset, 2) | self._read(_second_half(offset), 2) << 16
        return self._read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Serve a write, in the same way."""
        self.writes.value += 1
        if size == 4:
            self._write(offset, 2, value & 0xFFFF)
            self._write(_second_half(offset), 2, value >> 16)
        else:
            self._write(offset, size, value)

    def _read(self, offset: int, size: int) -> int:
        register = _REGISTERS.get(offset)
        if register is None:
            return self.undefined_access("read", offset, size)
        word = _FLOATING if self.drive is None else self.drive.read(register)
        return word & ((1 << 8 * size) - 1)

    def _write(self, offset: int, size: int, value: int) -> None:
        register = _REGISTERS.get(offset)
        if register is None:
            self.undefined_access("write", offset, size)
        elif self.drive is not None:
            self.drive.write(register, value if register == DATA else value & 0xFF)


def _second_half(offset: int) -> int:
    return offset if offset == DATA else offset + _STRIDE
