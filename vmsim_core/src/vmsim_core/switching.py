"""Handing a core from one CPU model to another, under a running guest."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vmsim_core.cpu import Core, CpuModel, MemoryMode
from vmsim_core.errors import SwitchError, VmsimError

if TYPE_CHECKING:
    from vmsim_core.architecture import ArchState
    from vmsim_core.simulation import Simulation


@dataclass(frozen=True)
class HandoverReport:
    """What a switch from one CPU model to another did. It carried all of the architectural state over, except what
    `host_dependent` names."""

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
    waited_for: dict[str, int] = field(default_factory=dict)
    """Who was not at rest at once, and for how many ticks."""


@dataclass
class HandoverTotals:
    """What several switches took together."""

    switches: int = 0
    drain_ticks: int = 0
    lines_written_back: int = 0
    lines_invalidated: int = 0

    def add(self, report: HandoverReport) -> None:
        """Count one switch."""
        self.switches += 1
        self.drain_ticks += report.drain_ticks
        self.lines_written_back += sum(report.lines_written_back.values())
        self.lines_invalidated += sum(report.lines_invalidated.values())


class Handovers:
    """What the switches of a run took: all of them, and those between each pair of models."""

    def __init__(self) -> None:
        self.all = HandoverTotals()
        self.by_models: dict[tuple[str, str], HandoverTotals] = {}

    def add(self, report: HandoverReport) -> None:
        """Count one switch."""
        self.all.add(report)
        self.by_models.setdefault((report.from_model, report.to_model), HandoverTotals()).add(report)


def switch(simulation: Simulation, core: Core, name: str) -> HandoverReport:
    """Let the model `name` animate the core from now on; see :meth:`Simulation.switch`."""
    started = time.perf_counter()
    old, giver = core.active, core.active_name
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
        try:
            kept_outside = _take_over(core, new, state, drained)
        except VmsimError:
            # It may have loaded all the same: without this it would not see what the old one does to its code.
            new.suspend()
            core.activate(old, state, drained)
            raise
    report = HandoverReport(
        core.path, giver, name, drained, drained - tick, written_back, invalidated, kept_outside,
        new.resets, time.perf_counter() - started, simulation.system.drain_manager.waited_for,
    )  # fmt: skip
    simulation.switches += 1
    simulation.handovers.add(report)
    simulation.plugins.hook.vmsim_cpu_switched(simulation=simulation, report=report)
    return report


def _take_over(core: Core, new: CpuModel, state: ArchState, tick: int) -> list[str]:
    """Have `new` animate the core; return which fields it keeps outside. Raises SwitchError if it loses any."""
    giver = core.active_name
    core.activate(new, state, tick)
    changed = state.differences(new.save_state())
    if lost := [each.field for each in changed if not each.host_dependent]:
        raise SwitchError(f"{core.path}: {core.active_name} did not take over {', '.join(lost)} as {giver} gave it")
    return [each.field for each in changed]


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
