"""The switches between CPU models that a run's options ask for."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial

import click

from vmsim_core.cli.times import not_before_now
from vmsim_core.errors import SwitchError, VmsimError
from vmsim_core.run_events import CpuSwitched
from vmsim_core.simulation import Simulation
from vmsim_core.units import format_time, parse_time

log = logging.getLogger("vmsim")


@dataclass(frozen=True)
class SwitchOptions:
    """What the command line says about switching."""

    at: tuple[tuple[str, str], ...]
    """Times as the user wrote them, and models."""
    every: int | None
    """Ticks between switches."""
    cpus: str | None
    """The models to go through, separated by commas."""

    def check(self) -> None:
        """Raise click.UsageError for options that do not go together."""
        if (self.every is None) != (self.cpus is None):
            raise click.UsageError("--switch-every and --switch-cpus need each other")
        if self.every == 0:
            raise click.UsageError("--switch-every needs a time above zero")
        for time, _ in self.at:
            try:
                parse_time(time)
            except ValueError as error:
                raise click.UsageError(f"--switch-at {time}: {error}") from None

    @property
    def rotation(self) -> list[str]:
        """The models to go through, in turn."""
        return [name.strip() for name in self.cpus.split(",")] if self.cpus is not None else []


class Switcher:
    """Makes the switches of a run, of all cores at once. One that fails is reported, and the run goes on."""

    def __init__(self, simulation: Simulation, options: SwitchOptions) -> None:
        self._simulation = simulation
        self._rotation = options.rotation
        self._every = options.every or 0
        self._place: int | None = None
        self.failed = False
        for name in [*self._rotation, *(model for _, model in options.at)]:
            self._check(name)
        for time, model in options.at:
            simulation.at(not_before_now(simulation, "--switch-at", parse_time(time)), partial(self._switch, model))
        if self._rotation:
            self._next_regular()

    def _check(self, name: str) -> None:
        # A long run must not end in the news that a model is not there.
        for core in self._simulation.system.cores:
            if name not in core.makers:
                known = ", ".join(sorted(core.makers))
                raise SwitchError(f"no CPU model {name!r} is installed; {core.path} can be animated by {known}")

    def _next_regular(self) -> None:
        following = (self._simulation.time // self._every + 1) * self._every
        self._simulation.at(following, self._switch_regularly)

    def _switch_regularly(self) -> None:
        self._place = self._next_place() % len(self._rotation)
        self._switch(self._rotation[self._place])
        self._next_regular()

    def _next_place(self) -> int:
        # A model may be there several times: where it is active at first does not say which of them.
        if self._place is not None:
            return self._place + 1
        active = self._simulation.system.cores[0].active_name
        return self._rotation.index(active) + 1 if active in self._rotation else 0

    def _switch(self, model: str) -> None:
        try:
            for core in self._simulation.system.cores:
                self._simulation.switch(model, core.index)
        except VmsimError as error:
            self.failed = True
            log.error("%s", error)


def tell_switch(event: CpuSwitched) -> None:
    """Log a switch, whoever asked for it."""
    report = event.report
    flushed = _lines(report.lines_written_back), _lines(report.lines_invalidated)
    waited = f" ({', '.join(f'{name} {format_time(ticks)}' for name, ticks in report.waited_for.items())})"
    outside = f", kept outside: {', '.join(report.host_dependent)}" if report.host_dependent else ""
    reset = f", begun anew: {', '.join(report.reset)}" if report.reset else ""
    log.info(
        "%s: %s to %s at %s, %s of draining%s, lines written back: %s, invalidated: %s%s%s, %.1f ms",
        report.core, report.from_model, report.to_model, format_time(report.tick), format_time(report.drain_ticks),
        waited if report.waited_for else "", *flushed, outside, reset, 1000 * report.host_seconds,
    )  # fmt: skip


def _lines(lines: dict[str, int]) -> str:
    """Return how many, and of which caches."""
    parts = f" ({', '.join(f'{name} {count}' for name, count in lines.items())})" if lines else ""
    return f"{sum(lines.values())}{parts}"
