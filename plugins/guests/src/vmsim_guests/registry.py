"""The named guests, as one table."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vmsim_guests.bare_metal import PROGRAMS, BareMetalPrograms
from vmsim_guests.compiler import NUMBERS, SIMCTL
from vmsim_guests.errors import GuestError
from vmsim_guests.kernel.build import DEVICE_TREE, RealviewKernel
from vmsim_guests.recipes import INITRAMFS_NAME, BusyboxInitramfs, DebianKernel, Recipe

Kind = Literal["kernel", "initramfs", "device tree", "symbols", "program"]


@dataclass(frozen=True)
class Guest:
    """A file that a system description or a script asks for by name."""

    name: str
    kind: Kind
    folder: str
    """The folder in the cache, which is also the name of the recipe."""
    file: str
    summary: str


RECIPES: Mapping[str, Recipe] = {
    "debian-armmp": DebianKernel("linux-image-armmp"),
    "realview": RealviewKernel("realview", ("realview.config",)),
    "realview-devices": RealviewKernel("realview-devices", ("realview.config", "devices.config")),
    "busybox": BusyboxInitramfs("init"),
    "busybox-stress": BusyboxInitramfs("init-stress", (SIMCTL, NUMBERS)),
    "programs": BareMetalPrograms(),
}

_TABLE = [
    Guest("debian-armmp", "kernel", "debian-armmp", "zImage", "Debian's own kernel for ARMv7, unmodified"),
    Guest("realview", "kernel", "realview", "zImage", "a small kernel for the board: few instructions to user space"),
    Guest("realview-devices", "kernel", "realview-devices", "zImage", "the small kernel with drivers for every device"),
    Guest("realview-vmlinux", "symbols", "realview", "vmlinux", "the same kernel as an ELF file with symbols"),
    Guest("realview-dtb", "device tree", "realview", DEVICE_TREE, "Linux's own device tree for the board"),
    Guest("busybox", "initramfs", "busybox", INITRAMFS_NAME, "a shell, or the command in vmsim.run=..."),
    Guest("busybox-stress", "initramfs", "busybox-stress", INITRAMFS_NAME, "a deterministic stress of user space"),
    *(Guest(name, "program", "programs", f"{name}.elf", program.summary) for name, program in PROGRAMS.items()),
]

GUESTS: Mapping[str, Guest] = {guest.name: guest for guest in _TABLE}


def find_guest(name: str) -> Guest:
    """Return the guest of that name; the error for an unknown one lists names like it."""
    guest = GUESTS.get(name)
    if guest is None:
        near = difflib.get_close_matches(name, GUESTS, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "see `vmsim guest list`"
        raise GuestError(f"guest:{name}: there is no guest of that name; {hint}")
    return guest
