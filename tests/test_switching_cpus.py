"""CPU models that hand a running Linux to each other: nothing may be lost, however often."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.units import TICKS_PER_SECOND
from whole_system import SYSTEM, Outcome, linux, make_simulation, run

pytestmark = pytest.mark.guest

MICROSECOND = TICKS_PER_SECOND // 10**6
GUEST = linux(append='vmsim.run="md5sum /bin/busybox; sleep 0.05; date; poweroff -f"')


@pytest.fixture(scope="module")
def never_switched() -> Outcome:
    return run(make_simulation(*GUEST))


def machine(start: str) -> Simulation:
    """Return a machine whose core can also be switched to a second instance of the virtual CPU, ``twin``."""
    return make_simulation(*GUEST, ("cpus.0.models.twin", "{type: kvm}"), cpu=start)


def switch_every(simulation: Simulation, period: int, models: tuple[str, ...]) -> None:
    turn = cycle(models)

    def switch() -> None:
        simulation.switch(next(turn))
        simulation.at(simulation.time + period, switch)

    simulation.at(period, switch)


def check(outcome: Outcome, expected: Outcome) -> None:
    assert (outcome.cause, outcome.instructions, outcome.time) == (expected.cause, expected.instructions, expected.time)
    assert outcome.console == expected.console
    assert outcome.ram == expected.ram


PAIRS = [("twin", "kvm"), ("atomic", "kvm"), ("atomic", "twin", "kvm")]


@pytest.mark.parametrize("models", PAIRS, ids=" ".join)
@pytest.mark.parametrize("period", [1000, 100])
def test_nothing_is_lost_however_often(never_switched: Outcome, period: int, models: tuple[str, ...]) -> None:
    simulation = machine("kvm")
    switch_every(simulation, period * MICROSECOND, models)
    check(run(simulation), never_switched)
    assert simulation.switches >= 40_000 // period


@pytest.mark.parametrize("models", PAIRS, ids=" ".join)
@pytest.mark.parametrize("switches", [300, pytest.param(1000, marks=pytest.mark.slow)])
def test_switches_at_random_instructions(never_switched: Outcome, switches: int, models: tuple[str, ...]) -> None:
    simulation = machine("kvm")
    rng, turn = random.Random(2), cycle(models)
    for count in sorted(rng.sample(range(1, never_switched.instructions), switches)):
        simulation.at_instruction(count, lambda: simulation.switch(next(turn)))
    check(run(simulation), never_switched)
    assert simulation.switches == switches


@pytest.mark.parametrize("milliseconds", [10, pytest.param(50, marks=pytest.mark.slow)])
def test_every_ten_microseconds_of_a_stretch(never_switched: Outcome, milliseconds: int) -> None:
    """Of the kernel's start: its page tables, its first interrupts."""
    simulation = machine("kvm")
    turn = cycle(["atomic", "kvm"])
    for step in range(100 * milliseconds):
        simulation.at(20_000 * MICROSECOND + 10 * MICROSECOND * step, lambda: simulation.switch(next(turn)))
    check(run(simulation), never_switched)
    assert simulation.switches == 100 * milliseconds


@pytest.mark.parametrize(("takes", "resumes"), [("kvm", "atomic"), ("atomic", "kvm"), ("atomic", "atomic")])
def test_a_checkpoint_of_one_model_is_resumed_by_the_other(
    tmp_path: Path, never_switched: Outcome, takes: str, resumes: str
) -> None:
    first = machine(takes)
    for tick in (5_000, 33_000, 60_000):
        first.run(RunLimits(time=tick * MICROSECOND))
        console = len(never_switched.console) - len(run(resumed(first.take_checkpoint(tmp_path), resumes)).console)
        outcome = run(resumed(first.take_checkpoint(tmp_path), resumes))
        check(replace(outcome, console=never_switched.console[:console] + outcome.console), never_switched)


def resumed(checkpoint: Path, model: str) -> Simulation:
    simulation = Simulation.from_yaml(SYSTEM, model)
    simulation.restore(checkpoint)
    return simulation
