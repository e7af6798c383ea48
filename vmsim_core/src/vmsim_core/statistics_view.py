"""The statistics of a whole machine: as a tree and as a table, to reset and to write to files."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmsim_core.errors import VmsimError
from vmsim_core.run_events import StatisticsDumped, StatisticsReset
from vmsim_core.statistics import Number, Statistic
from vmsim_core.whole_file import whole_file

if TYPE_CHECKING:
    from rich.table import Table

    from vmsim_core.plugin_manager import PluginManager
    from vmsim_core.simulation import Simulation
    from vmsim_core.stats_writers import StatsWriter
    from vmsim_core.system import System

MAX_HTML_ROWS = 2000


@dataclass(frozen=True)
class Row:
    """One number at one moment."""

    name: str
    value: Number
    unit: str
    description: str


class StatisticsTree(Mapping[str, "StatisticsTree | Statistic"]):
    """Statistics nested by the parts of their names. A key may be several parts, joined by dots."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._members: dict[str, StatisticsTree | Statistic] = {}

    def __getitem__(self, key: str) -> StatisticsTree | Statistic:
        first, dot, rest = key.partition(".")
        member = self._members[first]
        if not dot:
            return member
        if not isinstance(member, StatisticsTree):
            raise KeyError(key)
        return member[rest]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._members]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._members)

    def value(self, name: str) -> Number:
        """Return the number of that name as it is now; raises KeyError when there is none."""
        member = self[name]
        if isinstance(member, StatisticsTree):
            raise KeyError(f"{name} is a group")
        return member.value

    def rows(self, pattern: str = "*") -> list[Row]:
        """Return the numbers as they are now, those whose names a pattern such as ``cpu0.*`` fits."""
        return [
            Row(name, statistic.value, statistic.unit, statistic.description)
            for name, statistic in self._leaves()
            if fnmatchcase(name, pattern)
        ]

    def plain(self) -> dict[str, Any]:
        """Return the numbers as they are now, as nested plain data; a leaf has value, unit and description."""
        return {
            name: member.plain()
            if isinstance(member, StatisticsTree)
            else {"value": member.value, "unit": member.unit, "description": member.description}
            for name, member in self._members.items()
        }

    def table(self, pattern: str = "*", zeros: bool = True) -> Table:
        """Return a table for a terminal (`rich.print` shows it); without `zeros` only of numbers that are not 0."""
        from rich.table import Table

        table = Table("name", "value", "unit", "description", box=None, pad_edge=False)
        table.columns[1].justify = "right"
        for row in self.rows(pattern):
            if zeros or row.value:
                table.add_row(row.name, _shown(row.value), row.unit, row.description)
        return table

    def __rich__(self) -> Table:
        return self.table()

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        rows = self.rows()
        lines = [
            f'<tr><td>{_escaped(row.name)}</td><td style="text-align: right">{_escaped(_shown(row.value))}</td>'
            f"<td>{_escaped(row.unit)}</td><td>{_escaped(row.description)}</td></tr>"
            for row in rows[:MAX_HTML_ROWS]
        ]
        head = "<tr><th>name</th><th>value</th><th>unit</th><th>description</th></tr>"
        more = f"<p>and {len(rows) - MAX_HTML_ROWS} more</p>" if len(rows) > MAX_HTML_ROWS else ""
        return f"<table>{head}{''.join(lines)}</table>{more}"

    def __repr__(self) -> str:
        return f"<statistics {self._prefix or 'of the machine'}: {', '.join(self._members)}>"

    def _leaves(self) -> Iterator[tuple[str, Statistic]]:
        for name, member in self._members.items():
            if isinstance(member, StatisticsTree):
                yield from member._leaves()
            else:
                yield f"{self._prefix}.{name}", member

    def _place(self, parts: list[str], statistic: Statistic) -> None:
        first, *rest = parts
        if not rest:
            self._members[first] = statistic
            return
        prefix = f"{self._prefix}.{first}" if self._prefix else first
        below = self._members.setdefault(first, StatisticsTree(prefix))
        assert isinstance(below, StatisticsTree), f"{prefix} is a statistic and a group"
        below._place(rest, statistic)


def statistics_tree(system: System) -> StatisticsTree:
    """Return the statistics of all components, by their paths."""
    root = StatisticsTree()
    for component in system.walk():
        for statistic in component.statistics:
            root._place([*component.path.split("."), *statistic.name.split(".")], statistic)
    return root


class SimulationStatistics(StatisticsTree):
    """The statistics of a simulation, seen as a tree: what `Simulation.stats` is."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self._simulation = simulation
        self._members = statistics_tree(simulation.system)._members

    def reset(self) -> None:
        """Count from here on; levels, such as an occupancy, stay what they are.

        The machine goes on as it is. What the summary of a run says (instructions since power-on and so on) is not
        reset.
        """
        simulation = self._simulation
        for component in simulation.system.walk():
            component.statistics.reset()
        simulation.statistics_since = (simulation.time, simulation.instructions)
        simulation.tell(StatisticsReset())

    def dump(self, file: Path | str | None = None) -> Path:
        """Write the statistics to `file`, in the format that its ending says; return the file.

        Without a name they go beside the run's file for statistics, numbered: ``run-0001.json`` beside ``run.json``.
        Raises VmsimError when there is no such file, for an unknown format, and when the file cannot be written.
        """
        simulation = self._simulation
        place = simulation.next_dump() if file is None else Path(file)
        write_statistics(simulation, stats_writer(simulation.plugins, place), place)
        simulation.tell(StatisticsDumped(place))
        return place


def stats_writer(plugins: PluginManager, file: Path) -> StatsWriter:
    """Return what writes the format that the file's ending says; raises VmsimError for an unknown one."""
    ending, known = file.suffix.removeprefix("."), plugins.stats_writers
    if ending not in known:
        endings = " or ".join(f".{name}" for name in sorted(known))
        raise VmsimError(f"{file}: the name must end in {endings}")
    return known[ending]()


def write_statistics(simulation: Simulation, writer: StatsWriter, file: Path) -> None:
    """Write the statistics to a file, whole or not at all; raises VmsimError when that cannot be done."""
    try:
        with whole_file(file) as partial, partial.open("w", encoding="utf-8") as stream:
            writer.write(simulation, stream)
    except OSError as error:
        raise VmsimError(f"{file}: cannot be written: {error.strerror}") from None


def _shown(value: Number) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def _escaped(text: str) -> str:
    return html.escape(text)
