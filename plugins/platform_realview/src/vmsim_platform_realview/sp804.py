"""The dual timer SP804 (ARM DDI 0271)."""

from __future__ import annotations

from typing import ClassVar

from vmsim_core.clock import Clock
from vmsim_core.component import ComponentParams, State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System
from vmsim_core.units import Frequency

_ONE_SHOT = 1 << 0
_SIZE_32_BIT = 1 << 1
_PRESCALE = 3 << 2
_INTERRUPT_ENABLE = 1 << 5
_PERIODIC = 1 << 6
_ENABLE = 1 << 7
_CONTROL_BITS = 0xEF

_TIMER_WINDOW = 0x20
# DDI 0271 leaves 3 undefined; it counts as 2.
_PRESCALE_SHIFT = (0, 4, 8, 8)


class Sp804Params(DeviceParams):
    """Where the timers get their clock from."""

    clock: Frequency = 10**6
    """Frequency of TIMCLK, enabled on every edge."""


class Timer(Device):
    """One of the two timers: a down-counter with a prescaler.

    The counter is no event for each count: it held `count` at clock cycle `anchor`, and what it holds now follows.
    Only the next time it reaches zero is an event, and none at all while the interrupt is raised already.
    """

    type_name = "sp804-timer"

    registers = RegisterTable(size=_TIMER_WINDOW)
    load = registers.read_write(0x00, doc="TimerLoad: counts down from here, in periodic mode again and again")
    value = registers.command(0x04, readable=True, doc="TimerValue; writes change nothing")
    control = registers.read_write(0x08, reset=_INTERRUPT_ENABLE, writable_bits=_CONTROL_BITS, doc="TimerControl")
    interrupt_clear = registers.command(0x0C, doc="TimerIntClr: any write clears the interrupt")
    raw_interrupt = registers.read_only(0x10, doc="TimerRIS")
    masked_interrupt = registers.computed(0x14, doc="TimerMIS")
    background_load = registers.command(0x18, readable=True, merge_bytes=True, doc="TimerBGLoad: the next reload")

    count = State(0xFFFF_FFFF, "count", "what the counter held at the anchor")
    anchor = State(0, "cycle", "the clock cycle at which it did")

    def __init__(self, system: System, path: str, params: Sp804Params) -> None:
        super().__init__(system, path, params)
        self.clock = Clock(params.clock)
        self.expiry = self.event("expiry", self._expire)

    @property
    def _prescale_shift(self) -> int:
        return _PRESCALE_SHIFT[self.control.value >> 2 & 3]

    @property
    def _mask(self) -> int:
        """The bits that count; in 16-bit mode the upper half keeps what it holds."""
        return 0xFFFF_FFFF if self.control.value & _SIZE_32_BIT else 0xFFFF

    def _period(self) -> int:
        """Counts from one expiry to the next, 0 when the counter halts at zero.

        In periodic mode it is TimerLoad, not one more (DDI 0271, 2.2.4): the counter is reloaded as it reaches zero.
        """
        control = self.control.value
        if control & _ONE_SHOT:
            return 0
        return self.load.value & self._mask if control & _PERIODIC else self._mask + 1

    def _counts(self) -> int:
        """How often the counter was decremented since the anchor."""
        if not self.control.value & _ENABLE:
            return 0
        return max(self.clock.cycles(self.now) - self.anchor, 0) >> self._prescale_shift

    def _current(self) -> int:
        """What the counter holds now."""
        return self._after(self._counts())

    def _after(self, counts: int) -> int:
        """What the counter holds `counts` decrements after the anchor."""
        mask = self._mask
        left = self.count & mask
        if counts < left:
            return self.count - counts
        if not counts:
            return self.count
        upper = self.count & ~mask
        period = self._period()
        if not period:
            return upper
        return upper | (period - (counts - left) % period) & mask

    def _settle(self) -> None:
        """Move the anchor to the last decrement, before something changes how the counter goes on."""
        counts = self._counts()
        if counts:
            self.count = self._after(counts)
            self.anchor += counts << self._prescale_shift

    def _schedule_expiry(self) -> None:
        """Schedule the next zero, if it can make a difference."""
        if not self.control.value & _ENABLE or self.raw_interrupt.value:
            self.cancel(self.expiry)
            return
        counts = self._counts()
        to_zero = self.count & self._mask
        period = self._period()
        if counts >= to_zero:
            if not period:
                self.cancel(self.expiry)
                return
            to_zero += ((counts - to_zero) // period + 1) * period
        self.schedule(self.expiry, self.clock.ticks(self.anchor + (to_zero << self._prescale_shift)))

    def _expire(self) -> None:
        self.raw_interrupt.value = 1
        self._drive()

    def _drive(self) -> None:
        self.irq.set(bool(self._read_masked_interrupt()))

    @load.write
    def _write_load(self, value: int) -> None:
        self.load.value = value
        # The counter takes the value with the next clock edge (DDI 0271, 3.3.1).
        self.count = value
        self.anchor = self.clock.cycles(self.now) + 1
        if not value & self._mask and self.control.value & _ENABLE:
            self._expire()
        self._schedule_expiry()

    @background_load.read
    def _read_background_load(self) -> int:
        return self.load.value

    @background_load.write
    def _write_background_load(self, value: int) -> None:
        self._settle()
        self.load.value = value
        self._schedule_expiry()

    @value.read
    def _read_value(self) -> int:
        return self._current()

    @value.write
    def _write_value(self, value: int) -> None:
        """Ignore it: the register is read-only, and Linux writes it before it starts a counter."""

    @control.write
    def _write_control(self, value: int) -> None:
        self._settle()
        if (self.control.value ^ value) & (_ENABLE | _PRESCALE):
            # The prescaler begins anew; a TimerLoad that waits for the next clock edge still does.
            self.anchor = max(self.anchor, self.clock.cycles(self.now))
        self.control.value = value & _CONTROL_BITS
        self._schedule_expiry()
        self._drive()

    @interrupt_clear.write
    def _clear_interrupt(self, value: int) -> None:
        self.raw_interrupt.value = 0
        self._schedule_expiry()
        self._drive()

    @masked_interrupt.read
    def _read_masked_interrupt(self) -> int:
        return self.raw_interrupt.value if self.control.value & _INTERRUPT_ENABLE else 0


class Sp804(Device):
    """Two timers in one window, with one interrupt for both."""

    type_name = "sp804"
    Params: ClassVar[type[ComponentParams]] = Sp804Params
    device_tree = {"compatible": ["arm,sp804", "arm,primecell"]}

    registers = RegisterTable(size=0x1000)
    test_control = registers.read_write(0xF00, writable_bits=0x1, doc="TimerITCR: 1 connects TimerITOP to the output")
    test_output = registers.read_write(0xF04, writable_bits=0x3, doc="TimerITOP")
    registers.identification(part=0x804, revision=1)

    def __init__(self, system: System, path: str, params: Sp804Params) -> None:
        super().__init__(system, path, params)
        self.timers = [Timer(system, f"{path}.timer{index}", params) for index in (1, 2)]
        for timer in self.timers:
            system.add(timer)
            timer.irq.connect(lambda level: self._drive())

    def read(self, offset: int, size: int) -> int:
        """Serve a read: the timers' registers come first in the window."""
        if offset < 2 * _TIMER_WINDOW:
            return self.timers[offset // _TIMER_WINDOW].read(offset % _TIMER_WINDOW, size)
        return super().read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Serve a write."""
        if offset < 2 * _TIMER_WINDOW:
            self.timers[offset // _TIMER_WINDOW].write(offset % _TIMER_WINDOW, size, value)
        else:
            super().write(offset, size, value)

    def register_name(self, offset: int) -> str:
        """Return the name of a timer's register, such as `timer1.load`, or of one of both."""
        if offset >= 2 * _TIMER_WINDOW:
            return super().register_name(offset)
        index, register = divmod(offset, _TIMER_WINDOW)
        name = self.timers[index].register_name(register)
        return name and f"timer{index + 1}.{name}"

    @test_control.written
    def _test_control_written(self) -> None:
        self._drive()

    @test_output.written
    def _test_output_written(self) -> None:
        self._drive()

    def _drive(self) -> None:
        if self.test_control.value:
            self.irq.set(self.test_output.value != 0)
        else:
            self.irq.set(any(timer.irq.level for timer in self.timers))
