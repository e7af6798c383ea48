"""The general purpose timer and the free-running counter of the LAN9118 (data sheet, 3.8, 5.3.17 to 5.3.20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmsim_core.clock import Clock
from vmsim_core.component import Component, ComponentParams, State
from vmsim_core.system import System

from vmsim_platform_realview import lan9118_interrupts as interrupts

if TYPE_CHECKING:
    from vmsim_platform_realview.lan9118 import Lan9118

_FREE_RUNNING_CLOCK = Clock(25_000_000)
_TIMER_CLOCK = Clock(10_000)
_TIMER_ENABLE = 1 << 29
_STOPPED = 0xFFFF
CONFIG_BITS = _TIMER_ENABLE | 0xFFFF


class Timers(Component):
    """The timer counts down from what GPT_CFG loads, wraps and interrupts; what it holds is computed from the time."""

    type_name = "lan9118-timers"

    started = State(0, "cycles of 10 kHz", "when the general purpose timer was loaded")
    cleared = State(0, "cycles of 25 MHz", "when the free-running counter was cleared")

    def __init__(self, system: System, path: str, params: ComponentParams, chip: Lan9118) -> None:
        super().__init__(system, path, params)
        self.chip = chip
        self.wrap = self.event("wrap", self._wrapped)

    def reset(self) -> None:
        """Stop the timer and clear the counter."""
        super().reset()
        self.cleared = _FREE_RUNNING_CLOCK.cycles(self.now)

    def load(self) -> None:
        """Begin anew, as GPT_CFG says."""
        config = self.chip.timer_config.value
        self.started = _TIMER_CLOCK.cycles(self.now)
        if config & _TIMER_ENABLE:
            self.schedule(self.wrap, _TIMER_CLOCK.ticks(self.started + (config & 0xFFFF) + 1))
        else:
            self.cancel(self.wrap)

    def _wrapped(self) -> None:
        # It goes on from 0xFFFF, whatever was loaded (5.3.18).
        self.schedule(self.wrap, _TIMER_CLOCK.after(self.now, 0x1_0000))
        self.chip.interrupts.request(interrupts.TIMER)

    def timer_count(self) -> int:
        """Return GPT_CNT."""
        config = self.chip.timer_config.value
        if not config & _TIMER_ENABLE:
            return _STOPPED
        return (config - (_TIMER_CLOCK.cycles(self.now) - self.started)) & 0xFFFF

    def free_running(self) -> int:
        """Return FREE_RUN."""
        return (_FREE_RUNNING_CLOCK.cycles(self.now) - self.cleared) & 0xFFFF_FFFF
