"""What the tests of the Ethernet controller share: its registers by their names, and a driver's way to use it."""

from __future__ import annotations

from typing import Any

from realview_testing import advance, make_device
from vmsim_core.ethernet_port import EthernetPort
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.lan9118 import Lan9118

RX_DATA, TX_DATA, RX_STATUS, RX_STATUS_PEEK, TX_STATUS, TX_STATUS_PEEK = 0x00, 0x20, 0x40, 0x44, 0x48, 0x4C
ID_REV, IRQ_CFG, INT_STS, INT_EN, BYTE_TEST, FIFO_INT, RX_CFG, TX_CFG = 0x50, 0x54, 0x58, 0x5C, 0x64, 0x68, 0x6C, 0x70
HW_CFG, RX_DP_CTL, RX_FIFO_INF, TX_FIFO_INF, PMT_CTRL, GPIO_CFG = 0x74, 0x78, 0x7C, 0x80, 0x84, 0x88
GPT_CFG, GPT_CNT, WORD_SWAP, FREE_RUN, RX_DROP, MAC_CMD, MAC_DATA = 0x8C, 0x90, 0x98, 0x9C, 0xA0, 0xA4, 0xA8
AFC_CFG, E2P_CMD, E2P_DATA = 0xAC, 0xB0, 0xB4
MAC_CR, ADDRH, ADDRL, HASHH, HASHL, MII_ACC, MII_DATA, FLOW, VLAN1, VLAN2, WUFF, WUCSR = range(1, 13)
BMCR, BMSR = 0, 1

MAC = bytes.fromhex("020000000001")
OTHER = bytes.fromhex("020000000002")
BROADCAST = b"\xff" * 6

RXALL, LOOPBK, FDPX, MCPAS, PRMS, INVFILT, PASSBAD = 1 << 31, 1 << 21, 1 << 20, 1 << 19, 1 << 18, 1 << 17, 1 << 16
HO, HPFILT, BCAST, PADSTR, TXEN, RXEN = 1 << 15, 1 << 13, 1 << 11, 1 << 8, 1 << 3, 1 << 2

TXSTOP, RXSTOP, TX_IOC, RXD, GPT_INT, PHY_INT, PME_INT = 1 << 25, 1 << 24, 1 << 21, 1 << 20, 1 << 19, 1 << 18, 1 << 17
TXSO, RWT, RXE, TXE, TDFO, TDFA, TSFF, TSFL = 1 << 16, 1 << 15, 1 << 14, 1 << 13, 1 << 10, 1 << 9, 1 << 8, 1 << 7
RXDF, RSFF, RSFL, SW_INT = 1 << 6, 1 << 4, 1 << 3, 1 << 31

BIT = TICKS_PER_SECOND // 100_000_000
LATENCY = 1000 * BIT


class Wire:
    """A cable whose other end is the test."""

    def __init__(self, port: EthernetPort) -> None:
        self.port = port
        self.carried: list[tuple[int, bytes]] = []
        port.plug(self)

    def carry(self, sender: EthernetPort, frame: bytes, tick: int) -> None:
        self.carried.append((tick, frame))

    @property
    def frames(self) -> list[bytes]:
        return [frame for _, frame in self.carried]


def make_chip(control: int = FDPX | TXEN | RXEN | PRMS, **params: Any) -> tuple[Lan9118, Wire]:
    """Return a controller that is set up as a driver does it, and the wire that it is connected to."""
    chip = make_device(Lan9118, **params)
    wire = Wire(chip.port)
    mac_write(chip, MAC_CR, control)
    chip.write(TX_CFG, 4, 2)
    return chip, wire


def mac_write(chip: Lan9118, register: int, value: int) -> None:
    chip.write(MAC_DATA, 4, value)
    chip.write(MAC_CMD, 4, 1 << 31 | register)


def mac_read(chip: Lan9118, register: int) -> int:
    chip.write(MAC_CMD, 4, 3 << 30 | register)
    assert not chip.read(MAC_CMD, 4) >> 31
    return chip.read(MAC_DATA, 4)


def phy_write(chip: Lan9118, register: int, value: int) -> None:
    mac_write(chip, MII_DATA, value)
    mac_write(chip, MII_ACC, 1 << 11 | register << 6 | 2)


def phy_read(chip: Lan9118, register: int, address: int = 1) -> int:
    mac_write(chip, MII_ACC, address << 11 | register << 6)
    assert not mac_read(chip, MII_ACC) & 1
    return mac_read(chip, MII_DATA)


def words(data: bytes) -> list[int]:
    """Return bytes as the words that a driver writes."""
    data = data.ljust(-(-len(data) // 4) * 4, b"\0")
    return [int.from_bytes(data[start : start + 4], "little") for start in range(0, len(data), 4)]


def write_packet(chip: Lan9118, frame: bytes, tag: int = 0, flags: int = 0, command_b: int = 0) -> None:
    """Write a packet of one buffer to the data FIFO."""
    chip.write(TX_DATA, 4, flags | 3 << 12 | len(frame))
    chip.write(TX_DATA, 4, tag << 16 | command_b | len(frame))
    for word in words(frame):
        chip.write(TX_DATA, 4, word)


def read_frame(chip: Lan9118, offset: int = 0) -> tuple[int, bytes]:
    """Read a status, and of the data what the status says after `offset` bytes."""
    status = chip.read(RX_STATUS, 4)
    size = status >> 16 & 0x3FFF
    data = b"".join(chip.read(RX_DATA, 4).to_bytes(4, "little") for _ in range(-(-(offset + size) // 4)))
    return status, data[offset : offset + size]


def arrive(chip: Lan9118, *frames: bytes) -> None:
    """Let frames arrive at once."""
    for frame in frames:
        chip.port.deliver(frame, chip.now)
    advance(chip, 0)


def a_frame(destination: bytes = MAC, size: int = 60, kind: int = 0x0800) -> bytes:
    """Return a frame of `size` bytes."""
    head = destination + OTHER + kind.to_bytes(2, "big")
    return head + bytes((5 * index + size) & 0xFF for index in range(size - len(head)))
