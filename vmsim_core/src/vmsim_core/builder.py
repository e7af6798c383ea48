"""Building a system from its description: components are made, given addresses, connected, wired and reset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vmsim_core.address_map import DeviceRegion
from vmsim_core.component import Component
from vmsim_core.config import WORKLOAD_FILES, Description, Part, load_description
from vmsim_core.cpu import Core, CoreParams, CpuModel
from vmsim_core.errors import ConfigError, Problem, SourcePosition, VmsimError
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.script import models_of
from vmsim_core.system import System
from vmsim_core.units import format_size
from vmsim_core.validation import has_scheme, suggestion

if TYPE_CHECKING:
    from vmsim_core.simulation import Simulation

PAGE_SIZE = 4096
WORD = 4
"""Size of a device's register."""


def build_simulation(
    path: Path,
    cpu: str | None = None,
    overrides: Sequence[tuple[str, str]] = (),
    plugins: PluginManager | None = None,
) -> Simulation:
    """Build the system that a file describes, and what runs it; raises VmsimError for mistakes.

    `plugins` are loaded ones, if it is not to be all that are installed.
    """
    from vmsim_core.simulation import Simulation

    if plugins is None:
        plugins = PluginManager()
        plugins.load()
    description = load_description(path, plugins, overrides, cpu)
    system = build_system(description, plugins)
    _check_workload_files(description)
    return Simulation(system, plugins)


def build_system(description: Description, plugins: PluginManager) -> System:
    """Build the system; raises ConfigError with the mistakes that show when its parts are put together."""
    return _Builder(description, plugins).build()


def _check_workload_files(description: Description) -> None:
    """Report files that are missing where the description names them; those of an option are the loader's to report."""
    named = {name: getattr(description.data.workload, name) for name in (*WORKLOAD_FILES, "readfile")}
    problems = [
        description.problem(f"there is no file {file}", "workload", name)
        for name, file in named.items()
        if file is not None and not has_scheme(str(file)) and not file.exists()
    ]
    problems = [problem for problem in problems if isinstance(problem.position, SourcePosition)]
    if problems:
        raise ConfigError(problems)


class _Builder:
    """Puts a system together and collects mistakes; what cannot be built on ends the build."""

    def __init__(self, description: Description, plugins: PluginManager) -> None:
        self.description = description
        self.plugins = plugins
        self.system = System(description.data)
        self.problems: list[Problem] = []

    def build(self) -> System:
        system = self.system
        self._make_platform()
        self._raise_problems()
        self._offer_memory_hierarchy()
        self._make_cores()
        self._make_devices()
        self._add_memory()
        self._place_devices()
        if len(system.devices) == len(self.description.devices):
            self._connect()
            self._wire_interrupts()
        self._raise_problems()
        self._start_cores()
        self._check_script()
        self._raise_problems()
        for component in system.components.values():
            component.reset()
        self.plugins.hook.vmsim_system_built(system=system)
        return system

    def _make_platform(self) -> None:
        part = self.description.platform
        with self._reporting("platform", owner=self.plugins.owner_of(part.type)):
            self.system.platform = part.type(self.system, "board", part.params)
            self.system.add(self.system.platform)
        wanted, known = part.type.architecture, self.plugins.architectures
        if wanted in known:
            self.system.architecture = known[wanted]()
        else:
            reason = self.plugins.why_missing(wanted) or suggestion(wanted, known)
            self._report(f"the board needs the architecture {wanted!r}, which is not installed{reason}", "platform")

    def _add_memory(self) -> None:
        size, largest = self.description.data.memory, self.system.platform.max_memory
        problems_before = len(self.problems)
        if size == 0 or size % PAGE_SIZE:
            self._report(f"{size} bytes are no whole number of {format_size(PAGE_SIZE)} pages", "memory")
        elif size > largest:
            board = self.description.data.platform
            self._report(f"{format_size(size)} is more than {board} can have, {format_size(largest)}", "memory")
        # After a mistake a single page stands in, so that everything else can be checked too.
        with self._reporting("memory"):
            self.system.platform.add_memory(size if len(self.problems) == problems_before else PAGE_SIZE)

    def _offer_memory_hierarchy(self) -> None:
        part = self.description.memory_hierarchy
        if part is not None:
            self.system.make_memory_hierarchy = partial(part.type, self.system, "caches", part.params)
            self.system.outer_cache_geometry = part.type.outer_geometry(part.params)

    def _make_cores(self) -> None:
        most = self.system.platform.max_cpus
        for index, core in enumerate(self.description.data.cpus):
            if index == most:
                board = self.description.data.platform
                self._report(f"{board} has {most} core{'s' if most > 1 else ''} at most", "cpus", index)
            self.system.cores.append(Core(self.system, f"cpu{index}", CoreParams(start=core.start), index))
            self.system.add(self.system.cores[-1])

    def _make_devices(self) -> None:
        for name, part in self.description.devices.items():
            with self._reporting("devices", name, owner=self.plugins.owner_of(part.type)):
                device = part.type(self.system, name, part.params)
                self.system.add(device)
                self.system.devices[name] = device

    def _place_devices(self) -> None:
        for name, device in self.system.devices.items():
            with self._reporting("devices", name, "at"):
                if device.params.at % WORD:
                    raise ValueError(f"{device.params.at:#x} is no multiple of {WORD}, as a device's address must be")
                self.system.address_map.add(DeviceRegion(name, device.params.at, device.window_size, device))

    def _connect(self) -> None:
        self._connect_one(self.system.platform, "platform")
        for index, core in enumerate(self.system.cores):
            self._connect_one(core, "cpus", index)
        for name, device in self.system.devices.items():
            self._connect_one(device, "devices", name)

    def _connect_one(self, component: Component, *keys: str | int) -> None:
        with self._reporting(*keys, owner=self.plugins.owner_of(type(component))):
            component.connect()

    def _wire_interrupts(self) -> None:
        controller = self.system.platform.interrupt_controller()
        wired: dict[int, str] = {}
        for name, device in self.system.devices.items():
            for number, line in device.interrupt_outputs().items():
                keys = self._where_number_is_said(name, number)
                if controller is None:
                    # One mistake, however many devices have an interrupt.
                    self._report("the system has no interrupt controller that this could be connected to", *keys)
                    return
                if number in wired:
                    self._report(f"interrupt {number} is {wired[number]}'s already", *keys)
                else:
                    with self._reporting(*keys):
                        line.connect(controller.interrupt_input(number))
                wired.setdefault(number, name)

    def _where_number_is_said(self, device: str, number: int) -> list[str]:
        node = self.description.source.find("devices", device)
        said = [key for key, value in node.mapping.items() if value.value == number] if node is not None else []
        return ["devices", device, "irq" if "irq" in said or not said else said[0]]

    def _start_cores(self) -> None:
        for core, described, models in zip(
            self.system.cores, self.description.data.cpus, self.description.models, strict=True
        ):
            part = models[described.start]
            owner = self.plugins.owner_of(part.type)
            wanted = self.description.platform.type.architecture
            if part.type.architecture != wanted:
                self._report(
                    f"{described.start} executes {part.type.architecture}, the board has {wanted} cores",
                    "cpus", core.index, "start", owner=owner,
                )  # fmt: skip
                continue
            core.makers = {name: partial(self._make_model, core, name, each) for name, each in models.items()}
            with self._reporting("cpus", core.index, "start", owner=owner):
                core.activate(core.model(described.start), self.system.architecture.reset_state(core.index), 0)

    def _check_script(self) -> None:
        # A long run must not end in the news that a model is not there.
        core = self.system.cores[0]
        for number, model in models_of(self.description.data.script):
            if model not in core.makers:
                hint = suggestion(model, core.makers)
                self._report(f"no CPU model {model!r} is installed{hint}", "script", number, "do")

    def _make_model(self, core: Core, name: str, part: Part[CpuModel]) -> CpuModel:
        return part.type(self.system, f"{core.path}.{name}", part.params, core)

    @contextmanager
    def _reporting(self, *keys: str | int, owner: str = "") -> Iterator[None]:
        """Make a mistake that a component finds a problem at what `keys` lead to."""
        try:
            yield
        except (ValueError, VmsimError) as error:
            self._report(str(error), *keys, owner=owner)

    def _report(self, message: str, *keys: str | int, owner: str = "") -> None:
        self.problems.append(self.description.problem(message, *keys, owner=owner))

    def _raise_problems(self) -> None:
        if self.problems:
            raise ConfigError(self.problems)
