"""A thermometer for vmsim: one file that a system description names, or that is installed as a distribution."""

from __future__ import annotations

from pydantic import Field
from vmsim_core.units import TICKS_PER_SECOND, Duration

import vmsim_core as vmsim

HOTTEST = 1250
"""The end of the scale, in 0.1 degrees Celsius."""


class Thermometer(vmsim.Device):
    """It gets warmer with time; the interrupt is up while TEMP is above LIMIT."""

    type_name = "acme.thermometer"
    device_tree = {"compatible": ["acme,thermometer"]}

    class Params(vmsim.DeviceParams):
        """What a system description may say."""

        celsius: float = Field(default=20.0, ge=0, le=HOTTEST / 10)
        """The temperature at power-on."""
        period: Duration = Field(default=TICKS_PER_SECOND, gt=0)
        """The time in which it gets 0.1 degrees warmer."""

    registers = vmsim.RegisterTable(size=0x1000)
    temp = registers.read_only(0x0, doc="temperature, 0.1 degrees Celsius")
    limit = registers.read_write(0x4, reset=1000, doc="interrupt above this, 0.1 degrees Celsius")

    def __init__(self, system: vmsim.System, path: str, params: vmsim.DeviceParams) -> None:
        super().__init__(system, path, params)
        self.warming = self.event("warming", self._warm)

    def reset(self) -> None:
        """Bring the power-on state: the temperature of the description."""
        super().reset()
        self.measure(self.params.celsius)
        self.schedule(self.warming, self.now + self.params.period)

    def measure(self, celsius: float) -> None:
        """Show a temperature, the nearest one on the scale; for scripts on the host."""
        self.temp.value = max(0, min(round(celsius * 10), HOTTEST))
        self._compare()

    def _warm(self) -> None:
        self.temp.value = min(self.temp.value + 1, HOTTEST)
        self._compare()
        self.schedule(self.warming, self.now + self.params.period)

    @limit.written
    def _compare(self) -> None:
        self.irq.set(self.temp.value > self.limit.value)


@vmsim.hookimpl
def vmsim_devices() -> list[type[vmsim.Device]]:
    """Offer the device to system descriptions."""
    return [Thermometer]
