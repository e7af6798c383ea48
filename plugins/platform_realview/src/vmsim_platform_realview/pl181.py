"""The multimedia card interface PL181 with an SD card in its slot (ARM DDI 0205; the PL180 of DDI 0172 is the same but
for the wide bus)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator
from vmsim_core.clock import Clock
from vmsim_core.component import ComponentParams, State
from vmsim_core.device import Device
from vmsim_core.disk_image import DiskImage, DiskParams
from vmsim_core.errors import CheckpointError
from vmsim_core.interrupts import InterruptLine
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import NEVER, Frequency

from vmsim_platform_realview.pl181_data_path import DataPath
from vmsim_platform_realview.pl181_fifo import FIFO_WORDS
from vmsim_platform_realview.sd_card import NO_INDEX, SdCard
from vmsim_platform_realview.sd_registers import check_size, with_crc

# MCIPower
_POWER_MASK = 3
_POWER_OFF = 0
_POWER_ON = 3

# MCIClock
_DIVIDER = 0xFF
_CLOCK_ENABLE = 1 << 8
_BYPASS = 1 << 10
_WIDE_BUS = 1 << 11

# MCICommand
_INDEX = 0x3F
_RESPONSE = 1 << 6
_LONG_RESPONSE = 1 << 7
_INTERRUPT = 1 << 8
_PENDING = 1 << 9
_COMMAND_ENABLE = 1 << 10

# MCIDataCtrl
_DATA_ENABLE = 1 << 0

# MCIStatus; the data path has more.
_CMD_CRC_FAIL = 1 << 0
_CMD_TIME_OUT = 1 << 2
_CMD_RESP_END = 1 << 6
_CMD_SENT = 1 << 7
_CMD_ACTIVE = 1 << 11
_STATIC_FLAGS = 0x7FF
_STATUS_BITS = 0x3F_FFFF

# The states of the command path state machine (CPSM).
_IDLE, _PEND, _SEND, _WAIT, _RECEIVE = range(5)

# Cycles of the card's clock: a command, how long its response is waited for, when a card begins it (N_CR).
_COMMAND_CYCLES = 48
_RESPONSE_TIMEOUT = 64
_RESPONSE_GAP = 5
_SHORT, _LONG = 6, 17
"""Bytes of a response."""

# SYS_MCI of the board's system registers.
_CARD_PRESENT = 1 << 0
_WRITE_PROTECTED = 1 << 1


class Pl181Params(DiskParams):
    """The card in the slot, and how the interface is connected."""

    irq1: int | None = Field(default=None, ge=0)
    """Interrupt number of the second interrupt, MCIINTR1, at the interrupt controller; `irq` is that of MCIINTR0."""
    mclk: Frequency = Field(default=24_000_000, le=10**9)
    """Frequency of MCLK, from which the card's clock is divided."""
    read_only: bool = False
    """The card cannot be written, and its write-protect switch is closed."""

    @model_validator(mode="after")
    def _check_interrupts(self) -> Pl181Params:
        if self.irq is not None and self.irq == self.irq1:
            raise ValueError("irq and irq1 are two interrupts; leave irq1 out if only one is connected")
        return self


class Pl181(Device):
    """Sends commands and moves data, each in the time that it takes on the card's lines."""

    type_name = "pl181"
    Params: ClassVar[type[ComponentParams]] = Pl181Params
    device_tree = {"compatible": ["arm,pl181", "arm,primecell"]}

    registers = RegisterTable(size=0x1000)
    power = registers.read_write(0x00, writable_bits=0xFF, doc="MCIPower")
    clock = registers.read_write(0x04, writable_bits=0xFFF, doc="MCIClock")
    argument = registers.read_write(0x08, doc="MCIArgument")
    command = registers.read_write(0x0C, writable_bits=0x7FF, doc="MCICommand: a write with Enable sends a command")
    response_command = registers.read_only(0x10, doc="MCIRespCmd: the command index in the response")
    responses = registers.bank(0x14, 4, writable_bits=0, doc="MCIResponse0 to 3: the first bits in the first one")
    data_timer = registers.read_write(0x24, doc="MCIDataTimer: longest wait for data, in cycles of the card's clock")
    data_length = registers.read_write(0x28, writable_bits=0xFFFF, doc="MCIDataLength: bytes of a transfer")
    data_control = registers.read_write(0x2C, writable_bits=0xFF, doc="MCIDataCtrl: Enable begins a transfer")
    data_count = registers.computed(0x30, doc="MCIDataCnt")
    status = registers.computed(0x34, doc="MCIStatus")
    clear = registers.command(0x38, doc="MCIClear: clears flags 10:0 of MCIStatus")
    masks = registers.bank(0x3C, 2, writable_bits=_STATUS_BITS, doc="MCIMask0 and 1: flags enabled for MCIINTR0 and 1")
    select = registers.read_write(0x44, writable_bits=0xF, doc="MCISelect: no effect")
    fifo_count = registers.computed(0x48, doc="MCIFifoCnt: words that have not passed between FIFO and card")
    fifo = registers.bank(0x80, FIFO_WORDS, stored=False, merge_bytes=False, doc="MCIFIFO, at every one of the words")
    registers.identification(part=0x181)

    flags = State(0, "", "flags 10:0 of MCIStatus")
    phase = State(_IDLE, "", "state of the CPSM: 0 IDLE, 1 PEND, 2 SEND, 3 WAIT, 4 RECEIVE")
    response = State(b"", "", "the response that is on its way")

    def __init__(self, system: System, path: str, params: Pl181Params) -> None:
        super().__init__(system, path, params)
        self.irq1 = InterruptLine(f"{path}.irq1")
        self.step = self.event("command-step", self._step)
        self.card: SdCard | None = None
        if params.has_medium:
            disk = DiskImage(params)
            check_size(disk.size)
            self.card = SdCard(system, f"{path}.card", disk, params.read_only)
            system.add(self.card)
        self.data_path = DataPath(system, f"{path}.data-path", self)
        system.add(self.data_path)

    def interrupt_outputs(self) -> dict[int, InterruptLine]:
        """Return both lines by interrupt number."""
        second = {} if self.params.irq1 is None else {self.params.irq1: self.irq1}
        return super().interrupt_outputs() | second

    def reset(self) -> None:
        """Bring the power-on state."""
        super().reset()
        self.irq1.set(False)

    def serialize(self, section: Section) -> None:
        """Write the state, with the level of the second line."""
        super().serialize(section)
        section.put("irq1.level", self.irq1.level)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError for what the hardware cannot be doing."""
        super().deserialize(section)
        self.irq1.set(section.get_bool("irq1.level"))
        if (
            self.phase not in (_IDLE, _PEND, _SEND, _WAIT, _RECEIVE)
            or len(self.response) != (len(self._on_the_line(self.response)) if self.phase == _RECEIVE else 0)
            or (self.step.scheduled and self.phase in (_IDLE, _PEND))
            or not 0 <= self.flags <= _STATIC_FLAGS
        ):
            raise CheckpointError(f"{self.path}: the command path is never in this state")

    def read(self, offset: int, size: int) -> int:
        """Serve a read, with everything as it is now."""
        self.data_path.settle()
        return super().read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Serve a write, with everything as it is now."""
        self.data_path.settle()
        super().write(offset, size, value)
        self.drive()

    @property
    def card_status(self) -> int:
        """The switches of the slot: bit 0 a card is there, bit 1 it is write-protected."""
        if self.card is None:
            return 0
        return _CARD_PRESENT | (_WRITE_PROTECTED if self.card.read_only else 0)

    # --- the card's clock and lines ---------------------------------------------------------------------------------

    @property
    def clock_runs(self) -> bool:
        """Whether the card has power and a clock; its lines are off otherwise."""
        return self.power.value & _POWER_MASK == _POWER_ON and bool(self.clock.value & _CLOCK_ENABLE)

    @property
    def data_lines(self) -> int:
        """The width of the data bus, 1 or 4 bits."""
        return 4 if self.clock.value & _WIDE_BUS else 1

    def cycles_after(self, tick: int, cycles: int) -> int:
        """Return the tick that is so many cycles of the card's clock after another one, NEVER while there is none."""
        if not self.clock_runs:
            return NEVER
        divider = 1 if self.clock.value & _BYPASS else 2 * ((self.clock.value & _DIVIDER) + 1)
        return Clock(self.params.mclk).after(tick, max(cycles, 1) * divider)

    @power.written
    def _power_written(self) -> None:
        if self.power.value & _POWER_MASK == _POWER_OFF and self.card is not None:
            self.card.restart()
        self._clock_written()

    @clock.written
    def _clock_written(self) -> None:
        """What is on the lines begins anew at the new clock."""
        if self.phase not in (_IDLE, _PEND):
            self._schedule_step()
        self.data_path.clock_changed()

    # --- commands ---------------------------------------------------------------------------------------------------

    @command.written
    def _command_written(self) -> None:
        self._stop_command()
        if self.command.value & _COMMAND_ENABLE:
            self._enter(_PEND if self.command.value & _PENDING else _SEND)

    def data_ended(self) -> None:
        """Send the command that waited for the end of the data."""
        if self.phase == _PEND:
            self._enter(_SEND)

    def _enter(self, phase: int) -> None:
        self.phase = phase
        if phase != _PEND:
            self._schedule_step()

    def _stop_command(self) -> None:
        self.phase = _IDLE
        self.response = b""
        self.cancel(self.step)

    def _schedule_step(self) -> None:
        if self.phase == _SEND:
            cycles = _COMMAND_CYCLES
        elif self.phase == _RECEIVE:
            cycles = _RESPONSE_GAP + 8 * len(self.response)
        elif self.command.value & _INTERRUPT:  # a response may take as long as it likes
            return
        else:
            cycles = _RESPONSE_TIMEOUT
        self.schedule(self.step, self.cycles_after(self.now, cycles))

    def _step(self) -> None:
        self.data_path.settle()
        if self.phase == _SEND:
            self._send_command()
        elif self.phase == _RECEIVE:
            self._take_response()
        else:
            self._finish_command(_CMD_TIME_OUT)
        self.drive()

    def _send_command(self) -> None:
        response = b""
        if self.card is not None:
            response = self.card.command(self.command.value & _INDEX, self.argument.value)
            self.data_path.look_for_block()
        if not self.command.value & _RESPONSE:
            self._finish_command(_CMD_SENT)
        elif response:
            self.response = self._on_the_line(response)
            self._enter(_RECEIVE)
        else:
            self._enter(_WAIT)

    def _on_the_line(self, response: bytes) -> bytes:
        """Return as much as is received of a response; after a short one the line is high."""
        length = _LONG if self.command.value & _LONG_RESPONSE else _SHORT
        return response[:length].ljust(length, b"\xff")

    def _take_response(self) -> None:
        header, content = self.response[0], self.response[1:-1]
        # The CRC of a long response is that of the register in it. OCR comes without one, and the flag says nothing.
        is_long = len(self.response) == _LONG
        checked = content if is_long else self.response[:-1]
        self.response_command.value = header & NO_INDEX
        words = [int.from_bytes(content[at : at + 4].ljust(4, b"\0"), "big") for at in range(0, 16, 4)]
        if is_long:
            words[3] |= self.response[-1] & 0xFE
        self.responses.values[:] = words
        self._finish_command(_CMD_RESP_END if with_crc(checked)[-1] == self.response[-1] else _CMD_CRC_FAIL)

    def _finish_command(self, flags: int) -> None:
        self._stop_command()
        self.flags |= flags

    # --- data -------------------------------------------------------------------------------------------------------

    @data_control.written
    def _data_control_written(self) -> None:
        if not self.data_control.value & _DATA_ENABLE:
            self.data_path.stop()
        elif not self.data_path.active:
            self.data_path.begin()

    @data_count.read
    def _read_data_count(self) -> int:
        return self.data_path.count

    @fifo_count.read
    def _read_fifo_count(self) -> int:
        return self.data_path.words_left

    @fifo.read
    def _read_fifo(self, index: int) -> int:
        word = self.data_path.read_fifo()
        self.drive()
        return word

    @fifo.write
    def _write_fifo(self, index: int, value: int) -> None:
        self.data_path.write_fifo(value)

    # --- status and interrupts --------------------------------------------------------------------------------------

    @status.read
    def _read_status(self) -> int:
        active = _CMD_ACTIVE if self.phase != _IDLE else 0
        return self.flags | active | self.data_path.status

    @clear.write
    def _clear_flags(self, value: int) -> None:
        self.flags &= ~value

    def settle_and_drive(self) -> None:
        """Bring everything up to date, and drive the interrupts."""
        self.data_path.settle()
        self.drive()

    def drive(self) -> None:
        """Drive MCIINTR0 and MCIINTR1, and have that done again when they may change."""
        status = self._read_status()
        self.irq.set(bool(status & self.masks.values[0]))
        self.irq1.set(bool(status & self.masks.values[1]))
        self.data_path.schedule_change()
