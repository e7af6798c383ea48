"""An ATA drive on a disk image: its commands and PIO transfers (ATA/ATAPI-6, T13/1410D).

Commands take no time, so that BSY is seen in a reset only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from vmsim_core.component import State
from vmsim_core.disk_image import SECTOR, DiskError, DiskImage
from vmsim_core.errors import CheckpointError, VmsimError
from vmsim_core.section import Section
from vmsim_core.system import System

from vmsim_platform_realview.ata_identity import MOST_SECTORS_PER_BLOCK, Geometry, identify_device
from vmsim_platform_realview.ata_task_file import (
    ABORTED,
    DATA_REQUEST,
    FAILED,
    FEATURES,
    NOT_FOUND,
    READY,
    SECTOR_COUNT,
    UNCORRECTABLE,
    CommandError,
    TaskFile,
)

_MOST_SECTORS = 1 << 48
_BLOCK_SIZES = (1, 2, 4, 8, MOST_SECTORS_PER_BLOCK)


class AtaDrive(TaskFile):
    """A drive with the contents of a disk image."""

    type_name = "ata-drive"

    multiple = State(0, "sectors", "block of READ MULTIPLE and WRITE MULTIPLE, 0 while they are disabled")
    eight_bits = State(False, "", "the Data register is 8 bits wide")
    standby = State(False, "", "the drive is in standby mode")

    # The transfer in flight, while DRQ is set: the buffer holds a block of it, that is being read or filled.
    writing = State(False, "", "data goes to the drive")
    block_sectors = State(1, "sectors", "largest block of the command")
    sector = State(0, "", "first sector of the block")
    sectors_left = State(0, "sectors", "what is left of the command, the block included")
    position = State(0, "bytes", "where the next word of the buffer goes or comes from")

    def __init__(self, system: System, path: str, disk: DiskImage, interrupt: Callable[[bool], None]) -> None:
        sectors = disk.size // SECTOR
        if sectors > _MOST_SECTORS:
            raise VmsimError(f"{disk.size} bytes are more than an ATA drive can have, {_MOST_SECTORS * SECTOR}")
        super().__init__(system, path, sectors, interrupt)
        self.disk = disk
        self.buffer = bytearray()
        self.sectors_read = self.statistics.counter("sectors_read", "sectors that the guest read")
        self.sectors_written = self.statistics.counter("sectors_written", "sectors that the guest wrote")

    def reset(self) -> None:
        """Bring the power-on state."""
        super().reset()
        self.disk.reset()

    def restart(self) -> None:
        """Forget what the guest has set."""
        super().restart()
        self.multiple = 0
        self.eight_bits = False
        self.standby = False

    def release(self) -> None:
        """Close the image."""
        self.disk.close()

    def serialize(self, section: Section) -> None:
        """Write the state, with the block that is being transferred and what the disk says."""
        super().serialize(section)
        section.put("buffer", bytes(self.buffer))
        self.disk.serialize(section)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError for what no drive of this size can be doing."""
        super().deserialize(section)
        self.buffer = bytearray(section.get_bytes("buffer"))
        if self.multiple not in (0, *_BLOCK_SIZES) or not self._transfer_is_sound():
            raise CheckpointError(f"{self.path}: a drive of {self.sectors} sectors is never in this state")
        self.disk.deserialize(section)

    def _transfer_is_sound(self) -> bool:
        if not self.status & DATA_REQUEST:
            return not self.buffer and self.position == 0
        sectors, rest = divmod(len(self.buffer), SECTOR)
        return (
            rest == 0
            and self.block_sectors in _BLOCK_SIZES
            and 1 <= sectors <= min(self.block_sectors, self.sectors_left)
            and 0 <= self.sector <= self.sectors - self.sectors_left
            and 0 <= self.position < len(self.buffer)
            and self.position % self._data_width == 0
        )

    # --- transfers --------------------------------------------------------------------------------------------------

    @property
    def _data_width(self) -> int:
        return 1 if self.eight_bits else 2

    def read_data(self) -> int:
        """Return the next word of what the drive offers, 0 if it offers nothing."""
        if self.writing or not self.status & DATA_REQUEST:
            return 0
        start, width = self.position, self._data_width
        word = int.from_bytes(self.buffer[start : start + width], "little")
        self._move_on(width)
        return word

    def write_data(self, value: int) -> None:
        """Take a word, if the drive asks for data."""
        if not self.writing or not self.status & DATA_REQUEST:
            return
        start, width = self.position, self._data_width
        self.buffer[start : start + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, "little")
        self._move_on(width)

    def _move_on(self, width: int) -> None:
        self.position += width
        if self.position == len(self.buffer):
            self._attempt(self._finish_block)
            if self.writing or self.status & (DATA_REQUEST | FAILED):
                self.set_interrupt(True)

    def _start_block(self) -> None:
        size = min(self.block_sectors, self.sectors_left) * SECTOR
        if self.writing:
            self._request(bytes(size))
        else:
            self._request(self.disk.read(self.sector * SECTOR, size))
            self.sectors_read.value += size // SECTOR

    def _request(self, buffer: bytes) -> None:
        """Offer a block to the host, or ask it for one."""
        self.buffer[:] = buffer
        self.position = 0
        self.status |= DATA_REQUEST

    def _finish_block(self) -> None:
        done = len(self.buffer) // SECTOR
        if self.writing:
            self.disk.write(self.sector * SECTOR, bytes(self.buffer))
            self.sectors_written.value += done
        self.sector += done
        self.sectors_left -= done
        if self.sectors_left:
            self._start_block()
        else:
            self.end_transfer()

    def end_transfer(self) -> None:
        """Ask the host for no more data, and offer none."""
        self.status &= ~DATA_REQUEST
        self.buffer.clear()
        self.position = 0

    # --- commands ---------------------------------------------------------------------------------------------------

    def execute(self, command: int) -> None:
        """Execute a command, instead of the one that was going on."""
        self.end_transfer()
        self.status = READY
        self.error = 0
        self.writing = False
        self.set_interrupt(False)
        self._attempt(partial(_COMMANDS.get(command, AtaDrive._abort), self))
        # The host sends the first block of a write unasked (9.6).
        if not (self.writing and self.status & DATA_REQUEST):
            self.set_interrupt(True)

    def _attempt(self, action: Callable[[], None]) -> None:
        """Do a part of a command; if that fails, end the command and say why."""
        try:
            action()
        except CommandError as error:
            self._fail(error.bits)
        except DiskError:
            self._fail(UNCORRECTABLE)
            self.show_address(self.sector)
            self.put(SECTOR_COUNT, self.sectors_left)

    def _fail(self, bits: int) -> None:
        self.end_transfer()
        self.error = bits
        self.status |= FAILED

    def _abort(self) -> None:
        raise CommandError(ABORTED)

    def _succeed(self) -> None:
        """Do nothing: there is nothing to do for the command in this drive."""

    def _transfer(self, writing: bool = False, extended: bool = False, multiple: bool = False) -> None:
        if multiple and not self.multiple:
            raise CommandError(ABORTED)
        self._find(extended)
        self.writing = writing
        self.block_sectors = self.multiple if multiple else 1
        self._start_block()

    def _find(self, extended: bool = False) -> None:
        """Set the sectors of the command to those that the registers say; this alone is READ VERIFY SECTORS."""
        self.standby = False
        self.sector, self.sectors_left = self.address(extended), self.sector_count(extended)
        if self.sector + self.sectors_left > self.sectors:
            raise CommandError(NOT_FOUND)

    def _seek(self) -> None:
        self.address()

    def _identify(self) -> None:
        cylinders = min(0xFFFF, self.sectors // (self.heads * self.sectors_per_track))
        current = Geometry(cylinders, self.heads, self.sectors_per_track)
        self.sector, self.sectors_left, self.block_sectors = 0, 1, 1
        self._request(identify_device(self.sectors, self.path, current, self.multiple))

    def _set_multiple(self) -> None:
        size = self.last(SECTOR_COUNT)
        self.multiple = size if size in _BLOCK_SIZES else 0
        if size != self.multiple:
            raise CommandError(ABORTED)

    def _set_translation(self) -> None:
        if not self.last(SECTOR_COUNT):
            raise CommandError(ABORTED)
        self.heads, self.sectors_per_track = (self.device & 0xF) + 1, self.last(SECTOR_COUNT)

    def _set_features(self) -> None:
        feature = self.last(FEATURES)
        if feature in (_ENABLE_8_BITS, _DISABLE_8_BITS):
            self.eight_bits = feature == _ENABLE_8_BITS
        elif feature != _SET_TRANSFER_MODE or self.last(SECTOR_COUNT) not in _TRANSFER_MODES:
            raise CommandError(ABORTED)

    def _set_power(self, standby: bool) -> None:
        self.standby = standby

    def _check_power(self) -> None:
        self.put(SECTOR_COUNT, 0x00 if self.standby else 0xFF)


_ENABLE_8_BITS, _SET_TRANSFER_MODE, _DISABLE_8_BITS = 0x01, 0x03, 0x81
_TRANSFER_MODES = (0x00, 0x01, *range(0x08, 0x0D))
"""Of SET FEATURES: the default mode with and without IORDY, and PIO modes 0 to 4 with flow control."""

_Command = Callable[[AtaDrive], None]
_read: _Command = AtaDrive._transfer
_write: _Command = partial(AtaDrive._transfer, writing=True)
_standby: _Command = partial(AtaDrive._set_power, standby=True)
_idle: _Command = partial(AtaDrive._set_power, standby=False)

_COMMANDS: dict[int, _Command] = {
    **dict.fromkeys(range(0x10, 0x20), AtaDrive._succeed),  # RECALIBRATE
    0x20: _read,
    0x21: _read,  # without retries
    0x24: partial(AtaDrive._transfer, extended=True),
    0x29: partial(AtaDrive._transfer, extended=True, multiple=True),
    0x30: _write,
    0x31: _write,  # without retries
    0x34: partial(AtaDrive._transfer, writing=True, extended=True),
    0x39: partial(AtaDrive._transfer, writing=True, extended=True, multiple=True),
    0x40: AtaDrive._find,
    0x41: AtaDrive._find,  # without retries
    0x42: partial(AtaDrive._find, extended=True),
    **dict.fromkeys(range(0x70, 0x80), AtaDrive._seek),
    0x90: AtaDrive.show_signature,  # EXECUTE DEVICE DIAGNOSTIC
    0x91: AtaDrive._set_translation,  # INITIALIZE DEVICE PARAMETERS
    0x94: _standby,  # IMMEDIATE; 0x94 to 0x99 are older codes of 0xE0 to 0xE6
    0x95: _idle,  # IMMEDIATE
    0x96: _standby,
    0x97: _idle,
    0x98: AtaDrive._check_power,
    0x99: _standby,  # SLEEP, from which a CompactFlash card wakes at the next command
    0xC4: partial(AtaDrive._transfer, multiple=True),
    0xC5: partial(AtaDrive._transfer, writing=True, multiple=True),
    0xC6: AtaDrive._set_multiple,
    0xE0: _standby,
    0xE1: _idle,
    0xE2: _standby,
    0xE3: _idle,
    0xE5: AtaDrive._check_power,
    0xE6: _standby,
    0xE7: AtaDrive._succeed,  # FLUSH CACHE: what was written is on the medium
    0xEA: AtaDrive._succeed,  # FLUSH CACHE EXT
    0xEC: AtaDrive._identify,
    0xEF: AtaDrive._set_features,
}
"""The commands by their codes; any other one, NOP included, is aborted."""
