"""Variants of CPU models that a description names: by YAML and the command line alone, they are models like others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from switch_machine import run_to_truth
from vmsim_core.exits import PowerOff
from vmsim_core.run_events import CpuSwitched
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_program import read_statistics, vmsim
from whole_system import SYSTEM, USER_SPACE, Outcome, same_end, without_times

SCRIPT = "simctl models; md5sum /bin/busybox; simctl switch warm; md5sum /bin/busybox; poweroff -f"
MINE = f"""\
include: {SYSTEM}
cpus:
  - models:
      warm: {{type: atomic, warming: true}}
      slow: {{type: timing, branch_prediction: static}}
workload:
  kernel: guest:realview
  initrd: guest:busybox
  append: 'console=ttyAMA0 vmsim.run="{SCRIPT}"'
script:
  - {{at: 45ms, do: switch slow}}
  - {{at: 46ms, do: switch kvm}}
"""
RESUMED_BY = ("kvm", "warm", "atomic", "timing", "slow")
EXACT = ("kvm", "warm", "atomic")


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("variants") / "mine.yaml"
    file.write_text(MINE)
    return file


@pytest.mark.guest
def test_a_boot_by_yaml_and_command_line(tmp_path: Path, mine: Path) -> None:
    """Asked for by options, by the script and by the guest; in the reports and in the statistics."""
    done = vmsim(
        "run", mine, "--switch-every", "10ms", "--switch-cpus", "kvm,warm,atomic,timing", "--until-text", USER_SPACE,
        "--verbose", "--no-progress", "--console", "none", "--stats", "s.json", folder=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    switches = re.findall(r"^vmsim: cpu0: (\w+ to \w+) at \d+\.\d+ ms", done.err, re.MULTILINE)
    assert switches[:6] == [
        "kvm to warm", "warm to atomic", "atomic to timing", "timing to kvm", "kvm to slow", "slow to kvm",
    ]  # fmt: skip
    [from_warm] = [line for line in done.errors if ": warm to atomic at" in line]
    assert re.search(r"lines written back: \d+ \(caches\.l2 \d+", from_warm), "it went through the caches"
    statistics = read_statistics(tmp_path / "s.json")
    assert {*statistics["instructions_by_cpu"]} == {"kvm", "warm", "atomic", "timing", "slow"}
    by_name = {name: statistics["stats"]["cpu0"][name]["instructions"]["value"] for name in RESUMED_BY}
    assert by_name == statistics["instructions_by_cpu"]
    assert {"kvm to warm", "warm to atomic"} <= {*statistics["handovers"]["by_models"]}


@pytest.mark.guest
def test_the_guest_sees_it_and_switches_to_it(mine: Path) -> None:
    simulation = Simulation.from_yaml(mine)
    simulation.load_workload()
    switched: list[tuple[str, str]] = []
    simulation.on(CpuSwitched, lambda event: switched.append((event.report.from_model, event.report.to_model)))
    result = run_to_truth(simulation)
    assert result.cause == PowerOff()
    names = result.text.replace("\r", "").partition(f"{USER_SPACE}\n")[2].splitlines()[:6]
    assert names == ["kvm", "atomic", "timing", "warming", "warm", "slow"], "numbered as the descriptions name them"
    assert switched == [("kvm", "slow"), ("slow", "kvm"), ("kvm", "warm")]


def test_options_name_what_is_there(mine: Path) -> None:
    assert vmsim("run", mine, "--cpu", "wram").errors == [
        "--cpu wram: cpus.0.start: no CPU model 'wram' is installed (its distribution may be vmsim-cpu-wram); "
        "did you mean 'warm'?"
    ]
    [line] = vmsim("run", mine, "--switch-at", "1ms=wram").errors
    assert line.endswith("cpu0 can be animated by atomic, kvm, slow, timing, warm, warming")
    [line] = vmsim("describe", mine, "--set", "script=[{at: 1ms, do: switch wram}]").errors
    assert line.endswith("script.0.do: no CPU model 'wram' is installed; did you mean 'warm'?")
    described = vmsim("describe", mine, "--cpu", "warm").out.splitlines()
    assert ["warm", "atomic", "atomic", "(vmsim-cpu-atomic)"] in [line.split() for line in described]


def test_the_ready_board_works_without_the_model_of_its_variant() -> None:
    without = ("describe", SYSTEM, "--no-plugin", "atomic")
    assert vmsim(*without).code == 0
    assert vmsim(*without, "--set", "cpus.0.models.atomic=null").code == 0, "left out, but known"
    [line] = vmsim(*without, "--cpu", "warming").errors
    assert re.search(r"realview-pbx-a9\.yaml:\d+:\d+: cpus\.0\.models\.warming\.type: no CPU model 'atomic' is", line)
    assert line.endswith("its plugin atomic (vmsim-cpu-atomic) is left out by --no-plugin")


def test_lockstep_with_its_own_model(mine: Path) -> None:
    done = vmsim("lockstep", mine, "--cpus", "atomic,warm", "--every", "100000", "--max-insts", "300000")
    assert (done.code, done.err or done.out) == (
        0, "vmsim: atomic and warm are identical for 300,000 instructions: instruction-limit\n",
    )  # fmt: skip


# --- checkpoints ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def taken(mine: Path) -> tuple[Path, Outcome]:
    """A checkpoint that the variant has taken in user space, and how the run that took it ended."""
    simulation = Simulation.from_yaml(mine, "warm", (("script", "[]"),))
    simulation.load_workload()
    simulation.run(RunLimits(text=USER_SPACE))
    checkpoint = simulation.take_checkpoint(mine.parent / "warm")
    return checkpoint, run_to_truth(simulation)


def resumed(mine: Path, checkpoint: Path, model: str) -> Simulation:
    simulation = Simulation.from_yaml(mine, model, (("script", "[]"),))
    simulation.restore(checkpoint)
    return simulation


def compare(result: Outcome, expected: Outcome, exact: bool) -> None:
    if exact:
        same_end(result, expected)
    else:
        assert result.cause == expected.cause
        assert without_times(result.text.strip()) == without_times(expected.text.strip())


@pytest.mark.guest
@pytest.mark.parametrize("model", RESUMED_BY)
def test_a_checkpoint_of_the_variant_is_resumed_by_every_model_and_back(
    tmp_path: Path, mine: Path, taken: tuple[Path, Outcome], model: str
) -> None:
    checkpoint, went_on = taken
    other = resumed(mine, checkpoint, model)
    other.run(RunLimits(instructions=300_000))
    back = resumed(mine, other.take_checkpoint(tmp_path), "warm")
    compare(run_to_truth(back), went_on, exact=model in EXACT)
    other.close()
    compare(run_to_truth(resumed(mine, checkpoint, model)), went_on, exact=model in EXACT)


@pytest.mark.guest
def test_a_checkpoint_of_the_variant_is_resumed_where_there_is_none(taken: tuple[Path, Outcome]) -> None:
    done = vmsim("run", SYSTEM, "--restore", taken[0], "--no-plugin", "atomic", "--console", "none", "--no-progress")
    assert done.code == 0, done.err
