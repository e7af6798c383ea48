"""A program with a console on its standard input and output, to be run in a terminal by the tests.

Its guest answers what it is sent in capitals; ``!`` makes it fail and ``~`` suspends it.
"""

from __future__ import annotations

import signal
import sys

from vmsim_core.console.backends import open_console
from vmsim_core.serial_port import SerialPort

port = SerialPort("uart0")
quits: list[bool] = []


def guest_takes() -> None:
    while (byte := port.take()) is not None:
        if byte == ord("!"):
            raise RuntimeError("the guest broke")
        if byte == ord("~"):
            signal.raise_signal(signal.SIGTSTP)
        port.send(b"<%02x>" % byte if byte < 32 else bytes([byte]).upper())


port.attach_uart(guest_takes)
with open_console("stdio", port, lambda: quits.append(True)) as console:
    print("ready", console.interactive, file=sys.stderr, flush=True)
    while not quits:
        console.poll()
        console.wait(0.05)
        if not console.interactive and not console.live and "--until-eof" in sys.argv:
            break
print("left", file=sys.stderr, flush=True)
