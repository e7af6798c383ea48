"""Loads a workload: a kernel or program, the initial RAM disk and the device tree; then brings the boot core to where
the ARM boot protocol wants it (Linux, Documentation/arch/arm/booting.rst)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vmsim_arch_arm.state import ArmState
from vmsim_core.address_map import RamRegion
from vmsim_core.errors import WorkloadError

from vmsim_platform_realview.boot import elf, zimage
from vmsim_platform_realview.boot.memory import BootMemory, read_file
from vmsim_platform_realview.boot.program import Program, Segment
from vmsim_platform_realview.scu import Scu

if TYPE_CHECKING:
    from vmsim_core.description import Workload
    from vmsim_core.system import System

LARGEST_KERNEL_FILE = 1 << 30
"""A vmlinux with its debugging information may well be larger than the machine's RAM."""
_INITRD_AT_MOST_FROM = 128 << 20

_NO_MACHINE_NUMBER = 0xFFFFFFFF
"""In r1: the machine is told by the device tree in r2."""
_SUPERVISOR_ALL_MASKED = 0x1D3
"""CPSR: Supervisor mode; asynchronous aborts, IRQs and FIQs masked (DDI 0406C, B1.3.3)."""
_THUMB = 1 << 5

DeviceTreeMaker = Callable[[range | None], bytes]
"""Makes the device tree, given where the initial RAM disk is."""


def load(system: System, workload: Workload, make_device_tree: DeviceTreeMaker) -> None:
    """Put the workload into the RAM at address 0 and set the boot core going at its entry."""
    if workload.kernel is None:
        raise WorkloadError("there is nothing to run: give --kernel F, or workload: {kernel: F} in the description")
    ram = system.address_map.find(0)
    assert isinstance(ram, RamRegion), "the board has RAM at 0"
    program = read_program(workload.kernel, workload, ram.size)
    memory = BootMemory(system.address_map)
    for segment in program.segments:
        memory.put(f"kernel {workload.kernel}", segment.address, segment.data, segment.size)

    # The kernel's own reservations, and a program's stack, are far from here.
    lowest = min(ram.size // 2, _INITRD_AT_MOST_FROM)
    initrd = None
    if workload.initrd is not None:
        data = read_file("initrd", workload.initrd, ram.size)
        start = memory.put_above(f"initrd {workload.initrd}", lowest, data)
        initrd = range(start, start + len(data))
    device_tree = memory.put_above("the device tree", lowest, make_device_tree(initrd))
    _check_entry(workload.kernel, program.entry, system)
    _start_boot_core(system, program.entry, device_tree, stack=ram.size)


def read_program(path: Path, workload: Workload, ram_size: int) -> Program:
    """Read a kernel or program of whatever format it is, or is said to be."""
    data = read_file("kernel", path, LARGEST_KERNEL_FILE)
    kind = workload.format if workload.format != "auto" else _recognise(path, data)
    if kind == "elf":
        return elf.parse(str(path), data)
    if kind == "zimage":
        image = zimage.parse(str(path), data)
        return zimage.host_unpacked(image, ram_size) if workload.unpack == "host" else zimage.guest_unpacked(image)
    assert workload.address is not None, "the description was validated"
    if workload.address % 4:
        raise WorkloadError(f"kernel {path}: its address {workload.address:#x} is no multiple of 4")
    return Program((Segment(workload.address, data, len(data)),), workload.address)


def _recognise(path: Path, data: bytes) -> str:
    if data.startswith(elf.MAGIC):
        return "elf"
    if zimage.byte_order(data) is not None:
        return "zimage"
    raise WorkloadError(
        f"{path} is no kernel: neither a zImage nor an ELF file; for an Image or a raw binary say format: and address:"
    )


def _check_entry(path: Path, entry: int, system: System) -> None:
    thumb = bool(entry & 1)
    if not thumb and entry & 2:
        raise WorkloadError(f"kernel {path}: its entry {entry:#x} is no address of an instruction")
    if not isinstance(system.address_map.find(entry), RamRegion):
        raise WorkloadError(f"kernel {path}: its entry {entry:#x} is not inside RAM")


def _start_boot_core(system: System, entry: int, device_tree: int, stack: int) -> None:
    """Bring core 0 to the program's entry: Supervisor mode, interrupts masked, MMU and caches off, as after reset.

    A bare-metal program finds a stack at the end of the RAM at 0 too.
    """
    core = system.cores[0]
    state = system.architecture.reset_state(core.index)
    assert isinstance(state, ArmState), "the board's architecture is ARM"
    thumb = bool(entry & 1)
    state.r[:3] = [0, _NO_MACHINE_NUMBER, device_tree]
    state.sp_svc = stack
    state.pc = entry & ~1
    state.cbar = _private_region(system)
    state.cpsr = _SUPERVISOR_ALL_MASKED | (_THUMB if thumb else 0)
    core.activate(core.active, state, 0)


def _private_region(system: System) -> int:
    """Return where the core tile has put the Cortex-A9's private region, which begins with the SCU."""
    return next((device.params.at for device in system.devices.values() if isinstance(device, Scu)), 0)
