"""The watchdog SP805 (ARM DDI 0270)."""

from __future__ import annotations

from typing import ClassVar

from vmsim_core.clock import Clock
from vmsim_core.component import ComponentParams, State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.errors import CheckpointError
from vmsim_core.exits import Reset
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import Frequency

# WdogControl; INTEN enables the counter, too.
_INTERRUPT_ENABLE = 1 << 0
_RESET_ENABLE = 1 << 1

# WdogITOP
_TEST_RESET = 1 << 0
_TEST_INTERRUPT = 1 << 1

_UNLOCK = 0x1ACC_E551


class Sp805Params(DeviceParams):
    """Where the watchdog gets its clock from."""

    clock: Frequency = 24_000_000
    """Frequency of WDOGCLK, enabled on every edge."""


class Sp805(Device):
    """A down-counter that raises its interrupt at zero, and asks for a reset if it reaches zero once more before the
    interrupt is cleared.

    The counter is no event for each count: it held `count` at clock cycle `anchor`, and what it holds now follows.
    Only the next time it reaches zero is an event.
    """

    type_name = "sp805"
    Params: ClassVar[type[ComponentParams]] = Sp805Params
    device_tree = {"compatible": ["arm,sp805", "arm,primecell"]}

    registers = RegisterTable(size=0x1000)
    load = registers.read_write(0x000, reset=0xFFFF_FFFF, doc="WdogLoad: counts down from here, again and again")
    value = registers.computed(0x004, doc="WdogValue")
    control = registers.read_write(0x008, writable_bits=0x3, doc="WdogControl: bit 0 counts and interrupts, 1 resets")
    interrupt_clear = registers.command(0x00C, doc="WdogIntClr: any write clears the interrupt and reloads the counter")
    raw_interrupt = registers.read_only(0x010, doc="WdogRIS")
    masked_interrupt = registers.computed(0x014, doc="WdogMIS")
    lock = registers.command(
        0xC00, readable=True, doc="WdogLock: 0x1acce551 unlocks, anything else locks; reads 1 then"
    )
    test_control = registers.read_write(0xF00, writable_bits=0x1, doc="WdogITCR: 1 connects WdogITOP to the outputs")
    test_output = registers.read_write(0xF04, writable_bits=0x3, doc="WdogITOP: bit 0 the reset, 1 the interrupt")
    registers.identification(part=0x805, revision=1)

    locked = State(False, "", "writes to all registers but WdogLock are ignored")
    count = State(0xFFFF_FFFF, "count", "what the counter held at the anchor")
    anchor = State(0, "cycle", "the clock cycle at which it did")
    raw_reset = State(False, "", "the counter has reached zero with the interrupt raised")
    stopped = State(False, "", "it has stopped the counter")
    reset_output = State(False, "", "the level of WDOGRES")

    def __init__(self, system: System, path: str, params: Sp805Params) -> None:
        super().__init__(system, path, params)
        self.clock = Clock(params.clock)
        self.expiry = self.event("expiry", self._expire)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError for a count that the counter cannot hold."""
        super().deserialize(section)
        if not 0 <= self.count <= 0xFFFF_FFFF:
            raise CheckpointError(f"{self.path}.count: is not 32 bits")

    def write(self, offset: int, size: int, value: int) -> None:
        """Serve a write, unless it is locked out."""
        if self.locked and offset & ~3 != type(self).lock.offset:
            self.writes.value += 1
        else:
            super().write(offset, size, value)

    @property
    def _counting(self) -> bool:
        return bool(self.control.value & _INTERRUPT_ENABLE) and not self.stopped

    @value.read
    def _read_value(self) -> int:
        if not self._counting:
            return self.count
        counts = max(self.clock.cycles(self.now) - self.anchor, 0)
        if counts <= self.count:
            return self.count - counts
        # The clock edge after zero reloads the counter (DDI 0270, 2.2).
        return max(self.load.value - (counts - self.count - 1), 0)

    def _reload(self) -> None:
        """Count from WdogLoad, which the counter takes with the next clock edge; 0 expires at once."""
        self.count = self.load.value
        self.anchor = self.clock.cycles(self.now) + (1 if self.count else 0)
        if not self._counting:
            return
        if self.count:
            self.schedule(self.expiry, self.clock.ticks(self.anchor + self.count))
        else:
            self._expire()

    def _expire(self) -> None:
        self.count = 0
        self.anchor = self.clock.cycles(self.now)
        if self.raw_interrupt.value:
            self.raw_reset = self.stopped = True
        else:
            self.raw_interrupt.value = 1
            self.schedule(self.expiry, self.clock.ticks(self.anchor + 1 + self.load.value))
        self._drive()

    @load.written
    def _load_written(self) -> None:
        self._reload()

    @control.write
    def _write_control(self, value: int) -> None:
        held, switched = self._read_value(), self.control.value ^ value
        self.control.value = value & (_INTERRUPT_ENABLE | _RESET_ENABLE)
        if switched & value & _INTERRUPT_ENABLE:
            self.stopped = False
            self._reload()
        elif switched & _INTERRUPT_ENABLE:
            self.count = held
            self.cancel(self.expiry)
        self._drive()

    @interrupt_clear.write
    def _clear_interrupt(self, value: int) -> None:
        self.raw_interrupt.value = 0
        self._reload()
        self._drive()

    @masked_interrupt.read
    def _read_masked_interrupt(self) -> int:
        return self.raw_interrupt.value if self.control.value & _INTERRUPT_ENABLE else 0

    @lock.read
    def _read_lock(self) -> int:
        return int(self.locked)

    @lock.write
    def _write_lock(self, value: int) -> None:
        self.locked = value != _UNLOCK

    @test_control.written
    def _test_control_written(self) -> None:
        self._drive()

    @test_output.written
    def _test_output_written(self) -> None:
        self._drive()

    def _drive(self) -> None:
        """Drive WDOGINT and WDOGRES; the board is reset when WDOGRES rises."""
        if self.test_control.value:
            interrupt = bool(self.test_output.value & _TEST_INTERRUPT)
            reset = bool(self.test_output.value & _TEST_RESET)
        else:
            interrupt = bool(self._read_masked_interrupt())
            reset = self.raw_reset and bool(self.control.value & _RESET_ENABLE)
        self.irq.set(interrupt)
        if reset and not self.reset_output:
            self.system.request_exit(Reset(source=self.path))
        self.reset_output = reset
