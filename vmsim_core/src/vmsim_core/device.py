"""Devices: components with a window in the address map, registers and interrupt lines."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from vmsim_core.component import Component, ComponentParams
from vmsim_core.errors import CheckpointError
from vmsim_core.interrupts import InterruptLine, InterruptSink
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.units import Address

if TYPE_CHECKING:
    from vmsim_core.system import System

log = logging.getLogger("vmsim.device")


class DeviceParams(ComponentParams):
    """What every device may be given in a system description, beside its own parameters."""

    at: Address
    """Physical address of the first register."""
    irq: int | None = Field(default=None, ge=0)
    """Interrupt number at the interrupt controller (for a GIC: the interrupt ID, shared ones from 32)."""


class Device(Component):
    """A device on the bus. A subclass declares `registers` and adds behaviour to single ones.

    A device that is no table of registers (a memory, a frame buffer) overrides `read` and `write`.
    """

    Params: ClassVar[type[ComponentParams]] = DeviceParams
    registers: ClassVar[RegisterTable]
    device_tree: ClassVar[dict[str, object]] = {}
    """Properties of the device-tree node that the platform writes for it, ``compatible`` above all."""

    def __init__(self, system: System, path: str, params: DeviceParams) -> None:
        super().__init__(system, path, params)
        self.irq = InterruptLine(f"{path}.irq")
        self.reads = self.statistics.counter("reads", "read accesses")
        self.writes = self.statistics.counter("writes", "write accesses")
        self.undefined_accesses = self.statistics.counter(
            "undefined_accesses", "accesses to what the hardware does not define"
        )

    @property
    def window_size(self) -> int:
        """The size of the device's window in the address map, in bytes."""
        return self.registers.size

    def interrupt_outputs(self) -> dict[int, InterruptLine]:
        """Return the device's lines by interrupt number, as the description wires them."""
        return {} if self.params.irq is None else {self.params.irq: self.irq}

    def interrupt_input(self, number: int, cpu: int | None = None) -> InterruptSink:
        """Return the input pin `number`, of core `cpu` for a private one; only interrupt controllers have any.

        Raises ValueError, saying why, for what is no such pin.
        """
        raise ValueError(f"{self.path} is no interrupt controller")

    def read(self, offset: int, size: int) -> int:
        """Serve a read of `size` bytes (1, 2 or 4) at `offset` in the window."""
        self.reads.value += 1
        found = self.registers.find(offset)
        if found is None or not found[0].readable:
            return self.undefined_access("read", offset, size)
        register, index = found
        word = register.read_word(self, index)
        return word if size == 4 else (word >> 8 * (offset & 3)) & ((1 << 8 * size) - 1)

    def write(self, offset: int, size: int, value: int) -> None:
        """Serve a write of `size` bytes (1, 2 or 4) at `offset` in the window."""
        self.writes.value += 1
        found = self.registers.find(offset)
        if found is None or not found[0].writable_bits:
            self.undefined_access("write", offset, size)
            return
        register, index = found
        if size != 4:
            shift = 8 * (offset & 3)
            value <<= shift
            if register.merge_bytes:
                kept = register.read_word(self, index)
                value |= kept & ~(((1 << 8 * size) - 1) << shift)
        register.write_word(self, index, value)

    def register_name(self, offset: int) -> str:
        """Return the name of the register at an offset, with its index in a bank; empty where there is none."""
        found = self.registers.find(offset) if hasattr(self, "registers") else None
        if found is None:
            return ""
        register, index = found
        return register.name if register.count == 1 else f"{register.name}[{index}]"

    def signalled_interrupt(self, core: int) -> int | None:
        """Return the number of the interrupt that an interrupt controller signals to a core now; None without, and
        for a device that is none."""
        return None

    def undefined_access(self, kind: str, offset: int, size: int) -> int:
        """Count and (once for each offset) log an access that the hardware does not define; reads give 0."""
        self.undefined_accesses.value += 1
        self.system.log_once(f"{self.path}: undefined {kind} of {size} bytes at offset {offset:#x}")
        return 0

    def reset(self) -> None:
        """Bring the power-on state, registers included, and lower the interrupt line."""
        super().reset()
        for register in self.registers:
            if register.stored:
                self.__dict__.pop(register.name, None)
        self.irq.set(False)

    def serialize(self, section: Section) -> None:
        """Write declared state, events, registers and the interrupt line's level."""
        super().serialize(section)
        for register in self.registers:
            if register.stored:
                cell = getattr(self, register.name)
                section.put(f"register.{register.name}", cell.value if register.count == 1 else list(cell.values))
        section.put("irq.level", self.irq.level)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote."""
        super().deserialize(section)
        for register in self.registers:
            if register.stored:
                cell, name = getattr(self, register.name), f"register.{register.name}"
                values = [section.get_int(name)] if register.count == 1 else section.get_ints(name)
                if len(values) != register.count or not all(0 <= value < 1 << 32 for value in values):
                    raise CheckpointError(f"{self.path}.{name}: is not {register.count} times 32 bits")
                if register.count == 1:
                    cell.value = values[0]
                else:
                    cell.values[:] = values
        self.irq.set(section.get_bool("irq.level"))
