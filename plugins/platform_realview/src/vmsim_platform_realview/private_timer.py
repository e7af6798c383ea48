"""The private timers of a Cortex-A9 MPCore (ARM DDI 0407, 4.2)."""

from __future__ import annotations

from typing import ClassVar

from vmsim_core.component import ComponentParams
from vmsim_core.registers import RegisterTable

from vmsim_platform_realview.private_counter import AUTO_RELOAD, ENABLE, INTERRUPT_ENABLE, PRESCALER, PrivateCounter
from vmsim_platform_realview.private_region import PrivateDevice, PrivateParams

_CONTROL_BITS = PRESCALER | INTERRUPT_ENABLE | AUTO_RELOAD | ENABLE


class CoreTimer(PrivateCounter):
    """The timer of one core."""

    type_name = "a9-core-timer"

    registers = RegisterTable(size=0x20)
    load_value = registers.command(0x00, readable=True, merge_bytes=True, doc="Timer Load")
    counter = registers.command(0x04, readable=True, merge_bytes=True, doc="Timer Counter")
    control = registers.command(0x08, readable=True, merge_bytes=True, doc="Timer Control")
    status = registers.command(0x0C, readable=True, doc="Timer Interrupt Status: writing 1 clears the event flag")

    @load_value.read
    def _read_load_value(self) -> int:
        return self.reload

    @load_value.write
    def _write_load_value(self, value: int) -> None:
        self.reload = value
        self.load(value)

    @counter.read
    def _read_counter(self) -> int:
        return self.current()

    @counter.write
    def _write_counter(self, value: int) -> None:
        self.load(value)

    @control.read
    def _read_control(self) -> int:
        return self.control_bits

    @control.write
    def _write_control(self, value: int) -> None:
        self.configure(value & _CONTROL_BITS)

    @status.read
    def _read_status(self) -> int:
        return self.event_flag

    @status.write
    def _write_status(self, value: int) -> None:
        if value & 1:
            self.clear_event_flag()


class PrivateTimerParams(PrivateParams):
    """How the timers are wired."""

    irq: int = 29
    """The private interrupt."""


class PrivateTimer(PrivateDevice):
    """A timer for each core, at the same address."""

    type_name = "a9-private-timer"
    Params: ClassVar[type[ComponentParams]] = PrivateTimerParams
    core_device = CoreTimer
