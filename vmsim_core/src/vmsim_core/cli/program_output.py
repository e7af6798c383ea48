"""What bare-metal programs print through the simulator instead of a UART: it goes to standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmsim_core.system import System

CHANNELS = ("semihosting", "simctl")
"""The serial ports of ARM semihosting and of our own device; no hardware has them, so they have no console."""


class ProgramOutput:
    """Collects the text, and writes it when the run loop comes by: never in the middle of an instruction."""

    def __init__(self, system: System) -> None:
        self._unwritten = bytearray()
        for name in CHANNELS:
            system.serial_port(name).listen(self._unwritten.extend)

    def flush(self) -> None:
        """Write what was collected."""
        if self._unwritten:
            sys.stdout.buffer.write(self._unwritten)
            sys.stdout.buffer.flush()
            self._unwritten.clear()
