"""Windows in the Cortex-A9's private memory region in which each core finds a device of its own."""

from __future__ import annotations

from typing import ClassVar

from vmsim_core.component import ComponentParams
from vmsim_core.device import Device, DeviceParams
from vmsim_core.interrupts import InterruptLine
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System
from vmsim_core.units import Frequency


class PrivateParams(DeviceParams):
    """What the devices in the private region are clocked by."""

    clock: Frequency = 100_000_000
    """Frequency of PERIPHCLK."""


def connect_other_cores(device: Device, lines: list[InterruptLine]) -> None:
    """Wire a private interrupt of all cores but the first, whose line the system wires like any other device's."""
    controller = device.system.platform.interrupt_controller()
    if controller is not None:
        for cpu, line in enumerate(lines[1:], start=1):
            line.connect(controller.interrupt_input(device.params.irq, cpu))


class PrivateDevice(Device):
    """A window that shows each core its own one of several equal devices."""

    Params: ClassVar[type[ComponentParams]] = PrivateParams
    registers = RegisterTable(size=0x20)
    core_device: ClassVar[type[Device]]

    def __init__(self, system: System, path: str, params: PrivateParams) -> None:
        super().__init__(system, path, params)
        count = max(1, len(system.cores))
        self.by_core = [self.core_device(system, f"{path}.cpu{cpu}", params) for cpu in range(count)]
        for device in self.by_core:
            system.add(device)

    def interrupt_outputs(self) -> dict[int, InterruptLine]:
        """Return the line of the first core."""
        return {self.params.irq: self.by_core[0].irq}

    def connect(self) -> None:
        """Wire the lines of the other cores."""
        connect_other_cores(self, [device.irq for device in self.by_core])

    def read(self, offset: int, size: int) -> int:
        """Serve a read of the current core."""
        return self.by_core[self.system.current_core].read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Serve a write of the current core."""
        self.by_core[self.system.current_core].write(offset, size, value)

    def register_name(self, offset: int) -> str:
        """Return the name that the register has in each core's device."""
        return self.by_core[0].register_name(offset)
