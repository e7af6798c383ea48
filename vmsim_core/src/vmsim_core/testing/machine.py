"""A system under test: built from YAML, run with limits, its console at hand."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmsim_core.builder import build_system
from vmsim_core.config import WORKLOAD_FILES, load_description
from vmsim_core.exits import ExitCause, TextSeen
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.units import parse_time
from vmsim_core.yaml_source import read_yaml

if TYPE_CHECKING:
    from vmsim_core.config import Description
    from vmsim_core.system import System

_SHOWN = 2000
"""Characters of the console that a failure shows."""


class Machine:
    """A simulation with what its console has sent, and with limits: no test hangs."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.sent = bytearray()
        """Every byte that the guest has sent to its console."""
        self.host_seconds = 60.0
        """The host time that one call may take."""
        self._seen = 0
        self._awaited = b""
        simulation.console.listen(self._listen)

    @property
    def system(self) -> System:
        """The system."""
        return self.simulation.system

    @property
    def console(self) -> str:
        """What the guest has sent to its console, as text."""
        return self.sent.decode(errors="replace")

    def device(self, name: str) -> Any:
        """Return a device by its name in the description."""
        return self.system.devices[name]

    def send(self, text: str) -> None:
        """Type a text at the guest's console."""
        self.simulation.console.feed(text.encode())

    def wait_for(self, text: str, max_time: str = "60s") -> None:
        """Run until the guest has sent `text`, after the one that was waited for before; `max_time` is simulated.

        Fails, showing the end of the console, when the run ends otherwise.
        """
        self._awaited = text.encode()
        if not self._found():
            cause = self.run(max_time)
            assert isinstance(cause, TextSeen), (
                f"{text!r} was not sent: {cause}\n--- console:\n{self.console[-_SHOWN:]}"
            )
        self._awaited = b""

    def run(self, max_time: str = "60s", instructions: int | None = None) -> ExitCause:
        """Run on for `max_time` of simulated time, or `instructions`, at most; return why it ended."""
        return self.run_until_tick(self.simulation.time + parse_time(max_time), instructions)

    def run_until_tick(self, tick: int, instructions: int | None = None) -> ExitCause:
        """Run on to a moment since power-on, at most; return why it ended."""
        limits = RunLimits(instructions=instructions, time=tick, host_seconds=self.host_seconds)
        return self.simulation.run(limits)

    def _listen(self, data: bytes) -> None:
        self.sent += data
        if self._awaited and self._found():
            self.system.request_exit(TextSeen(self._awaited.decode()))
            self._awaited = b""

    def _found(self) -> bool:
        start = self.sent.find(self._awaited, self._seen)
        if start >= 0:
            self._seen = start + len(self._awaited)
        return start >= 0


class MachineMaker:
    """Builds systems and closes them; what the fixture `vmsim_machine` gives."""

    def __init__(self, folder: Path, beside: Path, plugins: PluginManager | None = None) -> None:
        self.folder = folder
        """Where files are written."""
        self.beside = beside
        """What names in a description count from."""
        self.plugins = plugins
        self._made: list[Simulation] = []

    def __call__(
        self,
        description: str | Path,
        *,
        cpu: str | None = None,
        program: bytes | None = None,
        address: int = 0x8000,
        overrides: Mapping[str, object] | None = None,
        load: bool = True,
    ) -> Machine:
        """Build the system that a YAML text or file describes, and load its workload.

        `cpu` is the CPU model to start on, `program` the bytes of a bare-metal program to run from `address`,
        `overrides` are laid over the description, as ``--set`` does. Raises VmsimError for mistakes.
        """
        settings = [(name, str(value)) for name, value in (overrides or {}).items()]
        if program is not None:
            file = self._new_file("program", ".bin")
            file.write_bytes(program)
            settings += [
                ("workload.kernel", str(file)), ("workload.format", "raw"), ("workload.address", hex(address))
            ]  # fmt: skip
        plugins = self.plugins or _installed()
        built = self._describe(description, plugins, settings, cpu)
        simulation = Simulation(build_system(built, plugins), plugins)
        self._made.append(simulation)
        if load and simulation.system.workload.kernel is not None:
            simulation.load_workload()
        return Machine(simulation)

    def close(self) -> None:
        """Let go of what the systems hold."""
        for simulation in self._made:
            simulation.close()
        self._made.clear()

    def _describe(
        self, description: str | Path, plugins: PluginManager, settings: list[tuple[str, str]], cpu: str | None
    ) -> Description:
        if isinstance(description, Path):
            return load_description(self.beside / description, plugins, settings, cpu)
        file = self._new_file("system", ".yaml")
        file.write_text(textwrap.dedent(description), encoding="utf-8")
        own = read_yaml(file).data()
        if own.get("plugins"):
            settings = [("plugins", str([str(self.beside / each) for each in own["plugins"]])), *settings]
        for name in WORKLOAD_FILES:
            beside = self.beside / str((own.get("workload") or {}).get(name))
            if beside.is_file():
                settings = [(f"workload.{name}", str(beside)), *settings]
        return load_description(file, plugins, settings, cpu)

    def _new_file(self, name: str, ending: str) -> Path:
        number = sum(1 for _ in self.folder.glob(f"{name}*{ending}"))
        return self.folder / f"{name}{number}{ending}"


def _installed() -> PluginManager:
    plugins = PluginManager()
    plugins.load()
    return plugins
