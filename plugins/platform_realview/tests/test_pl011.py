"""The UART PL011."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from realview_testing import accesses, advance, any_guest, check_any_guest, interrupts, make_copy, make_device
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.pl011 import Pl011

DR, RSR, FR, ILPR, IBRD, FBRD, LCR_H, CR = 0x00, 0x04, 0x18, 0x20, 0x24, 0x28, 0x2C, 0x30
IFLS, IMSC, RIS, MIS, ICR, DMACR = 0x34, 0x38, 0x3C, 0x40, 0x44, 0x48

CTS_INTERRUPT, RX, TX, RT = 1 << 1, 1 << 4, 1 << 5, 1 << 6
BREAK_INTERRUPT, OVERRUN_INTERRUPT = 1 << 9, 1 << 10
BUSY, RXFE, TXFF, RXFF, TXFE = 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7
FEN, EIGHT_BITS, BRK = 1 << 4, 3 << 5, 1
UARTEN, LBE, TXE, RXE, RTS = 1, 1 << 7, 1 << 8, 1 << 9, 1 << 11
OVERRUN, BREAK = 1 << 11, 1 << 10

BIT = TICKS_PER_SECOND // 100_000


def make_uart(control: int = UARTEN | TXE | RXE, line: int = FEN | EIGHT_BITS, **params: Any) -> Pl011:
    """Return a UART that is set up for 100000 baud: 24 MHz / 16 / 15."""
    uart = make_device(Pl011, **params)
    uart.write(IBRD, 4, 15)
    uart.write(FBRD, 4, 0)
    uart.write(LCR_H, 4, line)
    uart.write(CR, 4, control)
    return uart


def sent_by(uart: Pl011) -> bytearray:
    """Return what the host's side will have received."""
    sent = bytearray()
    uart.port.listen(sent.extend)
    return sent


def read_all(uart: Pl011) -> bytes:
    """Read what has arrived, as a driver does."""
    received = bytearray()
    while not uart.read(FR, 4) & RXFE:
        received.append(uart.read(DR, 4) & 0xFF)
    return bytes(received)


def test_reset_values() -> None:
    uart = make_device(Pl011)
    assert [uart.read(offset, 4) for offset in (RSR, FR, CR, IFLS, IMSC, RIS, MIS, DMACR)] == [
        0, RXFE | TXFE | 7, TXE | RXE, 0x12, 0, 0, 0, 0,
    ]  # fmt: skip
    assert [uart.read(offset, 4) for offset in range(0xFE0, 0x1000, 4)] == [
        0x11, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1,
    ]  # fmt: skip


# --- transmission -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 4])
def test_sends_at_once_from_reset_on(size: int) -> None:
    uart = make_device(Pl011)
    sent = sent_by(uart)
    for character in b"hello":
        assert not uart.read(FR, 4) & (TXFF | BUSY)
        uart.write(DR, size, character)
    assert sent == b"hello"


def test_transmit_interrupt_comes_with_the_first_character() -> None:
    uart = make_uart()
    uart.write(IMSC, 4, TX)
    assert not interrupts(uart)
    uart.write(DR, 4, ord("x"))
    assert interrupts(uart)
    assert uart.read(MIS, 4) == TX
    uart.write(ICR, 4, TX)
    assert not interrupts(uart)


def test_real_baud_rate_paces_the_characters() -> None:
    uart = make_uart(baud="real")
    sent = sent_by(uart)
    for character in range(17):
        assert not uart.read(FR, 4) & TXFF
        uart.write(DR, 4, character)
    assert uart.read(FR, 4) & (BUSY | TXFF | TXFE) == BUSY | TXFF
    uart.write(DR, 4, 0xFF)
    # Start, 8 bits, stop.
    advance(uart, 10 * BIT - 1)
    assert sent == b""
    advance(uart, 1)
    assert sent == b"\0"
    assert not uart.read(FR, 4) & TXFF
    advance(uart, 160 * BIT)
    assert sent == bytes(range(17)), "a character that was written to a full FIFO is lost"
    assert uart.read(FR, 4) & (BUSY | TXFE) == TXFE


@pytest.mark.parametrize(
    ("line", "bits"), [(0, 7), (EIGHT_BITS, 10), (EIGHT_BITS | 1 << 1, 11), (EIGHT_BITS | 1 << 1 | 1 << 3, 12)]
)
def test_real_baud_rate_knows_the_frame(line: int, bits: int) -> None:
    uart = make_uart(line=line, baud="real")
    sent = sent_by(uart)
    uart.write(DR, 4, 0x15)
    advance(uart, bits * BIT - 1)
    assert sent == b""
    advance(uart, 1)
    assert sent == b"\x15"


@pytest.mark.parametrize(("select", "level"), [(0, 2), (1, 4), (2, 8), (3, 12), (4, 14), (7, 14)])
def test_transmit_interrupt_at_the_level(select: int, level: int) -> None:
    uart = make_uart(baud="real")
    uart.write(IFLS, 4, select)
    for character in range(17):
        uart.write(DR, 4, character)
    assert not uart.read(RIS, 4) & TX
    advance(uart, (16 - level) * 10 * BIT - 1)
    assert not uart.read(RIS, 4) & TX
    advance(uart, 1)
    assert uart.read(RIS, 4) & TX
    uart.write(DR, 4, 0)
    assert not uart.read(RIS, 4) & TX


def test_divisor_is_taken_over_with_the_line_control() -> None:
    uart = make_uart(baud="real")
    sent = sent_by(uart)
    uart.write(IBRD, 4, 30)
    uart.write(DR, 4, 1)
    advance(uart, 10 * BIT)
    assert sent == b"\1"
    uart.write(LCR_H, 4, FEN | EIGHT_BITS)
    uart.write(DR, 4, 2)
    advance(uart, 20 * BIT - 1)
    assert sent == b"\1"
    advance(uart, 1)
    assert sent == b"\1\2"


def test_restored_in_the_middle_of_a_character() -> None:
    uart = make_uart(baud="real")
    for character in b"abc":
        uart.write(DR, 4, character)
    advance(uart, 13 * BIT)
    twin = make_copy(uart)
    sent = sent_by(twin)
    advance(twin, 7 * BIT - 1)
    assert sent == b""
    advance(twin, 1)
    assert sent == b"b"
    advance(twin, 10 * BIT)
    assert sent == b"bc"


# --- reception --------------------------------------------------------------------------------------------------------


def test_receives_and_loses_nothing() -> None:
    uart = make_uart()
    text = bytes(range(256)) * 3
    uart.port.feed(text)
    assert uart.read(FR, 4) & (RXFF | RXFE) == RXFF
    assert len(uart.port.waiting) == len(text) - 16
    assert read_all(uart) == text
    assert uart.read(RIS, 4) & OVERRUN_INTERRUPT == 0


@pytest.mark.parametrize("control", [TXE | RXE, UARTEN | TXE, UARTEN | TXE | RXE | LBE])
def test_input_waits_until_reception_is_enabled(control: int) -> None:
    uart = make_uart(control)
    uart.port.feed(b"typed early")
    assert uart.read(FR, 4) & RXFE
    uart.write(CR, 4, UARTEN | TXE | RXE)
    assert read_all(uart) == b"typed early"


@pytest.mark.parametrize(("select", "level"), [(0, 2), (1, 4), (2, 8), (3, 12), (4, 14), (6, 14)])
def test_receive_interrupt_at_the_level(select: int, level: int) -> None:
    uart = make_uart()
    uart.write(IFLS, 4, select << 3)
    uart.write(IMSC, 4, RX)
    uart.port.feed(bytes(level - 1))
    assert not interrupts(uart)
    uart.port.feed(b"\0")
    assert interrupts(uart)
    uart.read(DR, 4)
    assert not interrupts(uart)


def test_lower_level_interrupts_at_once() -> None:
    uart = make_uart()
    uart.port.feed(b"1234")
    assert not uart.read(RIS, 4) & RX
    uart.write(IFLS, 4, 1 << 3)
    assert uart.read(RIS, 4) & RX


def test_without_fifo_every_character_interrupts() -> None:
    uart = make_uart(line=EIGHT_BITS)
    uart.write(IMSC, 4, RX)
    uart.port.feed(b"ab")
    assert interrupts(uart)
    assert uart.read(FR, 4) & RXFF
    assert uart.read(DR, 4) == ord("a")
    assert interrupts(uart), "the second one moved up"
    assert uart.read(DR, 4) == ord("b")
    assert not interrupts(uart)


def test_timeout_interrupts_when_nothing_more_comes() -> None:
    uart = make_uart()
    uart.write(IMSC, 4, RT)
    uart.port.feed(b"a")
    advance(uart, 31 * BIT)
    uart.port.feed(b"b")
    advance(uart, 32 * BIT - 1)
    assert not interrupts(uart)
    advance(uart, 1)
    assert interrupts(uart)
    uart.read(DR, 4)
    assert interrupts(uart)
    uart.read(DR, 4)
    assert not interrupts(uart)
    assert uart.system.events.pending() == []


def test_timeout_survives_a_checkpoint_with_the_input_that_waits() -> None:
    uart = make_uart()
    uart.port.feed(b"0123456789abcdefgh")
    advance(uart, 20 * BIT)
    twin = make_copy(uart)
    advance(twin, 12 * BIT)
    assert twin.read(RIS, 4) == RX | RT
    assert read_all(twin) == b"0123456789abcdefgh"


def test_real_baud_rate_paces_the_input() -> None:
    uart = make_uart(baud="real")
    uart.port.feed(b"abc")
    assert read_all(uart) == b"a"
    advance(uart, 10 * BIT - 1)
    assert read_all(uart) == b""
    advance(uart, 1)
    assert read_all(uart) == b"b"


def test_switching_the_fifo_empties_it() -> None:
    uart = make_uart()
    uart.port.feed(b"lost")
    uart.write(LCR_H, 4, EIGHT_BITS)
    assert uart.read(FR, 4) & RXFE
    assert uart.system.events.pending() == []


# --- loopback, errors, modem lines ------------------------------------------------------------------------------------


def test_loopback_returns_what_is_sent() -> None:
    uart = make_uart(UARTEN | TXE | RXE | LBE)
    sent = sent_by(uart)
    uart.write(DR, 4, ord("x"))
    assert sent == b""
    assert uart.read(DR, 4) == ord("x")


def test_overrun() -> None:
    uart = make_uart(UARTEN | TXE | RXE | LBE)
    for character in range(17):
        uart.write(DR, 4, character)
    assert uart.read(RIS, 4) & OVERRUN_INTERRUPT
    assert uart.read(RSR, 4) == OVERRUN >> 8
    assert uart.read(DR, 4) == OVERRUN
    uart.write(DR, 4, 0x55)
    assert uart.read(DR, 4) == 1
    uart.write(RSR, 4, 0)
    assert uart.read(RSR, 4) == 0
    assert [uart.read(DR, 4) for _ in range(15)] == [*range(2, 16), 0x55]


def test_break() -> None:
    uart = make_uart(UARTEN | TXE | RXE | LBE)
    uart.write(LCR_H, 4, FEN | EIGHT_BITS | BRK)
    assert uart.read(RIS, 4) & BREAK_INTERRUPT
    assert uart.read(DR, 4) == BREAK
    assert uart.read(RSR, 4) == BREAK >> 8


def test_modem_lines() -> None:
    uart = make_uart()
    assert uart.read(FR, 4) & 0x107 == 0x7
    uart.write(CR, 4, UARTEN | LBE)
    assert uart.read(FR, 4) & 0x107 == 0
    assert uart.read(RIS, 4) & 0xF == 0xE
    uart.write(ICR, 4, 0xF)
    uart.write(CR, 4, UARTEN | LBE | RTS)
    assert uart.read(FR, 4) & 0x107 == 1
    assert uart.read(RIS, 4) & 0xF == CTS_INTERRUPT
    uart.write(CR, 4, UARTEN | LBE | 0xF << 10)
    assert uart.read(FR, 4) & 0x107 == 0x107
    assert uart.read(RIS, 4) & 0xF == 0xF


@pytest.mark.parametrize("baud", ["instant", "real"])
@any_guest
@given(sequence=st.lists(st.one_of(accesses, st.binary(max_size=40)), max_size=40))
def test_any_guest(baud: str, sequence: list[Any]) -> None:
    uart = make_device(Pl011, baud=baud)
    for step in [step for step in sequence if isinstance(step, bytes)]:
        uart.port.feed(step)
    check_any_guest(uart, [step for step in sequence if not isinstance(step, bytes)])
