"""The checkpoints of one run: those that its options ask for, and the one that it goes on from."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import click

from vmsim_core.cli.times import not_before_now
from vmsim_core.config import WORKLOAD_FILES
from vmsim_core.errors import VmsimError
from vmsim_core.simulation import Simulation

log = logging.getLogger("vmsim")

_GUEST_OPTIONS = (*WORKLOAD_FILES, "append")


@dataclass(frozen=True)
class CheckpointOptions:
    """What the command line says about checkpoints; times are ticks since power-on."""

    at: tuple[int, ...]
    every: int | None
    folder: Path | None
    restore: Path | None

    def check(self, guest_options: dict[str, object]) -> None:
        """Raise click.UsageError for options that do not go together."""
        wanted = bool(self.at) or self.every is not None
        if wanted and self.folder is None:
            raise click.UsageError("--checkpoint-at and --checkpoint-every need --checkpoint-dir")
        if self.every == 0:
            raise click.UsageError("--checkpoint-every needs a time above zero")
        given = [name for name in _GUEST_OPTIONS if guest_options.get(name) is not None]
        if self.restore is not None and given:
            raise click.UsageError(f"--{given[0]} does not go with --restore: the checkpoint has the guest in it")

    def settings(self) -> list[tuple[str, str]]:
        """Return what the checkpoint to go on from says about the workload, as settings of the description."""
        if self.restore is None:
            return []
        from vmsim_core.checkpoint.folder import FolderReader

        index = FolderReader(self.restore).index
        described = {f"workload.{name}": None for name in WORKLOAD_FILES}
        machine = {"workload.arguments": index.arguments, "workload.semihosting": index.semihosting}
        return [(path, json.dumps(value)) for path, value in {**described, **machine}.items()]


class CheckpointTaker:
    """Takes the checkpoints of a run. One that fails is reported, and the run goes on."""

    def __init__(self, simulation: Simulation, options: CheckpointOptions) -> None:
        self.failed = False
        self._simulation = simulation
        if options.folder is None:
            return
        self._folder = options.folder
        for tick in options.at:
            simulation.at(not_before_now(simulation, "--checkpoint-at", tick), self._take)
        if options.every is not None:
            self._every = options.every
            self._next_regular()

    def _next_regular(self) -> None:
        following = (self._simulation.time // self._every + 1) * self._every
        self._simulation.at(following, self._take_regular)

    def _take_regular(self) -> None:
        self._take()
        self._next_regular()

    def _take(self) -> None:
        try:
            place = self._simulation.take_checkpoint(self._folder)
        except VmsimError as error:
            self.failed = True
            log.error("%s", error)
        else:
            log.info("checkpoint %s", place)
