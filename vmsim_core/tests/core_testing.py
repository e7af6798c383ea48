"""Small parts for tests of the core: a system without plugins, and a CPU model that only lets time pass."""

from __future__ import annotations

from typing import Any, Self

from vmsim_core.architecture import ArchState, Difference
from vmsim_core.component import ComponentParams
from vmsim_core.cpu import Core, CoreParams, CpuExit, CpuModel
from vmsim_core.description import SystemDescription
from vmsim_core.ram import Ram
from vmsim_core.section import Section
from vmsim_core.system import System

PERIOD = 1000


def make_system(**fields: Any) -> System:
    """Return an empty system."""
    description = {"platform": "none", "memory": 4096, "cpus": [{"start": "counting"}], **fields}
    return System(SystemDescription.model_validate(description))


class CountingState(ArchState):
    """The state of a core that does nothing but count."""

    def __init__(self, count: int = 0) -> None:
        self.count = count

    def copy(self) -> Self:
        return type(self)(self.count)

    def differences(self, other: Self) -> list[Difference]:
        return [] if self.count == other.count else [Difference("count", self.count, other.count)]

    def serialize(self, section: Section) -> None:
        section.put("count", self.count)

    def deserialize(self, section: Section) -> None:
        self.count = section.get_int("count")


class CountingCpu(CpuModel):
    """Each instruction counts one up and takes `PERIOD` ticks; at `wait_at` it waits for an interrupt."""

    type_name = "counting"
    wait_at: int | None = None
    access_at: int | None = None
    access: Any = None

    def __init__(self, system: System, path: str, params: ComponentParams, core: Core) -> None:
        super().__init__(system, path, params, core)
        self.state = CountingState()
        self.stopped = False
        self.irq = False

    def run(self, deadline: int, instructions: int) -> CpuExit:
        while True:
            if self.stopped:
                self.stopped = False
                return CpuExit.STOPPED
            if instructions == 0 or self.time >= min(deadline, self.system.events.next_tick):
                return CpuExit.DEADLINE
            if self.state.count == self.wait_at and not self.irq:
                return CpuExit.WAITING
            self.system.events.now = self.time
            if self.state.count == self.access_at:
                self.access()
            self.state.count += 1
            self.retired += 1
            self.time += PERIOD
            instructions -= 1

    def stop(self) -> None:
        self.stopped = True

    def load_state(self, state: ArchState) -> None:
        assert isinstance(state, CountingState)
        self.state = state.copy()

    def save_state(self) -> ArchState:
        return self.state.copy()

    def set_interrupts(self, irq: bool, fiq: bool) -> None:
        self.irq = irq

    def memory_written(self, ram: Ram, offset: int, size: int) -> None:
        pass

    def skip_to(self, tick: int) -> None:
        self.time = max(self.time, -(-tick // PERIOD) * PERIOD)


def add_counting_core(system: System) -> CountingCpu:
    """Give the system a core that counts."""
    core = Core(system, "cpu0", CoreParams(start="counting"), 0)
    system.add(core)
    system.cores.append(core)
    cpu = CountingCpu(system, "cpu0.counting", ComponentParams(), core)
    core.models["counting"] = cpu
    core.activate(cpu, CountingState(), 0)
    return cpu
