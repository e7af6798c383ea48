"""The down-counter that a Cortex-A9's private timer and its watchdog have in common (ARM DDI 0407, chapter 4)."""

from __future__ import annotations

from vmsim_core.clock import Clock
from vmsim_core.component import State
from vmsim_core.device import Device
from vmsim_core.system import System

from vmsim_platform_realview.private_region import PrivateParams

ENABLE = 1 << 0
AUTO_RELOAD = 1 << 1
INTERRUPT_ENABLE = 1 << 2
PRESCALER = 0xFF << 8


class PrivateCounter(Device):
    """A counter of one core, with a prescaler, a reload value and an event flag; subclasses declare the registers.

    Nothing happens for a single count: the counter held `count` at clock cycle `anchor`, and what it holds now follows.
    Only the next time it reaches zero is an event, and none at all while that could not change anything.
    """

    reload = State(0, "count", "what the counter starts from again in auto-reload mode")
    count = State(0, "count", "what the counter held at the anchor")
    anchor = State(0, "cycle", "the clock cycle at which it did")
    control_bits = State(0, "mask", "the control register")
    event_flag = State(0, "bool", "the counter reached zero, and software has not cleared the flag")

    def __init__(self, system: System, path: str, params: PrivateParams) -> None:
        super().__init__(system, path, params)
        self.clock = Clock(params.clock)
        self.expiry = self.event("expiry", self._expire)

    def current(self) -> int:
        """Return what the counter holds now."""
        return self._after(self._counts())

    def load(self, value: int) -> None:
        """Make the counter go on from `value`."""
        self.count = value
        self.anchor = self.clock.cycles(self.now)
        self._schedule_expiry()

    def configure(self, control: int) -> None:
        """Take new control bits; counting goes on from where it is."""
        self._settle()
        if (control ^ self.control_bits) & (ENABLE | PRESCALER):
            self.anchor = self.clock.cycles(self.now)
        self.control_bits = control
        self._schedule_expiry()
        self._drive()

    def clear_event_flag(self) -> None:
        """Be ready for the next expiry."""
        self.event_flag = 0
        self._schedule_expiry()
        self._drive()

    def _reloads(self) -> bool:
        return bool(self.control_bits & AUTO_RELOAD)

    def _interrupts(self) -> bool:
        return bool(self.control_bits & INTERRUPT_ENABLE)

    def _expiry_matters(self) -> bool:
        return not self.event_flag

    def _expire(self) -> None:
        self.event_flag = 1
        self._drive()

    def _drive(self) -> None:
        self.irq.set(bool(self.event_flag) and self._interrupts())

    @property
    def _cycles_per_count(self) -> int:
        return (self.control_bits >> 8 & 0xFF) + 1

    def _counts(self) -> int:
        """How often the counter was decremented since the anchor."""
        if not self.control_bits & ENABLE:
            return 0
        return (self.clock.cycles(self.now) - self.anchor) // self._cycles_per_count

    def _after(self, counts: int) -> int:
        """What the counter holds `counts` decrements after the anchor."""
        if counts <= self.count:
            return self.count - counts
        if not self._reloads():
            return 0
        # Reloading takes a count of its own: the period is one more than the reload value (DDI 0407, 4.1.1).
        return self.reload - (counts - self.count - 1) % (self.reload + 1)

    def _settle(self) -> None:
        """Move the anchor to the last decrement, before something changes how the counter goes on."""
        counts = self._counts()
        self.count = self._after(counts)
        self.anchor += counts * self._cycles_per_count

    def _schedule_expiry(self) -> None:
        """Schedule the next time the counter reaches zero, if it can make a difference."""
        self.cancel(self.expiry)
        if not self.control_bits & ENABLE or not self._expiry_matters():
            return
        counts, to_zero = self._counts(), self.count
        if counts >= to_zero:
            if not self._reloads():
                return
            period = self.reload + 1
            to_zero += ((counts - to_zero) // period + 1) * period
        self.schedule(self.expiry, self.clock.ticks(self.anchor + to_zero * self._cycles_per_count))
