"""What an Ethernet port can be plugged into: a loopback, another port; and the recording of its traffic."""

from __future__ import annotations

import fcntl
import logging
import os
import struct
from io import FileIO
from pathlib import Path
from typing import Literal

from vmsim_core.device import DeviceParams
from vmsim_core.errors import VmsimError
from vmsim_core.ethernet_port import MAX_FRAME, EthernetPort
from vmsim_core.units import TICKS_PER_SECOND, Duration

log = logging.getLogger("vmsim")

LATENCY = TICKS_PER_SECOND // 20_000
"""The default time from a frame's last bit at the sender to its arrival: 50 us, as in a small network."""

_PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, MAX_FRAME, 1)  # nanoseconds, version 2.4, Ethernet
_TICKS_PER_NANOSECOND = TICKS_PER_SECOND // 10**9


class NetworkParams(DeviceParams):
    """What an Ethernet controller is connected to."""

    network: Literal["none", "loopback"] = "none"
    """``none``: no cable, until a script plugs one in; ``loopback``: every frame sent comes back."""
    latency: Duration = LATENCY
    """Time from a frame's last bit to its coming back in a loopback."""
    capture: Path | None = None
    """A pcap file in which every frame sent and received is recorded with its simulated time."""


def connect_network(port: EthernetPort, params: NetworkParams) -> None:
    """Connect a port as its controller's parameters say; raises VmsimError when there is no place for the capture."""
    if params.network == "loopback":
        port.plug(Loopback(params.latency))
    if params.capture is not None:
        port.listen(Capture(params.capture).record)


class Loopback:
    """A plug that returns every frame to its sender."""

    def __init__(self, latency: int = LATENCY) -> None:
        self.latency = latency

    def carry(self, sender: EthernetPort, frame: bytes, tick: int) -> None:
        """Let the frame come back."""
        sender.deliver(frame, tick + self.latency)


class EthernetLink:
    """A cable between two ports, of two systems or of one. Frames go both ways at once."""

    def __init__(self, one: EthernetPort, other: EthernetPort, *, latency: int = LATENCY) -> None:
        """Plug the cable into both ports; raises ValueError when one has a cable, or `latency` (ticks) is not
        positive."""
        if latency <= 0:
            raise ValueError("a cable needs some time; give a latency above zero")
        if one is other:
            raise ValueError(f"{one.name} cannot be plugged into itself")
        self.latency = latency
        self._other_end = {one: other, other: one}
        one.plug(self)
        try:
            other.plug(self)
        except ValueError:
            one.unplug()
            raise

    def carry(self, sender: EthernetPort, frame: bytes, tick: int) -> None:
        """Let the frame arrive at the other end."""
        self._other_end[sender].deliver(frame, tick + self.latency)

    def unplug(self) -> None:
        """Take the cable out at both ends. What is on its way still arrives."""
        for port in self._other_end:
            port.unplug()


class Capture:
    """A pcap file of the frames that pass a port, readable at any time while it grows.

    It is begun anew with the first frame of a run. Where the host cannot write it, the run goes on without.
    """

    def __init__(self, path: Path) -> None:
        """Remember the file's name; raises VmsimError when there is no folder for it."""
        if not path.parent.is_dir():
            raise VmsimError(f"{path}: there is no folder {path.parent}; name a place for the capture")
        self.path = path
        self._file: FileIO | None = None
        self._failed = False

    def record(self, tick: int, frame: bytes) -> None:
        """Append a frame that was sent or arrived at `tick`."""
        if self._failed:
            return
        seconds, ticks = divmod(tick, TICKS_PER_SECOND)
        header = struct.pack("<IIII", seconds, ticks // _TICKS_PER_NANOSECOND, len(frame), len(frame))
        try:
            if self._file is None:
                self._file = self._begin()
            # One write for a record: whoever reads the file meanwhile finds whole ones.
            if self._file.write(header + frame) != len(header) + len(frame):
                raise OSError(None, "the host's disk is full")
        except OSError as error:
            self._failed = True
            log.warning("%s: %s; the capture ends here", self.path, error.strerror)

    def _begin(self) -> FileIO:
        # Not truncated before it is locked: another run may be writing to it.
        file = FileIO(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666), "w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.truncate(0)
            file.write(_PCAP_HEADER)
        except BlockingIOError:
            file.close()
            raise OSError(None, "another run writes to it") from None
        except OSError:
            file.close()
            raise
        return file
