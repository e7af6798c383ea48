"""The physical address map: RAM, aliases of RAM, device windows, and holes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from vmsim_core.debug import DeviceAccess, DeviceObserver
from vmsim_core.ram import Ram

if TYPE_CHECKING:
    from vmsim_core.device import Device
    from vmsim_core.memory_hierarchy import MemoryHierarchy


class Port(Protocol):
    """What serves accesses at offsets in a window."""

    def read(self, offset: int, size: int) -> int:
        """Serve a read of `size` bytes."""

    def write(self, offset: int, size: int, value: int) -> None:
        """Serve a write of `size` bytes."""


@dataclass(frozen=True)
class RamRegion:
    """`size` bytes of `ram` from `offset` on, seen at `base`."""

    name: str
    base: int
    size: int
    ram: Ram
    offset: int = 0


@dataclass(frozen=True)
class DeviceRegion:
    """The window of a device."""

    name: str
    base: int
    size: int
    device: Device
    observer: DeviceObserver | None = field(default=None, repr=False, compare=False)
    """Is called after each access."""
    port: Port = field(init=False, repr=False, compare=False)
    """What serves accesses: the device itself, so that an observer costs nothing when there is none."""

    def __post_init__(self) -> None:
        port: Port = self.device
        if self.observer is not None:
            port = _ObservedPort(port, self.base, self.observer, self.device)
        object.__setattr__(self, "port", port)


Region = RamRegion | DeviceRegion
RamWriteListener = Callable[[Ram, int, int], None]


class BusError(Exception):
    """An access that the bus answers with an error; a CPU takes it as an external abort."""

    def __init__(self, address: int) -> None:
        super().__init__(f"bus error at {address:#x}")
        self.address = address


class AddressMap:
    """Who answers at which physical address. CPUs go straight to RAM and come here for everything else."""

    def __init__(self, size: int = 1 << 32, unmapped: Callable[[str, int, int], int] | None = None) -> None:
        self.size = size
        self.regions: list[Region] = []
        self._bases: list[int] = []
        self._unmapped = unmapped
        self._hole: Port = _Hole(unmapped)
        self._ram_write_listeners: list[RamWriteListener] = []
        self._caches: MemoryHierarchy | None = None

    def add(self, region: Region) -> None:
        """Add a region; raises ValueError, naming the other, when it overlaps one or leaves the address space."""
        end = region.base + region.size
        if region.size <= 0 or end > self.size:
            raise ValueError(
                f"{region.base:#x} to {end - 1:#x} is not inside the address space of {self.size:#x} bytes"
            )
        for other in self.regions:
            if region.base < other.base + other.size and other.base < end:
                raise ValueError(
                    f"{region.base:#x} to {end - 1:#x} overlaps {other.name} "
                    f"({other.base:#x} to {other.base + other.size - 1:#x})"
                )
        index = bisect_right(self._bases, region.base)
        self.regions.insert(index, region)
        self._bases.insert(index, region.base)

    def find(self, address: int) -> Region | None:
        """Return the region at `address`, or None for a hole."""
        index = bisect_right(self._bases, address) - 1
        if index < 0:
            return None
        region = self.regions[index]
        return region if address < region.base + region.size else None

    @property
    def ram_regions(self) -> list[RamRegion]:
        """RAM and its aliases, by address."""
        return [region for region in self.regions if isinstance(region, RamRegion)]

    def read(self, address: int, size: int) -> int:
        """Read `size` bytes (1, 2 or 4, naturally aligned), little-endian; raises BusError where the bus does."""
        region = self.find(address)
        if isinstance(region, DeviceRegion):
            return region.port.read(address - region.base, size)
        if region is None:
            return self._hole.read(address, size)
        start = region.offset + address - region.base
        return int.from_bytes(region.ram.view[start : start + size], "little")

    def write(self, address: int, size: int, value: int) -> None:
        """Write `size` bytes (1, 2 or 4, naturally aligned), little-endian; raises BusError where the bus does."""
        region = self.find(address)
        if isinstance(region, DeviceRegion):
            region.port.write(address - region.base, size, value)
        elif region is None:
            self._hole.write(address, size, value)
        else:
            self.write_block(address, value.to_bytes(size, "little"))

    def read_block(self, address: int, size: int) -> bytes:
        """Return `size` bytes of RAM (a device's DMA, a loader); raises BusError outside RAM."""
        parts = []
        for region, start, stop in self._ram_spans(address, size):
            if self._caches is not None:
                self._caches.device_reads(region.ram, start, stop - start)
            parts.append(region.ram.view[start:stop])
        return b"".join(parts)

    def write_block(self, address: int, data: bytes | memoryview) -> None:
        """Write bytes to RAM (a device's DMA, a loader) and tell every CPU; raises BusError outside RAM, then
        nothing was written."""
        done = 0
        for region, start, stop in self._ram_spans(address, len(data)):
            if self._caches is not None:
                self._caches.device_writes(region.ram, start, stop - start)
            region.ram.view[start:stop] = data[done : done + stop - start]
            self.notify_ram_write(region.ram, start, stop - start)
            done += stop - start

    def snoop_with(self, caches: MemoryHierarchy) -> None:
        """Tell `caches` before a device (or a loader, or a debugger) reads or writes RAM."""
        self._caches = caches

    def observe_devices(self, observer: DeviceObserver | None) -> None:
        """Call `observer` after each access to what is no RAM, whoever makes it; None ends that.

        What an access brings about, such as a transfer to another device, is told before the access itself.
        """
        self.regions = [
            replace(region, observer=observer) if isinstance(region, DeviceRegion) else region
            for region in self.regions
        ]
        hole = _Hole(self._unmapped)
        self._hole = hole if observer is None else _ObservedPort(hole, 0, observer)

    def listen_to_ram_writes(self, listener: RamWriteListener) -> None:
        """Have `listener(ram, offset, size)` called after each write to RAM that no CPU made."""
        self._ram_write_listeners.append(listener)

    def notify_ram_write(self, ram: Ram, offset: int, size: int) -> None:
        """Tell the listeners of a write to RAM that was made through :attr:`Ram.view`."""
        for listener in self._ram_write_listeners:
            listener(ram, offset, size)

    def _ram_spans(self, address: int, size: int) -> list[tuple[RamRegion, int, int]]:
        spans = []
        while size > 0:
            region = self.find(address)
            if not isinstance(region, RamRegion):
                raise BusError(address)
            step = min(size, region.base + region.size - address)
            start = region.offset + address - region.base
            spans.append((region, start, start + step))
            address += step
            size -= step
        return spans


class _Hole:
    """Addresses that nothing decodes."""

    def __init__(self, unmapped: Callable[[str, int, int], int] | None) -> None:
        self._unmapped = unmapped

    def read(self, offset: int, size: int) -> int:
        if self._unmapped is None:
            raise BusError(offset)
        return self._unmapped("read", offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        if self._unmapped is None:
            raise BusError(offset)
        self._unmapped("write", offset, size)


class _ObservedPort:
    """Stands before a port and tells of each access."""

    def __init__(self, port: Port, base: int, observer: DeviceObserver, device: Device | None = None) -> None:
        self._port = port
        self._base = base
        self._observer = observer
        self._device = device

    def read(self, offset: int, size: int) -> int:
        try:
            value = self._port.read(offset, size)
        except BusError:
            self._tell(False, offset, size, 0, error=True)
            raise
        self._tell(False, offset, size, value)
        return value

    def write(self, offset: int, size: int, value: int) -> None:
        try:
            self._port.write(offset, size, value)
        except BusError:
            self._tell(True, offset, size, value, error=True)
            raise
        self._tell(True, offset, size, value)

    def _tell(self, write: bool, offset: int, size: int, value: int, error: bool = False) -> None:
        self._observer(DeviceAccess(write, self._base + offset, size, value, self._device, offset, error))
