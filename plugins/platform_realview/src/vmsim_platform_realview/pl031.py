"""The real-time clock PL031 (ARM DDI 0224)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from pydantic import field_validator
from vmsim_core.clock import Clock
from vmsim_core.component import ComponentParams, State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System

from vmsim_platform_realview.clock_base import DEFAULT_BASE, ClockBase, base_seconds, check_range

_MASK = 0xFFFF_FFFF
_ONE_HERTZ = Clock(1)


class Pl031Params(DeviceParams):
    """What the clock shows at power-on."""

    base: ClockBase = DEFAULT_BASE
    """Date and time at power-on, such as 2026-01-01T00:00:00Z (UTC if no zone is given), or ``host`` for the host's.
    With ``host`` two runs are not the same."""

    @field_validator("base")
    @classmethod
    def _fits_the_counter(cls, base: ClockBase) -> ClockBase:
        check_range(base, datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(_MASK, UTC))
        return base


class Pl031(Device):
    """A counter of seconds with a match interrupt. It runs from power-on, as a boot loader leaves it."""

    type_name = "pl031"
    Params: ClassVar[type[ComponentParams]] = Pl031Params
    device_tree = {"compatible": ["arm,pl031", "arm,primecell"]}

    registers = RegisterTable(size=0x1000)
    data = registers.computed(0x00, doc="RTCDR: seconds")
    match = registers.read_write(0x04, doc="RTCMR: interrupt when RTCDR comes to this")
    load = registers.read_write(0x08, doc="RTCLR: sets RTCDR")
    control = registers.command(0x0C, readable=True, doc="RTCCR: bit 0 runs; once set it stays set")
    interrupt_mask = registers.read_write(0x10, writable_bits=1, doc="RTCIMSC")
    raw_interrupt = registers.read_only(0x14, doc="RTCRIS")
    masked_interrupt = registers.computed(0x18, doc="RTCMIS")
    interrupt_clear = registers.command(0x1C, doc="RTCICR: bit 0 clears the interrupt")
    registers.identification(part=0x031, revision=1)

    offset = State(0, "seconds", "RTCDR when simulated time was zero, modulo 2^32")

    def __init__(self, system: System, path: str, params: Pl031Params) -> None:
        super().__init__(system, path, params)
        self.match_event = self.event("match", self._matched)

    def reset(self) -> None:
        """Show the base time at power-on."""
        super().reset()
        self.offset = (base_seconds(self.params.base) - _ONE_HERTZ.cycles(self.now)) & _MASK

    @data.read
    def _read_data(self) -> int:
        return (self.offset + _ONE_HERTZ.cycles(self.now)) & _MASK

    @load.written
    def _set_time(self) -> None:
        self.offset = (self.load.value - _ONE_HERTZ.cycles(self.now)) & _MASK
        self._schedule_match()

    @match.written
    def _schedule_match(self) -> None:
        seconds = (self.match.value - self._read_data()) & _MASK
        if seconds:
            self.schedule(self.match_event, _ONE_HERTZ.after(self.now, seconds))
        else:
            self.cancel(self.match_event)
            self._matched()

    def _matched(self) -> None:
        self.raw_interrupt.value = 1
        self._drive()

    @control.read
    def _read_control(self) -> int:
        return 1

    @control.write
    def _write_control(self, value: int) -> None:
        """A running clock cannot be stopped (DDI 0224, 3.3.4)."""

    @interrupt_mask.written
    def _drive(self) -> None:
        self.irq.set(bool(self._read_masked_interrupt()))

    @masked_interrupt.read
    def _read_masked_interrupt(self) -> int:
        return self.raw_interrupt.value & self.interrupt_mask.value

    @interrupt_clear.write
    def _clear_interrupt(self, value: int) -> None:
        self.raw_interrupt.value &= ~value
        self._drive()
