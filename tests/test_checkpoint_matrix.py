"""The checkpoint matrix: what any CPU model has taken any other resumes, and the guest goes on as if nothing were."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import cycle, product
from pathlib import Path
from shutil import rmtree

import pytest
from switch_machine import (
    EXACT,
    MILLISECOND,
    MODELS,
    booting,
    machine,
    resumed,
    run_to_truth,
    said,
)
from user_space import WORK, expected_lines, spoken_lines
from vmsim_core.checkpoint.compare import compare
from vmsim_core.drain import LONGEST_DRAIN, Drainable
from vmsim_core.errors import DrainError
from vmsim_core.exits import GuestExit, PowerOff
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.units import format_time
from vmsim_program import vmsim
from whole_system import USER_SPACE, Outcome

pytestmark = pytest.mark.guest

GUEST = booting(*WORK)
BEFORE, TAKEN = 96 * MILLISECOND, 100 * MILLISECOND
"""The model that takes a checkpoint takes over, and takes it: user space computes, forks and prints."""
BOOT_ENDS = 70
"""Milliseconds to user space, and a little into it."""


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Outcome]]:
    """A checkpoint by every model, and how the run that has taken it ended."""
    folder = tmp_path_factory.mktemp("taken")
    first = machine("kvm", *GUEST)
    first.run(RunLimits(time=BEFORE))
    start = first.take_checkpoint(folder)
    found = {}
    for model in MODELS:
        simulation = resumed(start, model)
        simulation.run(RunLimits(time=TAKEN))
        checkpoint = simulation.take_checkpoint(folder / model)
        found[model] = checkpoint, run_to_truth(simulation)
    return found


@pytest.mark.parametrize(("takes", "resumes"), [*product(MODELS, MODELS)])
def test_every_model_resumes_what_every_model_takes(
    taken: dict[str, tuple[Path, Outcome]], takes: str, resumes: str
) -> None:
    checkpoint, went_on = taken[takes]
    result = run_to_truth(resumed(checkpoint, resumes))
    if takes in EXACT and resumes in EXACT:
        assert (result.cause, result.instructions, result.time, result.console, result.ram) == (
            went_on.cause, went_on.instructions, went_on.time, went_on.console, went_on.ram,
        )  # fmt: skip
    else:
        assert (result.cause, said(result)) == (PowerOff(), said(went_on))
    assert "signal\r\n" in result.text


IN_CI = {("timing", "atomic"), ("kvm", "timing")}


@pytest.mark.parametrize(
    ("takes", "resumes"),
    [pytest.param(*pair, marks=[] if pair in IN_CI else pytest.mark.slow) for pair in product(MODELS, MODELS)],
)
def test_in_a_new_process(tmp_path: Path, taken: dict[str, tuple[Path, Outcome]], takes: str, resumes: str) -> None:
    """And there the same as in this one, bit for bit."""
    checkpoint, _ = taken[takes]
    console = tmp_path / "console"
    cpu = ["--cpu", resumes]
    if resumes == "warming":
        cpu = ["--cpu", "atomic", "--set", "cpus.0.models.atomic.warming=true"]
    options = ["--restore", str(checkpoint), *cpu, "--console", f"file:{console}", "--host-timeout", "100"]
    done = vmsim("run", "realview-pbx-a9.yaml", *options, "--no-progress")
    assert done.code == 0, done.err
    simulation = resumed(checkpoint, resumes)
    here = run_to_truth(simulation)
    assert console.read_bytes() == here.console
    assert f"{simulation.instructions_run:,} instructions" in done.err


# --- every millisecond of a boot --------------------------------------------------------------------------------------


def take_at(model: str, milliseconds: Iterable[int], folder: Path, fresh: bool = True) -> dict[int, Path]:
    """Boot and take checkpoints at these times.

    What a resumed machine begins anew the timing machine here begins anew, too: it goes on on an instance of its model
    that is new, or at least was not active, with caches that are empty.
    """
    numbers = list(milliseconds)
    new = ((f"cpus.0.models.{model}-at-{number}", f"{{type: {model}}}") for number in numbers if model == "timing")
    simulation = machine(model, *GUEST, *new)
    twin = cycle([f"{model}-2", model])
    found = {}
    for number in numbers:
        simulation.run(RunLimits(time=number * MILLISECOND))
        found[number] = simulation.take_checkpoint(folder)
        if model == "timing":
            with simulation.at_rest():
                simulation.write_back_caches()
                simulation.invalidate_caches()
            simulation.switch(f"{model}-at-{number}" if fresh else next(twin))
    simulation.close()
    return found


def each_becomes_the_next(model: str, found: dict[int, Path], folder: Path) -> int:
    """Resume every checkpoint that has a successor, run a millisecond, and compare: registers, devices, all RAM."""
    checked = 0
    for number, checkpoint in found.items():
        if number + 1 in found:
            simulation = resumed(checkpoint, model)
            simulation.run(RunLimits(time=(number + 1) * MILLISECOND))
            following = simulation.take_checkpoint(folder / f"from-{number}")
            simulation.close()
            assert list(compare(following, found[number + 1])) == [], f"after {number} ms"
            rmtree(folder / f"from-{number}")
            checked += 1
    return checked


@pytest.mark.parametrize("model", MODELS)
def test_a_checkpoint_resumed_for_a_millisecond_is_the_next_one(tmp_path: Path, model: str) -> None:
    found = take_at(model, [6, 7, 8, 41, 42, 69, 70], tmp_path)
    assert each_becomes_the_next(model, found, tmp_path) == 4


def test_a_timing_model_that_was_used_before_begins_as_a_new_one_does(tmp_path: Path) -> None:
    found = take_at("timing", [6, 39, 41, 42], tmp_path, fresh=False)
    assert each_becomes_the_next("timing", found, tmp_path) == 1


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_each_checkpoint_of_a_boot_resumed_for_a_millisecond_is_the_next_one(tmp_path: Path, model: str) -> None:
    """From the first instruction to what user space does: every millisecond of it."""
    found = take_at(model, range(1, BOOT_ENDS + 1), tmp_path)
    assert each_becomes_the_next(model, found, tmp_path) == BOOT_ENDS - 1


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_ten_of_a_boot_go_on_to_the_end(tmp_path: Path, model: str) -> None:
    never_stopped = run_to_truth(machine(model, *GUEST))
    found = take_at(model, range(5, BOOT_ENDS, 7), tmp_path)
    assert len(found) == 10
    for number, checkpoint in found.items():
        result = run_to_truth(resumed(checkpoint, model))
        assert result.cause == PowerOff()
        assert spoken_lines(USER_SPACE + result.text)[-len(expected_lines()) :] == expected_lines(), f"{number} ms"
        if model in EXACT:
            assert (result.instructions, result.time, result.ram) == (
                never_stopped.instructions, never_stopped.time, never_stopped.ram,
            ), f"{number} ms"  # fmt: skip


# --- drains that do not come to rest ----------------------------------------------------------------------------------


class Busy(Drainable):
    """Never at rest, or asks for the end of the run when it is asked to come to rest."""

    def __init__(self, simulation: Simulation, stuck: bool) -> None:
        self.simulation = simulation
        self.stuck = stuck

    def drain(self) -> bool:
        if not self.stuck:
            self.simulation.system.request_exit(GuestExit(3))
        return not self.stuck

    def drain_pending(self) -> str:
        return "waits for a disk that is gone"


@pytest.mark.parametrize("model", MODELS)
def test_a_stuck_drain_names_who_and_since_when(
    taken: dict[str, tuple[Path, Outcome]], tmp_path: Path, model: str
) -> None:
    """And the machine goes on."""
    simulation = resumed(taken["kvm"][0], model)
    manager = simulation.system.drain_manager
    busy = Busy(simulation, stuck=True)
    manager.register(busy, "devices.disk")
    for action in (lambda: simulation.take_checkpoint(tmp_path), lambda: simulation.switch("kvm-2")):
        since = simulation.time
        expected = f"the drain is stuck: devices.disk waits for a disk that is gone, since {format_time(since)}"
        with pytest.raises(DrainError, match=f"^{re.escape(expected)}$"):
            action()
        # Draining in vain, the machine has waited for its next events, but not for long.
        assert since <= simulation.time <= since + 2 * LONGEST_DRAIN
    manager.unregister(busy)
    assert "signal\r\n" in run_to_truth(simulation).text


@pytest.mark.parametrize("model", MODELS)
def test_an_exit_that_is_raised_in_a_drain_arrives(
    taken: dict[str, tuple[Path, Outcome]], tmp_path: Path, model: str
) -> None:
    simulation = resumed(taken["kvm"][0], model)
    simulation.system.drain_manager.register(Busy(simulation, stuck=False), "devices.disk")
    simulation.take_checkpoint(tmp_path)
    assert simulation.run(RunLimits(host_seconds=60)) == GuestExit(3)
