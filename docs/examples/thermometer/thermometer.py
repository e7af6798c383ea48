"""A thermometer: a device in one file, beside the description that uses it."""

from __future__ import annotations

from pydantic import Field

import vmsim_core as vmsim


class Thermometer(vmsim.Device):
    """The interrupt is up while TEMP is above LIMIT."""

    type_name = "acme.thermometer"
    device_tree = {"compatible": ["acme,thermometer"]}

    class Params(vmsim.DeviceParams):
        """What a system description may say."""

        celsius: float = Field(default=20.0, ge=0)

    registers = vmsim.RegisterTable(size=0x1000)
    temp = registers.read_only(0x0, doc="temperature, 0.1 degrees Celsius")
    limit = registers.read_write(0x4, reset=1000, doc="interrupt above this, 0.1 degrees Celsius")

    def reset(self) -> None:
        """Bring the power-on state: the temperature of the description."""
        super().reset()
        self.measure(self.params.celsius)

    def measure(self, celsius: float) -> None:
        """Change the temperature, from a script on the host."""
        self.temp.value = round(celsius * 10)
        self._compare()

    @limit.written
    def _compare(self) -> None:
        self.irq.set(self.temp.value > self.limit.value)


@vmsim.hookimpl
def vmsim_devices() -> list[type[vmsim.Device]]:
    """Offer the device to system descriptions."""
    return [Thermometer]
