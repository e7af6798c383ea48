"""The bench with a CPU model on it: programs, runs, hand-overs to fresh instances, and what a run has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from vmsim_core.architecture import ArchState
from vmsim_core.builder import build_system
from vmsim_core.config import load_description
from vmsim_core.cpu import CpuExit, CpuModel, MemoryMode
from vmsim_core.ram import Ram
from vmsim_core.simulation import Simulation
from vmsim_core.testing.bench import PROBE, Probe, bench_plugins
from vmsim_core.testing.programs import GuestPrograms, Program
from vmsim_core.units import NEVER

RAM_SIZE = 1 << 20
_INSTANCES = 3
"""Instances of a model that take turns, beside the active one: making one may take a while."""
_DESCRIPTION = f"""\
platform: bench
memory: {RAM_SIZE}
cpus: [{{start: parked}}]
devices: {{probe: {{type: bench-probe, at: {PROBE}}}}}
"""


@dataclass(frozen=True)
class Remains:
    """What a run has left; equal remains mean equal runs."""

    state: ArchState
    ram: bytes
    retired: int
    time: int
    reads: tuple[int, ...]
    """When the probe was read."""

    def differences(self, other: Remains, timed: bool = True) -> list[str]:
        """Return a line for each difference; without `timed`, times are left out."""
        found = [
            f"{each.field}: {each.mine!r} / {each.theirs!r}"
            for each in self.state.differences(other.state)
            if not each.host_dependent
        ]
        if self.ram != other.ram:
            first = next(at for at, (one, two) in enumerate(zip(self.ram, other.ram, strict=True)) if one != two)
            found.append(
                f"RAM from {first:#x} on: {self.ram[first : first + 8].hex()} / {other.ram[first : first + 8].hex()}"
            )
        if self.retired != other.retired:
            found.append(f"instructions: {self.retired} / {other.retired}")
        if timed and (self.time, self.reads) != (other.time, other.reads):
            found.append(f"time: {self.time} / {other.time}; the probe was read at {self.reads} / {other.reads}")
        return found


class CpuBench:
    """A core with one CPU model, RAM, and the probe."""

    def __init__(
        self,
        folder: Path,
        model: str,
        programs: GuestPrograms,
        params: Mapping[str, Any],
        overrides: Mapping[str, Any],
    ) -> None:
        file = folder / "bench.yaml"
        file.write_text(_DESCRIPTION)
        plugins = bench_plugins(programs.architecture)
        settings = {"cpus.0.start": model, f"cpus.0.models.{model}": dict(params), **overrides}
        texts = [(name, str(value)) for name, value in settings.items()]
        self.programs = programs
        self.simulation = Simulation(build_system(load_description(file, plugins, texts), plugins), plugins)
        self.system = self.simulation.system
        self.core = self.system.cores[0]
        self.probe = cast(Probe, self.system.devices["probe"])
        self._model = model
        self._resting: list[CpuModel] = []

    @property
    def cpu(self) -> CpuModel:
        """The model under test, or the fresh instance that has taken over."""
        return self.core.active

    @property
    def ram(self) -> Ram:
        """The bench's RAM."""
        return self.system.rams()[0]

    @property
    def state(self) -> ArchState:
        """The architectural state."""
        return self.cpu.save_state()

    @property
    def count(self) -> int:
        """The count that programs keep."""
        return self.programs.counter(self.state)

    @property
    def pc(self) -> int:
        """The address of the next instruction."""
        return self.system.architecture.program_counter(self.state)

    @property
    def direct(self) -> bool:
        """Whether the model goes straight to RAM; it is then drained at any time."""
        return self.cpu.memory_mode is MemoryMode.DIRECT

    def load(self, program: Program, cached: bool = False, interrupts: bool = False) -> None:
        """Put a program into RAM and go to its beginning."""
        self.write(program)
        start = self.programs.start(self.system.architecture.reset_state(0), cached, interrupts)
        self.core.activate(self.cpu, start, self.cpu.time)

    def write(self, program: Program) -> None:
        """Write a program to RAM, as a device would."""
        for address, code in program.parts.items():
            self.system.address_map.write_block(address, code)

    def run(self, instructions: int, deadline: int = NEVER) -> CpuExit:
        """Run on, once: until the model comes back. Events that are due by then happen."""
        self.system.current_core = self.core.index
        result = self.cpu.run(min(deadline, self.system.events.next_tick), instructions)
        self.system.events.run_until(self.cpu.time)
        return result

    def run_through(self, instructions: int) -> None:
        """Run on for so many instructions, events and all."""
        end = self.core.instructions + instructions
        while self.core.instructions < end:
            result = self.run(end - self.core.instructions)
            assert result is CpuExit.DEADLINE, f"the run ended early: {result} {self.cpu.exit_detail}"

    def hand_over(self) -> None:
        """Let another instance of the same model take over, as a switch from one model to another does it.

        The first ones are fresh; then they take turns, so that what an instance has kept from earlier is noticed too.
        """
        old, members = self.cpu, self.system.drain_manager
        with self.simulation.at_rest():
            state = old.save_state()
            old.suspend()
            if len(self._resting) < _INSTANCES:
                new = self.core.makers[self._model]()
                self.core.models[f"{self._model} {len(self._resting)}"] = new
            else:
                new = self._resting.pop(0)
                members.register(new, new.path)
            self._resting.append(old)
            self.core.activate(new, state, old.time)
            members.unregister(old)

    def remains(self) -> Remains:
        """Bring the machine to rest, memory being up to date, and return what there is."""
        with self.simulation.at_rest():
            self.simulation.write_back_caches()
            return Remains(
                self.state, bytes(self.ram.view), self.core.instructions, self.cpu.time, tuple(self.probe.read_at)
            )

    def close(self) -> None:
        """Let go of the models."""
        self.simulation.close()
        for model in [*self._resting, self.cpu]:
            if self.system.components[model.path] is not model:
                model.release()
