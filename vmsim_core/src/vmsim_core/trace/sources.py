"""What can be traced, each kind with the way in which it is seen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING

from vmsim_core.cpu import Core
from vmsim_core.debug import DeviceAccess, ExecutedInstruction, TakenException
from vmsim_core.trace.formatter import Formatter
from vmsim_core.trace.writer import LineWriter

if TYPE_CHECKING:
    from vmsim_core.system import System


class Source(ABC):
    """One kind of thing, seen in one system and written as lines."""

    def __init__(self, system: System, formatter: Formatter, writer: LineWriter) -> None:
        self.system = system
        self._formatter = formatter
        self._write = writer.write

    @abstractmethod
    def begin(self) -> None:
        """See it from now on; raises VmsimError when a CPU model cannot show it. `end` undoes it in any case."""

    @abstractmethod
    def end(self) -> None:
        """See it no more."""


class Instructions(Source):
    """Every instruction, after it was executed."""

    def begin(self) -> None:
        """Have the cores show their instructions."""
        for core in self.system.cores:
            core.observe(partial(self._executed, core.path))

    def end(self) -> None:
        """Let the cores run fast again."""
        for core in self.system.cores:
            core.observe(None)

    def _executed(self, core: str, instruction: ExecutedInstruction) -> None:
        self._write(self._formatter.instruction(core, instruction))


class Exceptions(Source):
    """Every exception that a core takes; it comes before the line of the instruction that raised it."""

    def begin(self) -> None:
        """Have the cores show their exceptions."""
        for core in self.system.cores:
            core.observe_exceptions(partial(self._taken, core))

    def end(self) -> None:
        """Have them do so no more."""
        for core in self.system.cores:
            core.observe_exceptions(None)

    def _taken(self, core: Core, exception: TakenException) -> None:
        interrupt = self._signalled(core.index) if exception.interrupt else None
        self._write(self._formatter.exception(core.path, exception, interrupt))

    def _signalled(self, core: int) -> int | None:
        numbers = (device.signalled_interrupt(core) for device in self.system.devices.values())
        return next((number for number in numbers if number is not None), None)


class DeviceAccesses(Source):
    """Every access to what is no RAM; it comes before the line of the instruction that makes it."""

    def begin(self) -> None:
        """Listen at the address map."""
        self.system.address_map.observe_devices(self._accessed)

    def end(self) -> None:
        """Let devices be accessed directly again."""
        self.system.address_map.observe_devices(None)

    def _accessed(self, access: DeviceAccess) -> None:
        core = self.system.cores[self.system.current_core]
        address = core.active.accessing
        path = None if address is None else core.path
        self._write(self._formatter.device_access(self.system.events.now, path, address, access))


SOURCES: dict[str, type[Source]] = {"insts": Instructions, "exceptions": Exceptions, "mmio": DeviceAccesses}
"""What can be traced, by the name that the command line has for it."""
