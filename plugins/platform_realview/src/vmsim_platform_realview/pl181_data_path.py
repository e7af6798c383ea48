"""The data path of the card interface PL181: its FIFO, and the state machine between that and the card (ARM DDI 0205,
data path state machine)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmsim_core.component import Component, ComponentParams, State
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import NEVER

from vmsim_platform_realview.pl181_fifo import FIFO_WORDS, receive_flags, transmit_flags, words_until_change

if TYPE_CHECKING:
    from vmsim_platform_realview.pl181 import Pl181

# MCIDataCtrl
_FROM_CARD = 1 << 1
_STREAM = 1 << 2
_BLOCK_SIZE_SHIFT = 4
_LARGEST_BLOCK_SIZE = 11
_MOST_BYTES = 0xFFFF

# MCIStatus
DATA_CRC_FAIL = 1 << 1
DATA_TIME_OUT = 1 << 3
TX_UNDERRUN = 1 << 4
RX_OVERRUN = 1 << 5
DATA_END = 1 << 8
START_BIT_ERROR = 1 << 9
DATA_BLOCK_END = 1 << 10
TX_ACTIVE = 1 << 12
RX_ACTIVE = 1 << 13

# The states of the machine. BUSY is left out: what is written is on the card at once.
_IDLE, _WAIT_R, _RECEIVE, _WAIT_S, _SEND = range(5)
_RECEIVING, _SENDING = (_WAIT_R, _RECEIVE), (_WAIT_S, _SEND)

# Cycles of the card's clock: the card's access time and the start bit; the gap before a block to the card and its
# start bit (N_WR); the CRC and the end bit, and after a block to the card its CRC status.
_BEFORE_RECEIVE = 9
_BEFORE_SEND = 3
_AFTER_RECEIVE = 17
_AFTER_SEND = 26


class DataPath(Component):
    """Moves word after word, each in its time on the data lines.

    Words that nobody sees moving are no events: they are moved when somebody looks, or with the next one that is seen.
    """

    type_name = "pl181-data-path"

    phase = State(_IDLE, "", "state of the machine: 0 IDLE, 1 WAIT_R, 2 RECEIVE, 3 WAIT_S, 4 SEND")
    due = State(NEVER, "ticks", "when what is on the data lines now has passed them")
    fifo = State[list[int]]([], "", "words in the FIFO")
    count = State(0, "bytes", "MCIDataCnt: what has not yet passed the data lines")
    left = State(0, "bytes", "what of the block has not yet passed them")
    block = State(b"", "", "the block: all of it when received, what has passed the data lines when sent")
    word = State(b"", "", "bytes received that make no word yet, or of a word that are to be sent")
    sound = State(True, "", "the CRC of the block received will be good")

    def __init__(self, system: System, path: str, interface: Pl181) -> None:
        super().__init__(system, path, ComponentParams())
        self.interface = interface
        self.change = self.event("change", interface.settle_and_drive)
        self.timeout = self.event("timeout", self._time_out)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError for what the hardware cannot be doing."""
        super().deserialize(section)
        if not (
            self.phase in (_IDLE, *_RECEIVING, *_SENDING)
            and 0 <= self.due <= NEVER
            and (self.due != NEVER) == self.change.scheduled
            and (self.due == NEVER or self.phase in (_RECEIVE, *_SENDING))
            and len(self.fifo) <= FIFO_WORDS
            and all(0 <= word < 1 << 32 for word in self.fifo)
            and 0 <= self.left <= self.count <= _MOST_BYTES
            and len(self.word) < 4
            and len(self.block) <= _MOST_BYTES
            and (self.phase != _RECEIVE or self.left <= len(self.block))
            and (self.phase == _WAIT_R or not self.timeout.scheduled)
        ):
            raise CheckpointError(f"{self.path}: the data path is never in this state")

    # --- what the guest sees ----------------------------------------------------------------------------------------

    @property
    def active(self) -> bool:
        """Whether a transfer is going on."""
        return self.phase != _IDLE

    @property
    def status(self) -> int:
        """TxActive, RxActive and the FIFO's flags, which are clear while nothing is active."""
        if self.phase in _RECEIVING:
            return RX_ACTIVE | receive_flags(len(self.fifo))
        if self.phase in _SENDING:
            return TX_ACTIVE | transmit_flags(len(self.fifo))
        return 0

    @property
    def words_left(self) -> int:
        """MCIFifoCnt: the words that have not yet passed between the FIFO and the data lines."""
        in_between = len(self.word) if self.phase in _RECEIVING else -len(self.word)
        return max(self.count + in_between + 3, 0) // 4

    def read_fifo(self) -> int:
        """Take a word from the FIFO; 0 when it has none for the guest."""
        if self.phase not in _RECEIVING or not self.fifo:
            return 0
        word = self.fifo.pop(0)
        self._finish_if_read_out()
        return word

    def write_fifo(self, value: int) -> None:
        """Put a word into the FIFO; it is lost when nothing is sent or the FIFO is full."""
        if self.phase in _SENDING and len(self.fifo) < FIFO_WORDS:
            self.fifo.append(value)
            if self.phase == _WAIT_S and self.due == NEVER:
                self._occupy_lines(self.now)

    # --- beginning and end ------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin a transfer of MCIDataLength bytes, in the direction of MCIDataCtrl."""
        self.count = self.interface.data_length.value
        if not self.count:
            self._end(DATA_END)
        elif self.interface.data_control.value & _FROM_CARD:
            self._wait_for_block()
        else:
            self.phase = _WAIT_S

    def stop(self) -> None:
        """Let go of the data lines, and lose what is in the FIFO."""
        self.phase = _IDLE
        self.due = NEVER
        self.fifo.clear()
        self.left = 0
        self.block = self.word = b""
        self.cancel(self.timeout)

    def _end(self, flags: int) -> None:
        self.stop()
        self.interface.flags |= flags

    def _time_out(self) -> None:
        self._end(DATA_TIME_OUT)
        self.interface.drive()

    # --- time -------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Bring up to date what has passed the data lines."""
        while self.due <= self.now:
            at, self.due = self.due, NEVER
            if self.phase == _RECEIVE:
                self._receive(at)
            else:
                self._send(at)

    def schedule_change(self) -> None:
        """Schedule the next moment at which anything but the guest's own accesses would show a difference."""
        if self.due == NEVER:
            self.cancel(self.change)
            return
        unseen = 0
        if self.left and not self.word:
            watched = self.interface.masks.values[0] | self.interface.masks.values[1]
            to_change = words_until_change(len(self.fifo), self.phase == _RECEIVE, watched)
            unseen = min(to_change, max(self.left // 4, 1)) - 1
        tick = self.interface.cycles_after(self.due, unseen * self._word_cycles) if unseen else self.due
        self.schedule(self.change, tick)

    def clock_changed(self) -> None:
        """Begin what is on the lines anew, at the new clock, or wait for a clock."""
        if self.phase == _WAIT_R and self.count:
            self._wait_for_block()
        elif self.phase in (_RECEIVE, _SEND) or (self.phase == _WAIT_S and (self.fifo or self.word)):
            self._occupy_lines(self.now)

    @property
    def _word_cycles(self) -> int:
        return 32 // self.interface.data_lines

    def _occupy_lines(self, at: int) -> None:
        """Have the data lines occupied from a tick on by what comes next: a word, or what is around a block."""
        if self.phase == _WAIT_S:
            cycles = _BEFORE_SEND
        elif self.phase == _SEND:
            cycles = self._word_cycles + (0 if self.left else _AFTER_SEND)
        elif self.left:
            cycles = self._word_cycles + (_BEFORE_RECEIVE if self.left == len(self.block) else 0)
        else:
            cycles = _AFTER_RECEIVE
        self.due = self.interface.cycles_after(at, cycles)

    @property
    def _streaming(self) -> bool:
        return bool(self.interface.data_control.value & _STREAM)

    def _block_size(self) -> int:
        """Return the size of the next block; a stream, which SD cards do not know, is one without a CRC."""
        size = min(self.interface.data_control.value >> _BLOCK_SIZE_SHIFT, _LARGEST_BLOCK_SIZE)
        return self.count if self._streaming else min(1 << size, self.count)

    # --- from the card ----------------------------------------------------------------------------------------------

    def _wait_for_block(self) -> None:
        self.phase = _WAIT_R
        self.cancel(self.timeout)
        if self.interface.clock_runs:
            self.schedule(self.timeout, self.interface.cycles_after(self.now, self.interface.data_timer.value))
            self.look_for_block()

    def look_for_block(self) -> None:
        """Begin to receive, if a block is awaited and the card has one to send now."""
        card = self.interface.card
        if self.phase != _WAIT_R or not self.count or card is None or not self.interface.clock_runs:
            return
        block = card.send_block()
        if block is None:
            return
        self.cancel(self.timeout)
        if card.data_lines < self.interface.data_lines:
            self._end(START_BIT_ERROR)  # the other lines stay high
            return
        size = self._block_size()
        self.phase, self.left = _RECEIVE, size
        # Where the card's block is shorter, its CRC follows, then nothing. The CRC is not where it is looked for.
        self.block = block[:size].ljust(size, b"\xff")
        self.sound = self._streaming or (len(block) == size and card.data_lines == self.interface.data_lines)
        self._occupy_lines(self.now)

    def _receive(self, at: int) -> None:
        if not self.left:
            self._finish_received_block()
            return
        start = len(self.block) - self.left
        piece = self.block[start : start + 4 - len(self.word)]
        self.word += piece
        self.left -= len(piece)
        self.count -= len(piece)
        if len(self.word) == 4 or not self.count:
            if len(self.fifo) == FIFO_WORDS:
                self._end(RX_OVERRUN)
                return
            self.fifo.append(int.from_bytes(self.word, "little"))
            self.word = b""
        self._occupy_lines(at)

    def _finish_received_block(self) -> None:
        if not self.sound:
            self._end(DATA_CRC_FAIL)
        elif self.count:
            self.interface.flags |= DATA_BLOCK_END
            self._wait_for_block()
        else:
            self.phase = _WAIT_R
            self.interface.flags |= DATA_BLOCK_END | DATA_END
            self._finish_if_read_out()
            self.interface.data_ended()

    def _finish_if_read_out(self) -> None:
        """The receiver stays active until the last word is taken."""
        if self.phase == _WAIT_R and not self.count and not self.fifo:
            self.stop()

    # --- to the card ------------------------------------------------------------------------------------------------

    def _send(self, at: int) -> None:
        if self.phase == _WAIT_S:
            self.phase, self.left, self.block = _SEND, self._block_size(), b""
        elif not self.left:
            self._finish_sent_block()
            return
        if not self.word:
            if not self.fifo:
                self._end(TX_UNDERRUN)
                return
            self.word = self.fifo.pop(0).to_bytes(4, "little")
        piece, self.word = self.word[: self.left], self.word[self.left :]
        self.block += piece
        self.left -= len(piece)
        self.count -= len(piece)
        self._occupy_lines(at)

    def _finish_sent_block(self) -> None:
        card = self.interface.card
        # Without a positive CRC status of the card, the CRC has failed.
        taken = card is not None and card.data_lines == self.interface.data_lines and card.receive_block(self.block)
        if not (taken or self._streaming):
            self._end(DATA_CRC_FAIL)
        elif self.count:
            self.phase = _WAIT_S
            self.interface.flags |= DATA_BLOCK_END
            if self.fifo or self.word:
                self._occupy_lines(self.now)
        else:
            self._end(DATA_BLOCK_END | DATA_END)
            self.interface.data_ended()
