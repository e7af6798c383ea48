"""Lockstep: two CPU models run the same system side by side, and must never differ.

Every N instructions the architectural states, the simulated time and all RAM are compared. On a difference the machines
go back to a checkpoint from before it, and the first instruction that makes a difference is found by halving.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from vmsim_core.exits import ExitCause, InstructionLimit
from vmsim_core.simulation import RunLimits, Simulation

_CHECKPOINT_DISTANCE = 20_000_000
"""Instructions between checkpoints to go back to: halving must not begin at power-on."""
HISTORY = 20
_LONGEST_INSTRUCTION = 4


@dataclass(frozen=True)
class Divergence:
    """The first instruction after which two models differ."""

    instruction: int
    """Its number since power-on, from 0."""
    text: str
    """Its address and disassembly."""
    differences: list[str]
    """What is different after it, the first model's value before the second's."""
    history: list[str]
    """The last instructions before it, as the first model executed them."""


@dataclass(frozen=True)
class LockstepResult:
    """How a lockstep run ended."""

    instructions: int
    """Instructions after which the two were last seen equal."""
    cause: ExitCause | None = None
    """Why both ended, when they did not differ."""
    divergence: Divergence | None = None


@dataclass
class _Pair:
    one: Simulation
    other: Simulation
    causes: list[ExitCause] = field(default_factory=list)

    def run(self, instructions: int, limits: RunLimits) -> list[ExitCause]:
        step = RunLimits(instructions, limits.time, limits.host_seconds, limits.text)
        self.causes = [each.run(step) for each in (self.one, self.other)]
        return self.causes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ignored: object) -> None:
        for each in (self.one, self.other):
            each.close()

    def differences(self) -> list[str]:
        """Return in what the two machines differ now."""
        found = []
        for simulation in (self.one, self.other):
            if simulation.system.has_memory_hierarchy:
                # RAM as seen through the caches.
                with simulation.at_rest():
                    simulation.write_back_caches()
        if self.causes and self.causes[0] != self.causes[1]:
            found.append(f"the run ended: {self.causes[0]} / {self.causes[1]}")
        for what in ("instructions", "time"):
            mine, theirs = getattr(self.one, what), getattr(self.other, what)
            if mine != theirs:
                found.append(f"{what}: {mine} / {theirs}")
        for mine, theirs in zip(self.one.system.cores, self.other.system.cores, strict=True):
            for each in mine.active.save_state().differences(theirs.active.save_state()):
                found.append(f"{mine.path}.{each.field}: {_shown(each.mine)} / {_shown(each.theirs)}")
        for ram, twin in zip(self.one.system.rams(), self.other.system.rams(), strict=True):
            page = ram.first_difference(twin)
            if page is not None:
                offset = next(at for at in range(page, ram.size) if ram.view[at] != twin.view[at])
                found.append(f"{ram.name} RAM at offset {offset:#x}: {ram.view[offset]:#x} / {twin.view[offset]:#x}")
        return found


def lockstep(
    make: Callable[[str], Simulation], models: tuple[str, str], every: int, limits: RunLimits | None = None
) -> LockstepResult:
    """Run two models side by side and compare them every `every` instructions; raises VmsimError as building does.

    `make(model)` returns a new simulation of the system on that model, with its workload loaded. `limits.instructions`
    is the total.
    """
    limits = limits or RunLimits()
    total = limits.instructions
    with _Pair(make(models[0]), make(models[1])) as pair, tempfile.TemporaryDirectory() as folder:
        checkpoint = pair.one.take_checkpoint(Path(folder))
        taken_at = equal_at = pair.one.instructions
        while True:
            step = every if total is None else min(every, total - pair.one.instructions)
            if step <= 0:
                return LockstepResult(equal_at, InstructionLimit())
            causes = pair.run(step, limits)
            if pair.differences():
                return LockstepResult(equal_at, divergence=_find(make, models, checkpoint, equal_at - taken_at, step))
            equal_at = pair.one.instructions
            if not isinstance(causes[0], InstructionLimit):
                return LockstepResult(equal_at, causes[0])
            if equal_at - taken_at >= _CHECKPOINT_DISTANCE:
                shutil.rmtree(checkpoint)
                checkpoint = pair.one.take_checkpoint(Path(folder))
                taken_at = equal_at


def _find(
    make: Callable[[str], Simulation], models: tuple[str, str], checkpoint: Path, equal: int, within: int
) -> Divergence:
    """Find the first instruction that makes a difference: not among the first `equal` ones after the checkpoint, but
    among the `within` that follow."""
    low, high = equal, equal + within
    while high - low > 1:
        middle = (low + high) // 2
        with _restored(make, models, checkpoint) as pair:
            pair.run(middle, RunLimits())
            if pair.differences():
                high = middle
            else:
                low = middle
    with _restored(make, models, checkpoint) as pair:
        return _describe(pair, low)


def _restored(make: Callable[[str], Simulation], models: tuple[str, str], checkpoint: Path) -> _Pair:
    pair = _Pair(make(models[0]), make(models[1]))
    for simulation in (pair.one, pair.other):
        simulation.restore(checkpoint)
    return pair


def _describe(pair: _Pair, instructions: int) -> Divergence:
    """Say what happens after so many instructions, at which the two still are equal."""
    before = max(0, instructions - HISTORY)
    if before:
        pair.run(before, RunLimits())
    history: deque[str] = deque(maxlen=HISTORY)
    for _ in range(instructions - before):
        history.append(_next_instruction(pair.one))
        pair.run(1, RunLimits())
    number, text = pair.one.instructions, _next_instruction(pair.one)
    pair.run(1, RunLimits())
    return Divergence(number, text, pair.differences(), list(history))


def _next_instruction(simulation: Simulation) -> str:
    """Return the address and the disassembly of what the first core executes next."""
    core = simulation.system.cores[0]
    architecture, state = simulation.system.architecture, core.active.save_state()
    address = architecture.program_counter(state)
    code = core.active.read_memory(address, _LONGEST_INSTRUCTION) or core.active.read_memory(address, 2)
    text = "cannot be fetched" if code is None else architecture.disassemble(code, address, state)
    return f"{address:#010x}  {text}"


def _shown(value: object) -> str:
    return hex(value) if isinstance(value, int) else str(value)
