"""The CPU interfaces of the Cortex-A9's interrupt controller (ARM DDI 0407, 3.4; ARM IHI 0048)."""

from __future__ import annotations

from typing import ClassVar

from vmsim_core.component import ComponentParams, State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.errors import CheckpointError
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section

from vmsim_platform_realview.gic_distributor import MAX_CPUS, Gic, number_of, slot_of

SPURIOUS = 1023
_IDLE_PRIORITY = 0xFF
_PRIORITY_BITS = 0xF8
_LEAST_BINARY_POINT = 2
"""With five bits of priority no finer split is possible (IHI 0048, 3.3.2)."""
_NUMBER = 0x3FF


class GicCpuInterfaceParams(DeviceParams):
    """Which distributor the interfaces belong to."""

    distributor: str = "gic"
    """The name of the distributor in the system description."""


class GicCpuInterface(Device):
    """What interrupts the cores: each core finds the interface of its own in the same window."""

    type_name = "gic-cpu-interface"
    Params: ClassVar[type[ComponentParams]] = GicCpuInterfaceParams

    registers = RegisterTable(size=0x100)
    control = registers.command(0x00, readable=True, merge_bytes=True, doc="ICCICR: bit 0 lets interrupts through")
    mask = registers.command(0x04, readable=True, merge_bytes=True, doc="ICCPMR: more urgent ones only")
    point = registers.command(0x08, readable=True, merge_bytes=True, doc="ICCBPR: which bits count for preemption")
    acknowledge = registers.computed(0x0C, doc="ICCIAR: reading it takes the most urgent interrupt")
    end = registers.command(0x10, doc="ICCEOIR")
    running = registers.computed(0x14, doc="ICCRPR: priority of what the core is busy with")
    highest_pending = registers.computed(0x18, doc="ICCHPIR")
    implementer = registers.constant(0xFC, 0x3901_243B, doc="ICCIIDR")

    # One element for each core.
    enabled = State([0] * MAX_CPUS, "bool", "the interface signals interrupts")
    priority_mask = State([0] * MAX_CPUS, "priority", "only interrupts below this value are signalled")
    binary_point = State([_LEAST_BINARY_POINT] * MAX_CPUS, "bit", "priority bits above this one count for preemption")
    active_priorities = State([0] * MAX_CPUS, "mask", "bit n: an interrupt of priority 8n is being handled")

    distributor: Gic

    def connect(self) -> None:
        """Find the distributor."""
        name = self.params.distributor
        distributor = self.system.devices.get(name)
        if not isinstance(distributor, Gic):
            raise ValueError(f"distributor: {name!r} is no device of type gic; give the name of the system's gic")
        self.distributor = distributor
        distributor.listen(self._drive_cores)

    def reset(self) -> None:
        """Bring the power-on state."""
        super().reset()
        self._drive_cores()

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote, and drive the cores' interrupt inputs again; refuses what no interface holds."""
        super().deserialize(section)
        for name in ("enabled", "priority_mask", "binary_point", "active_priorities"):
            values = getattr(self, name)
            if len(values) != MAX_CPUS or not all(0 <= value < 1 << 32 for value in values):
                raise CheckpointError(f"{self.path}.{name}: is not {MAX_CPUS} times 32 bits")
        self._drive_cores()

    def signalled_interrupt(self, core: int) -> int | None:
        """Return the ID of the interrupt that is signalled to a core now."""
        signalled = self._signalled(core)
        return None if signalled is None else number_of(signalled[1])

    def _signalled(self, cpu: int) -> tuple[int, int] | None:
        """Return priority and slot of the interrupt that is signalled to a core now (IHI 0048, 3.3)."""
        candidates = self.distributor.forwarded & self.distributor.targets[cpu]
        if not candidates or not self.enabled[cpu]:
            return None
        best = self.distributor.highest(candidates)
        priority = best[0]
        if priority >= self.priority_mask[cpu]:
            return None
        group = 0xFE << self.binary_point[cpu]
        if self.active_priorities[cpu] and priority & group >= self._running_priority(cpu) & group:
            return None
        return best

    def _running_priority(self, cpu: int) -> int:
        active = self.active_priorities[cpu]
        return (active & -active).bit_length() - 1 << 3 if active else _IDLE_PRIORITY

    def _drive_cores(self) -> None:
        for core in self.system.cores:
            level = self._signalled(core.index) is not None
            if level != core.irq_level:
                core.set_irq(level)

    @control.read
    def _read_control(self) -> int:
        return self.enabled[self.system.current_core]

    @control.write
    def _write_control(self, value: int) -> None:
        self.enabled[self.system.current_core] = value & 1
        self._drive_cores()

    @mask.read
    def _read_mask(self) -> int:
        return self.priority_mask[self.system.current_core]

    @mask.write
    def _write_mask(self, value: int) -> None:
        self.priority_mask[self.system.current_core] = value & _PRIORITY_BITS
        self._drive_cores()

    @point.read
    def _read_point(self) -> int:
        return self.binary_point[self.system.current_core]

    @point.write
    def _write_point(self, value: int) -> None:
        self.binary_point[self.system.current_core] = max(value & 7, _LEAST_BINARY_POINT)
        self._drive_cores()

    @acknowledge.read
    def _read_acknowledge(self) -> int:
        cpu = self.system.current_core
        signalled = self._signalled(cpu)
        if signalled is None:
            return SPURIOUS
        priority, slot = signalled
        self.active_priorities[cpu] |= 1 << (priority >> 3)
        return self.distributor.acknowledge(slot)

    @end.write
    def _write_end(self, value: int) -> None:
        """End an interrupt. The most urgent priority that is being handled is dropped, whichever ID is written: other
        orders than the reverse one of acknowledging are unpredictable (IHI 0048, 4.4.5). So is ending what is not
        active; that has no effect here."""
        cpu = self.system.current_core
        number = value & _NUMBER
        slot = slot_of(number, cpu)
        if self.distributor.is_active(slot):
            self.active_priorities[cpu] &= self.active_priorities[cpu] - 1
            self.distributor.deactivate(slot)
            self._drive_cores()

    @running.read
    def _read_running(self) -> int:
        return self._running_priority(self.system.current_core)

    @highest_pending.read
    def _read_highest_pending(self) -> int:
        candidates = self.distributor.forwarded & self.distributor.targets[self.system.current_core]
        if not candidates:
            return SPURIOUS
        return self.distributor.identify(self.distributor.highest(candidates)[1])
