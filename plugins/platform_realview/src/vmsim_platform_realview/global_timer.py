"""The global timer of a Cortex-A9 MPCore (ARM DDI 0407, 4.3): one counter, a comparator for each core."""

from __future__ import annotations

from typing import ClassVar

from vmsim_core.clock import Clock
from vmsim_core.component import Component, ComponentParams, State
from vmsim_core.device import Device
from vmsim_core.interrupts import InterruptLine
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.system import System

from vmsim_platform_realview.private_region import PrivateParams, connect_other_cores

_ENABLE = 1 << 0
_COMPARE_ENABLE = 1 << 1
_INTERRUPT_ENABLE = 1 << 2
_AUTO_INCREMENT = 1 << 3
_PRESCALER = 0xFF << 8
_OWN_BITS = _COMPARE_ENABLE | _INTERRUPT_ENABLE | _AUTO_INCREMENT
_SHARED_BITS = _ENABLE | _PRESCALER
_WORD = 0xFFFF_FFFF
_COUNTER_MASK = (1 << 64) - 1


class Comparator(Component):
    """What one core compares the counter with.

    It fires while the counter is equal or above, as from r2p0 of the processor on. The moment at which the flag is
    going to be raised is an event; how far auto-increment has brought the value since is found out when somebody looks.
    """

    type_name = "a9-global-timer-comparator"

    value = State(0, "count", "what the counter is compared with")
    increment = State(0, "count", "what is added to it when it fires")
    control_bits = State(0, "mask", "the core's own bits of the control register")
    event_flag = State(0, "bool", "it fired, and software has not cleared the flag")

    def __init__(self, timer: GlobalTimer, path: str) -> None:
        super().__init__(timer.system, path, ComponentParams())
        self.timer = timer
        self.irq = InterruptLine(f"{path}.irq")
        self.match = self.event("match", self.update)

    def update(self) -> None:
        """Compare, and drive what follows."""
        self.cancel(self.match)
        if self.control_bits & _COMPARE_ENABLE and self.timer.control.value & _ENABLE:
            self._compare(self.timer.current())
        self.irq.set(bool(self.event_flag and self.control_bits & _INTERRUPT_ENABLE))

    def _compare(self, counter: int) -> None:
        if counter >= self.value:
            self.event_flag = 1
            if self.control_bits & _AUTO_INCREMENT and self.increment:
                steps = (counter - self.value) // self.increment + 1
                self.value = self.value + steps * self.increment & _COUNTER_MASK
        if not self.event_flag:
            self.schedule(self.match, self.timer.tick_of(self.value))

    def clear_event_flag(self) -> None:
        """Be ready to fire again; a counter that is still equal or above makes it do so at once."""
        self.event_flag = 0
        self.irq.set(False)
        self.update()

    def reset(self) -> None:
        """Bring the power-on state."""
        super().reset()
        self.irq.set(False)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote."""
        super().deserialize(section)
        self.irq.set(bool(self.event_flag and self.control_bits & _INTERRUPT_ENABLE))


class GlobalTimerParams(PrivateParams):
    """How the timer is wired."""

    irq: int = 27
    """The private interrupt."""


class GlobalTimer(Device):
    """A 64-bit counter for all cores, and a comparator for each."""

    type_name = "a9-global-timer"
    Params: ClassVar[type[ComponentParams]] = GlobalTimerParams

    registers = RegisterTable(size=0x100)
    counter = registers.bank(0x00, 2, stored=False, doc="Global Timer Counter: lower and upper word")
    control = registers.read_write(0x08, doc="Global Timer Control: enable and prescaler are shared by the cores")
    status = registers.command(0x0C, readable=True, doc="Global Timer Interrupt Status: 1 clears the event flag")
    compare = registers.bank(0x10, 2, stored=False, doc="Comparator Value: lower and upper word")
    auto_increment = registers.command(0x18, readable=True, merge_bytes=True, doc="Auto-increment")

    count = State(0, "count", "what the counter held at the anchor")
    anchor = State(0, "cycle", "the clock cycle at which it did")

    def __init__(self, system: System, path: str, params: GlobalTimerParams) -> None:
        super().__init__(system, path, params)
        self.clock = Clock(params.clock)
        count = max(1, len(system.cores))
        self.comparators = [Comparator(self, f"{path}.cpu{cpu}") for cpu in range(count)]
        for comparator in self.comparators:
            system.add(comparator)

    def interrupt_outputs(self) -> dict[int, InterruptLine]:
        """Return the line of the first core."""
        return {self.params.irq: self.comparators[0].irq}

    def connect(self) -> None:
        """Wire the lines of the other cores."""
        connect_other_cores(self, [comparator.irq for comparator in self.comparators])

    def current(self) -> int:
        """Return what the counter holds now."""
        return self.count + self._counts() & _COUNTER_MASK

    def tick_of(self, value: int) -> int:
        """Return when the running counter, which is below `value`, reaches it."""
        ahead = value - self.current() & _COUNTER_MASK
        return self.clock.ticks(self.anchor + (self._counts() + ahead) * self._cycles_per_count)

    @property
    def _comparator(self) -> Comparator:
        return self.comparators[self.system.current_core]

    @property
    def _cycles_per_count(self) -> int:
        return (self.control.value >> 8 & 0xFF) + 1

    def _counts(self) -> int:
        if not self.control.value & _ENABLE:
            return 0
        return (self.clock.cycles(self.now) - self.anchor) // self._cycles_per_count

    def _update_comparators(self) -> None:
        for comparator in self.comparators:
            comparator.update()

    @counter.read
    def _read_counter(self, word: int) -> int:
        return self.current() >> 32 * word & _WORD

    @counter.write
    def _write_counter(self, word: int, value: int) -> None:
        self.count = _with_word(self.current(), word, value)
        self.anchor = self.clock.cycles(self.now)
        self._update_comparators()

    @control.read
    def _read_control(self) -> int:
        return self.control.value | self._comparator.control_bits

    @control.write
    def _write_control(self, value: int) -> None:
        self._update_comparators()
        counts = self._counts()
        self.count = self.count + counts & _COUNTER_MASK
        self.anchor += counts * self._cycles_per_count
        if (value ^ self.control.value) & _SHARED_BITS:
            self.anchor = self.clock.cycles(self.now)
        self.control.value = value & _SHARED_BITS
        self._comparator.control_bits = value & _OWN_BITS
        self._update_comparators()

    @status.read
    def _read_status(self) -> int:
        return self._comparator.event_flag

    @status.write
    def _write_status(self, value: int) -> None:
        if value & 1:
            self._comparator.update()
            self._comparator.clear_event_flag()

    @compare.read
    def _read_compare(self, word: int) -> int:
        self._comparator.update()
        return self._comparator.value >> 32 * word & _WORD

    @compare.write
    def _write_compare(self, word: int, value: int) -> None:
        self._comparator.update()
        self._comparator.value = _with_word(self._comparator.value, word, value)
        self._comparator.update()

    @auto_increment.read
    def _read_auto_increment(self) -> int:
        return self._comparator.increment

    @auto_increment.write
    def _write_auto_increment(self, value: int) -> None:
        self._comparator.update()
        self._comparator.increment = value
        self._comparator.update()


def _with_word(whole: int, word: int, value: int) -> int:
    return whole & ~(_WORD << 32 * word) | value << 32 * word
