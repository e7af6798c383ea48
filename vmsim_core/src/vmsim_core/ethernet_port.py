"""Ethernet ports: where a controller of the guest meets a cable of the host."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.units import NEVER, TICKS_PER_SECOND

MAX_FRAME = 2048
"""The longest frame in bytes, without its frame check sequence; more than Ethernet allows, as controllers do."""
MAX_WAITING = 1024
"""How many frames may be on their way to a port; further ones are lost."""

_AROUND_A_FRAME = 8 + 4 + 12  # preamble and start delimiter, frame check sequence, gap (IEEE 802.3, 4.2)

FrameListener = Callable[[int, bytes], None]


def wire_time(size: int, bits_per_second: int) -> int:
    """Return how many ticks a frame of `size` bytes (without frame check sequence) occupies the wire."""
    return (size + _AROUND_A_FRAME) * 8 * TICKS_PER_SECOND // bits_per_second


class Cable(Protocol):
    """What a port may be plugged into."""

    def carry(self, sender: EthernetPort, frame: bytes, tick: int) -> None:
        """Take a frame whose last bit `sender` put on the wire at `tick`."""


class EthernetPort:
    """One Ethernet port. The controller sends and takes frames, without frame check sequence; a cable delivers.

    Frames on their way to the controller are kept here, each with the tick at which it arrives: they are part of the
    receiver's state, so that a checkpoint loses none.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.lost = 0
        """Frames that were lost because too many were on their way already."""
        self._cable: Cable | None = None
        self._listeners: list[FrameListener] = []
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._frame_on_its_way: Callable[[], None] = lambda: None
        self._link_changed: Callable[[], None] = lambda: None

    # --- the host's side --------------------------------------------------------------------------------------------

    @property
    def linked(self) -> bool:
        """Whether a cable is plugged in."""
        return self._cable is not None

    def plug(self, cable: Cable) -> None:
        """Plug in a cable: the link comes up. Raises ValueError when there is one already."""
        if self._cable is not None:
            raise ValueError(f"the port {self.name} has a cable already")
        self._cable = cable
        self._link_changed()

    def unplug(self) -> None:
        """Take the cable out: the link goes down. What is on its way still arrives."""
        self._cable = None
        self._link_changed()

    def listen(self, listener: FrameListener) -> None:
        """Have `listener(tick, frame)` called with each frame, as it is sent and as it arrives."""
        self._listeners.append(listener)

    def deliver(self, frame: bytes, tick: int) -> None:
        """Let a frame arrive at `tick`, after those that are on their way already (called by the cable).

        Raises ValueError for a frame that is empty or longer than `MAX_FRAME`.
        """
        if not 0 < len(frame) <= MAX_FRAME:
            raise ValueError(f"a frame of {len(frame)} bytes cannot be carried; the longest has {MAX_FRAME}")
        if len(self._waiting) >= MAX_WAITING:
            self.lost += 1
            return
        self._waiting.append((tick, frame))
        self._frame_on_its_way()

    # --- the controller's side --------------------------------------------------------------------------------------

    def attach_controller(self, frame_on_its_way: Callable[[], None], link_changed: Callable[[], None]) -> None:
        """Have one function called when there is a frame to wait for, the other when the link comes or goes."""
        self._frame_on_its_way = frame_on_its_way
        self._link_changed = link_changed

    def send(self, frame: bytes, tick: int) -> None:
        """Send a frame whose last bit leaves at `tick`; without a cable it is gone."""
        if self._cable is not None:
            self._tell(tick, frame)
            self._cable.carry(self, frame, tick)

    @property
    def next_arrival(self) -> int:
        """The tick at which the next frame arrives, NEVER if none is on its way."""
        return self._waiting[0][0] if self._waiting else NEVER

    def take(self, tick: int) -> bytes | None:
        """Return the next frame that has arrived by `tick`, or None."""
        if self.next_arrival > tick:
            return None
        arrived, frame = self._waiting.popleft()
        self._tell(arrived, frame)
        return frame

    def serialize(self, section: Section) -> None:
        """Write the frames that are on their way to a section of the controller."""
        section.put("port.arrivals", [tick for tick, _ in self._waiting], "ticks")
        put_frames(section, "port.frames", [frame for _, frame in self._waiting])

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError for frames that no cable delivers."""
        arrivals, frames = section.get_ints("port.arrivals"), get_frames(section, "port.frames", MAX_WAITING)
        if len(arrivals) != len(frames) or not all(0 <= tick < NEVER for tick in arrivals) or b"" in frames:
            raise CheckpointError(f"{section.path}: the frames on their way do not fit their times of arrival")
        self._waiting = deque(zip(arrivals, frames, strict=True))

    def _tell(self, tick: int, frame: bytes) -> None:
        for listener in self._listeners:
            listener(tick, frame)


def put_frames(section: Section, name: str, frames: list[bytes]) -> None:
    """Write frames to a checkpoint section."""
    section.put(f"{name}.sizes", [len(frame) for frame in frames], "bytes")
    section.put(f"{name}.data", b"".join(frames))


def get_frames(section: Section, name: str, at_most: int) -> list[bytes]:
    """Return what `put_frames` wrote; raises CheckpointError for more frames than `at_most`, or impossible ones."""
    sizes, data = section.get_ints(f"{name}.sizes"), section.get_bytes(f"{name}.data")
    if len(sizes) > at_most or not all(0 <= size <= MAX_FRAME for size in sizes) or sum(sizes) != len(data):
        raise CheckpointError(f"{section.path}.{name}: these are no {len(sizes)} frames")
    frames = []
    for size in sizes:
        frames.append(data[:size])
        data = data[size:]
    return frames
