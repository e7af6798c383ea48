"""The traces of one run, as its options ask for them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from vmsim_core.errors import VmsimError
from vmsim_core.simulation import Simulation
from vmsim_core.trace.symbols import Symbols
from vmsim_core.trace.trace import Trace, find_symbols

log = logging.getLogger("vmsim")


@dataclass(frozen=True)
class TraceOptions:
    """What the command line says about traces; times are ticks since power-on."""

    traces: tuple[tuple[str, Path | None], ...]
    start: int | None
    stop: int | None
    symbols: str | None

    def check(self) -> None:
        """Raise click.UsageError for options that do not go together."""
        kinds = [kind for kind, _ in self.traces]
        for kind in kinds:
            if kinds.count(kind) > 1:
                raise click.UsageError(f"--trace {kind} is given twice")
        if not kinds and (self.start, self.stop, self.symbols) != (None, None, None):
            raise click.UsageError("--trace-from, --trace-to and --trace-symbols need --trace")
        if self.stop is not None and self.stop <= (self.start or 0):
            raise click.UsageError("--trace-to needs a time after --trace-from")

    @property
    def on_stderr(self) -> bool:
        """Whether lines go to stderr, where nothing else should write over them."""
        return any(file is None for _, file in self.traces)


@contextmanager
def traced(simulation: Simulation, options: TraceOptions, may_switch: bool) -> Iterator[None]:
    """Trace what happens in the block. `may_switch` says that the command line has another CPU model take over; else a
    model that cannot show what is wanted is reported at once."""
    with ExitStack() as stack:
        if options.traces:
            if not may_switch:
                _check(simulation, options)
            for trace in _traces(simulation, options):
                stack.callback(trace.close)
                simulation.between_slices.append(trace.flush)
        yield


def _check(simulation: Simulation, options: TraceOptions) -> None:
    with Trace(simulation, [kind for kind, _ in options.traces], _nowhere, symbols=Symbols()) as trial:
        try:
            trial.check()
        except VmsimError as error:
            if (options.start or 0) <= simulation.time:
                raise
            # The guest may have asked for another model by then.
            log.warning("%s: another CPU model must have taken over when the trace begins", error)


def _traces(simulation: Simulation, options: TraceOptions) -> Iterator[Trace]:
    """Yield a trace for each file, with all that goes there."""
    symbols = _symbols(simulation, options.symbols)
    for file in dict.fromkeys(file for _, file in options.traces):
        kinds = [kind for kind, place in options.traces if place == file]
        yield Trace(simulation, kinds, file, start=options.start or 0, stop=options.stop, symbols=symbols)


def _nowhere(line: str) -> None:
    pass


def _symbols(simulation: Simulation, name: str | None) -> Symbols:
    try:
        return find_symbols(simulation, name)
    except VmsimError as error:
        raise VmsimError(f"--trace-symbols {error}") from None
