"""What `vmsim run` makes of the options for switching: in turn, in the past, and where the machine does not come to
rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_handover_report import SWITCH
from vmsim_program import Finished, read_statistics, vmsim
from whole_system import SYSTEM

pytestmark = pytest.mark.guest

STUCK = '''
"""A device that never comes to rest."""

import vmsim_core as vmsim


class Stuck(vmsim.Device):
    type_name = "test.stuck"
    registers = vmsim.RegisterTable(size=0x1000)

    def drain(self) -> bool:
        return False

    def drain_pending(self) -> str:
        return "waits for ever"


@vmsim.hookimpl
def vmsim_devices():
    return [Stuck]
'''


def hello(folder: Path, *options: str, system: Path | str = SYSTEM) -> Finished:
    """Run a small program."""
    return vmsim("run", system, "--kernel", "guest:hello", *options, "--no-progress", folder=folder)


def switches(done: Finished) -> list[tuple[str, str]]:
    """Return the models of the switches that were told."""
    return [(found[1], found[2]) for found in map(SWITCH.fullmatch, done.errors) if found]


def test_a_rotation_with_a_model_that_is_there_twice(tmp_path: Path) -> None:
    done = hello(tmp_path, "--switch-every", "500ns", "--switch-cpus", "kvm,atomic,kvm,timing", "--verbose")
    assert done.code == 0, done.err
    assert switches(done)[:5] == [
        ("kvm", "atomic"), ("atomic", "kvm"), ("kvm", "timing"), ("timing", "kvm"), ("kvm", "atomic")
    ]  # fmt: skip


def test_a_rotation_begins_after_the_model_that_is_active(tmp_path: Path) -> None:
    options = ["--cpu", "atomic", "--switch-every", "500ns", "--switch-cpus", "kvm,atomic,timing"]
    done = hello(tmp_path, *options, "--verbose")
    assert done.code == 0, done.err
    assert switches(done)[:3] == [("atomic", "timing"), ("timing", "kvm"), ("kvm", "atomic")]


@pytest.mark.parametrize("cpu", ["kvm", "timing"])
def test_a_machine_that_does_not_come_to_rest_goes_on_to_its_end(tmp_path: Path, cpu: str) -> None:
    (tmp_path / "stuck.py").write_text(STUCK)
    (tmp_path / "s.yaml").write_text(
        "include: realview-pbx-a9.yaml\nplugins: [stuck.py]\ndevices: {stuck: {type: test.stuck, at: 0x1e200000}}\n"
    )
    never = hello(tmp_path, "--cpu", cpu)
    options = ["--cpu", cpu, "--switch-at", "1us=atomic", "--switch-at", "2us=atomic", "--stats", "s.json"]
    done = hello(tmp_path, *options, system="s.yaml")
    assert done.out == never.out
    assert done.code == 1
    *errors, report = done.errors
    assert [error.partition(", since")[0] for error in errors] == 2 * [
        "vmsim: the drain is stuck: stuck waits for ever"
    ]
    assert "guest-exit with code 0" in report
    statistics = read_statistics(tmp_path / "s.json")
    assert (statistics["exit_cause"], statistics["switches"]) == ("guest-exit", 0)


@pytest.mark.parametrize("option", ["--switch-at 1us=atomic", "--checkpoint-at 1us"])
def test_what_was_due_before_the_checkpoint_that_the_run_goes_on_from(tmp_path: Path, option: str) -> None:
    assert hello(tmp_path, "--checkpoint-at", "3us", "--checkpoint-dir", "c").code == 0
    [checkpoint] = (tmp_path / "c").iterdir()
    name, time = option.split()
    done = vmsim("run", SYSTEM, "--restore", checkpoint, "--checkpoint-dir", "d", name, time, folder=tmp_path)
    assert done.errors == [f"{name} 1.000 us is before 3.000 us, where the run goes on"]
    assert (done.code, done.out) == (1, "")
