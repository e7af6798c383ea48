"""The DMA controller PL081 (ARM DDI 0218): two channels that share one master port on the bus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from vmsim_core.clock import Clock
from vmsim_core.component import ComponentParams, State
from vmsim_core.device import Device
from vmsim_core.errors import CheckpointError
from vmsim_core.interrupts import InterruptSink
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.system import System

from vmsim_platform_realview.pl081_channel import CHANNEL_WINDOW, Channel, Pl081Params
from vmsim_platform_realview.pl081_flow import Request

_CHANNELS = 2
_CHANNEL_REGISTERS = range(0x100, 0x100 + _CHANNELS * CHANNEL_WINDOW)
_PERIPHERALS = 16
_ALL_PERIPHERALS = (1 << _PERIPHERALS) - 1
_ENABLE = 1 << 0
_NOBODY = -1


class Pl081(Device):
    """Lends the bus to one channel at a time, for one piece of its work; channel 0 goes first."""

    type_name = "pl081"
    Params: ClassVar[type[ComponentParams]] = Pl081Params
    device_tree: ClassVar[dict[str, object]] = {"compatible": ["arm,pl081", "arm,primecell"]}

    registers = RegisterTable(size=0x1000)
    status = registers.computed(0x000, doc="DMACIntStatus: channels that interrupt")
    terminal_count_status = registers.computed(0x004, doc="DMACIntTCStatus")
    terminal_count_clear = registers.command(0x008, doc="DMACIntTCClear")
    error_status = registers.computed(0x00C, doc="DMACIntErrorStatus")
    error_clear = registers.command(0x010, doc="DMACIntErrClr")
    raw_terminal_count = registers.read_only(0x014, doc="DMACRawIntTCStatus")
    raw_error = registers.read_only(0x018, doc="DMACRawIntErrorStatus")
    enabled_channels = registers.computed(0x01C, doc="DMACEnbldChns")
    soft_requests = registers.bank(
        0x020, len(Request), merge_bytes=False, doc="DMACSoftBReq, SReq, LBReq, LSReq: 1 makes a peripheral's request"
    )
    configuration = registers.read_write(0x030, writable_bits=0x3, doc="DMACConfiguration: bit 0 enables")
    synchronization = registers.read_write(0x034, writable_bits=_ALL_PERIPHERALS, doc="DMACSync: no effect here")
    registers.identification(part=0x081)

    request_lines = State[list[int]]([0] * len(Request), "mask", "peripherals that ask, by kind of request")
    bus_user = State(_NOBODY, "", "the channel that has the bus, -1 for none")

    def __init__(self, system: System, path: str, params: Pl081Params) -> None:
        super().__init__(system, path, params)
        self.clock = Clock(params.clock)
        self.piece_done = self.event("piece-done", self._piece_done)
        self.bytes_transferred = self.statistics.counter("bytes_transferred", "bytes written to destinations", "byte")
        self.channels = [
            Channel(system, f"{path}.channel{number}", params, self, number) for number in range(_CHANNELS)
        ]
        for channel in self.channels:
            system.add(channel)

    def read(self, offset: int, size: int) -> int:
        """Serve a read."""
        if offset in _CHANNEL_REGISTERS:
            number, register = divmod(offset - _CHANNEL_REGISTERS.start, CHANNEL_WINDOW)
            return self.channels[number].read(register, size)
        return super().read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Serve a write."""
        if offset in _CHANNEL_REGISTERS:
            number, register = divmod(offset - _CHANNEL_REGISTERS.start, CHANNEL_WINDOW)
            self.channels[number].write(register, size, value)
        else:
            super().write(offset, size, value)

    def register_name(self, offset: int) -> str:
        """Return the name of a channel's register, such as `channel0.control`, or of one of all."""
        if offset not in _CHANNEL_REGISTERS:
            return super().register_name(offset)
        number, register = divmod(offset - _CHANNEL_REGISTERS.start, CHANNEL_WINDOW)
        name = self.channels[number].register_name(register)
        return name and f"channel{number}.{name}"

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote."""
        super().deserialize(section)
        if not _NOBODY <= self.bus_user < _CHANNELS or (self.bus_user != _NOBODY) != self.piece_done.scheduled:
            raise CheckpointError(f"{self.path}.bus_user: channel {self.bus_user} cannot have the bus")
        if len(self.request_lines) != len(Request) or not all(0 <= up <= _ALL_PERIPHERALS for up in self.request_lines):
            raise CheckpointError(f"{self.path}.request_lines: is not {len(Request)} times {_PERIPHERALS} bits")

    # --- requests of peripherals ------------------------------------------------------------------------------------

    def dma_request(self, peripheral: int, kind: Request = Request.BURST) -> InterruptSink:
        """Return the input that peripheral 0 to 15 makes a kind of request with: as long as the line is up, it asks.

        Raises ValueError when there is no such peripheral.
        """
        if not 0 <= peripheral < _PERIPHERALS:
            raise ValueError(f"{self.path} has DMA requests 0 to {_PERIPHERALS - 1}, not {peripheral}")

        def set_line(level: bool) -> None:
            mask = 1 << peripheral
            others = self.request_lines[kind] & ~mask
            self.request_lines[kind] = others | mask if level else others
            self._lend_bus()

        return set_line

    def request_of(self, peripheral: int, usable: Sequence[Request]) -> Request | None:
        """Return the first of the `usable` requests that a peripheral makes, or software for it."""
        return next((kind for kind in usable if self._requests(kind) >> peripheral & 1), None)

    def acknowledge(self, peripheral: int, request: Request) -> None:
        """End a request that software made; a peripheral takes its own back when it has what it asked for."""
        self.soft_requests.values[request] &= ~(1 << peripheral)

    def _requests(self, kind: int) -> int:
        return self.request_lines[kind] | self.soft_requests.values[kind]

    @soft_requests.read
    def _read_requests(self, kind: int) -> int:
        return self._requests(kind)

    @soft_requests.write
    def _make_requests(self, kind: int, value: int) -> None:
        self.soft_requests.values[kind] |= value & _ALL_PERIPHERALS
        self._lend_bus()

    # --- the bus ----------------------------------------------------------------------------------------------------

    @property
    def enabled(self) -> bool:
        """Whether the controller works at all."""
        return bool(self.configuration.value & _ENABLE)

    def _lend_bus(self) -> None:
        """Let the first channel that wants the bus have it for one piece, if it is free."""
        if self.bus_user != _NOBODY or not self.enabled:
            return
        for channel in self.channels:
            if cycles := channel.cycles_wanted():
                self.bus_user = channel.number
                self.schedule(self.piece_done, self.clock.after(self.now, cycles))
                return

    def _take_bus_back(self) -> None:
        self.cancel(self.piece_done)
        self.bus_user = _NOBODY

    def _piece_done(self) -> None:
        # The channel has the bus until its piece is done: what its transfers set off must not start the next one.
        self.bytes_transferred.value += self.channels[self.bus_user].use_bus()
        self.bus_user = _NOBODY
        self._drive()
        self._lend_bus()

    def channel_changed(self, channel: Channel) -> None:
        """Be told that software has written what decides about a channel's next piece."""
        if self.bus_user == channel.number and not channel.cycles_wanted():
            self._take_bus_back()
        self._drive()
        self._lend_bus()

    @configuration.written
    def _configured(self) -> None:
        if not self.enabled:
            self._take_bus_back()
        self._lend_bus()

    @enabled_channels.read
    def _read_enabled_channels(self) -> int:
        return sum(channel.enabled << channel.number for channel in self.channels)

    # --- interrupts -------------------------------------------------------------------------------------------------

    def raise_terminal_count(self, number: int) -> None:
        """Note that a channel has come to the end of a transfer."""
        self.raw_terminal_count.value |= 1 << number

    def raise_error(self, number: int) -> None:
        """Note that a channel's transfer was answered with an error."""
        self.raw_error.value |= 1 << number

    @terminal_count_clear.write
    def _clear_terminal_count(self, value: int) -> None:
        self.raw_terminal_count.value &= ~value
        self._drive()

    @error_clear.write
    def _clear_error(self, value: int) -> None:
        self.raw_error.value &= ~value
        self._drive()

    @terminal_count_status.read
    def _read_terminal_count_status(self) -> int:
        unmasked = sum(channel.terminal_count_unmasked << channel.number for channel in self.channels)
        return self.raw_terminal_count.value & unmasked

    @error_status.read
    def _read_error_status(self) -> int:
        return self.raw_error.value & sum(channel.error_unmasked << channel.number for channel in self.channels)

    @status.read
    def _read_status(self) -> int:
        return self._read_terminal_count_status() | self._read_error_status()

    def _drive(self) -> None:
        """Drive DMACINTR, the combined interrupt."""
        self.irq.set(bool(self._read_status()))
