"""An SD memory card: its commands and responses (SD Physical Layer Simplified Specification 3.01, chapter 4).

The card is one of version 2.00, of standard capacity up to 2 GiB and of high capacity above.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from vmsim_core.component import State
from vmsim_core.disk_image import SECTOR, DiskImage
from vmsim_core.system import System

from vmsim_platform_realview import sd_registers
from vmsim_platform_realview.sd_memory import (
    BLOCK_LEN_ERROR,
    DATA,
    DIS,
    ERASE_RESET,
    ERROR,
    IDENT,
    IDLE,
    INA,
    OUT_OF_RANGE,
    PRG,
    RCV,
    READY,
    STBY,
    TRAN,
    CardMemory,
)
from vmsim_platform_realview.sd_registers import VOLTAGES, with_crc

# Card status (4.10.1)
COM_CRC_ERROR = 1 << 23
ILLEGAL_COMMAND = 1 << 22
_CURRENT_STATE_SHIFT = 9
_READY_FOR_DATA = 1 << 8
_APP_CMD = 1 << 5

_SELECT, _SEND_STATUS, _APPLICATION = 7, 13, 55
_ERASE_SEQUENCE = (32, 33, 38, _SEND_STATUS)
"""The commands of an erase sequence, and the one that does not disturb it (4.3.5)."""

NO_INDEX = 0x3F
"""Stands in a response where others have the index of the command."""
_HIGH_CAPACITY_SUPPORT = 1 << 30
_FOUR_LINES = 2
_SWITCH = 1 << 31
_27_TO_36_VOLTS = 1


class SdCard(CardMemory):
    """A card; a `read_only` one has no commands that write, as a card that is a ROM."""

    address = State(0, "", "relative card address, 0 for none")
    application = State(False, "", "the next command is an application-specific one")
    knows_version_2 = State(False, "", "the host has sent SEND_IF_COND, so that it may know of high capacity")
    wide_bus = State(False, "", "data go over four lines")
    high_speed = State(False, "", "SWITCH_FUNC has selected high speed")

    def __init__(self, system: System, path: str, disk: DiskImage, read_only: bool) -> None:
        super().__init__(system, path, disk)
        self.read_only = read_only

    def is_sound(self) -> bool:
        """Return whether the state is one that this card can be in."""
        return super().is_sound() and 0 <= self.address <= 0xFFFF

    @property
    def data_lines(self) -> int:
        """The width of the data bus, 1 or 4 bits."""
        return 4 if self.wide_bus else 1

    def command(self, index: int, argument: int) -> bytes:
        """Execute a command; return the response as it is on the wire, 6 or 17 bytes, or none.

        A command that is illegal now gets no response; the next one says so.
        """
        expected, self.application = self.application, False
        specific = _APPLICATION_COMMANDS.get(index) if expected else None
        command = specific or self._find(index, argument)
        received_in = self.state
        if command is None or received_in not in command.states or (command.writes and self.read_only):
            self.errors |= ILLEGAL_COMMAND
            return b""
        if command.addressed and argument >> 16 != self.address:
            return b""
        if received_in == TRAN and self.erase_first >= 0 and index not in _ERASE_SEQUENCE:
            self.forget_erase(ERASE_RESET)
        response = command.action(self, argument)
        if response is not None:
            self.errors &= ~ILLEGAL_COMMAND
            return response
        status = self._status(received_in) | (_APP_CMD if specific or index == _APPLICATION else 0)
        self.errors = 0
        return with_crc(bytes([index]) + status.to_bytes(4, "big"))

    def _find(self, index: int, argument: int) -> _Command | None:
        # The address of another card, or of none, takes the selection away (4.3).
        if index == _SELECT and argument >> 16 != self.address:
            return _DESELECT
        return _COMMANDS.get(index)

    def _status(self, state: int) -> int:
        """Return the card status, for a command that was received in `state`."""
        return self.errors | state << _CURRENT_STATE_SHIFT | (0 if state in (PRG, DIS) else _READY_FOR_DATA)

    # --- identification ---------------------------------------------------------------------------------------------

    def _go_idle(self, argument: int) -> bytes:
        self.restart()
        return b""

    def _send_interface_condition(self, argument: int) -> bytes:
        if argument >> 8 & 0xF != _27_TO_36_VOLTS:
            return b""
        self.knows_version_2 = True
        return with_crc(bytes([8]) + (argument & 0xFFF).to_bytes(4, "big"))

    def _send_operating_condition(self, argument: int) -> bytes:
        """Start the card, if the host offers voltages and knows of high capacity in case the card has it (4.2.3)."""
        if argument & 0xFF_FFFF:
            if not argument & VOLTAGES:
                self.state = INA
                return b""
            if not self.high_capacity or (self.knows_version_2 and argument & _HIGH_CAPACITY_SUPPORT):
                self.state = READY
        conditions = sd_registers.ocr(self.disk.size, self.state == READY)
        return bytes([NO_INDEX]) + conditions.to_bytes(4, "big") + b"\xff"

    def _identify(self, argument: int) -> bytes:
        self.state = IDENT
        return self._send_cid(argument)

    def _send_relative_address(self, argument: int) -> bytes:
        status = self._status(self.state)
        self.state, self.address = STBY, self.address % 0xFFFF + 1
        # R6 has bits 23, 22, 19 and 12:0 of the card status (4.9.5).
        shown = status >> 8 & 0xC000 | status >> 6 & 0x2000 | status & 0x1FFF
        self.errors &= ~(COM_CRC_ERROR | ILLEGAL_COMMAND | ERROR)
        return with_crc(bytes([3]) + self.address.to_bytes(2, "big") + shown.to_bytes(2, "big"))

    def _send_cid(self, argument: int) -> bytes:
        return bytes([NO_INDEX]) + sd_registers.cid()

    def _send_csd(self, argument: int) -> bytes:
        return bytes([NO_INDEX]) + sd_registers.csd(self.disk.size, self.read_only, self.high_speed)

    def _select(self, argument: int) -> None:
        self.state = TRAN if self.state == STBY else PRG

    def _deselect(self, argument: int) -> bytes:
        erasing = self.state == PRG
        self.end_transfer()
        self.state = DIS if erasing else STBY
        return b""

    def _send_status(self, argument: int) -> None:
        """The response says it all."""

    def _go_inactive(self, argument: int) -> bytes:
        self.restart()
        self.state = INA
        return b""

    # --- settings ---------------------------------------------------------------------------------------------------

    def _set_block_length(self, argument: int) -> None:
        if not 1 <= argument <= SECTOR:
            self.errors |= BLOCK_LEN_ERROR
        elif not self.high_capacity:
            self.block_length = argument

    def _expect_application_command(self, argument: int) -> None:
        self.application = True

    def _set_bus_width(self, argument: int) -> None:
        if argument & 3 in (0, _FOUR_LINES):
            self.wide_bus = argument & 3 == _FOUR_LINES
        else:
            self.errors |= OUT_OF_RANGE

    def _accept(self, argument: int) -> None:
        """Do nothing: to erase blocks before they are written saves no time, and there is no pull-up resistor."""

    # --- transfers --------------------------------------------------------------------------------------------------

    def _switch_function(self, argument: int) -> None:
        answer, high_speed = sd_registers.switch_status(argument, self.high_speed)
        if argument & _SWITCH:
            self.high_speed = high_speed
        self.send_answer(answer)

    def _send_sd_status(self, argument: int) -> None:
        self.send_answer(sd_registers.sd_status(self.disk.size, self.read_only, self.wide_bus))

    def _send_blocks_taken(self, argument: int) -> None:
        self.send_answer(self.blocks_taken.to_bytes(4, "big"))

    def _send_configuration(self, argument: int) -> None:
        self.send_answer(sd_registers.scr())

    def _stop(self, argument: int) -> None:
        self.end_transfer()

    def _erase(self, argument: int) -> None:
        self.erase()


class _Command(NamedTuple):
    """A command: what it does, returning its response, or None for R1; the states in which it is legal (4.8)."""

    action: Callable[[SdCard, int], bytes | None]
    states: tuple[int, ...]
    addressed: bool = False
    """The argument begins with the address of the card that it is for."""
    writes: bool = False


_TRANSFER_MODE = (STBY, TRAN, DATA, RCV, PRG, DIS)

_DESELECT = _Command(SdCard._deselect, (STBY, TRAN, DATA, PRG))

_COMMANDS: dict[int, _Command] = {
    0: _Command(SdCard._go_idle, (IDLE, READY, IDENT, *_TRANSFER_MODE)),
    2: _Command(SdCard._identify, (READY,)),
    3: _Command(SdCard._send_relative_address, (IDENT, STBY)),
    6: _Command(SdCard._switch_function, (TRAN,)),
    _SELECT: _Command(SdCard._select, (STBY, DIS)),
    8: _Command(SdCard._send_interface_condition, (IDLE,)),
    9: _Command(SdCard._send_csd, (STBY,), addressed=True),
    10: _Command(SdCard._send_cid, (STBY,), addressed=True),
    12: _Command(SdCard._stop, (DATA, RCV)),
    _SEND_STATUS: _Command(SdCard._send_status, _TRANSFER_MODE, addressed=True),
    15: _Command(SdCard._go_inactive, _TRANSFER_MODE, addressed=True),
    16: _Command(SdCard._set_block_length, (TRAN,)),
    17: _Command(partial(SdCard.read, multiple=False), (TRAN,)),
    18: _Command(partial(SdCard.read, multiple=True), (TRAN,)),
    24: _Command(partial(SdCard.write, multiple=False), (TRAN,), writes=True),
    25: _Command(partial(SdCard.write, multiple=True), (TRAN,), writes=True),
    32: _Command(SdCard.erase_from, (TRAN,), writes=True),
    33: _Command(SdCard.erase_to, (TRAN,), writes=True),
    38: _Command(SdCard._erase, (TRAN,), writes=True),
    _APPLICATION: _Command(SdCard._expect_application_command, (IDLE, *_TRANSFER_MODE), addressed=True),
}

_APPLICATION_COMMANDS: dict[int, _Command] = {
    6: _Command(SdCard._set_bus_width, (TRAN,)),
    13: _Command(SdCard._send_sd_status, (TRAN,)),
    22: _Command(SdCard._send_blocks_taken, (TRAN,)),
    23: _Command(SdCard._accept, (TRAN,)),
    41: _Command(SdCard._send_operating_condition, (IDLE,)),
    42: _Command(SdCard._accept, (TRAN,)),
    51: _Command(SdCard._send_configuration, (TRAN,)),
}
"""The commands that APP_CMD makes of the next one; one that is not here is the ordinary one of its number (4.3.9)."""
