"""The same system, options and inputs give the same run, whatever the host does meanwhile."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable

import pytest
from vmsim_core.exits import InstructionLimit, PowerOff, TextSeen
from vmsim_core.simulation import RunLimits, Simulation
from whole_system import USER_SPACE, Outcome, linux, make_simulation, outcome, run

from vmsim_core import run_loop

pytestmark = pytest.mark.guest

WORK = 'vmsim.run="head -c 99999 /bin/busybox | gzip | sha1sum; cat /proc/uptime /proc/interrupts; sleep 3; date"'
"""Computes, asks for the time, counts interrupts and sleeps: what would show a host's influence."""


def boot_and_work(change: Callable[[Simulation], None] = lambda simulation: None) -> Outcome:
    simulation = make_simulation(*linux(append=WORK))
    change(simulation)
    return run(simulation)


@pytest.fixture(scope="module")
def undisturbed() -> Outcome:
    done = boot_and_work()
    assert isinstance(done.cause, PowerOff)
    assert "command ended with status 0" in done.text
    return done


def test_twice_the_same(undisturbed: Outcome) -> None:
    assert boot_and_work() == undisturbed


@pytest.mark.parametrize("length", [3_000_017, 65_537])
def test_the_length_of_slices_changes_nothing(undisturbed: Outcome, length: int) -> None:
    def slice_differently(simulation: Simulation) -> None:
        simulation.slice_instructions = length

    assert boot_and_work(slice_differently) == undisturbed


@pytest.mark.parametrize("seconds", [0.0, 0.001, 1000.0], ids=["always", "often", "never"])
def test_how_often_the_host_looks_in_changes_nothing(
    undisturbed: Outcome, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(run_loop, "POLL_SECONDS", seconds)
    looks = []

    def look_in(simulation: Simulation) -> None:
        simulation.slice_instructions = 200_000
        simulation.between_slices.append(lambda: looks.append(simulation.instructions))

    assert boot_and_work(look_in) == undisturbed
    assert len(looks) > 100 if not seconds else looks, "the host looked in"


def test_what_the_host_does_between_slices_changes_nothing(
    undisturbed: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_loop, "POLL_SECONDS", 0.0)
    dice = random.Random()

    def disturb(simulation: Simulation) -> None:
        def idle_until(now: int, target: int) -> int:
            # A pacer comes back early when it likes to.
            return target if dice.random() < 0.5 else now + (target - now) // 2

        def between_slices() -> None:
            time.sleep(dice.choice([0, 0, 0.002]))
            gc.collect(0)
            simulation.slice_instructions = dice.randint(50_000, 4_000_000)

        simulation.between_slices.append(between_slices)
        simulation.idle = idle_until

    assert boot_and_work(disturb) == undisturbed


def test_a_run_in_several_goes_is_the_same(undisturbed: Outcome) -> None:
    simulation = make_simulation(*linux(append=WORK))
    console = bytearray()
    simulation.console.listen(console.extend)
    while (cause := simulation.run(RunLimits(instructions=1_234_567))) == InstructionLimit():
        pass
    assert outcome(simulation, cause, bytes(console)) == undisturbed


def test_two_machines_in_one_process_do_not_disturb_each_other() -> None:
    limit, steps = 1_000_000, 15
    systems = (linux(), (*linux(append="quiet"), ("memory", "64MiB")))
    alone = [run(make_simulation(*each), RunLimits(instructions=limit * steps)) for each in systems]
    assert alone[0] != alone[1]

    machines = [make_simulation(*each) for each in systems]
    consoles = [bytearray() for _ in machines]
    for machine, console in zip(machines, consoles, strict=True):
        machine.console.listen(console.extend)
    for _ in range(steps):
        for machine in machines:
            assert machine.run(RunLimits(instructions=limit)) == InstructionLimit()
    together = [
        outcome(machine, InstructionLimit(), bytes(console))
        for machine, console in zip(machines, consoles, strict=True)
    ]
    assert together == alone


def test_a_machine_goes_on_when_another_is_gone() -> None:
    alone = run(make_simulation(*linux()), RunLimits(text=USER_SPACE))
    assert alone.cause == TextSeen(USER_SPACE)
    survivor = make_simulation(*linux())
    console = bytearray()
    survivor.console.listen(console.extend)
    survivor.run(RunLimits(instructions=2_000_000))
    run(make_simulation(*linux(append="quiet")), RunLimits(instructions=3_000_000))
    gc.collect()
    assert outcome(survivor, survivor.run(RunLimits(text=USER_SPACE)), bytes(console)) == alone
