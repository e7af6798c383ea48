"""The MAC of the LAN9118: addresses and their filters, what is received, flow control (data sheet, 3.3 to 3.6, 5.4)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from vmsim_core.component import State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.ethernet_port import EthernetPort
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import NEVER, TICKS_PER_SECOND

from vmsim_platform_realview import lan9118_interrupts as interrupts

if TYPE_CHECKING:
    from vmsim_platform_realview.lan9118 import Lan9118

# MAC_CR
_RECEIVE_ALL = 1 << 31
_LOOPBACK = 1 << 21
_FULL_DUPLEX = 1 << 20
_PASS_MULTICAST = 1 << 19
_PROMISCUOUS = 1 << 18
_INVERSE_FILTER = 1 << 17
_PASS_BAD = 1 << 16
_HASH_PHYSICAL = 1 << 15
_HASH_MULTICAST = 1 << 13
_NO_BROADCAST = 1 << 11
_STRIP_PADDING = 1 << 8
_TRANSMIT_ENABLE = 1 << 3
_RECEIVE_ENABLE = 1 << 2
_CONTROL_BITS = 0x90BF_BDEC

# MII_ACC
_MII_WRITE = 1 << 1
_MII_ACCESS_BITS = 0xFFC2
_PHY_ADDRESS = 1

# FLOW
_PASS_CONTROL = 1 << 2
_FLOW_ENABLE = 1 << 1
_FLOW_BUSY = 1 << 0

# WUCSR
_MAGIC_RECEIVED = 1 << 5
_MAGIC_ENABLE = 1 << 1
_WAKE_UP_BITS = 0x206

# AFC_CFG: for which arriving frames the transmitter of the other end is told to pause.
_FLOW_MULTICAST, _FLOW_BROADCAST, _FLOW_ADDRESSED, _FLOW_ANY = 8, 4, 2, 1

# RX status
_FILTER_FAILED = 1 << 30
_ERROR = 1 << 15
_BROADCAST_FRAME = 1 << 13
_LENGTH_ERROR = 1 << 12
_RUNT = 1 << 11
_MULTICAST_FRAME = 1 << 10
_TOO_LONG = 1 << 7
_ETHERNET_TYPE = 1 << 5
_WATCHDOG = 1 << 4

_HEADER = 14
_SHORTEST = 60  # without frame check sequence, as all lengths here
_LONGEST = 1514
_WATCHDOG_SIZE = 2044
_SHORTEST_PAYLOAD = _SHORTEST - _HEADER
_LONGEST_PAYLOAD = _LONGEST - _HEADER

_BROADCAST = b"\xff" * 6
_PAUSE_ADDRESS = bytes.fromhex("0180c2000001")
_PAUSE_FRAME = bytes.fromhex("88080001")  # type MAC control, opcode PAUSE (IEEE 802.3, 31B)


def hash_index(address: bytes) -> int:
    """Return the bit of the 64-bit hash table that an address selects: the upper six bits of its CRC (3.3.1.2)."""
    reflected = ~zlib.crc32(address) & 0x3F
    return int(f"{reflected:06b}"[::-1], 2)


class Mac(Device):
    """MAC register n is the word n of the register table. Frames come and go through the port."""

    type_name = "lan9118-mac"

    registers = RegisterTable(size=0x400)
    control = registers.read_write(4 * 1, reset=_PROMISCUOUS, doc="MAC_CR")
    address_high = registers.read_write(4 * 2, reset=0xFFFF, writable_bits=0xFFFF, doc="ADDRH: bytes 4 and 5")
    address_low = registers.read_write(4 * 3, reset=0xFFFF_FFFF, doc="ADDRL: bytes 0 to 3")
    hash_high = registers.read_write(4 * 4, doc="HASHH")
    hash_low = registers.read_write(4 * 5, doc="HASHL")
    mii_access = registers.read_write(4 * 6, doc="MII_ACC")
    mii_data = registers.read_write(4 * 7, writable_bits=0xFFFF, doc="MII_DATA")
    flow = registers.read_write(4 * 8, doc="FLOW")
    vlan1 = registers.read_write(4 * 9, reset=0xFFFF, writable_bits=0xFFFF, doc="VLAN1: frames may be 4 bytes longer")
    vlan2 = registers.read_write(4 * 10, reset=0xFFFF, writable_bits=0xFFFF, doc="VLAN2: 20 bytes longer")
    wake_up_filter = registers.command(4 * 11, doc="WUFF: taken, but no frame is compared with it")
    wake_up = registers.read_write(4 * 12, doc="WUCSR")

    pause_sent = State(False, "", "the other end was asked to pause and not yet to go on")

    def __init__(self, system: System, path: str, params: DeviceParams, chip: Lan9118, port: EthernetPort) -> None:
        super().__init__(system, path, params)
        self.chip = chip
        self.port = port
        self.arrival = self.event("arrival", self._take_arrived)
        self.frames_received = self.statistics.counter("frames_received", "frames that were put into the FIFO")
        self.bytes_received = self.statistics.counter("bytes_received", "their bytes", "byte")
        self.frames_filtered = self.statistics.counter("frames_filtered", "frames for other addresses")
        self.frames_bad = self.statistics.counter("frames_bad", "runts")
        self.frames_ignored = self.statistics.counter("frames_ignored", "frames that came while reception was off")
        self.statistics.formula("frames_lost", lambda: port.lost, "frames lost on the way: too many at once")

    def reset(self) -> None:
        """Forget everything but the frames that are on their way."""
        super().reset()
        self.load_address()
        self.frame_on_its_way()

    # --- the wire ---------------------------------------------------------------------------------------------------

    @property
    def full_duplex(self) -> bool:
        """Whether MAC_CR selects full duplex."""
        return bool(self.control.value & _FULL_DUPLEX)

    @property
    def loops_back(self) -> bool:
        """Whether what is sent comes back inside the chip, and the wire is cut off."""
        return bool(self.control.value & _LOOPBACK) or self.chip.phy.loops_back

    @property
    def transmit_enabled(self) -> bool:
        """Whether MAC_CR enables the transmitter."""
        return bool(self.control.value & _TRANSMIT_ENABLE)

    def put_on_wire(self, frame: bytes) -> None:
        """Let a frame go whose last bit was sent now."""
        if self.loops_back:
            self._receive(frame)
        elif self.chip.phy.link:
            self.port.send(frame, self.now)

    def frame_on_its_way(self) -> None:
        """Wait for the next frame that the port announces."""
        if not self.arrival.scheduled and self.port.next_arrival < NEVER:
            self.schedule(self.arrival, max(self.port.next_arrival, self.now))

    def _take_arrived(self) -> None:
        while (frame := self.port.take(self.now)) is not None:
            if self.chip.phy.link and not self.loops_back:
                self._receive(frame)
            else:
                self.frames_ignored.value += 1
        self.frame_on_its_way()

    # --- reception --------------------------------------------------------------------------------------------------

    @property
    def address(self) -> bytes:
        """The MAC address that is programmed."""
        return self.address_low.value.to_bytes(4, "little") + self.address_high.value.to_bytes(2, "little")

    def load_address(self) -> bool:
        """Take the MAC address out of the EEPROM, as after each reset; return whether there is one."""
        address = self.chip.eeprom.mac_address()
        if address is None:
            return False
        self.address_low.value = int.from_bytes(address[:4], "little")
        self.address_high.value = int.from_bytes(address[4:], "little")
        return True

    def passes_filter(self, destination: bytes) -> bool:
        """Return whether a frame for this address is for the host (table 3.1)."""
        control = self.control.value
        if control & _PROMISCUOUS:
            return True
        if destination == _BROADCAST:
            return not control & _NO_BROADCAST
        multicast = bool(destination and destination[0] & 1)
        if multicast and control & _PASS_MULTICAST:
            return True
        if control & (_HASH_MULTICAST if multicast else _HASH_PHYSICAL):
            return bool((self.hash_high.value << 32 | self.hash_low.value) >> hash_index(destination) & 1)
        return (destination == self.address) != bool(control & _INVERSE_FILTER)

    def _receive(self, frame: bytes) -> None:
        """Let a frame come in from the wire."""
        if not self.control.value & _RECEIVE_ENABLE:
            self.frames_ignored.value += 1
            return
        self._look_for_magic_packet(frame)
        if self.chip.asleep:
            self.frames_ignored.value += 1
        elif len(frame) < _SHORTEST and not self.control.value & _PASS_BAD:
            self.frames_bad.value += 1
        elif not self._is_pause(frame) or self.flow.value & _PASS_CONTROL:
            self._filter(frame)

    def _filter(self, frame: bytes) -> None:
        passed = self.passes_filter(frame[:6])
        if not passed and not self.control.value & _RECEIVE_ALL:
            self.frames_filtered.value += 1
            return
        status, data = self._describe(frame)
        status |= (0 if passed else _FILTER_FAILED) | len(data) << 16
        if status & _WATCHDOG:
            self.chip.interrupts.request(interrupts.RECEIVE_WATCHDOG)
        if self.chip.receiver.store(status, data):
            self.frames_received.value += 1
            self.bytes_received.value += len(frame)
        self._receive_level_rose(frame)

    def _describe(self, frame: bytes) -> tuple[int, bytes]:
        """Return the status of a frame, without its length, and what of it goes into the FIFO."""
        status = 0
        if frame[:6] == _BROADCAST:
            status |= _BROADCAST_FRAME
        elif frame[0] & 1:
            status |= _MULTICAST_FRAME
        data = frame + zlib.crc32(frame).to_bytes(4, "little")
        kind = int.from_bytes(frame[12:_HEADER], "big")
        longest = _LONGEST
        if len(frame) >= _HEADER:
            if kind > _LONGEST_PAYLOAD:
                status |= _ETHERNET_TYPE
                longest += 4 if kind == self.vlan1.value else 20 if kind == self.vlan2.value else 0
            elif len(frame) - _HEADER != max(kind, _SHORTEST_PAYLOAD):
                status |= _LENGTH_ERROR
            if kind < _SHORTEST_PAYLOAD and self.control.value & _STRIP_PADDING:
                data = frame[: _HEADER + kind]
        if len(frame) < _SHORTEST:
            status |= _ERROR | _RUNT
        if len(frame) > longest:
            status |= _ERROR | _TOO_LONG
        if len(frame) > _WATCHDOG_SIZE:
            status |= _WATCHDOG
        return status, data

    def _look_for_magic_packet(self, frame: bytes) -> None:
        if self.wake_up.value & _MAGIC_ENABLE and b"\xff" * 6 + 16 * self.address in frame:
            self.wake_up.value |= _MAGIC_RECEIVED
            self.chip.wake_up_event()

    # --- flow control (3.5) -----------------------------------------------------------------------------------------

    def _is_pause(self, frame: bytes) -> bool:
        """Return whether a frame is a request to pause, and do what it asks for."""
        if not (self.flow.value & _FLOW_ENABLE and self.full_duplex) or frame[12:16] != _PAUSE_FRAME:
            return False
        if frame[:6] not in (_PAUSE_ADDRESS, self.address):
            return False
        bits = 512 * int.from_bytes(frame[16:18], "big")
        self.chip.transmitter.pause(bits * TICKS_PER_SECOND // self.chip.phy.bits_per_second)
        return True

    def _receive_level_rose(self, frame: bytes) -> None:
        config = self.chip.flow_config.value
        if not self.full_duplex or self.pause_sent or self.chip.receiver.used < 64 * (config >> 16 & 0xFF):
            return
        kind = _FLOW_ANY
        if frame[:6] == _BROADCAST:
            kind |= _FLOW_BROADCAST
        else:
            kind |= _FLOW_MULTICAST if frame[0] & 1 else _FLOW_ADDRESSED
        if config & kind:
            self.pause_sent = True
            self._send_pause(self.flow.value >> 16)

    def receive_level_fell(self) -> None:
        """Let the other end go on when there is room in the data FIFO again (called by the receiver)."""
        if self.pause_sent and self.chip.receiver.used < 64 * (self.chip.flow_config.value >> 8 & 0xFF):
            self.pause_sent = False
            self._send_pause(0)

    def _send_pause(self, quanta: int) -> None:
        frame = _PAUSE_ADDRESS + self.address + _PAUSE_FRAME + quanta.to_bytes(2, "big")
        self.chip.transmitter.send_pause_frame(frame.ljust(_SHORTEST, b"\0"))

    # --- registers --------------------------------------------------------------------------------------------------

    @control.write
    def _write_control(self, value: int) -> None:
        stopped = self.control.value & ~value & _RECEIVE_ENABLE
        self.control.value = value & _CONTROL_BITS
        if stopped:
            self.chip.interrupts.request(interrupts.RECEIVER_STOPPED)
        self.chip.transmitter.send_next()

    @mii_access.write
    def _write_mii_access(self, value: int) -> None:
        self.mii_access.value = value & _MII_ACCESS_BITS
        there, register = value >> 11 & 0x1F == _PHY_ADDRESS, value >> 6 & 0x1F
        if value & _MII_WRITE:
            if there:
                self.chip.phy.write(4 * register, 4, self.mii_data.value)
        else:
            self.mii_data.value = self.chip.phy.read(4 * register, 4) & 0xFFFF if there else 0xFFFF

    @flow.write
    def _write_flow(self, value: int) -> None:
        self.flow.value = value & (0xFFFF_0000 | _PASS_CONTROL | _FLOW_ENABLE)
        if value & _FLOW_BUSY and self.full_duplex:
            self._send_pause(value >> 16)

    @wake_up_filter.write
    def _write_wake_up_filter(self, value: int) -> None:
        """Take it; wake-up frames are not recognised."""

    @wake_up.write
    def _write_wake_up(self, value: int) -> None:
        received = self.wake_up.value & _MAGIC_RECEIVED & ~value
        self.wake_up.value = value & _WAKE_UP_BITS | received

    # --- checkpoints ------------------------------------------------------------------------------------------------

    def serialize(self, section: Section) -> None:
        """Write the state, with the frames that are on their way to the chip."""
        super().serialize(section)
        self.port.serialize(section)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote."""
        super().deserialize(section)
        self.port.deserialize(section)
        self.frame_on_its_way()
