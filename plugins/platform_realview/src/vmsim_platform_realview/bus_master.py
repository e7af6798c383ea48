"""The master port of a device: transfers of 8, 16 or 32 bits to whatever is on the bus."""

from __future__ import annotations

from vmsim_core.address_map import BusError, DeviceRegion
from vmsim_core.device import Device

_ADDRESS_MASK = 0xFFFF_FFFF


class BusMaster:
    """Makes transfers for `owner`, to RAM and to the registers of other devices.

    Both methods raise BusError for an address that nobody answers at, and for the owner's own registers: a master
    cannot wait for itself. Addresses count modulo 4 GiB; the bits below the width of a transfer are taken as zero.
    """

    def __init__(self, owner: Device) -> None:
        self._owner = owner
        self._map = owner.system.address_map

    def read(self, address: int, width: int, count: int, increment: bool) -> bytes:
        """Return what `count` reads of `width` bytes give, from addresses that go on or stay."""
        address &= -width
        if increment:
            try:
                return self._map.read_block(address, count * width)
            except BusError:
                pass  # not all of it is RAM: one transfer after the other
        step = width if increment else 0
        return b"".join(self._read(address + index * step, width) for index in range(count))

    def write(self, address: int, width: int, data: bytes, increment: bool) -> None:
        """Write `data`, a multiple of `width` bytes; those before an address that is an error are written."""
        address &= -width
        if increment:
            try:
                self._map.write_block(address, data)
                return
            except BusError:
                pass
        step = width if increment else 0
        for index in range(len(data) // width):
            value = int.from_bytes(data[index * width : (index + 1) * width], "little")
            self._map.write(self._answered(address + index * step), width, value)

    def _read(self, address: int, width: int) -> bytes:
        return self._map.read(self._answered(address), width).to_bytes(width, "little")

    def _answered(self, address: int) -> int:
        """Return `address` on the bus, where somebody else answers."""
        address &= _ADDRESS_MASK
        region = self._map.find(address)
        if region is None or (isinstance(region, DeviceRegion) and region.device is self._owner):
            raise BusError(address)
        return address
