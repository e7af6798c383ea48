"""What the tests of the PL050 and its PS/2 devices share: an enabled interface, and a driver that polls it."""

from __future__ import annotations

from realview_testing import MICROSECOND, advance, make_device
from vmsim_platform_realview.pl050 import Pl050

CONTROL, STATUS, DATA, DIVISOR, INTERRUPTS = range(0, 0x14, 4)
FORCE_CLOCK, FORCE_DATA, ENABLE, TRANSMIT_INTERRUPT, RECEIVE_INTERRUPT, NO_LINE_CONTROL = (1 << bit for bit in range(6))
RECEIVE_BUSY, RECEIVE_FULL, TRANSMIT_BUSY, TRANSMIT_EMPTY = 0x08, 0x10, 0x20, 0x40

MILLISECOND = 1000 * MICROSECOND
RECEIVE_TIME = 880 * MICROSECOND
SEND_TIME = 1060 * MICROSECOND

ACKNOWLEDGE, RESEND = 0xFA, 0xFE


def plug_in(device: str) -> Pl050:
    """Return an enabled interface with a device."""
    interface = make_device(Pl050, device=device)
    interface.write(CONTROL, 4, ENABLE)
    return interface


def receive(interface: Pl050, quiet: int = 2 * MILLISECOND) -> list[int]:
    """Read what the device sends, until it was quiet for some time; for ten times that at most."""
    received = []
    waited = 0
    end = interface.now + 10 * quiet
    while waited < quiet and interface.now < end:
        advance(interface, 20 * MICROSECOND)
        waited += 20 * MICROSECOND
        if interface.read(STATUS, 4) & RECEIVE_FULL:
            received.append(interface.read(DATA, 4))
            waited = 0
    return received


def tell(interface: Pl050, *sent: int) -> list[int]:
    """Send bytes one after the other; return everything that comes back."""
    received = []
    for byte in sent:
        interface.write(DATA, 4, byte)
        received += receive(interface, SEND_TIME + 2 * MILLISECOND)
    return received


def hexadecimal(values: list[int]) -> str:
    """Return bytes in a form that is easy to compare by eye."""
    return bytes(values).hex(" ")
