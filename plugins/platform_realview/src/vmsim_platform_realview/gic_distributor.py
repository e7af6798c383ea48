"""The distributor of the Cortex-A9's interrupt controller (ARM DDI 0407, 3.3; ARM IHI 0048)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from operator import or_
from typing import ClassVar

from pydantic import Field
from vmsim_core.component import ComponentParams, State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.errors import CheckpointError
from vmsim_core.interrupts import InterruptSink
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.system import System

MAX_CPUS = 4
_SOFTWARE_INTERRUPTS = 16
_PRIVATE_INTERRUPTS = 32
_MAX_INTERRUPTS = 256

# An interrupt is a bit in masks. The private interrupts exist once for each core, so they have a bit for each: first
# come those of core 0, then those of core 1 and so on, then the shared ones. Lower bits win among equal priorities, and
# so do lower interrupt IDs, as IHI 0048 3.3 has it.
_FIRST_SHARED_SLOT = MAX_CPUS * _PRIVATE_INTERRUPTS
_ALL_SLOTS = (1 << _FIRST_SHARED_SLOT + _MAX_INTERRUPTS - _PRIVATE_INTERRUPTS) - 1

_PRIORITY_LEVELS = 32
_PRIORITY_SHIFT = 3
"""Five bits of priority are implemented, the upper ones (DDI 0407, 3.1)."""

_SGI_CONFIGURATION = 0xAAAA_AAAA
_PPI_CONFIGURATION = 0x7DC0_0000
"""IDs 27, 29 and 30 are rising-edge, 28 and 31 are levels (DDI 0407, 3.3.8)."""
_PPI_EDGES = 1 << 27 | 1 << 29 | 1 << 30

_TARGET_LIST, _ALL_OTHERS, _SELF = range(3)


def _on_every_core(mask: int) -> int:
    return sum(mask << _PRIVATE_INTERRUPTS * cpu for cpu in range(MAX_CPUS))


def slot_of(number: int, cpu: int) -> int:
    """Return the position in the masks of interrupt `number` as core `cpu` sees it."""
    if number < _PRIVATE_INTERRUPTS:
        return number + _PRIVATE_INTERRUPTS * cpu
    return number + _FIRST_SHARED_SLOT - _PRIVATE_INTERRUPTS


def number_of(slot: int) -> int:
    """Return the interrupt ID at a position in the masks."""
    if slot < _FIRST_SHARED_SLOT:
        return slot % _PRIVATE_INTERRUPTS
    return slot - _FIRST_SHARED_SLOT + _PRIVATE_INTERRUPTS


class GicParams(DeviceParams):
    """How large the interrupt controller is."""

    interrupts: int = Field(default=96, ge=32, le=_MAX_INTERRUPTS, multiple_of=32)
    """Interrupt IDs, the 32 private ones of each core included."""


class Gic(Device):
    """The state of all interrupts, and which of them are forwarded to the CPU interfaces."""

    type_name = "gic"
    Params: ClassVar[type[ComponentParams]] = GicParams

    registers = RegisterTable(size=0x1000)
    control = registers.read_write(0x000, writable_bits=1, doc="ICDDCR: bit 0 forwards pending interrupts")
    controller_type = registers.computed(0x004, doc="ICDICTR: numbers of cores and of interrupts")
    implementer = registers.constant(0x008, 0x0102_043B, doc="ICDIIDR")
    security = registers.bank(0x080, 8, stored=False, doc="ICDISR: zero without the security extensions")
    enable_set = registers.bank(0x100, 8, stored=False, merge_bytes=False, doc="ICDISER")
    enable_clear = registers.bank(0x180, 8, stored=False, merge_bytes=False, doc="ICDICER")
    pending_set = registers.bank(0x200, 8, stored=False, merge_bytes=False, doc="ICDISPR")
    pending_clear = registers.bank(0x280, 8, stored=False, merge_bytes=False, doc="ICDICPR")
    active_bits = registers.bank(0x300, 8, writable_bits=0, stored=False, doc="ICDABR")
    # Linux clears the active bits here on any GIC; in a GICv1 there is nothing, and no need to complain.
    active_clear = registers.bank(0x380, 8, stored=False, doc="reserved: zero, writes have no effect")
    priorities = registers.bank(0x400, _MAX_INTERRUPTS // 4, stored=False, doc="ICDIPR: a byte for each interrupt")
    target_cores = registers.bank(0x800, _MAX_INTERRUPTS // 4, stored=False, doc="ICDIPTR: a byte for each interrupt")
    configuration = registers.bank(0xC00, _MAX_INTERRUPTS // 16, stored=False, doc="ICDICFR: bit 1 of 2 is edge")
    input_status = registers.bank(0xD00, 8, writable_bits=0, stored=False, doc="ICDPPISR, ICDSPISR: the input pins")
    software_interrupt = registers.command(0xF00, doc="ICDSGIR")
    registers.constant(0xFD0, 0x04, doc="ICPIDR4").name = "periphid4"
    registers.identification(part=0x390, designer=0xBB, revision=1)

    # The masks of interrupts, by slot.
    level = State(0, "mask", "input pins that are up")
    latched = State(0, "mask", "pending whatever the pin does: edges, software interrupts, set by software")
    enabled = State(_on_every_core(0xFFFF), "mask", "forwarded when pending; software interrupts always are")
    active = State(0, "mask", "acknowledged and not yet ended")
    edge = State(_on_every_core(0xFFFF | _PPI_EDGES), "mask", "edge-triggered, not level-sensitive")
    targets = State(
        [0xFFFF_FFFF << _PRIVATE_INTERRUPTS * cpu for cpu in range(MAX_CPUS)], "mask", "may interrupt core n"
    )
    at_priority = State([_ALL_SLOTS] + [0] * (_PRIORITY_LEVELS - 1), "mask", "has priority 8n")
    sgi_sources = State(
        [0] * (_SOFTWARE_INTERRUPTS * MAX_CPUS), "mask", "cores that sent software interrupt n % 16 to core n / 16"
    )

    def __init__(self, system: System, path: str, params: GicParams) -> None:
        super().__init__(system, path, params)
        self.cpus = max(1, len(system.cores))
        self.forwarded = 0
        """The mask of the interrupts that are pending, enabled and not active."""
        self._implemented = (1 << _FIRST_SHARED_SLOT + params.interrupts - _PRIVATE_INTERRUPTS) - 1
        self._settable = self._implemented & ~_on_every_core(0xFFFF)
        """What can be enabled and made pending by mask: all but the software interrupts."""
        self._used_priorities: list[tuple[int, int]] = []
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Have `listener` called whenever other interrupts are forwarded."""
        self._listeners.append(listener)

    def interrupt_input(self, number: int, cpu: int | None = None) -> InterruptSink:
        """Return the pin of a shared interrupt, or of a private one of core `cpu` (the first, if none is said)."""
        last = self.params.interrupts - 1
        if not _SOFTWARE_INTERRUPTS <= number <= last:
            raise ValueError(f"{self.path} has no input for interrupt {number}: take one from 32 to {last}")
        if cpu is not None and number >= _PRIVATE_INTERRUPTS:
            raise ValueError(
                f"interrupt {number} of {self.path} is shared by the cores: it has no input for core {cpu}"
            )
        if cpu is not None and not 0 <= cpu < self.cpus:
            raise ValueError(f"{self.path} has no inputs for core {cpu}: there are {self.cpus} cores")
        return partial(self._drive_pin, 1 << slot_of(number, cpu or 0))

    # --- for the CPU interfaces ---------------------------------------------------------------------------------------

    def highest(self, candidates: int) -> tuple[int, int]:
        """Return priority and slot of the most urgent interrupt in a mask that is not empty."""
        for priority, slots in self._used_priorities:
            found = candidates & slots
            if found:
                return priority, (found & -found).bit_length() - 1
        raise AssertionError("every interrupt has a priority")

    def identify(self, slot: int) -> int:
        """Return the interrupt at `slot` as ICCIAR has it: its ID and, if software sent it, the sender."""
        number = number_of(slot)
        if number >= _SOFTWARE_INTERRUPTS:
            return number
        senders = self.sgi_sources[self._sgi_index(slot)]
        return number | (senders & -senders).bit_length() - 1 << 10

    def acknowledge(self, slot: int) -> int:
        """Make a pending interrupt active; return it as ICCIAR has it."""
        identity = self.identify(slot)
        bit = 1 << slot
        self.active |= bit
        if number_of(slot) >= _SOFTWARE_INTERRUPTS or not self._drop_sender(slot):
            self.latched &= ~bit
        self._update()
        return identity

    def is_active(self, slot: int) -> bool:
        """Tell whether an interrupt is active."""
        return bool(self.active >> slot & 1)

    def deactivate(self, slot: int) -> None:
        """End an active interrupt."""
        self.active &= ~(1 << slot)
        self._update()

    # --- life ---------------------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Bring the power-on state; the input pins are what their owners make them."""
        level = self.level
        super().reset()
        self.level = level
        if self.cpus == 1:
            self.targets[0] = _ALL_SLOTS
        self._priorities_changed()
        self._update()

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote, and tell the CPU interfaces; refuses what no distributor holds."""
        super().deserialize(section)
        masks = [self.level, self.latched, self.enabled, self.active, self.edge, *self.targets, *self.at_priority]
        lengths = len(self.targets), len(self.at_priority), len(self.sgi_sources)
        # Each interrupt has one priority: a sum of masks is their union only where they have no bit in common.
        if (
            lengths != (MAX_CPUS, _PRIORITY_LEVELS, _SOFTWARE_INTERRUPTS * MAX_CPUS)
            or not all(0 <= mask <= _ALL_SLOTS for mask in masks)
            or not all(0 <= senders < 1 << MAX_CPUS for senders in self.sgi_sources)
            or not sum(self.at_priority) == reduce(or_, self.at_priority) == _ALL_SLOTS
        ):
            raise CheckpointError(f"{self.path}: its masks are none that a distributor can have")
        self._priorities_changed()
        self._update()

    def _update(self) -> None:
        """Find out what is forwarded (IHI 0048, 3.2.1); a level-sensitive interrupt is pending while its pin is up."""
        forwarded = 0
        if self.control.value:
            forwarded = (self.latched | self.level & ~self.edge) & self.enabled & ~self.active
        if forwarded != self.forwarded:
            self.forwarded = forwarded
            self._notify()

    def _drive_pin(self, bit: int, level: bool) -> None:
        if level == bool(self.level & bit):
            return
        self.level ^= bit
        if level:
            self.latched |= bit & self.edge
        self._update()

    # --- registers ----------------------------------------------------------------------------------------------------

    @control.written
    def _control_written(self) -> None:
        self._update()

    @controller_type.read
    def _read_controller_type(self) -> int:
        words: int = self.params.interrupts // 32
        return words - 1 | self.cpus - 1 << 5

    @security.read
    @active_clear.read
    def _read_zero(self, word: int) -> int:
        return 0

    @security.write
    @active_clear.write
    def _ignore(self, word: int, value: int) -> None:
        pass

    @enable_set.read
    @enable_clear.read
    def _read_enabled(self, word: int) -> int:
        return self._word_of(self.enabled, word)

    @enable_set.write
    def _enable(self, word: int, value: int) -> None:
        self.enabled |= self._settable_slots(word, value)
        self._update()

    @enable_clear.write
    def _disable(self, word: int, value: int) -> None:
        self.enabled &= ~self._settable_slots(word, value)
        self._update()

    @pending_set.read
    @pending_clear.read
    def _read_pending(self, word: int) -> int:
        return self._word_of(self.latched | self.level & ~self.edge, word)

    @pending_set.write
    def _set_pending(self, word: int, value: int) -> None:
        self.latched |= self._settable_slots(word, value)
        self._update()

    @pending_clear.write
    def _clear_pending(self, word: int, value: int) -> None:
        self.latched &= ~self._settable_slots(word, value)
        self._update()

    @active_bits.read
    def _read_active(self, word: int) -> int:
        return self._word_of(self.active, word)

    @input_status.read
    def _read_input_status(self, word: int) -> int:
        return self._word_of(self.level, word) >> (_SOFTWARE_INTERRUPTS if word == 0 else 0)

    @priorities.read
    def _read_priorities(self, word: int) -> int:
        return sum(self._priority(slot) << 8 * lane for lane, slot in enumerate(self._slots_of_bytes(word)))

    @priorities.write
    def _write_priorities(self, word: int, value: int) -> None:
        for lane, slot in enumerate(self._slots_of_bytes(word)):
            bit = 1 << slot & self._implemented
            self.at_priority = [slots & ~bit for slots in self.at_priority]
            self.at_priority[(value >> 8 * lane & 0xFF) >> _PRIORITY_SHIFT] |= bit
        self._priorities_changed()

    @target_cores.read
    def _read_target_cores(self, word: int) -> int:
        # With one core there is no choice, and the registers read as zero (DDI 0407, 3.3.7).
        if self.cpus == 1:
            return 0
        return sum(
            ((self.targets[cpu] & self._implemented) >> slot & 1) << 8 * lane + cpu
            for lane, slot in enumerate(self._slots_of_bytes(word))
            for cpu in range(self.cpus)
        )

    @target_cores.write
    def _write_target_cores(self, word: int, value: int) -> None:
        if self.cpus == 1 or word < _PRIVATE_INTERRUPTS // 4:
            return
        for lane, slot in enumerate(self._slots_of_bytes(word)):
            bit = 1 << slot & self._implemented
            for cpu in range(self.cpus):
                self.targets[cpu] &= ~bit
                if value >> 8 * lane + cpu & 1:
                    self.targets[cpu] |= bit
        self._notify()

    @configuration.read
    def _read_configuration(self, word: int) -> int:
        if word == 0:
            return _SGI_CONFIGURATION
        if word == 1:
            return _PPI_CONFIGURATION
        first = slot_of(16 * word, 0)
        return sum(
            (0b11 if self.edge >> slot & 1 else 0b01) << 2 * index
            for index, slot in enumerate(range(first, first + 16))
            if self._implemented >> slot & 1
        )

    @configuration.write
    def _write_configuration(self, word: int, value: int) -> None:
        if word < 2:
            return
        first = slot_of(16 * word, 0)
        edges = sum(1 << first + index for index in range(16) if value >> 2 * index + 1 & 1)
        self.edge = (self.edge & ~(0xFFFF << first) | edges) & self._implemented
        self._update()

    @software_interrupt.write
    def _send_software_interrupt(self, value: int) -> None:
        sender = self.system.current_core
        chosen = value >> 24 & 3
        if chosen == _TARGET_LIST:
            receivers = value >> 16 & 0xFF
        elif chosen == _ALL_OTHERS:
            receivers = 0xFF & ~(1 << sender)
        elif chosen == _SELF:
            receivers = 1 << sender
        else:
            receivers = 0
        for cpu in range(self.cpus):
            if receivers >> cpu & 1:
                slot = slot_of(value & 0xF, cpu)
                self.sgi_sources[self._sgi_index(slot)] |= 1 << sender
                self.latched |= 1 << slot
        self._update()

    # --- slots --------------------------------------------------------------------------------------------------------

    def _word_of(self, mask: int, word: int) -> int:
        """Return the bits of `mask` that a register with a bit for each of 32 interrupts shows to the current core."""
        return (mask & self._implemented) >> slot_of(32 * word, self.system.current_core) & 0xFFFF_FFFF

    def _settable_slots(self, word: int, value: int) -> int:
        """Return the mask of what a register with a bit for each of 32 interrupts sets for the current core."""
        return value << slot_of(32 * word, self.system.current_core) & self._settable

    def _slots_of_bytes(self, word: int) -> range:
        """Return the slots of a register with a byte for each of 4 interrupts, for the current core."""
        first = slot_of(4 * word, self.system.current_core)
        return range(first, first + 4)

    @staticmethod
    def _sgi_index(slot: int) -> int:
        return slot // _PRIVATE_INTERRUPTS * _SOFTWARE_INTERRUPTS + slot % _PRIVATE_INTERRUPTS

    def _drop_sender(self, slot: int) -> bool:
        """Forget the first sender of a software interrupt; return whether there are others."""
        index = self._sgi_index(slot)
        self.sgi_sources[index] &= self.sgi_sources[index] - 1
        return self.sgi_sources[index] != 0

    def _priority(self, slot: int) -> int:
        return next(priority for priority, slots in self._used_priorities if slots >> slot & 1)

    def _priorities_changed(self) -> None:
        self._used_priorities = [
            (level << _PRIORITY_SHIFT, slots) for level, slots in enumerate(self.at_priority) if slots
        ]
        self._notify()

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()
