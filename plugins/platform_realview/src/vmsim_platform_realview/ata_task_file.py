"""The registers of an ATA drive that is device 0 of its bus, and alone there (ATA/ATAPI-6, T13/1410D)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from vmsim_core.component import Component, ComponentParams, State
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.system import System

from vmsim_platform_realview.ata_identity import default_geometry

# The command block's registers by number, and the one of the control block; some are another one when written.
DATA, ERROR, SECTOR_COUNT, LBA_LOW, LBA_MID, LBA_HIGH, DEVICE, STATUS, ALTERNATE_STATUS = range(9)
FEATURES, COMMAND, DEVICE_CONTROL = ERROR, STATUS, ALTERNATE_STATUS

# Status
BUSY = 1 << 7
READY = 1 << 6 | 1 << 4
"""DRDY, and DSC: a seek is complete as soon as it is asked for."""
DATA_REQUEST = 1 << 3
FAILED = 1 << 0

# Error
UNCORRECTABLE = 1 << 6
NOT_FOUND = 1 << 4
ABORTED = 1 << 2
_DIAGNOSTIC_PASSED = 0x01

# Device
_LBA = 1 << 6
_DEVICE_1 = 1 << 4

# Device Control
_HIGH_ORDER_BYTE = 1 << 7
_SOFTWARE_RESET = 1 << 2
_NO_INTERRUPT = 1 << 1

_EXECUTE_DEVICE_DIAGNOSTIC = 0x90


class CommandError(Exception):
    """Ends a command; `bits` go to the Error register."""

    def __init__(self, bits: int) -> None:
        super().__init__(bits)
        self.bits = bits


class TaskFile(Component):
    """The registers of a drive of so many sectors; `interrupt` is told the level of INTRQ.

    A subclass executes the commands and moves the data.
    """

    written = State[list[int]]([0] * 5, "", "Features, Sector Count, LBA Low, Mid, High: the last byte, and before it")
    error = State(0, "", "Error register")
    status = State(0, "", "Status register")
    device = State(0, "", "Device register")
    control = State(0, "", "Device Control register")
    interrupt_pending = State(False, "", "the host has not read Status since INTRQ was raised")
    heads = State(0, "", "heads of the current translation")
    sectors_per_track = State(0, "", "sectors of a track of the current translation")
    extended = State(False, "", "the last address was one of 48 bits")

    def __init__(self, system: System, path: str, sectors: int, interrupt: Callable[[bool], None]) -> None:
        super().__init__(system, path, ComponentParams())
        self.sectors = sectors
        self.interrupt = interrupt

    @abstractmethod
    def execute(self, command: int) -> None:
        """Execute a command, instead of the one that was going on."""

    @abstractmethod
    def end_transfer(self) -> None:
        """Ask the host for no more data, and offer none."""

    @abstractmethod
    def read_data(self) -> int:
        """Return the next word of what the drive offers, 0 if it offers nothing."""

    @abstractmethod
    def write_data(self, value: int) -> None:
        """Take a word, if the drive asks for data."""

    def reset(self) -> None:
        """Bring the power-on state."""
        super().reset()
        self.restart()

    def restart(self) -> None:
        """Do what a reset by software does, which power-on does too."""
        self.end_transfer()
        geometry = default_geometry(self.sectors)
        self.heads, self.sectors_per_track = geometry.heads, geometry.sectors_per_track
        self.show_signature()
        self.set_interrupt(False)

    def deserialize(self, section: Section) -> None:
        """Take the state; raises CheckpointError for what no registers can hold."""
        super().deserialize(section)
        if not (
            len(self.written) == 5
            and all(0 <= value <= 0xFFFF for value in self.written)
            and all(0 <= value <= 0xFF for value in (self.error, self.status, self.device, self.control))
            and 1 <= self.heads <= 16
            and 1 <= self.sectors_per_track <= 255
        ):
            raise CheckpointError(f"{self.path}: the registers of an ATA drive cannot hold these values")

    # --- access by the host -----------------------------------------------------------------------------------------

    def read(self, register: int) -> int:
        """Return what a register holds: 8 bits, or 16 of Data."""
        # The only drive answers for an absent device 1 too, as one that is not ready (9.16.1).
        absent = self.device & _DEVICE_1
        if register == DATA:
            return 0 if absent else self.read_data()
        if register == ERROR:
            return self.error
        if register == DEVICE:
            return self.device
        if register in (STATUS, ALTERNATE_STATUS):
            if register == STATUS and not absent:
                self.set_interrupt(False)
            return 0 if absent else self.status
        return self.written[register - FEATURES] >> (8 if self.control & _HIGH_ORDER_BYTE else 0) & 0xFF

    def write(self, register: int, value: int) -> None:
        """Do what a write of 8 bits (16 to Data) to a register does."""
        if register == DEVICE_CONTROL:
            self._write_control(value)
            return
        if self.control & _SOFTWARE_RESET:
            return
        self.control &= ~_HIGH_ORDER_BYTE
        absent = self.device & _DEVICE_1
        if register == DATA:
            if not absent:
                self.write_data(value)
        elif register == COMMAND:
            if not absent or value == _EXECUTE_DEVICE_DIAGNOSTIC:
                self.execute(value)
        elif register == DEVICE:
            self.device = value
            self._drive()
        else:
            # The drive keeps the byte before, for 48-bit addresses (6.20).
            self.put(register, self.written[register - FEATURES] << 8 | value)

    def _write_control(self, value: int) -> None:
        before, self.control = self.control, value & (_HIGH_ORDER_BYTE | _SOFTWARE_RESET | _NO_INTERRUPT)
        if value & _SOFTWARE_RESET:
            self.end_transfer()
            self.status = BUSY
            self.set_interrupt(False)
        elif before & _SOFTWARE_RESET:
            self.restart()
        self._drive()

    # --- for the commands -------------------------------------------------------------------------------------------

    def last(self, register: int) -> int:
        """Return the byte that was last written to one of the registers Features to LBA High."""
        return self.written[register - FEATURES] & 0xFF

    def put(self, register: int, value: int) -> None:
        """Set one of the registers Features to LBA High, with the byte before."""
        self.written[register - FEATURES] = value & 0xFFFF

    def set_interrupt(self, pending: bool) -> None:
        """Raise or withdraw the interrupt."""
        self.interrupt_pending = pending
        self._drive()

    def _drive(self) -> None:
        """Drive INTRQ, which a drive that is not selected releases."""
        self.interrupt(self.interrupt_pending and not self.control & _NO_INTERRUPT and not self.device & _DEVICE_1)

    def show_signature(self) -> None:
        """Show that this is an ATA drive which passed its diagnostic (9.12)."""
        self.status = READY
        self.error = _DIAGNOSTIC_PASSED
        self.device = 0
        for register, value in ((SECTOR_COUNT, 1), (LBA_LOW, 1), (LBA_MID, 0), (LBA_HIGH, 0)):
            self.put(register, value)

    def sector_count(self, extended: bool) -> int:
        """Return how many sectors the registers say."""
        if extended:
            return self.written[SECTOR_COUNT - FEATURES] or 1 << 16
        return self.last(SECTOR_COUNT) or 1 << 8

    def address(self, extended: bool = False) -> int:
        """Return the number of the sector that the registers say; raises CommandError if the drive does not have it."""
        self.extended = extended
        sector = self.last(LBA_LOW) | self.last(LBA_MID) << 8 | self.last(LBA_HIGH) << 16
        head = self.device & 0xF
        if extended:
            for register, shift in ((LBA_LOW, 24), (LBA_MID, 32), (LBA_HIGH, 40)):
                sector |= self.written[register - FEATURES] >> 8 << shift
        elif self.device & _LBA:
            sector |= head << 24
        else:
            cylinder, number = sector >> 8, sector & 0xFF
            if not 1 <= number <= self.sectors_per_track or head >= self.heads:
                raise CommandError(NOT_FOUND)
            sector = (cylinder * self.heads + head) * self.sectors_per_track + number - 1
        if sector >= self.sectors:
            raise CommandError(NOT_FOUND)
        return sector

    def show_address(self, sector: int) -> None:
        """Show a sector's number in the registers, in the way in which the last address was given."""
        if not self.extended:
            if not self.device & _LBA:
                track, number = divmod(sector, self.sectors_per_track)
                cylinder, head = divmod(track, self.heads)
                sector = head << 24 | (cylinder & 0xFFFF) << 8 | number + 1
            self.device = self.device & 0xF0 | sector >> 24 & 0xF
            sector &= 0xFF_FFFF
        for register, shift in ((LBA_LOW, 0), (LBA_MID, 8), (LBA_HIGH, 16)):
            self.put(register, (sector >> 24 + shift & 0xFF) << 8 | sector >> shift & 0xFF)
