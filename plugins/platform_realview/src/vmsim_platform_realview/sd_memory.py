"""The memory of an SD card: reading, writing and erasing blocks (SD Physical Layer Simplified Specification 3.01, 4.3).

Reading and writing take no time. Erasing does, so that no command keeps the host computer busy for long.
"""

from __future__ import annotations

from vmsim_core.component import Component, ComponentParams, State
from vmsim_core.disk_image import SECTOR, DiskError, DiskImage
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import TICKS_PER_SECOND

from vmsim_platform_realview.sd_registers import is_high_capacity

# The states of a card, by their numbers in the card status (4.10.1). An inactive card never answers, and has none.
IDLE, READY, IDENT, STBY, TRAN, DATA, RCV, PRG, DIS, INA = range(10)

# Card status (4.10.1)
OUT_OF_RANGE = 1 << 31
ADDRESS_ERROR = 1 << 30
BLOCK_LEN_ERROR = 1 << 29
ERASE_SEQ_ERROR = 1 << 28
ERASE_PARAM = 1 << 27
CARD_ECC_FAILED = 1 << 21
ERROR = 1 << 19
ERASE_RESET = 1 << 13

_LONGEST_ANSWER = 64
_ERASED_AT_ONCE = 1 << 20
_ERASE_TIME = TICKS_PER_SECOND // 1000


class CardMemory(Component):
    """A disk image behind the data lines of a card, and the card's state; a subclass executes the commands."""

    type_name = "sd-card"

    state = State(IDLE, "", "the card's state, numbered as in the card status")
    errors = State(0, "", "bits of the card status that the host has not seen")
    block_length = State(SECTOR, "bytes", "SET_BLOCKLEN, in a card of standard capacity")

    # The transfer, in the states data and rcv.
    answer = State(b"", "", "a register that the card sends in place of blocks")
    multiple = State(False, "", "blocks go on until STOP_TRANSMISSION")
    position = State(0, "bytes", "where on the card the next block is")
    failed = State(False, "", "a block could not be written; the card takes no more of this command")
    blocks_taken = State(0, "blocks", "what the last write command has written")

    erase_first = State(-1, "blocks", "first block to erase, -1 for none; moves on while the card erases")
    erase_last = State(-1, "blocks", "last block to erase, -1 for none")

    def __init__(self, system: System, path: str, disk: DiskImage) -> None:
        super().__init__(system, path, ComponentParams())
        self.disk = disk
        self.high_capacity = is_high_capacity(disk.size)
        self.erased = self.event("erased", self._erase_on)
        self.blocks_read = self.statistics.counter("blocks_read", "blocks that the guest read")
        self.blocks_written = self.statistics.counter("blocks_written", "blocks that the guest wrote")

    def reset(self) -> None:
        """Bring the power-on state, the contents included."""
        self.restart()
        self.disk.reset()

    def restart(self) -> None:
        """Forget everything but the contents, as when power was off for a while."""
        super().reset()

    def release(self) -> None:
        """Close the image."""
        self.disk.close()

    def serialize(self, section: Section) -> None:
        """Write the state, and what the disk says."""
        super().serialize(section)
        self.disk.serialize(section)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError for what no card of this size can be doing."""
        super().deserialize(section)
        if not self.is_sound():
            raise CheckpointError(f"{self.path}: a card of {self.disk.size} bytes is never in this state")
        self.disk.deserialize(section)

    def is_sound(self) -> bool:
        """Return whether the state is one that this card can be in."""
        may_erase = 0 <= self.erase_first <= self.erase_last < self.disk.size // SECTOR
        return (
            IDLE <= self.state <= INA
            and 0 <= self.errors < 1 << 32
            and 1 <= self.block_length <= SECTOR
            and len(self.answer) <= _LONGEST_ANSWER
            and 0 <= self.position <= self.disk.size
            and 0 <= self.blocks_taken < 1 << 32
            and -1 <= self.erase_first < self.disk.size // SECTOR
            and (may_erase or self.erase_last == -1)
            and (may_erase or not self.erased.scheduled)
            and self.erased.scheduled == (self.state in (PRG, DIS))
        )

    # --- reading and writing ----------------------------------------------------------------------------------------

    def _position(self, argument: int) -> int:
        """Return the byte that an argument means: high capacity counts in blocks."""
        return argument * SECTOR if self.high_capacity else argument

    def _why_not(self, position: int, length: int) -> int:
        """Return what is wrong with the place of a block, which may be a part of 512 bytes but not of more of them."""
        if position + length > self.disk.size:
            return OUT_OF_RANGE
        return ADDRESS_ERROR if position % SECTOR + length > SECTOR else 0

    def read(self, argument: int, multiple: bool) -> None:
        """Begin to send blocks from the address in the argument of a command."""
        self._begin(argument, DATA, multiple, self._why_not(self._position(argument), self.block_length))

    def write(self, argument: int, multiple: bool) -> None:
        """Begin to receive blocks; these are whole ones."""
        error = self._why_not(self._position(argument), SECTOR)
        self._begin(argument, RCV, multiple, BLOCK_LEN_ERROR if self.block_length != SECTOR else error)

    def _begin(self, argument: int, state: int, multiple: bool, error: int) -> None:
        self.errors |= error
        if not error:
            self.state, self.position, self.multiple = state, self._position(argument), multiple
        if state == RCV:
            self.failed, self.blocks_taken = False, 0

    def send_answer(self, answer: bytes) -> None:
        """Begin to send a register as a block of its length."""
        self.state, self.answer = DATA, answer

    def end_transfer(self) -> None:
        """Send and receive no more."""
        self.state, self.answer = TRAN, b""

    def send_block(self) -> bytes | None:
        """Return the next block that the card sends, None if it sends none now: after an error it waits for
        STOP_TRANSMISSION (4.3.3)."""
        if self.state != DATA:
            return None
        if self.answer:
            answer = self.answer
            self.end_transfer()
            return answer
        if error := self._why_not(self.position, self.block_length):
            self.errors |= error
            return None
        try:
            block = self.disk.read(self.position, self.block_length)
        except DiskError:
            self.errors |= CARD_ECC_FAILED
            return None
        self.position += len(block)
        self.blocks_read.value += 1
        if not self.multiple:
            self.end_transfer()
        return block

    def receive_block(self, block: bytes) -> bool:
        """Take a block; return whether the card says with its CRC status that it is good (4.3.4).

        After an error the card ignores the rest of a multiple write, and says why when that is stopped.
        """
        if self.state != RCV or self.failed:
            return False
        self.failed = not self._store(block)
        if not self.multiple:
            self.end_transfer()
        return not self.failed

    def _store(self, block: bytes) -> bool:
        if len(block) != SECTOR:  # the CRC is not where the card looks for it
            return False
        if error := self._why_not(self.position, SECTOR):
            self.errors |= error
            return False
        try:
            self.disk.write(self.position, block)
        except DiskError:
            self.errors |= ERROR
            return False
        self.position += SECTOR
        self.blocks_taken += 1
        self.blocks_written.value += 1
        return True

    # --- erasing ----------------------------------------------------------------------------------------------------

    def forget_erase(self, error: int = 0) -> None:
        """End an erase sequence, with an error if there is one."""
        self.errors |= error
        self.erase_first = self.erase_last = -1

    def erase_from(self, argument: int) -> None:
        """Begin an erase sequence with the first block to erase."""
        block = self._position(argument) // SECTOR
        if block >= self.disk.size // SECTOR:
            self.forget_erase(OUT_OF_RANGE)
        else:
            self.erase_first, self.erase_last = block, -1

    def erase_to(self, argument: int) -> None:
        """Go on with the last block to erase."""
        block = self._position(argument) // SECTOR
        if self.erase_first < 0:
            self.forget_erase(ERASE_SEQ_ERROR)
        elif block >= self.disk.size // SECTOR:
            self.forget_erase(OUT_OF_RANGE)
        elif block < self.erase_first:
            self.forget_erase(ERASE_PARAM)
        else:
            self.erase_last = block

    def erase(self) -> None:
        """Begin to erase what the sequence says."""
        if self.erase_last < 0:
            self.forget_erase(ERASE_SEQ_ERROR)
        else:
            self.state = PRG
            self.schedule(self.erased, self.now + _ERASE_TIME)

    def _erase_on(self) -> None:
        """Erase the next piece; leave alone what is blank, so that nothing need be kept for it."""
        position = self.erase_first * SECTOR
        size = min(_ERASED_AT_ONCE, (self.erase_last + 1) * SECTOR - position)
        blank = bytes(size)
        try:
            if self.disk.read(position, size) != blank:
                self.disk.write(position, blank)
        except DiskError:
            self.forget_erase(ERROR)
        else:
            self.erase_first += size // SECTOR
            if self.erase_first <= self.erase_last:
                self.schedule(self.erased, self.now + _ERASE_TIME)
                return
            self.forget_erase()
        self.state = TRAN if self.state == PRG else STBY
