"""A small machine made of plugins in memory, for tests of what describes, builds and runs machines."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from core_testing import CountingCpu, CountingState
from pydantic import Field
from vmsim_core.address_map import RamRegion
from vmsim_core.architecture import Architecture, ArchState
from vmsim_core.builder import build_system
from vmsim_core.component import ComponentParams
from vmsim_core.config import Description, load_description
from vmsim_core.description import Workload
from vmsim_core.device import Device, DeviceParams
from vmsim_core.errors import ConfigError, WorkloadError
from vmsim_core.interrupts import InterruptLine, InterruptSink
from vmsim_core.markers import hookimpl
from vmsim_core.platform import Platform
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.ram import Ram
from vmsim_core.registers import RegisterTable
from vmsim_core.simulation import Simulation
from vmsim_core.system import System

SYSTEM = """\
platform: test-board
memory: 64KiB
cpus: [{start: test-cpu}]
devices:
  pic: {type: test-pic, at: 0x10000}
  uart0: {type: test-uart, at: 0x20000, irq: 1}
"""


class CountingArchitecture(Architecture):
    """Nothing but a count."""

    type_name = "counting"

    def reset_state(self, cpu: int) -> ArchState:
        return CountingState(cpu)

    def program_counter(self, state: ArchState) -> int:
        assert isinstance(state, CountingState)
        return state.count

    def disassemble(self, code: bytes, address: int, state: ArchState) -> str:
        return "count"


class BoardParams(ComponentParams):
    wait_states: int = Field(default=0, ge=0)
    """Cycles that an access waits."""


class Board(Platform):
    """RAM at 0, interrupts by `Pic`; the workload's command line is what the UART sends at the start."""

    type_name = "test-board"
    architecture = "counting"
    max_memory = 1 << 20
    max_cpus = 2
    Params = BoardParams

    def __init__(self, system: System, path: str, params: ComponentParams) -> None:
        super().__init__(system, path, params)
        self.loaded: Workload | None = None

    def add_memory(self, size: int) -> None:
        self.system.address_map.add(RamRegion("ram", 0, size, Ram("ram", size)))

    def interrupt_controller(self) -> Device | None:
        return next((device for device in self.system.devices.values() if isinstance(device, Pic)), None)

    def device_tree(self, workload: Workload) -> bytes:
        return b""

    def load(self, workload: Workload) -> None:
        if workload.kernel is not None and not workload.kernel.is_file():
            raise WorkloadError(f"kernel {workload.kernel}: there is no such file")
        self.loaded = workload


class Pic(Device):
    """Eight inputs."""

    type_name = "test-pic"
    registers = RegisterTable(size=0x100)
    pending = registers.read_only(0x0)

    def interrupt_input(self, number: int, cpu: int | None = None) -> InterruptSink:
        if number >= 8:
            raise ValueError(f"there is no interrupt {number}; they are 0 to 7")

        def set_level(level: bool) -> None:
            self.pending.value = self.pending.value & ~(1 << number) | level << number

        return set_level


class UartParams(DeviceParams):
    transmit_irq: int | None = None
    image: Path | None = None


class Uart(Device):
    """What is written to DATA is sent."""

    type_name = "test-uart"
    Params = UartParams
    registers = RegisterTable(size=0x1000)
    data = registers.command(0x0)

    def __init__(self, system: System, path: str, params: DeviceParams) -> None:
        super().__init__(system, path, params)
        self.transmit = InterruptLine(f"{path}.transmit")
        self.port = system.serial_port(path)

    def interrupt_outputs(self) -> dict[int, InterruptLine]:
        outputs = super().interrupt_outputs()
        return outputs if self.params.transmit_irq is None else {**outputs, self.params.transmit_irq: self.transmit}

    @data.write
    def _send(self, value: int) -> None:
        self.port.send(bytes([value & 0xFF]))


class CpuParams(ComponentParams):
    width: int = Field(default=1, ge=1)
    engine: str = "auto"


class Cpu(CountingCpu):
    """Writes the workload's command line to the UART, a byte an instruction, and counts on."""

    architecture = "counting"
    type_name = "test-cpu"
    Params = CpuParams

    def run(self, deadline: int, instructions: int) -> Any:
        text = self.system.workload.append.encode()
        if self.retired < len(text):
            self.access_at = self.state.count
            self.access = lambda: self.system.address_map.write(0x20000, 4, text[self.retired])
            instructions = 1
        return super().run(deadline, instructions)


class Parts:
    """The plugin that offers all of the above."""

    @hookimpl
    def vmsim_architectures(self) -> list[type[Architecture]]:
        return [CountingArchitecture]

    @hookimpl
    def vmsim_platforms(self) -> list[type[Platform]]:
        return [Board]

    @hookimpl
    def vmsim_devices(self) -> list[type[Device]]:
        return [Pic, Uart]

    @hookimpl
    def vmsim_cpu_models(self) -> list[type[CountingCpu]]:
        return [Cpu]


def fake_plugins(**more: object) -> PluginManager:
    """Return a manager with `Parts`, and more plugins by name."""
    plugins = PluginManager(installed=[])
    plugins.register(Parts(), "parts", "test-parts")
    for name, plugin in more.items():
        plugins.register(plugin, name, f"test-{name}")
    return plugins


def plugin(**hooks: Any) -> object:
    """Return a plugin with these hook implementations."""
    return SimpleNamespace(**{name: hookimpl(implementation) for name, implementation in hooks.items()})


def describe(folder: Path, text: str = SYSTEM, plugins: PluginManager | None = None, **options: Any) -> Description:
    """Load a description that is written to ``system.yaml``."""
    file = folder / "system.yaml"
    file.write_text(text)
    return load_description(file, plugins or fake_plugins(), **options)


def mistakes(folder: Path, text: str, plugins: PluginManager | None = None, **options: Any) -> list[str]:
    """Return the lines that a wrong description ends in, without the folder."""
    plugins = plugins or fake_plugins()
    try:
        build_system(describe(folder, text, plugins, **options), plugins)
    except ConfigError as error:
        return [line.replace(f"{folder}/", "") for line in error.lines()]
    return []


def simulate(folder: Path, text: str = SYSTEM, plugins: PluginManager | None = None) -> Simulation:
    """Build the system that a text describes."""
    plugins = plugins or fake_plugins()
    return Simulation(build_system(describe(folder, text, plugins), plugins), plugins)
