"""The script of a system description: its mistakes, and what it does when."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fake_plugins import SYSTEM, fake_plugins, mistakes, simulate
from vmsim_core.actions import (
    Action,
    BeginRegion,
    DumpStatistics,
    EndRegion,
    ExitRun,
    ResetStatistics,
    SwitchCpu,
    TakeCheckpoint,
    parse_action,
)
from vmsim_core.errors import VmsimError
from vmsim_core.exits import InstructionLimit, RunEvent, ScriptExit
from vmsim_core.run_events import ActionFailed, CheckpointTaken, CpuSwitched, StatisticsDumped, StatisticsReset
from vmsim_core.schema import description_schema
from vmsim_core.simulation import Simulation

ACTIONS: list[tuple[str, Action]] = [
    ("checkpoint", TakeCheckpoint()),
    ("switch timing", SwitchCpu("timing")),
    ("stats reset", ResetStatistics()),
    ("stats dump", DumpStatistics()),
    ("roi begin 1", BeginRegion(1)),
    ("roi end 0x10", EndRegion(16)),
    ("exit 3", ExitRun(3)),
    ("exit", ExitRun(0)),
]


@pytest.mark.parametrize(("text", "action"), ACTIONS)
def test_an_action_is_read_and_written_in_the_same_words(text: str, action: Action) -> None:
    assert parse_action(text) == action
    assert parse_action(str(action)) == action


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'' is no action; known are checkpoint, exit N, roi begin N, roi end N, stats dump, stats reset, "),
        ("chekpoint", "'chekpoint' is no action; did you mean 'checkpoint'?"),
        ("switch", "'switch' is no action; write it as `switch MODEL`"),
        ("checkpoint now", "'checkpoint now' is no action; write it as `checkpoint`"),
        ("roi begin one", "'roi begin one' is no action: one is not a number"),
        ("stats", "'stats' is no action; "),
    ],
)
def test_what_is_no_action(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_action(text)
    assert str(caught.value).startswith(why)


def test_every_mistake_in_a_script_is_reported_with_its_place(tmp_path: Path) -> None:
    script = """\
script:
  - {at: 5 parsecs, do: checkpoint}
  - {at: 5ns, every: 3ns, do: [stats reset, stats wash]}
  - {do: checkpoint}
  - {roi_begin: 256, do: []}
  - {every: 0ns, do: exit, onec: true}
  - {text: "", do: exit}
"""
    assert mistakes(tmp_path, SYSTEM + script) == [
        "system.yaml:8:10: script.0.at: '5 parsecs' is not a time; write it like 1.5ms (units: s, ms, us, µs, ns, ps)",
        "system.yaml:9:45: script.1.do.1: 'stats wash' is no action; did you mean 'stats reset'?",
        "system.yaml:10:5: script.2: one of at, every, at_instruction, text, roi_begin, roi_end says when; "
        "here is none",
        "system.yaml:11:17: script.3.roi_begin: 256 should be less than 256",
        "system.yaml:11:26: script.3.do: at least 1 of these is needed",
        "system.yaml:12:13: script.4.every: '0ns' should be greater than 0",
        "system.yaml:12:28: script.4.onec: unknown key; did you mean 'once'?",
        "system.yaml:13:12: script.5.text: '' is not right: string should have at least 1 character",
    ]


def test_exactly_one_condition_says_when(tmp_path: Path) -> None:
    script = "script:\n  - {at: 5ns, every: 3ns, do: exit}\n  - {do: exit}\n"
    conditions = "one of at, every, at_instruction, text, roi_begin, roi_end says when"
    assert mistakes(tmp_path, SYSTEM + script) == [
        f"system.yaml:8:5: script.0: {conditions}; here is at and every",
        f"system.yaml:9:5: script.1: {conditions}; here is none",
    ]


def test_a_model_that_is_not_installed(tmp_path: Path) -> None:
    script = "script:\n  - {at: 5ns, do: [exit, switch test-cup]}\n"
    assert mistakes(tmp_path, SYSTEM + script) == [
        "system.yaml:8:19: script.0.do: no CPU model 'test-cup' is installed; did you mean 'test-cpu'?"
    ]


def test_the_schema_tells_of_the_script() -> None:
    schema = description_schema(fake_plugins())
    item = schema["$defs"]["ScriptItem"]
    assert schema["properties"]["script"]["items"] == {"$ref": "#/$defs/ScriptItem"}
    assert item["properties"]["roi_begin"]["description"] == "Each time this region of interest begins."
    assert item["properties"]["do"]["anyOf"][0]["examples"][1] == "switch timing"
    assert item["required"] == ["do"]


def scripted(folder: Path, *items: str, workload: str = "") -> tuple[Simulation, list[tuple[int, RunEvent]]]:
    """Return a simulation with a script, and the events that it will tell."""
    lines = "".join(f"  - {item}\n" for item in items)
    simulation = simulate(folder, f"{SYSTEM}workload: {{append: '{workload}'}}\nscript:\n{lines}")
    simulation.checkpoint_folder = folder / "checkpoints"
    simulation.statistics_file = folder / "stats.json"
    told: list[tuple[int, RunEvent]] = []
    simulation.on(RunEvent, lambda event: told.append((simulation.instructions, event)))
    return simulation, told


def test_times_counts_texts_and_regions(tmp_path: Path) -> None:
    simulation, told = scripted(
        tmp_path,
        "{at: 5ns, do: [roi begin 1, stats reset]}",
        "{at_instruction: 8, do: roi end 1}",
        "{roi_end: 1, do: stats dump}",
        "{every: 10ns, do: stats reset}",
        "{text: ab, once: true, do: roi begin 2}",
        "{at_instruction: 35, do: exit 3}",
        workload="ab ab",
    )
    assert simulation.run() == ScriptExit(3)
    kinds = [(when, event.name) for when, event in told if not event.name.startswith("text")]
    assert kinds == [
        (2, "region-begun"), (5, "region-begun"), (5, "statistics-reset"), (8, "region-ended"),
        (8, "statistics-dumped"), (10, "statistics-reset"), (20, "statistics-reset"), (30, "statistics-reset"),
        (35, "script-exit"),
    ]  # fmt: skip
    dumped = json.loads((tmp_path / "stats-0001.json").read_text())
    assert dumped["instructions"] == 8
    assert dumped["stats_since"] == {"sim_seconds": 5e-9, "instructions": 5}
    assert dumped["stats"]["cpu0"]["instructions"]["value"] == 3
    assert dumped["stats"]["regions"]["1"]["instructions"]["value"] == 3


def test_what_cannot_be_done_is_reported_and_the_run_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    simulation, told = scripted(tmp_path, "{at: 5ns, do: [roi end 1, stats reset]}")
    assert simulation.run(until=10) == InstructionLimit()
    assert caplog.messages == ["script: roi end 1: the region 1 has not begun"]
    assert told[:2] == [(5, ActionFailed(EndRegion(1), "the region 1 has not begun")), (5, StatisticsReset())]


def test_checkpoints_need_a_folder_before_the_run(tmp_path: Path) -> None:
    simulation, _ = scripted(tmp_path, "{at: 5ns, do: checkpoint}")
    simulation.checkpoint_folder = None
    with pytest.raises(VmsimError, match="--checkpoint-dir"):
        simulation.run(until=10)
    assert simulation.instructions == 0


def test_a_run_that_goes_on_from_a_checkpoint_does_what_is_left(tmp_path: Path) -> None:
    items = ["{at: 5ns, do: [stats reset, checkpoint]}", "{at: 9ns, do: switch test-cpu}", "{every: 4ns, do: exit}"]
    simulation, told = scripted(tmp_path, *items)
    assert simulation.run() == ScriptExit(0)
    assert simulation.run(until="7ns") != ScriptExit(0)
    checkpoint = next(event.place for _, event in told if isinstance(event, CheckpointTaken))
    again, told = scripted(tmp_path, *items)
    again.restore(checkpoint)
    again.run()
    again.run()
    assert [(when, type(event)) for when, event in told if not isinstance(event, ScriptExit)] == [(9, CpuSwitched)]


def test_going_back_in_the_same_simulation_does_it_again(tmp_path: Path) -> None:
    simulation, told = scripted(tmp_path, "{at: 5ns, do: checkpoint}", "{at: 7ns, do: stats dump}")
    simulation.run(until=10)
    simulation.restore(next(event.place for _, event in told if isinstance(event, CheckpointTaken)))
    simulation.run(until=10)
    assert [when for when, event in told if isinstance(event, StatisticsDumped)] == [7, 7]
    assert sorted(file.name for file in tmp_path.glob("stats*")) == ["stats-0001.json", "stats-0002.json"]
