"""The PrimeXsys system controller SP810 (ARM DDI 0254)."""

from __future__ import annotations

from vmsim_core.device import Device
from vmsim_core.registers import RegisterTable

_MODE_REQUEST = 0x7
_MODE_STATUS_SHIFT = 3
_MODE_STATUS = 0xF << _MODE_STATUS_SHIFT
_REMAP_STATUS = 1 << 9


def _mode(request: int) -> int:
    """Return the mode that a request leads to (DDI 0254, 2.3): sleep 0, doze 1, slow 2, normal 4."""
    for mode in (4, 2, 1):
        if request & mode:
            return mode
    return 0


class Sp810(Device):
    """Mode control, and the selection of the timers' clock enables.

    A mode is reached as soon as it is asked for and changes no clock. The timers run from the clock of their own
    parameter, whatever is selected here: that is TIMCLK, which every operating system selects first of all.
    """

    type_name = "sp810"
    device_tree = {"compatible": ["arm,sp810", "arm,primecell"]}

    registers = RegisterTable(size=0x1000)
    control = registers.read_write(0x000, reset=0x009, doc="SCCTRL: mode, timer clock enables")
    system_status = registers.command(0x004, readable=True, doc="SCSYSSTAT: any write asks for a soft reset; unwired")
    interrupt_mode_control = registers.read_write(0x008, writable_bits=0x7F, doc="SCIMCTRL")
    interrupt_mode_status = registers.read_write(0x00C, writable_bits=0x1, doc="SCIMSTAT")
    crystal_control = registers.read_write(0x010, writable_bits=0x7FFFF, doc="SCXTALCTRL")
    pll_control = registers.read_write(0x014, writable_bits=0xFFFFFFF, doc="SCPLLCTRL")
    pll_frequency = registers.read_write(0x018, doc="SCPLLFCTRL")
    peripheral_control = registers.bank(0x01C, 2, doc="SCPERCTRL0 and 1")
    peripheral_enable = registers.command(0x024, doc="SCPEREN: writing ones enables clocks")
    peripheral_disable = registers.command(0x028, doc="SCPERDIS: writing ones disables clocks")
    peripheral_clocks = registers.read_only(0x02C, reset=0xFFFF_FFFF, doc="SCPERCLKEN: the clocks enabled")
    peripheral_status = registers.computed(0x030, doc="SCPERSTAT: the clocks running")
    system_id = registers.bank(0xEE0, 4, writable_bits=0, stored=False, doc="SCSYSID0 to 3: inputs tied low")
    test_control = registers.read_write(0xF00, writable_bits=0x1, doc="SCITCR")
    test_inputs = registers.bank(0xF04, 2, doc="SCITIR0 and 1")
    test_output = registers.read_write(0xF0C, doc="SCITOR")
    counter_control = registers.read_write(0xF10, writable_bits=0x1, doc="SCCNTCTRL")
    counter_data = registers.read_write(0xF14, doc="SCCNTDATA")
    counter_step = registers.command(0xF18, doc="SCCNTSTEP")
    registers.identification(part=0x810)

    @control.write
    def _write_control(self, value: int) -> None:
        status = _mode(value & _MODE_REQUEST) << _MODE_STATUS_SHIFT
        # RAM is at address 0 from the beginning: the remap status stays clear.
        self.control.value = value & ~(_MODE_STATUS | _REMAP_STATUS) | status

    @system_status.read
    def _read_system_status(self) -> int:
        return 0

    @system_status.write
    def _write_system_status(self, value: int) -> None:
        """The soft reset request is not connected on the RealView boards."""

    @peripheral_enable.write
    def _enable_peripherals(self, value: int) -> None:
        self.peripheral_clocks.value |= value

    @peripheral_disable.write
    def _disable_peripherals(self, value: int) -> None:
        self.peripheral_clocks.value &= ~value

    @peripheral_status.read
    def _read_peripheral_status(self) -> int:
        return self.peripheral_clocks.value

    @counter_step.write
    def _step_counter(self, value: int) -> None:
        """Steps a counter that only exists in the manufacturing test mode."""
