"""Statistics: counts that begin anew, levels, ratios; the tree and the tables that are made of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import rich
from fake_plugins import simulate
from vmsim_core.errors import VmsimError
from vmsim_core.exits import RunEvent
from vmsim_core.run_events import StatisticsDumped, StatisticsReset
from vmsim_core.simulation import Simulation
from vmsim_core.statistics import Statistic, StatisticsGroup
from vmsim_core.statistics_view import Row, StatisticsTree


@pytest.fixture
def simulation(tmp_path: Path) -> Simulation:
    simulation = simulate(tmp_path)
    simulation.run(until=7)
    return simulation


def test_a_reset_subtracts_and_leaves_the_owners_count_alone() -> None:
    group = StatisticsGroup()
    counter = group.counter("hits", "hits")
    total = group.formula("total", lambda: 2.5 * counter.value, "computed")
    level = group.level("level", lambda: counter.value, "how many there are now")
    counter.value = 10
    group.reset()
    counter.value += 3
    assert (counter.value, group["hits"].value, total.value, level.value) == (13, 3, 7.5, 13)
    group.reset()
    assert [statistic.value for statistic in group] == [0, 0, 13]


def test_a_ratio_is_of_what_was_counted_since_the_reset() -> None:
    group = StatisticsGroup()
    misses, accesses = group.counter("misses", "misses"), group.counter("accesses", "accesses")
    rate = group.ratio("mpka", group["misses"], group["accesses"], "misses in 1000 accesses", scale=1000)
    assert rate.value == 0
    misses.value, accesses.value = 1, 4
    assert rate.value == 250
    group.reset()
    assert rate.value == 0
    misses.value, accesses.value = 2, 14
    assert rate.value == 100


def test_a_name_is_declared_once() -> None:
    group = StatisticsGroup()
    group.level("level", lambda: 1, "one")
    with pytest.raises(ValueError, match="twice"):
        group.counter("level", "another")


def test_the_tree_is_walked_by_parts_or_by_whole_names(simulation: Simulation) -> None:
    stats = simulation.stats
    instructions = stats["cpu0"]["instructions"]  # type: ignore[index]
    assert isinstance(instructions, Statistic)
    assert (instructions.value, instructions.unit) == (7, "instruction")
    assert stats.value("cpu0.test-cpu.instructions") == 7
    assert isinstance(stats["cpu0"], StatisticsTree)
    assert set(stats) >= {"cpu0", "pic", "uart0"}
    with pytest.raises(KeyError, match="is a group"):
        stats.value("cpu0")
    assert "cpu0.test-cpu" in stats
    assert "cpu0.none" not in stats
    assert "cpu0.instructions.value" not in stats
    assert len(stats["pic"]) == 3  # type: ignore[arg-type]
    simulation.run(until=3)
    assert instructions.value == 10, "a leaf is live"


def test_rows_are_snapshots_and_can_be_picked(simulation: Simulation) -> None:
    rows = simulation.stats.rows("cpu0*.instructions")
    assert rows == [
        Row("cpu0.instructions", 7, "instruction", "retired since power-on"),
        Row("cpu0.test-cpu.instructions", 7, "instruction", "instructions retired"),
    ]
    simulation.run(until=3)
    assert rows[0].value == 7


def test_tables_for_a_terminal_and_for_a_notebook(simulation: Simulation, capsys: pytest.CaptureFixture[str]) -> None:
    simulation.system.components["pic"].statistics.level("less", lambda: 1234567, "<b> & more")
    rich.print(simulation.stats.table("*.instructions"), simulation.stats["pic"])
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["cpu0.instructions", "7", "instruction", "retired", "since", "power-on"] in shown
    assert ["pic.less", "1,234,567", "count", "<b>", "&", "more"] in shown
    assert ["pic.reads", "0", "count", "read", "accesses"] in shown
    assert simulation.stats.table("*", zeros=False).row_count < simulation.stats.table().row_count
    html = simulation.stats._repr_html_()
    assert html.startswith("<table><tr><th>name</th>")
    assert '<td>pic.less</td><td style="text-align: right">1,234,567</td>' in html
    assert "<td>&lt;b&gt; &amp; more</td>" in html
    assert repr(simulation.stats["cpu0"]) == "<statistics cpu0: instructions, test-cpu>"


def test_a_reset_concerns_the_tree_and_not_the_totals(simulation: Simulation, tmp_path: Path) -> None:
    told: list[RunEvent] = []
    simulation.on(RunEvent, told.append)
    simulation.stats.reset()
    simulation.run(until=5)
    assert simulation.stats.value("cpu0.instructions") == 5
    assert (simulation.instructions, simulation.instructions_run) == (12, 12)
    file = simulation.stats.dump(tmp_path / "s.json")
    written = json.loads(file.read_text())
    assert (written["instructions"], written["stats"]["cpu0"]["instructions"]["value"]) == (12, 5)
    assert written["stats_since"] == {"sim_seconds": 7e-9, "instructions": 7}
    assert written["stats"] == simulation.stats.plain()
    assert [told[0], told[-1]] == [StatisticsReset(), StatisticsDumped(file)]


def test_dumps_are_numbered_beside_the_runs_file(simulation: Simulation, tmp_path: Path) -> None:
    with pytest.raises(VmsimError, match="--stats"):
        simulation.stats.dump()
    simulation.statistics_file = tmp_path / "run.txt"
    assert [simulation.stats.dump().name for _ in range(2)] == ["run-0001.txt", "run-0002.txt"]
    assert "cpu0.instructions" in (tmp_path / "run-0002.txt").read_text()
    with pytest.raises(VmsimError, match=r"must end in \.json or \.txt"):
        simulation.stats.dump("stats.xml")
    with pytest.raises(VmsimError, match="cannot be written: No such file"):
        simulation.stats.dump(tmp_path / "none" / "s.json")


def test_a_restore_after_a_reset_counts_from_there(simulation: Simulation, tmp_path: Path) -> None:
    checkpoint = simulation.checkpoint(tmp_path / "c")
    simulation.run(until=20)
    simulation.stats.reset()
    simulation.restore(checkpoint)
    assert simulation.stats.value("cpu0.instructions") == 0
    simulation.run(until=2)
    assert simulation.stats.value("cpu0.instructions") == 2
    assert simulation.statistics_since == (7000, 7)
