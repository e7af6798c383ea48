"""The test bench: a board without anything of its own, on which devices and CPU models are tested alone.

It has RAM at 0 and again at 0x7000_0000, takes any device at any other address, and any interrupt number. Its
architecture is the one that is asked for, or none; its CPU model `parked` executes nothing.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from vmsim_core.address_map import RamRegion
from vmsim_core.architecture import Architecture, ArchState, Difference
from vmsim_core.component import Component
from vmsim_core.cpu import CpuExit, CpuModel
from vmsim_core.description import Workload
from vmsim_core.device import Device, DeviceParams
from vmsim_core.errors import PluginError
from vmsim_core.exits import ExitCause
from vmsim_core.interrupts import InterruptSink
from vmsim_core.markers import hookimpl
from vmsim_core.memory_hierarchy import MemoryHierarchy
from vmsim_core.platform import Platform
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.ram import Ram
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.system import System

ALIAS = 0x7000_0000
"""Where the bench shows its RAM a second time."""
PROBE = 0x1000_0000
"""Where suites put the probe."""


class NoState(ArchState):
    """The state of a core that has none."""

    def copy(self) -> Self:
        """Return another one."""
        return type(self)()

    def differences(self, other: Self) -> list[Difference]:
        """Return that there are none."""
        return []

    def serialize(self, section: Section) -> None:
        """Write nothing."""

    def deserialize(self, section: Section) -> None:
        """Take nothing."""


class NoArchitecture(Architecture):
    """Cores that execute nothing."""

    type_name = "bench-none"

    def reset_state(self, cpu: int) -> ArchState:
        """Return the empty state."""
        return NoState()

    def program_counter(self, state: ArchState) -> int:
        """Return 0."""
        return 0

    def disassemble(self, code: bytes, address: int, state: ArchState) -> str:
        """Return nothing."""
        return ""


class ParkedCpu(CpuModel):
    """Keeps a state and lets time pass up to each deadline."""

    type_name = "parked"
    state: ArchState

    def run(self, deadline: int, instructions: int) -> CpuExit:
        """Wait for ever."""
        return CpuExit.WAITING

    def stop(self) -> None:
        """Do nothing: it is always between instructions."""

    def load_state(self, state: ArchState) -> None:
        """Keep a copy."""
        self.state = state.copy()

    def save_state(self) -> ArchState:
        """Give a copy."""
        return self.state.copy()

    def set_interrupts(self, irq: bool, fiq: bool) -> None:
        """Ignore them."""

    def memory_written(self, ram: Ram, offset: int, size: int) -> None:
        """Ignore it: nothing of memory is kept."""

    def skip_to(self, tick: int) -> None:
        """Let time pass."""
        self.time = max(self.time, tick)


class Probe(Device):
    """A device for guest programs of tests: it remembers when it was accessed, and makes things happen."""

    type_name = "bench-probe"
    registers = RegisterTable(size=0x1000)
    when = registers.computed(0x00, doc="TIME: how often it was read; the tick of each read is remembered")
    alarm = registers.command(0x04, doc="ALARM: an event happens so many ticks later")
    interrupt = registers.command(0x08, doc="INTERRUPT: the level of the core's interrupt input")
    stop = registers.command(0x0C, doc="STOP: the run is asked to end")
    store = registers.read_write(0x10, doc="STORE: what was written")

    def __init__(self, system: System, path: str, params: DeviceParams) -> None:
        super().__init__(system, path, params)
        self.read_at: list[int] = []
        self.rung_at: list[int] = []
        self.ring = self.event("ring", lambda: self.rung_at.append(self.now))

    @when.read
    def _read_time(self) -> int:
        self.read_at.append(self.now)
        return len(self.read_at)

    @alarm.write
    def _set_alarm(self, value: int) -> None:
        self.schedule(self.ring, self.now + value)

    @interrupt.write
    def _interrupt(self, value: int) -> None:
        self.system.cores[0].set_irq(bool(value & 1))

    @stop.write
    def _stop(self, value: int) -> None:
        self.system.request_exit(ExitCause())


class _AnyInterrupt(Device):
    """The bench's interrupt controller: every number is there, and leads nowhere."""

    type_name = "bench-interrupts"
    registers = RegisterTable(size=4)

    def interrupt_input(self, number: int, cpu: int | None = None) -> InterruptSink:
        """Return a pin that is connected to nothing."""
        return lambda level: None


class Bench(Platform):
    """The board."""

    type_name = "bench"
    max_memory: ClassVar[int] = PROBE

    def __init__(self, system: System, path: str, params: Any) -> None:
        super().__init__(system, path, params)
        self._interrupts = _AnyInterrupt(system, f"{path}.interrupts", DeviceParams(at=0))

    def add_memory(self, size: int) -> None:
        """Create RAM at 0 with its alias."""
        ram = Ram("ram", size)
        self.system.address_map.add(RamRegion("ram", 0, size, ram))
        self.system.address_map.add(RamRegion("ram (alias)", ALIAS, size, ram))

    def interrupt_controller(self) -> Device:
        """Return one that takes every number."""
        return self._interrupts

    def device_tree(self, workload: Workload) -> bytes:
        """Return nothing: the bench has none."""
        return b""

    def load(self, workload: Workload) -> None:
        """Load nothing: tests put programs where they want them."""


class _BenchPlugin:
    """What the kit offers to descriptions: the bench, its probe, and a CPU model that does nothing."""

    def __init__(self, architecture: str, more: list[type[Component]]) -> None:
        self.board = type("Bench", (Bench,), {"architecture": architecture})
        self.parked = type("ParkedCpu", (ParkedCpu,), {"architecture": architecture})
        self.devices = [each for each in more if issubclass(each, Device)]
        self.hierarchies = [each for each in more if issubclass(each, MemoryHierarchy)]
        self.architectures = [NoArchitecture] if architecture == NoArchitecture.type_name else []

    @hookimpl
    def vmsim_platforms(self) -> list[type[Platform]]:
        """Offer the bench."""
        return [self.board]

    @hookimpl
    def vmsim_architectures(self) -> list[type[Architecture]]:
        """Offer the architecture without instructions, where no other is asked for."""
        return list(self.architectures)

    @hookimpl
    def vmsim_cpu_models(self) -> list[type[CpuModel]]:
        """Offer the model that does nothing."""
        return [self.parked]

    @hookimpl
    def vmsim_devices(self) -> list[type[Device]]:
        """Offer the probe, and device types that no installed plugin offers."""
        return [Probe, *self.devices]

    @hookimpl
    def vmsim_memory_hierarchies(self) -> list[type[MemoryHierarchy]]:
        """Offer memory hierarchies that no installed plugin offers."""
        return list(self.hierarchies)


def bench_plugins(architecture: str = NoArchitecture.type_name, *tested: type[Component]) -> PluginManager:
    """Return the installed plugins with the bench, whose cores have the architecture that is asked for.

    Device types and memory hierarchies that are `tested` are offered too, if no installed plugin offers them: they can
    be tested before they are installed. Raises PluginError when another class has the name of one.
    """
    plugins = PluginManager()
    plugins.load()
    missing: list[type[Component]] = []
    for component in tested:
        offered = {**plugins.devices, **plugins.memory_hierarchies}.get(component.type_name)
        if offered is None:
            missing.append(component)
        elif offered is not component:
            owner = plugins.owner_of(offered)
            raise PluginError(f"{component.type_name!r} is the name of another class, which {owner} offers")
    plugins.register(_BenchPlugin(architecture, missing), "bench", "vmsim-core")
    return plugins
