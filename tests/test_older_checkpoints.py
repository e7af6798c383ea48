"""A checkpoint of an earlier version goes on in this one, through the upgraders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from checkpoint_asset import SETTINGS, take
from vmsim_core.simulation import RunLimits, Simulation

ASSET = Path(__file__).parent / "assets" / "checkpoint-simctl-1"
MINUTE = RunLimits(time=60 * 10**12)


def system(model: str) -> Simulation:
    return Simulation.from_yaml("systems/realview-pbx-a9.yaml", model, SETTINGS)


def sections(folder: Path) -> dict[str, int]:
    state = json.loads((folder / "state.json").read_text())
    return {path: section["version"] for path, section in state.items()}


def test_it_is_of_an_earlier_version(tmp_path: Path) -> None:
    take(tmp_path / "now")
    assert sections(ASSET)["simctl"] < sections(tmp_path / "now")["simctl"]


@pytest.mark.parametrize("model", ["kvm", "atomic", "timing"])
def test_it_goes_on_to_the_end_under_every_model(model: str) -> None:
    with system("kvm") as never_stopped:
        never_stopped.load_workload()
        never_stopped.run(MINUTE)
        expected = (never_stopped.exit_cause, never_stopped.instructions)
    with system(model) as restored:
        restored.restore(ASSET)
        restored.run(MINUTE)
        assert (restored.exit_cause, restored.instructions) == expected
