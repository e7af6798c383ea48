"""The switch matrix: every CPU model hands a running Linux to every other, however often; nothing is lost.

Between models whose clock is the instruction a run is, bit for bit, the one that was never switched. The timing model
has a time of its own: with it the guest says the same and ends the same, and a run is repeated bit for bit.
"""

from __future__ import annotations

import random
from itertools import accumulate, combinations, permutations
from pathlib import Path

import pytest
from switch_machine import (
    EVERY_PAIR,
    EXACT,
    MICROSECOND,
    MILLISECOND,
    MODELS,
    Switcher,
    booting,
    machine,
    registers,
    resumed,
    run_to_truth,
    said,
    same,
)
from user_space import WORK, expected_lines, spoken_lines
from vmsim_core.architecture import ArchState
from vmsim_core.exits import PowerOff
from vmsim_core.simulation import RunLimits
from whole_system import Outcome, linux, same_end

pytestmark = pytest.mark.guest

GUEST = booting(*WORK)
ROTATIONS = [*combinations(MODELS, 2), EVERY_PAIR]
EVERY_EXACT_PAIR = ("kvm", "atomic", "kvm", "warming", "atomic", "warming")
assert {*zip(EVERY_EXACT_PAIR, EVERY_EXACT_PAIR[1:] + EVERY_EXACT_PAIR[:1], strict=True)} == {*permutations(EXACT, 2)}
STRETCHES = (8 * MILLISECOND, 60 * MILLISECOND, 104 * MILLISECOND)
"""The kernel's start, a computation in user space, and forks and signals."""


@pytest.fixture(scope="module")
def never_switched() -> Outcome:
    result = run_to_truth(machine("kvm", *GUEST))
    assert spoken_lines(result.text) == expected_lines()
    return result


@pytest.fixture(scope="module")
def stretches(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Checkpoints of where the stretches begin."""
    simulation = machine("kvm", *GUEST)
    folder = tmp_path_factory.mktemp("stretches")
    taken = []
    for tick in STRETCHES:
        simulation.run(RunLimits(time=tick))
        taken.append(simulation.take_checkpoint(folder))
    return taken


def name(rotation: tuple[str, ...]) -> str:
    return "every-pair" if rotation is EVERY_PAIR else "-".join(rotation)


def switched(rotation: tuple[str, ...], period: int, *guest: tuple[str, str]) -> tuple[Outcome, int]:
    simulation = machine(rotation[-1], *guest)
    switcher = Switcher(simulation, rotation).every(period)
    return run_to_truth(simulation), len(switcher.reports)


@pytest.mark.parametrize("rotation", ROTATIONS, ids=name)
def test_every_millisecond_of_a_boot_and_its_user_space(never_switched: Outcome, rotation: tuple[str, ...]) -> None:
    result, switches = switched(rotation, MILLISECOND, *GUEST)
    assert switches > 140
    if "timing" in rotation:
        assert (result.cause, said(result)) == (PowerOff(), said(never_switched))
        again, _ = switched(rotation, MILLISECOND, *GUEST)
        same(again, result)
    else:
        same(result, never_switched)


@pytest.mark.slow
@pytest.mark.parametrize("rotation", [EVERY_EXACT_PAIR, EVERY_PAIR], ids=["every-exact-pair", "every-pair"])
def test_thousands_of_switches_in_a_row(never_switched: Outcome, rotation: tuple[str, ...]) -> None:
    """Every ten microseconds from the first instruction to the last, and nothing is lost."""
    result, switches = switched(rotation, 10 * MICROSECOND, *GUEST)
    assert switches > 10_000
    if "timing" in rotation:
        assert (result.cause, said(result)) == (PowerOff(), said(never_switched))
    else:
        same(result, never_switched)


def through_a_stretch(checkpoint: Path, start: int, rotation: tuple[str, ...], period: int, length: int) -> None:
    """Switch each `period` microseconds, and compare the end with the run that is never switched, or with a second."""
    end = RunLimits(time=start + length * MICROSECOND)
    results: list[tuple[Outcome, ArchState, int]] = []
    for _ in range(2):
        simulation = resumed(checkpoint, rotation[-1])
        switcher = Switcher(simulation, rotation)
        if results and "timing" not in rotation:
            simulation.switch("kvm")
        else:
            switcher.every(period * MICROSECOND, since=start)
        results.append((run_to_truth(simulation, end), registers(simulation), len(switcher.reports)))
    same(results[0][0], results[1][0])
    assert results[0][1].differences(results[1][1]) == []
    assert results[0][2] >= length // (2 * period)


PERIODS = [(100, 2000), (10, 1000), (1, 200)]
"""Microseconds between switches, and of the stretch."""


@pytest.mark.parametrize("rotation", ROTATIONS, ids=name)
@pytest.mark.parametrize("choice", range(3), ids=["100us", "10us", "1us"])
def test_shorter_periods(stretches: list[Path], rotation: tuple[str, ...], choice: int) -> None:
    through_a_stretch(stretches[choice], STRETCHES[choice], rotation, *PERIODS[choice])


@pytest.mark.slow
@pytest.mark.parametrize("rotation", ROTATIONS, ids=name)
@pytest.mark.parametrize(("period", "length"), [(100, 20_000), (10, 5000), (1, 1000)])
def test_shorter_periods_of_all_stretches(
    stretches: list[Path], rotation: tuple[str, ...], period: int, length: int
) -> None:
    for checkpoint, start in zip(stretches, STRETCHES, strict=True):
        through_a_stretch(checkpoint, start, rotation, period, length)


@pytest.mark.parametrize("rotation", ROTATIONS, ids=name)
def test_after_each_of_a_few_instructions(
    never_switched: Outcome, stretches: list[Path], rotation: tuple[str, ...]
) -> None:
    """At random one to nine instructions apart; and then to the end."""
    rng = random.Random(5)
    simulation = resumed(stretches[2], rotation[-1])
    first = simulation.instructions
    counts = list(accumulate((rng.randint(1, 9) for _ in range(400)), initial=first + 100))
    switcher = Switcher(simulation, rotation).at_instructions(counts)
    result = run_to_truth(simulation)
    assert len(switcher.reports) == len(counts)
    if "timing" in rotation:
        assert result.cause == PowerOff()
        assert result.text.count("\n") < 20
        assert set(said(result)) <= set(said(never_switched)) | {""}
    else:
        same_end(result, never_switched)


@pytest.mark.parametrize("model", MODELS)
def test_to_a_fresh_instance_of_the_same_model(never_switched: Outcome, model: str) -> None:
    """Of what is its own the timing model loses what its report names, and with it some time."""
    rotation = (f"{model}-2", model)
    simulation = machine(model, *GUEST)
    switcher = Switcher(simulation, rotation).every(MILLISECOND)
    result = run_to_truth(simulation)
    if model in EXACT:
        same(result, never_switched)
    else:
        assert said(result) == said(never_switched)
        assert {each.reset for each in switcher.reports} == {("TLBs", "branch predictor")}


@pytest.mark.slow
@pytest.mark.parametrize("rotation", ROTATIONS, ids=name)
def test_every_millisecond_of_the_stress(rotation: tuple[str, ...]) -> None:
    """560 million instructions of gzip, bzip2, sort, awk, tar, pipes and signals, and their checksums."""
    guest = linux(initrd="busybox-stress")
    expected = run_to_truth(machine("kvm", *guest))
    result, switches = switched(rotation, MILLISECOND, *guest)
    assert switches > 1000
    if "timing" in rotation:
        assert (result.cause, said(result)) == (expected.cause, said(expected))
    else:
        same(result, expected)
