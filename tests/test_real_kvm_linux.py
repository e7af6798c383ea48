"""Linux on our board under real KVM."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from real_kvm_machine import GUEST, LIMITS, machine, needs_real_kvm, run
from user_space import expected_lines, spoken_lines
from vmsim_core.exits import PowerOff, RunEvent, TextSeen, TimeLimit
from vmsim_core.simulation import RunLimits, Simulation
from whole_system import linux

pytestmark = [pytest.mark.guest, needs_real_kvm]

PROMPT = "/root # "


@pytest.fixture
def shell() -> Iterator[Simulation]:
    with machine("kvm", *linux(append="quiet")) as simulation:
        yield simulation


def test_a_shell_answers(shell: Simulation) -> None:
    cause, _ = run(shell, RunLimits(host_seconds=240, text=PROMPT))
    assert cause == TextSeen(PROMPT)
    shell.console.feed(b"md5sum /bin/busybox\r")
    cause, _ = run(shell, RunLimits(host_seconds=60, text=expected_lines()[0]))
    assert cause == TextSeen(expected_lines()[0])
    engine = shell.system.cores[0].active
    assert engine.statistics["engine.device_accesses"].value > 1000


def test_user_space_says_what_it_should() -> None:
    with machine("kvm", *GUEST) as simulation:
        cause, console = run(simulation)
    assert cause == PowerOff()
    assert spoken_lines(console) == expected_lines()


def test_two_machines_take_turns() -> None:
    """In one process, each with a virtual machine of its own, to the end of both."""
    machines = [machine("kvm", *GUEST) for _ in range(2)]
    consoles = [bytearray(), bytearray()]
    causes: list[RunEvent] = [TimeLimit(), TimeLimit()]
    for simulation, console in zip(machines, consoles, strict=True):
        simulation.console.listen(console.extend)
    turns = 0
    while TimeLimit() in causes:
        turns += 1
        for index, simulation in enumerate(machines):
            if causes[index] == TimeLimit():
                causes[index] = simulation.run(LIMITS, until="+20ms")
    for simulation in machines:
        simulation.close()
    assert causes == [PowerOff(), PowerOff()]
    assert turns > 5
    for console in consoles:
        assert spoken_lines(console.decode()) == expected_lines()
