"""The transmit FIFOs of the LAN9118, and the transmitter behind them (data sheet, 3.12)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from vmsim_core.component import Component, ComponentParams, State
from vmsim_core.errors import CheckpointError
from vmsim_core.ethernet_port import MAX_FRAME, get_frames, put_frames, wire_time
from vmsim_core.section import Section
from vmsim_core.system import System

from vmsim_platform_realview import lan9118_interrupts as interrupts

if TYPE_CHECKING:
    from vmsim_platform_realview.lan9118 import Lan9118

_STATUS_CAPACITY = 128
_STATUS_BYTES = 4 * _STATUS_CAPACITY
_MOST_WORDS = 16384 // 4
_MASK = 0xFFFF_FFFF

# TX command A
_INTERRUPT_ON_COMPLETION = 1 << 31
_FIRST_SEGMENT = 1 << 13
_LAST_SEGMENT = 1 << 12
_END_ALIGNMENT = (4, 16, 32, 4)  # bytes; the setting 3 is reserved
# TX command B
_CRC_DISABLE = 1 << 13
_PADDING_DISABLE = 1 << 12
_LENGTH = 0x7FF

_MINIMUM_FRAME = 60

# TX status
_ERROR = 1 << 15
_LOSS_OF_CARRIER = 1 << 11
_NO_CARRIER = 1 << 10

_EXPECT_COMMAND_A, _EXPECT_COMMAND_B, _EXPECT_DATA = range(3)
_NO_COMMAND = -1


class Transmitter(Component):
    """The host writes buffers, each after two command words; complete packets wait in the FIFO and are sent in order.

    A packet leaves the FIFO when its transmission begins; a status follows when it ends.
    """

    type_name = "lan9118-transmit"

    expected = State(_EXPECT_COMMAND_A, "", "what the next word is: 0 TX command A, 1 command B, 2 data")
    command_a = State(0, "", "of the buffer that is being written")
    command_b = State(0, "", "of the packet that is being written")
    position = State(0, "bytes", "how much of the buffer, with its offset and padding, was written")
    open_packet = State(False, "", "a first segment was written, the last one was not")
    packet = State(b"", "", "data of the packet that is being written")
    packet_words = State(0, "words", "what it takes in the FIFO")
    queued_commands = State[list[int]]([], "", "TX command B of each packet that waits")
    queued_words = State[list[int]]([], "words", "what each packet that waits takes in the FIFO")
    sending = State(b"", "", "the frame on the wire")
    sending_command = State(_NO_COMMAND, "", "its TX command B; -1 for a pause frame")
    pause_frame = State(b"", "", "a pause frame to send next")
    stopping = State(False, "", "the transmitter stops after the frame on the wire")
    statuses = State[list[int]]([], "", "the status FIFO")

    def __init__(self, system: System, path: str, params: ComponentParams, chip: Lan9118) -> None:
        super().__init__(system, path, params)
        self.chip = chip
        self.queue: list[bytes] = []
        self.sent = self.event("sent", self._frame_sent)
        self.pause_over = self.event("pause-over", self.send_next)
        self.frames_sent = self.statistics.counter("frames_sent", "frames that were put on the wire")
        self.bytes_sent = self.statistics.counter("bytes_sent", "their bytes", "byte")
        self.frames_damaged = self.statistics.counter("frames_damaged", "frames sent with a wrong check sequence")

    def reset(self) -> None:
        """Forget everything; what was on the wire is cut off."""
        super().reset()
        self.queue = []

    # --- the host writes --------------------------------------------------------------------------------------------

    @property
    def capacity(self) -> int:
        """The size of the data FIFO in bytes, as HW_CFG says."""
        return 1024 * self.chip.transmit_kilobytes - _STATUS_BYTES

    @property
    def free(self) -> int:
        """The room in the data FIFO in bytes."""
        return max(0, self.capacity - 4 * (sum(self.queued_words) + self.packet_words))

    def write_data(self, word: int) -> None:
        """Take a word that the host writes to the data port."""
        if not self.free:
            self.chip.interrupts.request(interrupts.TRANSMIT_DATA_OVERRUN | interrupts.TRANSMITTER_ERROR)
        elif self.expected == _EXPECT_COMMAND_A:
            self.command_a = word
            self.packet_words += 1
            self.expected = _EXPECT_COMMAND_B
        elif self.expected == _EXPECT_COMMAND_B:
            self._begin_buffer(word)
        else:
            self._add_data(word)

    def _begin_buffer(self, command_b: int) -> None:
        first = bool(self.command_a & _FIRST_SEGMENT)
        if first == self.open_packet or (self.open_packet and command_b != self.command_b):
            self.chip.interrupts.request(interrupts.TRANSMITTER_ERROR)
        if first or not self.open_packet:
            # TX command B takes room with the first segment only (3.12.5); a packet without its end is given up.
            self.open_packet = True
            self.command_b = command_b
            self.packet = b""
            self.packet_words = 2
        self.expected = _EXPECT_DATA
        self.position = 0
        if not self._buffer_bytes:
            self._end_buffer()

    @property
    def _offset(self) -> int:
        return self.command_a >> 16 & 0x1F

    @property
    def _buffer_bytes(self) -> int:
        """What the host writes for the buffer: offset, data and padding up to the end alignment."""
        alignment = _END_ALIGNMENT[self.command_a >> 24 & 3]
        return -(-(self._offset + (self.command_a & _LENGTH)) // alignment) * alignment

    def _add_data(self, word: int) -> None:
        start = max(self._offset - self.position, 0)
        stop = min(self._offset + (self.command_a & _LENGTH) - self.position, 4)
        if start < stop:
            # Words of offset and padding alone take no room (3.12.5).
            self.packet_words += 1
            self.packet += word.to_bytes(4, "little")[start:stop]
        self.position += 4
        if self.position >= self._buffer_bytes:
            self._end_buffer()

    def _end_buffer(self) -> None:
        self.expected = _EXPECT_COMMAND_A
        if self.command_a & _LAST_SEGMENT:
            self._end_packet()
        if self.command_a & _INTERRUPT_ON_COMPLETION:
            self.chip.interrupts.request(interrupts.TRANSMIT_BUFFER_LOADED)

    def _end_packet(self) -> None:
        frame, words = self.packet, self.packet_words
        self.open_packet, self.packet, self.packet_words = False, b"", 0
        if len(frame) != self.command_b & _LENGTH:
            self.chip.interrupts.request(interrupts.TRANSMITTER_ERROR)
        if len(frame) > MAX_FRAME:
            return
        if not self.command_b & (_CRC_DISABLE | _PADDING_DISABLE):
            frame = frame.ljust(_MINIMUM_FRAME, b"\0")
        self.queue.append(frame)
        self.queued_commands.append(self.command_b)
        self.queued_words.append(words)
        self.send_next()

    def discard_data(self) -> None:
        """Empty the data FIFO."""
        self.expected = _EXPECT_COMMAND_A
        self.open_packet, self.packet, self.packet_words = False, b"", 0
        self.queue, self.queued_commands, self.queued_words = [], [], []

    # --- the transmitter sends --------------------------------------------------------------------------------------

    def send_next(self) -> None:
        """Begin to send the next frame, if there is one and nothing is in the way."""
        if self.sent.scheduled or not self.chip.transmitter_on:
            return
        if self.pause_frame:
            # Not held up by a pause that the other end asked for (IEEE 802.3, 31B.3.2).
            self.sending, self.pause_frame, self.sending_command = self.pause_frame, b"", _NO_COMMAND
        elif self.queue and not self.pause_over.scheduled and not self._status_in_the_way:
            self.sending = self.queue.pop(0)
            self.sending_command = self.queued_commands.pop(0)
            self.queued_words.pop(0)
        else:
            return
        size = len(self.sending)
        if self.sending_command != _NO_COMMAND and self.sending_command & _CRC_DISABLE:
            size = max(size - 4, 0)
        self.schedule(self.sent, self.now + wire_time(size, self.chip.phy.bits_per_second))
        self.chip.interrupts.update()

    @property
    def _status_in_the_way(self) -> bool:
        """Whether transmission waits for room in the status FIFO (TX_CFG, TXSAO)."""
        return self.status_full and not self.chip.status_may_overflow

    def send_pause_frame(self, frame: bytes) -> None:
        """Send a pause frame as soon as the wire is free."""
        self.pause_frame = frame
        self.send_next()

    def pause(self, ticks: int) -> None:
        """Begin no frame for so long, since the other end asked for it; 0 ends the pause."""
        if ticks:
            self.schedule(self.pause_over, self.now + ticks)
        else:
            self.cancel(self.pause_over)
            self.send_next()

    def stop(self) -> None:
        """Stop after the frame that is on the wire."""
        self.stopping = True
        if not self.sent.scheduled:
            self._stopped()

    def _stopped(self) -> None:
        self.stopping = False
        self.chip.transmitter_stopped()

    def _frame_sent(self) -> None:
        frame, command = self.sending, self.sending_command
        self.sending, self.sending_command = b"", _NO_COMMAND
        self.frames_sent.value += 1
        self.bytes_sent.value += len(frame)
        if command != _NO_COMMAND:
            self._add_status(command & 0xFFFF_0000 | self._carrier_errors())
        if command != _NO_COMMAND and command & _CRC_DISABLE:
            frame = self._without_check_sequence(frame)
        if frame:
            self.chip.mac.put_on_wire(frame)
        if self.stopping:
            self._stopped()
        self.send_next()

    def _carrier_errors(self) -> int:
        # Looked at in half duplex only (3.12.4).
        mac = self.chip.mac
        if self.chip.phy.link or mac.full_duplex or mac.loops_back:
            return 0
        return _ERROR | _LOSS_OF_CARRIER | _NO_CARRIER

    def _without_check_sequence(self, frame: bytes) -> bytes:
        """Return the frame without the check sequence that the host put at its end; none at all if that is wrong."""
        data = frame[:-4]
        if frame[len(data) :] == zlib.crc32(data).to_bytes(4, "little"):
            return data
        self.frames_damaged.value += 1
        return b""

    # --- statuses ---------------------------------------------------------------------------------------------------

    @property
    def status_full(self) -> bool:
        """Whether the status FIFO has no more room."""
        return len(self.statuses) >= _STATUS_CAPACITY

    def _add_status(self, status: int) -> None:
        if self.status_full:
            self.chip.interrupts.request(interrupts.TRANSMIT_STATUS_OVERFLOW)
        else:
            self.statuses.append(status)
            self.chip.interrupts.update()

    def read_status(self) -> int:
        """Take a status from its FIFO; 0 if there is none."""
        if not self.statuses:
            return 0
        status = self.statuses.pop(0)
        self.send_next()
        return status

    def peek_status(self) -> int:
        """Look at the next status."""
        return self.statuses[0] if self.statuses else 0

    def discard_statuses(self) -> None:
        """Empty the status FIFO."""
        self.statuses = []
        self.send_next()

    # --- checkpoints ------------------------------------------------------------------------------------------------

    def serialize(self, section: Section) -> None:
        """Write the state, with the frames that wait."""
        super().serialize(section)
        put_frames(section, "queue", self.queue)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError for FIFOs that cannot be."""
        super().deserialize(section)
        self.queue = get_frames(section, "queue", _MOST_WORDS)
        words = [self.command_a, self.command_b, *self.queued_commands, *self.statuses]
        sizes = [self.position, self.packet_words, *self.queued_words]
        fits = (
            self.expected in (_EXPECT_COMMAND_A, _EXPECT_COMMAND_B, _EXPECT_DATA)
            and len(self.queued_commands) == len(self.queued_words) == len(self.queue)
            and len(self.statuses) <= _STATUS_CAPACITY
            and len(self.packet) <= 4 * _MOST_WORDS
            and all(0 <= word <= _MASK for word in words)
            and all(0 <= size <= 4 * _MOST_WORDS for size in sizes)
            and _NO_COMMAND <= self.sending_command <= _MASK
            and len(self.sending) <= MAX_FRAME >= len(self.pause_frame)
        )
        if not fits:
            raise CheckpointError(f"{self.path}: the transmit FIFOs do not hold the packets that they should")
