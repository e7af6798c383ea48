"""The private watchdogs of a Cortex-A9 MPCore (ARM DDI 0407, 4.2)."""

from __future__ import annotations

from typing import ClassVar

from vmsim_core.component import ComponentParams, State
from vmsim_core.exits import Reset
from vmsim_core.registers import RegisterTable

from vmsim_platform_realview.private_counter import AUTO_RELOAD, ENABLE, INTERRUPT_ENABLE, PRESCALER, PrivateCounter
from vmsim_platform_realview.private_region import PrivateDevice, PrivateParams

_WATCHDOG_MODE = 1 << 3
_CONTROL_BITS = PRESCALER | _WATCHDOG_MODE | INTERRUPT_ENABLE | AUTO_RELOAD | ENABLE
_DISABLE_FIRST, _DISABLE_SECOND = 0x1234_5678, 0x8765_4321


class CoreWatchdog(PrivateCounter):
    """The watchdog of one core: a second timer, until software makes it a watchdog.

    A watchdog cannot be made a timer again by its control register, reaches zero once, and then asks for a reset.
    """

    type_name = "a9-core-watchdog"

    registers = RegisterTable(size=0x20)
    load_value = registers.command(0x00, readable=True, merge_bytes=True, doc="Watchdog Load")
    counter = registers.command(0x04, readable=True, merge_bytes=True, doc="Watchdog Counter: writable in timer mode")
    control = registers.command(0x08, readable=True, merge_bytes=True, doc="Watchdog Control")
    status = registers.command(0x0C, readable=True, doc="Watchdog Interrupt Status: writing 1 clears the event flag")
    reset_status = registers.command(0x10, readable=True, doc="Watchdog Reset Status: writing 1 clears the flag")
    disable = registers.command(0x14, doc="Watchdog Disable: two words in succession bring timer mode back")

    reset_flag = State(0, "bool", "the watchdog has asked for a reset")
    disabling = State(False, "", "the first word of the disable sequence was written")

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
        if not self._guards():
            self.load(value)

    @control.read
    def _read_control(self) -> int:
        return self.control_bits

    @control.write
    def _write_control(self, value: int) -> None:
        self.configure(value & _CONTROL_BITS | self.control_bits & _WATCHDOG_MODE)

    @status.read
    def _read_status(self) -> int:
        return self.event_flag

    @status.write
    def _write_status(self, value: int) -> None:
        if value & 1:
            self.clear_event_flag()

    @reset_status.read
    def _read_reset_status(self) -> int:
        return self.reset_flag

    @reset_status.write
    def _write_reset_status(self, value: int) -> None:
        if value & 1:
            self.reset_flag = 0

    @disable.write
    def _write_disable(self, value: int) -> None:
        if self.disabling and value == _DISABLE_SECOND:
            self.configure(self.control_bits & ~_WATCHDOG_MODE)
        self.disabling = value == _DISABLE_FIRST

    def _guards(self) -> bool:
        return bool(self.control_bits & _WATCHDOG_MODE)

    def _reloads(self) -> bool:
        return super()._reloads() and not self._guards()

    def _interrupts(self) -> bool:
        return super()._interrupts() and not self._guards()

    def _expiry_matters(self) -> bool:
        return self._guards() or super()._expiry_matters()

    def _expire(self) -> None:
        if self._guards():
            self.reset_flag = 1
            self.system.request_exit(Reset(source=self.path))
        else:
            super()._expire()


class PrivateWatchdogParams(PrivateParams):
    """How the watchdogs are wired."""

    irq: int = 30
    """The private interrupt."""


class PrivateWatchdog(PrivateDevice):
    """A watchdog for each core, at the same address."""

    type_name = "a9-private-watchdog"
    Params: ClassVar[type[ComponentParams]] = PrivateWatchdogParams
    core_device = CoreWatchdog
