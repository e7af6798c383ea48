"""A channel of the DMA controller PL081 (ARM DDI 0218): its registers, its FIFO, and its work on the bus.

A channel does its work in pieces: so many transfers from the source into the FIFO, and from the FIFO to the
destination. A piece happens at the end of the time that it takes; what the next one is follows from the registers, the
FIFO and the requests of the peripherals, so that nothing else is in flight.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from pydantic import Field
from vmsim_core.address_map import BusError
from vmsim_core.component import ComponentParams, State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.errors import CheckpointError
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import Frequency

from vmsim_platform_realview.bus_master import BusMaster
from vmsim_platform_realview.pl081_flow import ALL_REQUESTS, BURSTS, FLOWS, LASTS, NOT_LAST, Flow, Request

if TYPE_CHECKING:
    from vmsim_platform_realview.pl081 import Pl081

CHANNEL_WINDOW = 0x20

# DMACCxControl
_TRANSFER_SIZE = 0xFFF
_SOURCE_INCREMENT = 1 << 26
_DESTINATION_INCREMENT = 1 << 27
_TERMINAL_COUNT_INTERRUPT = 1 << 31
_CONTROL_BITS = 0xFCFF_FFFF

# DMACCxConfiguration
_ENABLE = 1 << 0
_ERROR_INTERRUPT_MASK = 1 << 14
_TERMINAL_COUNT_MASK = 1 << 15
_ACTIVE = 1 << 17
_HALT = 1 << 18
_CONFIGURATION_BITS = 0x5_FBDF

_BURST_SIZES = (1, 4, 8, 16, 32, 64, 128, 256)
_LARGEST_PIECE = 256
"""Source transfers in one piece of a transfer from memory to memory: as many as the largest burst has."""
_LARGEST_FIFO = 2 * 4 * _LARGEST_PIECE
_ITEM = struct.Struct("<4I")
"""An item of the linked list: source address, destination address, next item, control."""


class Piece(NamedTuple):
    """What a channel does next: transfers from the source and to the destination, and the requests it answers."""

    reads: int
    writes: int
    source_request: Request | None
    destination_request: Request | None


class Pl081Params(DeviceParams):
    """How fast the controller is."""

    clock: Annotated[Frequency, Field(le=10**9)] = 24_000_000
    """Frequency of HCLK, at most 1 GHz; a transfer on the bus takes one cycle."""


class Channel(Device):
    """One channel. It asks its controller for the bus with `cycles_wanted`, and uses it in `use_bus`."""

    type_name = "pl081-channel"
    Params: ClassVar[type[ComponentParams]] = Pl081Params

    registers = RegisterTable(size=CHANNEL_WINDOW)
    source = registers.read_write(0x00, doc="DMACCxSrcAddr")
    destination = registers.read_write(0x04, doc="DMACCxDestAddr")
    next_item = registers.read_write(0x08, writable_bits=0xFFFF_FFFC, doc="DMACCxLLI: 0 after the last item")
    control = registers.read_write(0x0C, writable_bits=_CONTROL_BITS, doc="DMACCxControl")
    configuration = registers.read_write(0x10, writable_bits=_CONFIGURATION_BITS, doc="DMACCxConfiguration")

    fifo = State(b"", "", "what was read from the source and is not yet written to the destination")
    source_ended = State(False, "", "the source, which controls the flow, has given its last data")
    item_wanted = State(False, "", "the next item of the linked list is to be loaded")

    def __init__(self, system: System, path: str, params: Pl081Params, controller: Pl081, number: int) -> None:
        super().__init__(system, path, params)
        self.controller = controller
        self.number = number
        self.bus = BusMaster(controller)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote."""
        super().deserialize(section)
        if len(self.fifo) > _LARGEST_FIFO:
            raise CheckpointError(f"{self.path}.fifo: has {len(self.fifo)} bytes, more than {_LARGEST_FIFO}")

    # --- what the registers say -------------------------------------------------------------------------------------

    @property
    def enabled(self) -> bool:
        """Whether the channel has a transfer to do."""
        return bool(self.configuration.value & _ENABLE)

    @property
    def terminal_count_unmasked(self) -> bool:
        """Whether the end of a transfer interrupts."""
        return bool(self.configuration.value & _TERMINAL_COUNT_MASK)

    @property
    def error_unmasked(self) -> bool:
        """Whether an error interrupts."""
        return bool(self.configuration.value & _ERROR_INTERRUPT_MASK)

    @property
    def _flow(self) -> Flow:
        return FLOWS[self.configuration.value >> 11 & 7]

    @property
    def _source_peripheral(self) -> int:
        return self.configuration.value >> 1 & 0xF

    @property
    def _destination_peripheral(self) -> int:
        return self.configuration.value >> 6 & 0xF

    @property
    def _source_width(self) -> int:
        # Codes above 2 are reserved and count as 32 bits.
        return 1 << min(self.control.value >> 18 & 7, 2)

    @property
    def _destination_width(self) -> int:
        return 1 << min(self.control.value >> 21 & 7, 2)

    @property
    def _source_burst(self) -> int:
        return _BURST_SIZES[self.control.value >> 12 & 7]

    @property
    def _destination_burst(self) -> int:
        return _BURST_SIZES[self.control.value >> 15 & 7]

    def _source_transfers_left(self) -> int | None:
        """How many transfers are still to come from the source; None while a peripheral has not said."""
        flow = self._flow
        if flow.source_ends and self.source_ended:
            return 0
        return None if flow.source_ends or flow.destination_ends else self.control.value & _TRANSFER_SIZE

    # --- the next piece ---------------------------------------------------------------------------------------------

    def cycles_wanted(self) -> int:
        """Return for how many cycles the channel wants the bus now, 0 if it has nothing to do."""
        if not self.enabled:
            return 0
        halted = self.configuration.value & _HALT
        if self.item_wanted:
            return 0 if halted else _ITEM.size // 4
        piece = self._next_piece()
        ends = self._source_transfers_left() == 0 and not halted and len(self.fifo) < self._destination_width
        return piece.reads + piece.writes or int(ends)

    def _next_piece(self) -> Piece:
        left = 0 if self.configuration.value & _HALT else self._source_transfers_left()
        to, taken = self._destination_takes()
        source_request, reads = self._source_gives(left, taken)
        held = len(self.fifo) + reads * self._source_width
        # A peripheral gets what it asked for in one go, or what is left at the end.
        over = (left is not None and left == reads) or (source_request in LASTS and self._flow.source_ends)
        enough = taken is None or held >= taken or over
        writes = (held if taken is None else min(held, taken)) // self._destination_width if enough else 0
        return Piece(reads, writes, source_request if reads else None, to if writes else None)

    def _destination_takes(self) -> tuple[Request | None, int | None]:
        """Return the destination's request, and how many bytes it takes now; None for a memory, which takes all."""
        flow = self._flow
        if not flow.to_peripheral:
            return None, None
        # Which requests count for whom is in table B-1 of ARM DDI 0196 (PL080), appendix B.4.
        usable = ALL_REQUESTS if flow.destination_ends else (Request.BURST,)
        request = self.controller.request_of(self._destination_peripheral, usable)
        transfers = 0 if request is None else self._destination_burst if request in BURSTS else 1
        return request, transfers * self._destination_width

    def _source_gives(self, left: int | None, taken: int | None) -> tuple[Request | None, int]:
        """Return the source's request, and how many transfers come from it now."""
        flow = self._flow
        if not flow.from_peripheral:
            # Nothing is read from memory before a peripheral asks for it.
            wanted = _LARGEST_PIECE if taken is None else -(-max(taken - len(self.fifo), 0) // self._source_width)
            return None, wanted if left is None else min(wanted, left)
        usable: tuple[Request, ...] = NOT_LAST
        if flow.source_ends:
            usable = ALL_REQUESTS
        elif left is not None and left >= self._source_burst > 1:
            # Single transfers are for what is left after the bursts; a peripheral may well ask for both.
            usable = (Request.BURST,)
        request = self.controller.request_of(self._source_peripheral, usable)
        # While the FIFO holds what the destination gets next, the source waits.
        portion = (self._destination_burst if flow.to_peripheral else 1) * self._destination_width
        enough = (taken or 0) if flow.destination_ends else portion
        if request is None or len(self.fifo) >= enough:
            return None, 0
        transfers = self._source_burst if request in BURSTS else 1
        return request, transfers if left is None else min(transfers, left)

    # --- doing it ---------------------------------------------------------------------------------------------------

    def use_bus(self) -> int:
        """Do the next piece; return the number of bytes that went to the destination."""
        try:
            if self.item_wanted:
                self._load_item()
                return 0
            return self._transfer(self._next_piece())
        except BusError:
            self._disable()
            self.controller.raise_error(self.number)
            return 0

    def _load_item(self) -> None:
        words = _ITEM.unpack(self.bus.read(self.next_item.value, 4, _ITEM.size // 4, increment=True))
        self.source.value, self.destination.value = words[:2]
        self.next_item.value = words[2] & 0xFFFF_FFFC
        self.control.value = words[3] & _CONTROL_BITS
        self.item_wanted = False

    def _transfer(self, piece: Piece) -> int:
        control, flow = self.control.value, self._flow
        source_width, destination_width = self._source_width, self._destination_width
        source_increments = bool(control & _SOURCE_INCREMENT)
        destination_increments = bool(control & _DESTINATION_INCREMENT)

        data = self.fifo + self.bus.read(self.source.value, source_width, piece.reads, source_increments)
        written = piece.writes * destination_width
        self.bus.write(self.destination.value, destination_width, data[:written], destination_increments)

        self.fifo = data[written:]
        if source_increments:
            self.source.value = (self.source.value + piece.reads * source_width) & 0xFFFF_FFFF
        if destination_increments:
            self.destination.value = (self.destination.value + written) & 0xFFFF_FFFF
        if not (flow.source_ends or flow.destination_ends):
            self.control.value -= piece.reads
        if piece.source_request is not None:
            self.controller.acknowledge(self._source_peripheral, piece.source_request)
            self.source_ended = flow.source_ends and piece.source_request in LASTS
        if piece.destination_request is not None:
            self.controller.acknowledge(self._destination_peripheral, piece.destination_request)
        last_taken = flow.destination_ends and piece.destination_request in LASTS
        if last_taken or (self._source_transfers_left() == 0 and len(self.fifo) < destination_width):
            self._complete()
        return written

    def _complete(self) -> None:
        """End the transfer that one item of the list describes."""
        if self.control.value & _TERMINAL_COUNT_INTERRUPT:
            self.controller.raise_terminal_count(self.number)
        if self.next_item.value:
            self._forget()
            self.item_wanted = True
        else:
            self._disable()

    def _disable(self) -> None:
        self.configuration.value &= ~_ENABLE
        self._forget()

    def _forget(self) -> None:
        self.fifo = b""
        self.source_ended = False
        self.item_wanted = False

    # --- registers with behaviour -----------------------------------------------------------------------------------

    @configuration.read
    def _read_configuration(self) -> int:
        return self.configuration.value | (_ACTIVE if self.fifo else 0)

    @configuration.written
    def _configured(self) -> None:
        if not self.enabled:
            # What is in the FIFO is lost (DDI 0218, DMACCxConfiguration, bit E).
            self._forget()
        self.controller.channel_changed(self)

    @control.written
    def _controlled(self) -> None:
        self.controller.channel_changed(self)
