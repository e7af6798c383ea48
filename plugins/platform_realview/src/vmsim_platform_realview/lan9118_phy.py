"""The PHY inside the LAN9118 (data sheet, 5.5; IEEE 802.3, clause 22)."""

from __future__ import annotations

from vmsim_core.component import State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.ethernet_port import EthernetPort
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.system import System

# Basic control
_RESET = 1 << 15
_LOOPBACK = 1 << 14
_SPEED_100 = 1 << 13
_AUTONEGOTIATE = 1 << 12
_POWER_DOWN = 1 << 11
_RESTART = 1 << 9
_FULL_DUPLEX = 1 << 8
_CONTROL_BITS = 0x7D80

# Basic status
_ABILITIES = 0x7809  # 100 and 10 Mbit/s in full and half duplex, autonegotiation, extended registers
_NEGOTIATED = 1 << 5
_LINK = 1 << 2

# What the other end advertises, with its acknowledgement: symmetric pause, 100 and 10 Mbit/s in full and half duplex.
_PARTNER = 0x45E1
_100_FULL, _100_HALF, _10_FULL = 1 << 8, 1 << 7, 1 << 6

_ENERGY_ON = 1 << 1  # mode control/status
_AUTONEGOTIATION_DONE = 1 << 12  # special control/status

# Interrupt sources
_SOURCE_ENERGY = 1 << 7
_SOURCE_NEGOTIATED = 1 << 6
_SOURCE_LINK_DOWN = 1 << 4


class Phy(Device):
    """MII register n is the word n of the register table. Its interrupt line goes to the chip's INT_STS.

    Autonegotiation takes no time, and the link is up whenever a cable is plugged in, whatever speed is selected.
    """

    type_name = "lan9118-phy"

    registers = RegisterTable(size=0x80)
    control = registers.read_write(4 * 0, reset=_SPEED_100 | _AUTONEGOTIATE, doc="basic control")
    status = registers.computed(4 * 1, doc="basic status; a link that was lost reads 0 once")
    identifier1 = registers.constant(4 * 2, 0x0007, doc="PHY identifier 1")
    identifier2 = registers.constant(4 * 3, 0xC0D1, doc="PHY identifier 2")
    advertisement = registers.read_write(4 * 4, reset=0x01E1, writable_bits=0x2DFF, doc="what is advertised")
    partner = registers.computed(4 * 5, doc="link partner ability")
    expansion = registers.computed(4 * 6, doc="autonegotiation expansion")
    mode = registers.read_write(4 * 17, writable_bits=0x2E4C, doc="mode control/status; bit 1: energy")
    special_modes = registers.read_write(4 * 18, reset=0x00E1, writable_bits=0x00E0, doc="special modes, address")
    indications = registers.read_write(4 * 27, writable_bits=0x0800, doc="special control/status indications")
    interrupt_source = registers.read_only(4 * 29, doc="interrupt source; reading clears")
    interrupt_mask = registers.read_write(4 * 30, writable_bits=0xFE, doc="interrupt mask")
    special_status = registers.computed(4 * 31, doc="special control/status: what was negotiated")

    link = State(False, "", "the link was up when last looked at")
    link_lost = State(False, "", "the link went down since the basic status was read")

    def __init__(self, system: System, path: str, params: DeviceParams, port: EthernetPort) -> None:
        super().__init__(system, path, params)
        self.port = port

    def reset(self) -> None:
        """Begin anew; with a cable the link comes up at once."""
        super().reset()
        self.link_changed()

    def deserialize(self, section: Section) -> None:
        """Take the state; a cable that was plugged in or taken out since then is noticed now."""
        super().deserialize(section)
        self.link_changed()

    def link_changed(self) -> None:
        """Look whether the link came up or went down."""
        link = self.port.linked and not self.control.value & _POWER_DOWN
        if link == self.link:
            return
        self.link = link
        if link:
            self._raise(_SOURCE_ENERGY | (_SOURCE_NEGOTIATED if self.control.value & _AUTONEGOTIATE else 0))
        else:
            self.link_lost = True
            self._raise(_SOURCE_LINK_DOWN)

    @property
    def loops_back(self) -> bool:
        """Whether what is sent comes back, and nothing reaches the wire."""
        return bool(self.control.value & _LOOPBACK)

    @property
    def bits_per_second(self) -> int:
        """The speed that is negotiated or selected."""
        if self._negotiated:
            common = self.advertisement.value & _PARTNER
            return 100_000_000 if common & (_100_FULL | _100_HALF) else 10_000_000
        return 100_000_000 if self.control.value & _SPEED_100 else 10_000_000

    @property
    def _negotiated(self) -> bool:
        return self.link and bool(self.control.value & _AUTONEGOTIATE)

    @control.write
    def _write_control(self, value: int) -> None:
        if value & _RESET:
            self.reset()
            return
        self.control.value = value & _CONTROL_BITS & ~_RESTART
        self.link_changed()
        if value & _RESTART and self._negotiated:
            self._raise(_SOURCE_NEGOTIATED)

    @status.read
    def _read_status(self) -> int:
        link = self.link and not self.link_lost
        self.link_lost = False
        return _ABILITIES | (_LINK if link else 0) | (_NEGOTIATED if self._negotiated else 0)

    @partner.read
    def _read_partner(self) -> int:
        return _PARTNER if self._negotiated else 0

    @expansion.read
    def _read_expansion(self) -> int:
        return 1 if self._negotiated else 0

    @mode.read
    def _read_mode(self) -> int:
        return self.mode.value | (_ENERGY_ON if self.link else 0)

    @special_status.read
    def _read_special_status(self) -> int:
        # Bits 4 to 2: 001 and 101 are 10 Mbit/s, 010 and 110 are 100 Mbit/s, in half and full duplex.
        if self._negotiated:
            common = self.advertisement.value & _PARTNER
            full = bool(common & (_100_FULL if common & (_100_FULL | _100_HALF) else _10_FULL))
        else:
            full = bool(self.control.value & _FULL_DUPLEX)
        speed = 2 if self.bits_per_second == 100_000_000 else 1
        done = _AUTONEGOTIATION_DONE if self._negotiated else 0
        return 0x40 | done | (speed | (4 if full else 0)) << 2

    @interrupt_source.read
    def _read_interrupt_source(self) -> int:
        source = self.interrupt_source.value
        self.interrupt_source.value = 0
        self._drive()
        return source

    def _raise(self, sources: int) -> None:
        self.interrupt_source.value |= sources
        self._drive()

    @interrupt_mask.written
    def _drive(self) -> None:
        self.irq.set(bool(self.interrupt_source.value & self.interrupt_mask.value))
