"""The bench with a memory hierarchy on it: what a core's loads and stores, the guest's maintenance and devices do."""

from __future__ import annotations

from vmsim_core.memory_hierarchy import Maintenance
from vmsim_core.ram import Ram
from vmsim_core.simulation import Simulation
from vmsim_core.testing.port_driver import PortDriver

RAM_SIZE = 1 << 16
UNCACHED, WRITE_BACK_ALLOCATE, WRITE_THROUGH, WRITE_BACK = range(4)
"""Cacheabilities, as memory_port.pxd has them."""
STEP = 10_000
"""Ticks between accesses."""


class MemoryBench:
    """RAM, a memory hierarchy in front of it, and a core's way through it."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.system = simulation.system
        self.hierarchy = self.system.memory_hierarchy
        self.port = PortDriver(self.hierarchy.port(0))
        self.now = 0

    @property
    def ram(self) -> Ram:
        """RAM, behind the caches."""
        return self.system.rams()[0]

    def ram_word(self, address: int) -> int:
        """Return a word of RAM as it is behind the caches."""
        return int.from_bytes(self.ram.view[address : address + 4], "little")

    def set_ram_word(self, address: int, value: int) -> None:
        """Write RAM behind the caches' back."""
        self.ram.view[address : address + 4] = value.to_bytes(4, "little")

    def read(self, address: int, size: int = 4, kind: int = WRITE_BACK_ALLOCATE) -> int:
        """Read as a load does."""
        value, done = self.port.read(address, size, kind, kind, self.now)
        self._pass(done)
        return value

    def write(self, address: int, value: int, size: int = 4, kind: int = WRITE_BACK_ALLOCATE) -> None:
        """Write as a store does."""
        self._pass(self.port.write(address, size, value, kind, kind, self.now))

    def fetch(self, address: int) -> bytes:
        """Return four bytes of instructions."""
        line, done, _ = self.port.fetch(address, now=self.now)
        self._pass(done)
        start = address % len(line)
        return line[start : start + 4]

    def maintain(self, operation: Maintenance, address: int) -> None:
        """Maintain a line everywhere, as a guest does it: its own caches, then the outer ones."""
        self._pass(self.port.maintain_address(operation, address, False, self.now))
        self.hierarchy.maintain_outer(operation, address)

    def write_back(self) -> int:
        """Bring the machine to rest and write everything back; return the lines."""
        with self.simulation.at_rest():
            return sum(self.simulation.write_back_caches().values())

    def invalidate(self) -> int:
        """Bring the machine to rest and drop everything; return the lines."""
        with self.simulation.at_rest():
            return sum(self.simulation.invalidate_caches().values())

    def _pass(self, done: int) -> None:
        assert done >= self.now, f"an access at {self.now} was complete at {done}"
        self.now = done + STEP
