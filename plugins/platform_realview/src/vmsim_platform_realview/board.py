"""The RealView Platform Baseboard Explore for Cortex-A9."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vmsim_core.address_map import RamRegion
from vmsim_core.device import Device
from vmsim_core.platform import Platform
from vmsim_core.ram import Ram

from vmsim_platform_realview.boot.loader import load
from vmsim_platform_realview.boot.supplied_tree import read_device_tree
from vmsim_platform_realview.device_tree import make_device_tree
from vmsim_platform_realview.gic import Gic

if TYPE_CHECKING:
    from vmsim_core.description import Workload

_LOW_WINDOW = range(0, 0x10000000)
_BOARD_RAM = range(0x70000000, 0x90000000)
_TILE_RAM = range(0x20000000, 0x40000000)


class RealViewPbxA9(Platform):
    """The board of ARM DUI 0440 with its RAM where QEMU's realview-pbx-a9 has it, for the same memory size.

    Up to 512 MiB are the board's own RAM at 0x70000000, whose first 256 MiB are seen at 0 as well; what is more is the
    core tile's, at 0x20000000. A kernel is loaded at 0. The device tree offers every byte once: the first 256 MiB at 0,
    the core tile's RAM, and the board's upper half at 0x80000000. That half is high memory to Linux: to use more than
    256 MiB it must be built with CONFIG_HIGHMEM, as the kernels of distributions are.
    """

    type_name = "realview-pbx-a9"
    architecture = "arm"
    max_memory = len(_BOARD_RAM) + len(_TILE_RAM)
    max_cpus = 4

    def add_memory(self, size: int) -> None:
        """Create the board's RAM, its alias at 0, and the core tile's RAM if there is more."""
        board_size = min(size, len(_BOARD_RAM))
        board_ram = Ram("board", board_size)
        self._add_ram("RAM", _BOARD_RAM.start, board_ram, board_size)
        self._add_ram("RAM (alias)", _LOW_WINDOW.start, board_ram, min(board_size, len(_LOW_WINDOW)))
        if size > board_size:
            self._add_ram("core tile RAM", _TILE_RAM.start, Ram("tile", size - board_size), size - board_size)

    def memory_banks(self) -> list[range]:
        """Return where the guest finds its RAM, each byte once, by address."""
        low, tile, board = (self._ram_at(start) for start in (_LOW_WINDOW.start, _TILE_RAM.start, _BOARD_RAM.start))
        return [bank for bank in (low, tile, board[len(low) :]) if bank]

    def interrupt_controller(self) -> Device | None:
        """Return the generic interrupt controller."""
        return next((device for device in self.system.devices.values() if isinstance(device, Gic)), None)

    def device_tree(self, workload: Workload) -> bytes:
        """Return the device tree as it is before anything is loaded: without the place of an initial RAM disk."""
        return self._device_tree(workload, None)

    def load(self, workload: Workload) -> None:
        """Load the workload at the low end of RAM."""
        load(self.system, workload, partial(self._device_tree, workload))

    def _device_tree(self, workload: Workload, initrd: range | None) -> bytes:
        if workload.dtb is not None:
            return read_device_tree(workload.dtb, self.memory_banks(), workload, initrd)
        return make_device_tree(self.system, self.memory_banks(), workload, initrd)

    def _add_ram(self, name: str, base: int, ram: Ram, size: int) -> None:
        self.system.address_map.add(RamRegion(name, base, size, ram))

    def _ram_at(self, start: int) -> range:
        region = self.system.address_map.find(start)
        return range(start, start + region.size) if isinstance(region, RamRegion) else range(0)
