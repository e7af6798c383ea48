"""What is saved under real KVM goes on under every other CPU model, and the other way round, all on one host.

`test_checkpoints_across_hosts.py` is the shorter form, with the other models where they are fast.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from real_kvm_machine import AMID, GUEST, MODELS, machine, needs_real_kvm, resumed, run
from user_space import expected_lines, spoken_lines
from vmsim_core.exits import PowerOff, TextSeen
from vmsim_core.simulation import RunLimits

pytestmark = [pytest.mark.guest, pytest.mark.slow, needs_real_kvm]


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """A checkpoint by each model, and what had been said until then."""
    found = {}
    for model in MODELS:
        with machine(model, *GUEST) as simulation:
            cause, said = run(simulation, RunLimits(host_seconds=240, text=AMID))
            assert cause == TextSeen(AMID)
            found[model] = simulation.take_checkpoint(tmp_path_factory.mktemp(model)), said
    return found


PAIRS = [("kvm", "kvm"), ("kvm", "unicorn"), ("kvm", "atomic"), ("unicorn", "kvm"), ("atomic", "kvm")]


@pytest.mark.parametrize(("takes", "resumes"), [*PAIRS, ("kvm", "timing")])
def test_one_resumes_what_the_other_has_taken(taken: dict[str, tuple[Path, str]], takes: str, resumes: str) -> None:
    checkpoint, said_before = taken[takes]
    with resumed(checkpoint, resumes) as simulation:
        cause, said = run(simulation)
    assert cause == PowerOff()
    assert spoken_lines(said_before, said) == expected_lines()
