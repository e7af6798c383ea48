"""CPU models that hand a running Linux to each other: nothing may be lost, however often."""

from __future__ import annotations

import random

import pytest
from vmsim_core.simulation import Simulation
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_cpu_kvm.kvm_cpu import KvmCpu, KvmParams
from whole_system import Outcome, linux, make_simulation, run

pytestmark = pytest.mark.guest

MICROSECOND = TICKS_PER_SECOND // 10**6
GUEST = linux(append='vmsim.run="md5sum /bin/busybox; sleep 0.05; date; poweroff -f"')


@pytest.fixture(scope="module")
def never_switched() -> Outcome:
    return run(make_simulation(*GUEST))


def two_of_a_kind() -> Simulation:
    """Return a machine whose core can be switched between two instances of the virtual CPU."""
    simulation = make_simulation(*GUEST)
    core = simulation.system.cores[0]
    core.makers["twin"] = lambda: KvmCpu(simulation.system, "cpu0.twin", KvmParams(), core)
    return simulation


def other(simulation: Simulation) -> str:
    return "kvm" if simulation.system.cores[0].active.path.endswith("twin") else "twin"


def switch_every(simulation: Simulation, period: int) -> None:
    def switch() -> None:
        simulation.switch(other(simulation))
        simulation.at(simulation.time + period, switch)

    simulation.at(period, switch)


def check(outcome: Outcome, expected: Outcome) -> None:
    assert (outcome.cause, outcome.instructions, outcome.time) == (expected.cause, expected.instructions, expected.time)
    assert outcome.console == expected.console
    assert outcome.ram == expected.ram


@pytest.mark.parametrize("period", [1000 * MICROSECOND, 100 * MICROSECOND])
def test_the_virtual_cpu_hands_over_to_a_fresh_one(never_switched: Outcome, period: int) -> None:
    simulation = two_of_a_kind()
    switch_every(simulation, period)
    check(run(simulation), never_switched)
    assert simulation.switches >= 40 * MICROSECOND * 1000 // period


def test_switches_at_random_instructions(never_switched: Outcome) -> None:
    simulation = two_of_a_kind()
    rng = random.Random(2)
    for tick in sorted(rng.randrange(never_switched.time) for _ in range(300)):
        simulation.at(tick, lambda: simulation.switch(other(simulation)) and None)
    check(run(simulation), never_switched)
    assert simulation.switches == 300
