"""An I2C bus, bit by bit, for controllers whose software moves the two lines (NXP UM10204).

Both lines are wired-AND: a line is high when nobody pulls it down. The controller is the only master, so that the
clock SCL is its alone; a slave pulls SDA down to acknowledge a byte and to send zeros.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from enum import IntEnum

from vmsim_core.component import Component, ComponentParams, State
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.system import System

_BITS = 8
_ACKNOWLEDGE = _BITS + 1


class I2cSlave(Component):
    """A chip on the bus that answers to a 7-bit `address`."""

    address: int

    @abstractmethod
    def bus_started(self) -> None:
        """Be told of a start condition on the bus, for whomever it is."""

    @abstractmethod
    def selected(self) -> None:
        """Be told that the master has addressed the chip to write."""

    @abstractmethod
    def receive(self, byte: int) -> bool:
        """Take a byte from the master; return whether to acknowledge it."""

    @abstractmethod
    def transmit(self) -> int:
        """Return the next byte for the master."""


class Phase(IntEnum):
    """What the bytes on the bus are."""

    IDLE = 0
    """of no concern to anybody here: nothing has started, or it was not for us"""
    ADDRESS = 1
    WRITE = 2
    """from the master to the selected slave"""
    READ = 3
    """from the selected slave to the master"""


class I2cBus(Component):
    """The two lines and what has happened on them since the last start condition."""

    type_name = "i2c-bus"

    scl = State(True, "", "the clock line, which the master drives")
    master_sda = State(True, "", "the master lets go of the data line")
    slave_sda = State(True, "", "the slave lets go of the data line")
    phase = State(int(Phase.IDLE), "", "0 idle, 1 address, 2 write, 3 read")
    clocks = State(0, "", "rising edges of SCL in this byte, the ninth of which is for the acknowledgement")
    shift = State(0, "", "the byte that is on its way")
    slave_address = State(-1, "", "the slave that is selected, -1 for none")

    def __init__(self, system: System, path: str, slaves: Sequence[I2cSlave]) -> None:
        """Connect the slaves; raises ValueError when two have one address."""
        super().__init__(system, path, ComponentParams())
        self.slaves = {slave.address: slave for slave in slaves}
        if len(self.slaves) != len(slaves):
            raise ValueError(f"two slaves of {path} have the same address")

    @property
    def sda(self) -> bool:
        """The level of the data line."""
        return self.master_sda and self.slave_sda

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote."""
        super().deserialize(section)
        somebody = self.slave_address in self.slaves
        if (
            self.phase not in list(Phase)
            or (self.phase in (Phase.WRITE, Phase.READ) and not somebody)
            or not (0 <= self.clocks <= _ACKNOWLEDGE and 0 <= self.shift <= 0xFF)
            or not (somebody or self.slave_address == -1)
        ):
            raise CheckpointError(f"{self.path}: there is no such state of the bus")

    def drive(self, scl: bool, sda: bool) -> None:
        """Have the master pull each line down, or let go of it (True). If both change, SDA does while SCL is low."""
        if scl and not self.scl:
            self.master_sda = sda
            self.scl = True
            self._clock_rises()
        elif self.scl and not scl:
            self.scl = False
            self._clock_falls()
            self.master_sda = sda
        else:
            before = self.sda
            self.master_sda = sda
            # A change while SCL is high is no data (UM10204, 3.1.4).
            if scl and self.sda != before:
                self._stop() if self.sda else self._start()

    def _start(self) -> None:
        self._stop()
        self.phase = int(Phase.ADDRESS)
        for slave in self.slaves.values():
            slave.bus_started()

    def _stop(self) -> None:
        self.phase = int(Phase.IDLE)
        self.slave_address = -1
        self.clocks = self.shift = 0
        self.slave_sda = True

    def _clock_rises(self) -> None:
        """Take the bit that is on SDA: the receiver's moment."""
        if self.phase == Phase.IDLE:
            return
        self.clocks += 1
        if self.clocks <= _BITS and self.phase != Phase.READ:
            self.shift = (self.shift << 1 | self.sda) & 0xFF
        elif self.clocks == _ACKNOWLEDGE and self.phase == Phase.READ and self.sda:
            self._stop()  # the master has had enough, and lets the slave go

    def _clock_falls(self) -> None:
        """Change what the slave does with SDA."""
        if self.phase == Phase.IDLE or not self.clocks:
            return
        if self.clocks < _BITS:
            if self.phase == Phase.READ:
                self._send_bit()
        elif self.clocks == _BITS:
            self.slave_sda = self.phase == Phase.READ or not self._acknowledges()
        else:
            self._next_byte()

    def _send_bit(self) -> None:
        self.slave_sda = bool(self.shift >> (_BITS - 1 - self.clocks) & 1)

    def _acknowledges(self) -> bool:
        """Deliver the byte that is complete, and return whether anybody acknowledges it."""
        if self.phase == Phase.WRITE:
            return self.slaves[self.slave_address].receive(self.shift)
        self.slave_address = self.shift >> 1 if self.shift >> 1 in self.slaves else -1
        return self.slave_address != -1

    def _next_byte(self) -> None:
        """Go on after an acknowledgement, or the lack of one."""
        acknowledged = self.phase == Phase.READ or not self.slave_sda
        if not acknowledged:
            self._stop()
            return
        slave = self.slaves[self.slave_address]
        if self.phase == Phase.ADDRESS:
            reading = self.shift & 1
            self.phase = int(Phase.READ if reading else Phase.WRITE)
            if not reading:
                slave.selected()
        self.clocks = 0
        self.slave_sda = True
        if self.phase == Phase.READ:
            self.shift = slave.transmit()
            self._send_bit()
