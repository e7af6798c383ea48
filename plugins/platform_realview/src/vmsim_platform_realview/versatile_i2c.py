"""The two-wire serial bus interface of ARM's Versatile and RealView boards (ARM DUI 0440, two-wire serial bus)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import StringConstraints
from vmsim_core.component import ComponentParams
from vmsim_core.device import Device, DeviceParams
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System

from vmsim_platform_realview.ds1338 import Ds1338, Ds1338Params
from vmsim_platform_realview.i2c_bus import I2cBus

_SCL = 1 << 0
_SDA = 1 << 1

SlaveName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")]


class VersatileI2cParams(DeviceParams):
    """What is on the bus."""

    slaves: dict[SlaveName, Ds1338Params] = {}
    """The chips by name, such as ``rtc: {type: ds1338}``."""


class VersatileI2c(Device):
    """Two registers that set and clear the two lines: software does the rest."""

    type_name = "versatile-i2c"
    Params: ClassVar[type[ComponentParams]] = VersatileI2cParams
    device_tree: ClassVar[dict[str, object]] = {"compatible": "arm,versatile-i2c"}

    registers = RegisterTable(size=0x1000)
    control = registers.command(0x0, readable=True, doc="SB_CONTROL, SB_CONTROLS: the lines; 1 lets go of one")
    control_clear = registers.command(0x4, doc="SB_CONTROLC: 1 pulls a line down")

    def __init__(self, system: System, path: str, params: VersatileI2cParams) -> None:
        super().__init__(system, path, params)
        self.slaves = [Ds1338(system, f"{path}.{name}", slave) for name, slave in params.slaves.items()]
        self.bus = I2cBus(system, f"{path}.bus", self.slaves)
        for component in (self.bus, *self.slaves):
            system.add(component)

    @control.read
    def _read_lines(self) -> int:
        return (_SCL if self.bus.scl else 0) | (_SDA if self.bus.sda else 0)

    @control.write
    def _let_go(self, value: int) -> None:
        self.bus.drive(self.bus.scl or bool(value & _SCL), self.bus.master_sda or bool(value & _SDA))

    @control_clear.write
    def _pull_down(self, value: int) -> None:
        self.bus.drive(self.bus.scl and not value & _SCL, self.bus.master_sda and not value & _SDA)
