"""The virtual CPU on real KVM hands a running Linux to other models and takes it back, however often."""

from __future__ import annotations

from itertools import cycle

import pytest
from real_kvm_machine import ENDLESS_GUEST, GUEST, LIMITS, machine, needs_real_kvm, run
from switch_machine import MILLISECOND, Switcher
from user_space import expected_lines, spoken_lines
from vmsim_core.exits import PowerOff, TextSeen, TimeLimit

pytestmark = [pytest.mark.guest, needs_real_kvm]

SWITCHES = 1000
PAIRS = [("atomic", "kvm"), ("unicorn", "kvm")]


@pytest.mark.parametrize("rotation", PAIRS, ids="-".join)
def test_every_ten_milliseconds(rotation: tuple[str, ...]) -> None:
    with machine(rotation[-1], *GUEST) as simulation:
        switcher = Switcher(simulation, rotation).every(10 * MILLISECOND)
        cause, console = run(simulation)
    assert cause == PowerOff()
    assert spoken_lines(console) == expected_lines()
    assert len(switcher.reports) >= 10


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("rotation", [*PAIRS, ("atomic", "kvm", "unicorn", "kvm")], ids="-".join)
def test_a_thousand_times(rotation: tuple[str, ...]) -> None:
    """From the kernel's first instructions on, through a user space that does its work again and again.

    The turns of the other models are short; those under KVM are as short as its kick and its clock are exact.
    """
    console = bytearray()
    with machine(rotation[-1], *ENDLESS_GUEST) as simulation:
        simulation.console.listen(console.extend)
        for _, model in zip(range(SWITCHES), cycle(rotation), strict=False):
            assert simulation.run(until="+60us") == TimeLimit()
            simulation.switch(model)
        assert simulation.switches == SWITCHES
        end_of_round = TextSeen(f"{expected_lines()[-1]}\r\n")
        done = console.count(expected_lines()[-1].encode())
        for _ in range(2):
            assert simulation.run(LIMITS, until=end_of_round) == end_of_round
    said = spoken_lines(console.decode())
    assert said == expected_lines() * (done + 2)
