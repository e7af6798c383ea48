"""The receive FIFOs of the LAN9118 (data sheet, 3.13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmsim_core.component import Component, ComponentParams, State
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.system import System

from vmsim_platform_realview import lan9118_interrupts as interrupts

if TYPE_CHECKING:
    from vmsim_platform_realview.lan9118 import Lan9118

_MASK = 0xFFFF_FFFF
_DROPPED_HALFWAY = 1 << 31
_MOST_WORDS = 16384 // 4
_END_ALIGNMENT = (1, 4, 8, 1)  # words; the setting 3 is reserved


class Receiver(Component):
    """Frames wait in the data FIFO, their statuses in a FIFO of their own; the host reads both as it likes.

    A frame is read with the offset and the end alignment that RX_CFG says when its first word is read, except for the
    offset's two low bits, which are those of its arrival.
    """

    type_name = "lan9118-receive"

    words = State[list[int]]([], "", "the data FIFO, with the frame that is being read")
    frames = State[list[int]]([], "words", "the frames in the data FIFO that nobody has begun to read")
    statuses = State[list[int]]([], "", "the status FIFO")
    offset_left = State(0, "words", "what is to be read before the frame")
    frame_left = State(0, "words", "what is left of the frame that is being read")
    padding_left = State(0, "words", "what is to be read after the frame")
    dropped = State(0, "frames", "RX_DROP")

    def __init__(self, system: System, path: str, params: ComponentParams, chip: Lan9118) -> None:
        super().__init__(system, path, params)
        self.chip = chip
        self.frames_dropped = self.statistics.counter("frames_dropped", "frames that the FIFOs had no room for")

    @property
    def capacity(self) -> int:
        """The room in the data FIFO, in words: it counts as full four words before its end (5.3.9)."""
        return self._size * 15 // 16 - 4

    @property
    def status_full(self) -> bool:
        """Whether the status FIFO has no more room."""
        return len(self.statuses) >= self._size // 16

    @property
    def _size(self) -> int:
        """What HW_CFG leaves of the 16 KiB for both FIFOs, in words."""
        return (16384 - 1024 * self.chip.transmit_kilobytes) // 4

    @property
    def used(self) -> int:
        """Bytes in the data FIFO."""
        return 4 * len(self.words)

    def store(self, status: int, data: bytes) -> bool:
        """Put a frame and its status into the FIFOs; return False when it is dropped for want of room."""
        shifted = bytes(self.chip.receive_config.value >> 8 & 3) + data
        count = -(-len(shifted) // 4)
        if self.status_full or len(self.words) + count > self.capacity:
            self._drop(interrupts.RECEIVER_ERROR if self.status_full else 0)
            return False
        shifted = shifted.ljust(4 * count, b"\0")
        self.words += [int.from_bytes(shifted[start : start + 4], "little") for start in range(0, 4 * count, 4)]
        self.frames.append(count)
        self.statuses.append(status)
        self.chip.interrupts.update()
        return True

    def _drop(self, errors: int) -> None:
        self.frames_dropped.value += 1
        self.dropped = (self.dropped + 1) & _MASK
        halfway = interrupts.DROPPED_HALFWAY if self.dropped == _DROPPED_HALFWAY else 0
        self.chip.interrupts.request(errors | interrupts.RECEIVE_DROPPED | halfway)

    def read_dropped(self) -> int:
        """Read RX_DROP, which clears it."""
        dropped, self.dropped = self.dropped, 0
        return dropped

    def read_data(self) -> int:
        """Read a word of the data port."""
        if not self._reading and not self._begin_frame():
            self.chip.interrupts.request(interrupts.RECEIVER_ERROR)
            return 0
        self.chip.count_received_word()
        if self.offset_left:
            self.offset_left -= 1
            return 0
        if self.frame_left:
            self.frame_left -= 1
            word = self.words.pop(0)
            self.chip.mac.receive_level_fell()
            return word
        self.padding_left -= 1
        return 0

    def fast_forward(self) -> None:
        """Go to the next frame: skip the one that is being read, or else the next one."""
        if not self._reading and not self._begin_frame():
            return
        del self.words[: self.frame_left]
        self.offset_left = self.frame_left = self.padding_left = 0
        self.chip.mac.receive_level_fell()

    def read_status(self) -> int:
        """Take a status from its FIFO; an empty one gives 0 and an error."""
        if not self.statuses:
            self.chip.interrupts.request(interrupts.RECEIVER_ERROR)
            return 0
        return self.statuses.pop(0)

    def peek_status(self) -> int:
        """Look at the next status."""
        return self.statuses[0] if self.statuses else 0

    def discard(self) -> None:
        """Empty both FIFOs."""
        dropped = self.dropped
        self.reset()
        self.dropped = dropped
        self.chip.mac.receive_level_fell()

    @property
    def _reading(self) -> bool:
        return bool(self.offset_left or self.frame_left or self.padding_left)

    def _begin_frame(self) -> bool:
        if not self.frames:
            return False
        config = self.chip.receive_config.value
        self.frame_left = self.frames.pop(0)
        self.offset_left = config >> 10 & 7
        self.padding_left = -(self.offset_left + self.frame_left) % _END_ALIGNMENT[config >> 30 & 3]
        return True

    def deserialize(self, section: Section) -> None:
        """Take the state; raises CheckpointError for FIFOs that cannot be."""
        super().deserialize(section)
        fits = (
            len(self.words) <= _MOST_WORDS
            and len(self.statuses) <= _MOST_WORDS
            and all(0 <= word <= _MASK for word in (*self.words, *self.statuses, self.dropped))
            and all(count > 0 for count in self.frames)
            and self.frame_left >= 0
            and sum(self.frames) + self.frame_left == len(self.words)
            and 0 <= self.offset_left < 8
            and 0 <= self.padding_left < 8
        )
        if not fits:
            raise CheckpointError(f"{self.path}: the receive FIFOs do not hold the frames that they should")
