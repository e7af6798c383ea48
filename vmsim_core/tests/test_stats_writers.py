"""Statistics as JSON and as text."""

from __future__ import annotations

import io
import json
from pathlib import Path

from fake_plugins import simulate
from vmsim_core.simulation import RunLimits
from vmsim_core.stats_writers import JsonWriter, TextWriter


def test_json_has_the_summary_and_the_tree(tmp_path: Path) -> None:
    simulation = simulate(tmp_path)
    simulation.system.address_map.read(0x10000, 4)
    simulation.run(RunLimits(instructions=7))
    stream = io.StringIO()
    JsonWriter().write(simulation, stream)
    written = json.loads(stream.getvalue())
    assert list(written) == [
        "instructions", "instructions_run", "instructions_by_cpu", "sim_seconds", "host_seconds", "switches",
        "checkpoints", "exit_cause", "guest_exit_code", "stats",
    ]  # fmt: skip
    assert written["instructions"] == written["instructions_run"] == 7
    assert written["instructions_by_cpu"] == {"test-cpu": 7}
    assert written["sim_seconds"] == 7e-9
    assert (written["exit_cause"], written["guest_exit_code"]) == ("instruction-limit", None)
    assert written["stats"]["pic"]["reads"] == {"value": 1, "unit": "count", "description": "read accesses"}
    assert written["stats"]["cpu0"]["test-cpu"]["instructions"]["value"] == 7
    assert written["stats"]["cpu0"]["instructions"]["value"] == 7


def test_a_name_with_dots_is_nested(tmp_path: Path) -> None:
    simulation = simulate(tmp_path)
    simulation.system.components["pic"].statistics.counter("a.b", "nested").value = 3
    stream = io.StringIO()
    JsonWriter().write(simulation, stream)
    assert json.loads(stream.getvalue())["stats"]["pic"]["a"]["b"]["value"] == 3


def test_text_has_a_line_for_each_number(tmp_path: Path) -> None:
    simulation = simulate(tmp_path)
    simulation.run(RunLimits(instructions=7))
    stream = io.StringIO()
    TextWriter().write(simulation, stream)
    rows = {line.split()[0]: line.split(maxsplit=3) for line in stream.getvalue().splitlines()}
    assert rows["instructions"][1] == "7"
    assert rows["instructions_by_cpu"][1] == "test-cpu=7"
    assert rows["guest_exit_code"][1] == "-"
    assert rows["cpu0.test-cpu.instructions"] == [
        "cpu0.test-cpu.instructions", "7", "instruction", "instructions retired"
    ]  # fmt: skip


def test_text_has_a_line_for_the_switches_of_each_pair_of_models(tmp_path: Path) -> None:
    simulation = simulate(tmp_path)
    simulation.switch("test-cpu")
    stream = io.StringIO()
    TextWriter().write(simulation, stream)
    rows = dict(line.split(maxsplit=1) for line in stream.getvalue().splitlines())
    totals = "switches=1 drain_seconds=0.0 lines_written_back=0 lines_invalidated=0"
    assert rows["handovers"] == rows["handovers.by_models.test-cpu_to_test-cpu"] == totals
