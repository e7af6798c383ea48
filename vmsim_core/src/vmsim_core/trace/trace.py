"""A trace: what a machine does between two ticks, as lines in a file or on a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from vmsim_core.errors import VmsimError
from vmsim_core.trace.formatter import Formatter
from vmsim_core.trace.sources import SOURCES, Source
from vmsim_core.trace.symbols import Symbols
from vmsim_core.trace.writer import FileWriter, LineWriter, StreamWriter
from vmsim_core.units import format_time, parse_time
from vmsim_core.validation import has_scheme

if TYPE_CHECKING:
    from vmsim_core.simulation import Simulation

Output = Path | str | TextIO | Callable[[str], object]
Tick = int | str


class Trace:
    """Shows instructions (``insts``), exceptions (``exceptions``), device accesses (``mmio``), or several of them.

    They are shown from the tick `start` on, up to `stop`, which is not included; both may be texts such as "250ms".
    Outside that time the machine runs at full speed. When the CPU model changes at the same tick, a trace begins after
    that; it has ended before, if it was made before the switch was asked for.

    `output` is a file (complete when the trace is closed), a stream, or what is called with each line; without it lines
    go to stderr. `symbols` may be the name of an ELF file; without them they are taken from the workload's kernel, if
    that is one.

    Raises VmsimError for a kind that there is not, no time, or a file that cannot be written; and during the run, at
    `start`, when the CPU model of that moment cannot show what is wanted.
    """

    def __init__(
        self,
        simulation: Simulation,
        kinds: Iterable[str],
        output: Output | None = None,
        *,
        start: Tick = 0,
        stop: Tick | None = None,
        symbols: Symbols | Path | str | None = None,
    ) -> None:
        first = _tick(start)
        self._stop = None if stop is None else _tick(stop)
        self._simulation = simulation
        _check(simulation, first, self._stop)
        wanted = _chosen(kinds)
        self._writer = _writer(output)
        formatter = Formatter(simulation.system.architecture, find_symbols(simulation, symbols))
        self._sources = [source(simulation.system, formatter, self._writer) for source in wanted]
        self._begun: list[Source] = []
        self._closed = False
        # Of what happens at one tick, a switch to another CPU model above all, the begin of a trace is the last.
        self._appointments = [simulation.at(first, lambda: simulation.at(simulation.time, self._begin))]
        if self._stop is not None:
            self._appointments.append(simulation.at(self._stop, self._end))

    def check(self) -> None:
        """Raise VmsimError if the CPU models that the cores have now cannot show what is wanted."""
        try:
            self._begin()
        finally:
            self._end()

    def flush(self) -> None:
        """Bring to the stream what was traced; a file is complete when the trace is closed, not before."""
        self._writer.flush()

    def close(self) -> None:
        """End the trace and complete its file; raises VmsimError when it cannot be written."""
        if self._closed:
            return
        self._closed = True
        for appointment in self._appointments:
            appointment.cancel()
        self._end()
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _begin(self) -> None:
        if self._closed or (self._stop is not None and self._simulation.time >= self._stop):
            return
        for source in self._sources:
            self._begun.append(source)
            source.begin()

    def _end(self) -> None:
        while self._begun:
            self._begun.pop().end()


def find_symbols(simulation: Simulation, given: Symbols | Path | str | None) -> Symbols:
    """Return the symbols that are given, those of an ELF file, or without either those of the workload's kernel.

    Raises VmsimError for a file without symbols. A kernel that is no ELF file, or a stripped one, has none.
    """
    if isinstance(given, Symbols):
        return given
    if given is None:
        return _workload_symbols(simulation)
    name = str(given)
    return Symbols.from_elf(simulation.plugins.resolve_file(name) if has_scheme(name) else Path(name))


def _workload_symbols(simulation: Simulation) -> Symbols:
    from vmsim_core.config import resolve_workload
    from vmsim_core.trace.symbols import is_elf

    kernel = resolve_workload(simulation.system.workload, simulation.plugins).kernel
    if kernel is None or not is_elf(kernel):
        return Symbols()
    try:
        return Symbols.from_elf(kernel)
    except VmsimError:
        return Symbols()


class _CalledWriter:
    """Calls somebody with each line."""

    def __init__(self, callback: Callable[[str], object]) -> None:
        self._callback = callback

    def write(self, line: str) -> None:
        """Hand a line over."""
        self._callback(line)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """Nothing is kept back."""


def _writer(output: Output | None) -> LineWriter:
    if isinstance(output, Path | str):
        return FileWriter(Path(output))
    return _CalledWriter(output) if callable(output) else StreamWriter(output)


def _chosen(kinds: Iterable[str]) -> list[type[Source]]:
    wanted = list(dict.fromkeys([kinds] if isinstance(kinds, str) else kinds))
    for kind in wanted:
        if kind not in SOURCES:
            raise VmsimError(f"{kind!r} cannot be traced; there are {', '.join(SOURCES)}")
    return [SOURCES[kind] for kind in wanted]


def _check(simulation: Simulation, start: int, stop: int | None) -> None:
    if stop is not None and stop <= start:
        raise VmsimError(f"a trace from {format_time(start)} to {format_time(stop)} is empty")
    if stop is not None and stop <= simulation.time:
        raise VmsimError(f"a trace to {format_time(stop)} is empty: the run goes on at {format_time(simulation.time)}")


def _tick(when: Tick) -> int:
    if isinstance(when, int):
        return when
    try:
        return parse_time(when)
    except ValueError as error:
        raise VmsimError(str(error)) from None
