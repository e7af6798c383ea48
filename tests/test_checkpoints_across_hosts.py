"""A checkpoint that was taken under real KVM, on an ARM host, goes on here under every CPU model; and the other way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from armserver.image import boot
from real_kvm_machine import AMID, GUEST, run
from switch_machine import MODELS, machine, resumed
from user_space import expected_lines, spoken_lines
from vmsim_core.exits import PowerOff, TextSeen
from vmsim_core.simulation import RunLimits

pytestmark = [pytest.mark.guest, pytest.mark.armserver, pytest.mark.usefixtures("arm_server")]

GIVEN = ("kvm", "atomic")
"""Of this host's models those whose checkpoints the other resumes; `kvm` is Unicorn here."""
TIMEOUT = 500
COMMAND = ("python3", "tests/checkpoints_program.py")


@dataclass(frozen=True)
class Exchange:
    """What was said before, here, by those that give; what the ARM host's runs said; and where its checkpoint is."""

    before: dict[str, str]
    said: dict[str, tuple[str, str]]
    taken: Path


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory, arm_server: None) -> Exchange:
    folder = tmp_path_factory.mktemp("exchange")
    before, files = {}, {}
    for model in GIVEN:
        with machine(model, *GUEST) as simulation:
            cause, before[model] = run(simulation, RunLimits(host_seconds=100, text=AMID))
            assert cause == TextSeen(AMID)
            checkpoint = simulation.take_checkpoint(folder)
        for file in (path for path in checkpoint.rglob("*") if path.is_file()):
            files[f"given/{model}/{file.relative_to(checkpoint)}"] = file.read_bytes()
    log, results = folder / "log", folder / "results"
    with (
        log.open("wb") as output,
        boot(COMMAND, files, {"PYTHONPATH": "/work/tools"}, timeout=TIMEOUT, output=output) as server,
    ):
        outcome = server.wait(results)
    assert outcome.status == 0, f"{outcome.says()}:\n{log.read_text()}"
    return Exchange(before, json.loads((results / "said.json").read_text()), results / "taken")


@pytest.mark.timeout(TIMEOUT + 200)
@pytest.mark.parametrize("model", GIVEN)
def test_real_kvm_resumes_what_was_taken_here(exchange: Exchange, model: str) -> None:
    cause, said = exchange.said[model]
    assert cause == str(PowerOff())
    assert spoken_lines(exchange.before[model], said) == expected_lines()


@pytest.mark.timeout(TIMEOUT + 200)
@pytest.mark.parametrize("model", MODELS)
def test_each_model_here_resumes_what_was_taken_under_real_kvm(exchange: Exchange, model: str) -> None:
    with resumed(exchange.taken, model) as simulation:
        cause, said = run(simulation)
    assert cause == PowerOff()
    assert spoken_lines(exchange.said["taken"][1], said) == expected_lines()
