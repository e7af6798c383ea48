"""Writing statistics: as text for people, as JSON for programs; plugins add formats of their own."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TextIO

from vmsim_core.statistics_view import statistics_tree
from vmsim_core.units import TICKS_PER_SECOND

if TYPE_CHECKING:
    from vmsim_core.simulation import Simulation
    from vmsim_core.switching import HandoverTotals


class StatsWriter(ABC):
    """A format of statistics."""

    type_name: ClassVar[str] = ""
    """The name of the format; ``--stats F`` chooses it by the ending of F."""

    @abstractmethod
    def write(self, simulation: Simulation, stream: TextIO) -> None:
        """Write everything that is known about the run."""


class JsonWriter(StatsWriter):
    """JSON: the summary at the top level, and the tree of components under ``stats``."""

    type_name = "json"

    def write(self, simulation: Simulation, stream: TextIO) -> None:
        """Write one JSON object."""
        tree = statistics_tree(simulation.system).plain()
        json.dump({**run_summary(simulation), "stats": tree}, stream, indent=2)
        stream.write("\n")


class TextWriter(StatsWriter):
    """A line for each number: name, value, unit, description."""

    type_name = "txt"

    def write(self, simulation: Simulation, stream: TextIO) -> None:
        """Write the summary, then every component's numbers in the order of their paths."""
        for key, summed_up in run_summary(simulation).items():
            for name, value in _rows(key, summed_up):
                stream.write(f"{name:<40} {_plain(value):>20}\n")
        for component in simulation.system.walk():
            for statistic in component.statistics:
                name = f"{component.path}.{statistic.name}"
                stream.write(f"{name:<40} {statistic.value:>20} {statistic.unit:<12} {statistic.description}\n")


CORE_WRITERS: tuple[type[StatsWriter], ...] = (JsonWriter, TextWriter)


def run_summary(simulation: Simulation) -> dict[str, Any]:
    """Return what is said about the run as a whole."""
    summary: dict[str, Any] = {
        "instructions": simulation.instructions,
        "instructions_run": simulation.instructions_run,
        "instructions_by_cpu": simulation.instructions_by_cpu,
        "sim_seconds": simulation.time / TICKS_PER_SECOND,
        "host_seconds": simulation.host_seconds,
        "switches": simulation.switches,
        "checkpoints": simulation.checkpoints,
        "exit_cause": None if simulation.exit_cause is None else simulation.exit_cause.name,
        "guest_exit_code": simulation.guest_exit_code,
    }
    if simulation.switches:
        handovers = simulation.handovers
        pairs = sorted(handovers.by_models.items())
        summary["handovers"] = {
            **_handovers(handovers.all),
            "by_models": {f"{old} to {new}": _handovers(totals) for (old, new), totals in pairs},
        }
    if simulation.statistics_since is not None:
        # Where the last reset was, in the machine's total counts; the tree counts from there on.
        tick, instructions = simulation.statistics_since
        summary["stats_since"] = {"sim_seconds": tick / TICKS_PER_SECOND, "instructions": instructions}
    return summary


def _handovers(totals: HandoverTotals) -> dict[str, Any]:
    return {
        "switches": totals.switches,
        "drain_seconds": totals.drain_ticks / TICKS_PER_SECOND,
        "lines_written_back": totals.lines_written_back,
        "lines_invalidated": totals.lines_invalidated,
    }


def _rows(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield a value under its name, and dictionaries in it as values of their own. A name is one word."""
    parts: dict[str, Any] = {}
    if isinstance(value, dict):
        parts = {key: part for key, part in value.items() if isinstance(part, dict)}
        value = {key: part for key, part in value.items() if key not in parts}
    if value or not parts:
        yield name.replace(" ", "_"), value
    for key, part in parts.items():
        yield from _rows(f"{name}.{key}", part)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={number}" for name, number in value.items())
    return "-" if value is None else str(value)
