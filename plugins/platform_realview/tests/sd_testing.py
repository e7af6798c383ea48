"""The host's side of an SD card, for the tests of the card and of the interface."""

from __future__ import annotations

from random import Random
from typing import Any

from realview_testing import advance, make_device
from vmsim_core.disk_image import SECTOR
from vmsim_platform_realview.pl181 import Pl181
from vmsim_platform_realview.sd_card import SdCard
from vmsim_platform_realview.sd_registers import with_crc

IDLE, READY, IDENT, STBY, TRAN, DATA, RCV, PRG, DIS = range(9)
OUT_OF_RANGE, ADDRESS_ERROR, BLOCK_LEN_ERROR = 1 << 31, 1 << 30, 1 << 29
ERASE_SEQ_ERROR, ERASE_PARAM, ILLEGAL_COMMAND = 1 << 28, 1 << 27, 1 << 22
CARD_ECC_FAILED, ERROR, ERASE_RESET, APP_CMD = 1 << 21, 1 << 19, 1 << 13, 1 << 5
VOLTAGES, HCS, POWERED_UP, CCS = 0xFF8000, 1 << 30, 1 << 31, 1 << 30

# --- the card alone -------------------------------------------------------------------------------------------------


def content(response: bytes) -> int:
    """Return the 32 bits in a short response, whose CRC must be good."""
    assert len(response) == 6
    assert with_crc(response[:5]) == response
    return int.from_bytes(response[1:5], "big")


def status(card: SdCard, index: int, argument: int = 0) -> tuple[int, int]:
    """Issue a command with an R1 response; return the state in it, and its errors."""
    response = card.command(index, argument)
    assert response, f"CMD{index} has no response"
    assert response[0] == index
    card_status = content(response)
    return card_status >> 9 & 0xF, card_status & ~(0xF << 9 | 1 << 8 | APP_CMD)


def application(card: SdCard, index: int, argument: int = 0) -> bytes:
    """Issue an application-specific command."""
    assert content(card.command(55, card.address << 16)) & APP_CMD
    return card.command(index, argument)


def start(card: SdCard) -> None:
    """Bring a card from power-on to the state tran."""
    card.command(0, 0)
    card.command(8, 0x1AA)
    assert int.from_bytes(application(card, 41, VOLTAGES | HCS)[1:5], "big") & POWERED_UP
    card.command(2, 0)
    address = content(card.command(3, 0)) >> 16
    assert status(card, 7, address << 16) == (STBY, 0)


def unit(card: SdCard) -> int:
    """Return how much is added to an address for each block."""
    return 1 if card.high_capacity else SECTOR


# --- the interface --------------------------------------------------------------------------------------------------

POWER, CLOCK, ARGUMENT, COMMAND, RESPCMD = 0x00, 0x04, 0x08, 0x0C, 0x10
RESPONSE0, RESPONSE1, RESPONSE2, RESPONSE3 = 0x14, 0x18, 0x1C, 0x20
DATA_TIMER, DATA_LENGTH, DATA_CTRL, DATA_CNT, STATUS, CLEAR, MASK0, MASK1 = range(0x24, 0x44, 4)
SELECT, FIFO_CNT, FIFO = 0x44, 0x48, 0x80

POWER_ON, CLOCK_ENABLE, BYPASS, WIDE_BUS = 3, 1 << 8, 1 << 10, 1 << 11
RESPONSE, LONG, INTERRUPT, PENDING, ENABLE = 1 << 6, 1 << 7, 1 << 8, 1 << 9, 1 << 10
DATA_ENABLE, FROM_CARD, STREAM = 1 << 0, 1 << 1, 1 << 2
BLOCKS_OF_512 = 9 << 4

CMD_CRC_FAIL, DATA_CRC_FAIL, CMD_TIME_OUT, DATA_TIME_OUT, TX_UNDERRUN, RX_OVERRUN = (1 << bit for bit in range(6))
CMD_RESP_END, CMD_SENT, DATA_END, START_BIT_ERROR, DATA_BLOCK_END, CMD_ACTIVE = (1 << bit for bit in range(6, 12))
TX_ACTIVE, RX_ACTIVE, TX_HALF_EMPTY, RX_HALF_FULL, TX_FULL, RX_FULL = (1 << bit for bit in range(12, 18))
TX_EMPTY, RX_EMPTY, TX_AVAILABLE, RX_AVAILABLE = (1 << bit for bit in range(18, 22))

CYCLE = 10**6
"""Ticks of a cycle of the card's clock as `make_slot` sets it: 1 MHz."""
WORD = 8 * CYCLE
"""The time of a word on four data lines."""
MCLK = 10**6
CARD_SIZE = 1 << 20


def make_slot(**params: Any) -> Pl181:
    """Return an interface whose MCLK is 1 MHz, with a blank card."""
    return make_device(Pl181, **{"size": CARD_SIZE, "mclk": MCLK, **params})


def make_ready(**params: Any) -> Pl181:
    """Return an interface with a selected card and four data lines."""
    interface = make_slot(**params)
    identify(interface)
    return interface


def contents(interface: Pl181) -> bytes:
    """Return what is on the card."""
    assert interface.card is not None
    return interface.card.disk.read(0, interface.card.disk.size)


def fill(interface: Pl181, seed: int = 1) -> bytes:
    """Put random bytes on the card, and return them."""
    assert interface.card is not None
    data = Random(seed).randbytes(interface.card.disk.size)
    interface.card.disk.write(0, data)
    return data


def set_up(interface: Pl181) -> None:
    """Give the card power and a clock of 1 MHz from an MCLK of as much."""
    interface.write(POWER, 4, POWER_ON)
    interface.write(CLOCK, 4, CLOCK_ENABLE | BYPASS)


def send(interface: Pl181, index: int, argument: int = 0, flags: int = RESPONSE) -> None:
    """Begin to send a command."""
    interface.write(ARGUMENT, 4, argument)
    interface.write(COMMAND, 4, ENABLE | flags | index)


def issue(interface: Pl181, index: int, argument: int = 0, flags: int = RESPONSE) -> int:
    """Issue a command and wait until it is over; return the static flags that it has set, which are cleared."""
    interface.write(CLEAR, 4, CMD_CRC_FAIL | CMD_TIME_OUT | CMD_RESP_END | CMD_SENT)
    send(interface, index, argument, flags)
    for _ in range(20):
        if not interface.read(STATUS, 4) & CMD_ACTIVE:
            break
        advance(interface, 16 * CYCLE)
    return interface.read(STATUS, 4) & (CMD_CRC_FAIL | CMD_TIME_OUT | CMD_RESP_END | CMD_SENT)


def issue_application(interface: Pl181, index: int, argument: int = 0, address: int = 1) -> int:
    """Issue an application-specific command."""
    assert issue(interface, 55, address << 16) == CMD_RESP_END
    return issue(interface, index, argument)


def identify(interface: Pl181) -> None:
    """Bring the card from power-on to the state tran, as a driver does, with a bus of four bits."""
    set_up(interface)
    assert issue(interface, 0, flags=0) == CMD_SENT
    assert issue(interface, 8, 0x1AA) == CMD_RESP_END
    assert issue_application(interface, 41, VOLTAGES | HCS, address=0) == CMD_CRC_FAIL, "the response has no CRC"
    assert issue(interface, 2, flags=RESPONSE | LONG) == CMD_RESP_END
    assert issue(interface, 3) == CMD_RESP_END
    assert interface.read(RESPONSE0, 4) >> 16 == 1
    assert issue(interface, 7, 1 << 16) == CMD_RESP_END
    assert issue_application(interface, 6, 2) == CMD_RESP_END
    interface.write(CLOCK, 4, CLOCK_ENABLE | BYPASS | WIDE_BUS)


def begin_data(interface: Pl181, length: int, control: int) -> None:
    """Begin a transfer."""
    interface.write(CLEAR, 4, 0x7FF)
    interface.write(DATA_TIMER, 4, 10_000)
    interface.write(DATA_LENGTH, 4, length)
    interface.write(DATA_CTRL, 4, control | DATA_ENABLE)


def begin_read(interface: Pl181, address: int, blocks: int) -> None:
    """Begin to read blocks."""
    begin_data(interface, blocks * SECTOR, FROM_CARD | BLOCKS_OF_512)
    assert issue(interface, 17 if blocks == 1 else 18, address) == CMD_RESP_END


def begin_write(interface: Pl181, address: int, blocks: int) -> None:
    """Begin to write blocks."""
    assert issue(interface, 24 if blocks == 1 else 25, address) == CMD_RESP_END
    begin_data(interface, blocks * SECTOR, BLOCKS_OF_512)


def take(interface: Pl181, size: int, pause: int = 8 * CYCLE) -> bytes:
    """Read data from the FIFO as they come, looking after each pause, until there are `size` bytes or no more come."""
    taken = bytearray()
    while len(taken) < size:
        state = interface.read(STATUS, 4)
        if state & RX_AVAILABLE:
            taken += interface.read(FIFO + len(taken) % 64, 4).to_bytes(4, "little")
        elif state & RX_ACTIVE:
            advance(interface, pause)
        else:
            break
    return bytes(taken)


def give(interface: Pl181, data: bytes, pause: int = 8 * CYCLE) -> int:
    """Write data to the FIFO as there is room, looking after each pause; return how many bytes were written."""
    given = 0
    while given < len(data):
        state = interface.read(STATUS, 4)
        if not state & TX_ACTIVE:
            break
        if state & TX_FULL:
            advance(interface, pause)
        else:
            interface.write(FIFO + given % 64, 4, int.from_bytes(data[given : given + 4], "little"))
            given += 4
    return given


def finish(interface: Pl181, blocks: int) -> int:
    """Wait for the end of a transfer, and stop one of several blocks; return the static flags of the data."""
    for _ in range(1000):
        if not interface.read(STATUS, 4) & (TX_ACTIVE | RX_ACTIVE):
            break
        advance(interface, 16 * CYCLE)
    flags = interface.read(STATUS, 4) & (DATA_CRC_FAIL | DATA_TIME_OUT | TX_UNDERRUN | RX_OVERRUN | DATA_END)
    interface.write(DATA_CTRL, 4, 0)
    if blocks > 1:
        assert issue(interface, 12) == CMD_RESP_END
    return flags
