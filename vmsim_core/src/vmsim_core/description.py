"""The system description: what a YAML file may say, as typed and validated data."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from vmsim_core.component import ComponentParams
from vmsim_core.script import ScriptItem
from vmsim_core.units import Address, Frequency, MemorySize


class CoreDescription(ComponentParams):
    """One processor core."""

    start: str
    """The CPU model that the core starts on, such as kvm or atomic."""
    clock: Frequency = 10**9
    """Frequency of the core's clock."""
    cpi: int = Field(default=2, ge=1, le=1000)
    """Cycles that one instruction takes in the models whose clock is the instruction (kvm, atomic)."""
    models: dict[str, dict[str, Any]] = {}
    """Parameters of CPU models, by the model's name; a model whose plugin is not installed may be listed. With
    ``type``, a model's name, they are those of a variant of it, which has a name of its own."""


class Workload(ComponentParams):
    """What the machine runs, and how it is loaded."""

    kernel: Path | None = None
    """A zImage, an ELF (vmlinux or a bare-metal program), an Image or a raw binary; ``guest:NAME`` for a known one."""
    format: Literal["auto", "zimage", "elf", "image", "raw"] = "auto"
    """What the kernel file is; an Image or a raw binary has no magic number and must be named."""
    address: Address | None = None
    """Load address of an Image or a raw binary."""
    unpack: Literal["host", "guest"] = "host"
    """Who unpacks a zImage: the loader, or the guest's own decompressor."""
    initrd: Path | None = None
    """Initial RAM disk; ``guest:NAME`` for a known one."""
    dtb: Path | None = None
    """A device tree to use instead of the generated one."""
    append: str = ""
    """The kernel's command line."""
    arguments: list[str] = []
    """Arguments that a bare-metal program can read from simctl."""
    readfile: Path | None = None
    """A file of the host whose content the guest can read through simctl (``simctl readfile``)."""
    semihosting: bool = False
    """Whether the program's ARM semihosting calls (write, exit) are served."""

    @model_validator(mode="after")
    def _address_goes_with_format(self) -> Workload:
        if self.format in ("image", "raw") and self.address is None:
            raise ValueError(f"format: {self.format} needs an address as well")
        if self.address is not None and self.format not in ("image", "raw"):
            raise ValueError("an address goes with format: image or raw only")
        return self


class SystemDescription(ComponentParams):
    """A whole system."""

    platform: str
    """The type of the board."""
    memory: MemorySize
    """Size of the guest's RAM."""
    cpus: list[CoreDescription] = Field(min_length=1)
    """The processor cores."""
    memory_hierarchy: dict[str, Any] = {}
    """Caches and DRAM for the CPU models that use them; validated by their plugin when such a model is selected."""
    board: dict[str, Any] = {}
    """Parameters of the board itself; validated by the platform's plugin."""
    devices: dict[str, dict[str, Any]] = {}
    """Devices by name: ``type`` and the type's own parameters, such as ``at`` and ``irq``."""
    plugins: list[Path] = []
    """One-file plugins beside the description."""
    workload: Workload = Workload()
    """What the machine runs."""
    script: list[ScriptItem] = []
    """What to do at times, instruction counts, texts of the console and regions of interest."""
