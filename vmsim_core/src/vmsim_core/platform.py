"""Platforms: a board's memory map, device tree and boot loader."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from vmsim_core.component import Component

if TYPE_CHECKING:
    from vmsim_core.description import Workload
    from vmsim_core.device import Device


class Platform(Component):
    """A board. The devices on it are listed in the system description; the platform knows what binds them together."""

    architecture: ClassVar[str] = ""
    """The `type_name` of the architecture of the board's cores."""
    max_memory: ClassVar[int] = 0
    """The largest RAM that the board can have, in bytes."""
    max_cpus: ClassVar[int] = 1
    console_name: ClassVar[str] = "uart0"
    """The serial port (a UART's path) that is the machine's console."""

    @abstractmethod
    def add_memory(self, size: int) -> None:
        """Create RAM of `size` bytes and add it, and its aliases, to the system's address map."""

    @abstractmethod
    def interrupt_controller(self) -> Device | None:
        """Return the device that the `irq` numbers of the description belong to."""

    @abstractmethod
    def device_tree(self, workload: Workload) -> bytes:
        """Return the flattened device tree of the system as it is configured."""

    @abstractmethod
    def load(self, workload: Workload) -> None:
        """Put the workload into RAM and bring every core to where the boot protocol wants it.

        Raises WorkloadError for a file that cannot be loaded.
        """
