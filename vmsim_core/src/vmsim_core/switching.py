"""Handing a core from one CPU model to another, under a running guest."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vmsim_core.cpu import Core, CpuModel, MemoryMode
from vmsim_core.errors import SwitchError, VmsimError

if TYPE_CHECKING:
    from vmsim_core.simulation import Simulation


@dataclass(frozen=True)
class HandoverReport:
    """What a switch from one CPU model to another did."""

    core: str
    from_model: str
    to_model: str
    tick: int
    drain_ticks: int
    lines_written_back: dict[str, int] = field(default_factory=dict)
    """By cache; so are those below."""
    lines_invalidated: dict[str, int] = field(default_factory=dict)
    host_dependent: list[str] = field(default_factory=list)
    """Fields that the host's CPU fixes; they were kept outside."""
    reset: tuple[str, ...] = ()
    """What of the new model's own began anew."""
    host_seconds: float = 0.0


@dataclass
class HandoverTotals:
    """What all switches of a run took together."""

    drain_ticks: int = 0
    lines_written_back: int = 0
    lines_invalidated: int = 0

    def add(self, report: HandoverReport) -> None:
        """Count one switch."""
        self.drain_ticks += report.drain_ticks
        self.lines_written_back += sum(report.lines_written_back.values())
        self.lines_invalidated += sum(report.lines_invalidated.values())


def switch(simulation: Simulation, core: Core, name: str) -> HandoverReport:
    """Let the model `name` animate the core from now on; see :meth:`Simulation.switch`."""
    started = time.perf_counter()
    old = core.active
    new = _model(core, name)
    tick = simulation.time
    with simulation.at_rest():
        written_back, invalidated = {}, {}
        if new.memory_mode is MemoryMode.DIRECT and old.memory_mode is not MemoryMode.DIRECT:
            # The new model bypasses the caches: memory must hold the truth, and what they hold would go stale.
            written_back = simulation.write_back_caches()
            invalidated = simulation.invalidate_caches()
            simulation.system.drain_manager.require_no_copies()
        state = old.save_state()
        old.suspend()
        drained = simulation.time
        core.activate(new, state, drained)
        changed = state.differences(new.save_state())
        kept_outside = [each.field for each in changed if each.host_dependent]
        if lost := [each.field for each in changed if not each.host_dependent]:
            core.activate(old, state, drained)
            raise SwitchError(f"{core.path}: {name} did not take over {', '.join(lost)} as {old.type_name} gave it")
    report = HandoverReport(
        core.path, old.type_name, name, drained, drained - tick, written_back, invalidated, kept_outside,
        new.resets, time.perf_counter() - started,
    )  # fmt: skip
    simulation.switches += 1
    simulation.handovers.add(report)
    simulation.plugins.hook.vmsim_cpu_switched(simulation=simulation, report=report)
    return report


def _model(core: Core, name: str) -> CpuModel:
    """Return the model that is to take over; raises SwitchError when it cannot."""
    try:
        new = core.model(name)
    except (ValueError, VmsimError) as error:
        raise SwitchError(f"{core.path}: {name} cannot take over: {error}") from None
    if new.architecture != core.active.architecture:
        raise SwitchError(
            f"{core.path}: {name} executes {new.architecture}, the core runs {core.active.architecture} code"
        )
    try:
        core.instrument(new)
    except VmsimError as error:
        raise SwitchError(f"{core.path}: {name} cannot take over: {error}") from None
    return new
