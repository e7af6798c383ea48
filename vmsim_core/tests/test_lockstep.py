"""Two CPU models side by side: equal ones, and ones that go astray at one instruction."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
from fake_plugins import SYSTEM, Cpu, fake_plugins, plugin, simulate
from vmsim_core.exits import InstructionLimit, TimeLimit
from vmsim_core.lockstep import LockstepResult, lockstep
from vmsim_core.simulation import RunLimits, Simulation


class Astray(Cpu):
    """Does something else at one instruction."""

    type_name = "astray"
    at: ClassVar[int] = 0
    how: ClassVar[str] = "register"

    def run(self, deadline: int, instructions: int) -> Any:
        left = self.at - self.state.count
        result = super().run(deadline, min(instructions, left) if left > 0 else instructions)
        if left > 0 and self.state.count == self.at:
            if self.how == "register":
                self.state.count += 1
            else:
                self.system.rams()[0].view[0x1234] = 0x77
        return result


def compare(folder: Path, every: int, limits: RunLimits | None = None) -> LockstepResult:
    def make(model: str) -> Simulation:
        text = SYSTEM.replace("test-cpu", model)
        return simulate(folder, text, fake_plugins(more=plugin(vmsim_cpu_models=lambda: [Astray])))

    return lockstep(make, ("test-cpu", "astray"), every, limits or RunLimits(instructions=1000))


@pytest.mark.parametrize("every", [1, 7, 1000, 10**6])
def test_equal_models_are_identical(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int) -> None:
    monkeypatch.setattr(Astray, "at", 5000)
    assert compare(tmp_path, every) == LockstepResult(1000, InstructionLimit())
    assert compare(tmp_path, every, RunLimits(time=30_000)) == LockstepResult(30, TimeLimit())


@pytest.mark.parametrize("every", [1, 7, 64, 1000])
@pytest.mark.parametrize("at", [1, 2, 333, 1000])
@pytest.mark.parametrize(
    ("how", "expected"),
    [("register", "cpu0.count: {0:#x} / {1:#x}"), ("ram", "ram RAM at offset 0x1234: 0x0 / 0x77")],
)
def test_the_very_instruction_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int, at: int, how: str, expected: str
) -> None:
    monkeypatch.setattr(Astray, "at", at)
    monkeypatch.setattr(Astray, "how", how)
    divergence = compare(tmp_path, every).divergence
    assert divergence is not None
    assert (divergence.instruction, divergence.text) == (at - 1, f"{at - 1:#010x}  cannot be fetched")
    assert divergence.differences == [expected.format(at, at + 1)]
    first = max(0, at - 21)
    assert divergence.history == [f"{number:#010x}  cannot be fetched" for number in range(first, at - 1)]
