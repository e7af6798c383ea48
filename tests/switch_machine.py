"""The default system with every CPU model twice, and what its guests are compared by: for the tests of switching."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import cycle, permutations
from pathlib import Path
from typing import TYPE_CHECKING

from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.switching import HandoverReport
from vmsim_core.units import TICKS_PER_SECOND
from whole_system import SYSTEM, Outcome, linux, make_simulation, outcome, without_times

if TYPE_CHECKING:
    from vmsim_core.architecture import ArchState

MICROSECOND = TICKS_PER_SECOND // 10**6
MILLISECOND = TICKS_PER_SECOND // 1000

EXACT = ("kvm", "atomic", "warming")
"""The models whose clock is the instruction: they agree on everything. `warming` is atomic, through the caches."""
MODELS = (*EXACT, "timing")
EVERY_PAIR = ("kvm", "atomic", "kvm", "warming", "kvm", "timing", "atomic", "warming", "atomic", "timing", "warming",
              "timing")  # fmt: skip
"""Through this rotation every model follows every other, once a round."""
assert {*zip(EVERY_PAIR, EVERY_PAIR[1:] + EVERY_PAIR[:1], strict=True)} == {*permutations(MODELS, 2)}

_VARIANTS = {"warming": "{type: atomic, warming: true}"}
TWINS = tuple((f"cpus.0.models.{model}-2", _VARIANTS.get(model, f"{{type: {model}}}")) for model in MODELS)
"""Overrides that give a core a second instance of each model: ``kvm-2`` and so on."""


def machine(start: str = "kvm", *overrides: tuple[str, str]) -> Simulation:
    """Return a machine that starts on one of `MODELS`; all of them and their twins can take over."""
    return make_simulation(*TWINS, *overrides, cpu=start)


def booting(*commands: str) -> tuple[tuple[str, str], ...]:
    """Return the overrides for Linux on the small kernel that runs commands and powers off."""
    return linux(append=f'vmsim.run="{"; ".join(commands)}"')


@dataclass
class Switcher:
    """Switches a machine in a rotation, and keeps the reports."""

    simulation: Simulation
    rotation: Iterable[str]
    reports: list[HandoverReport] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._turn = cycle(self.rotation)

    def switch(self) -> None:
        """Hand the core to the next model."""
        self.reports.append(self.simulation.switch(next(self._turn)))

    def every(self, period: int, since: int = 0, until: int | None = None) -> Switcher:
        """Switch each `period` ticks, from `since` and before `until`."""

        def due() -> None:
            self.switch()
            following = self.simulation.time + period
            if until is None or following < until:
                self.simulation.at(following, due)

        self.simulation.at(max(since, period), due)
        return self

    def at_instructions(self, counts: Iterable[int]) -> Switcher:
        """Switch at these counts of instructions."""
        for count in counts:
            self.simulation.at_instruction(count, self.switch)
        return self


def same(result: Outcome, expected: Outcome) -> None:
    """Require that two runs were the same, bit for bit."""
    assert (result.cause, result.instructions, result.time) == (expected.cause, expected.instructions, expected.time)
    assert result.console == expected.console
    assert result.ram == expected.ram


def said(result: Outcome) -> list[str]:
    """Return the lines that a guest has said, in an order of their own and without the kernel's time stamps.

    When an interrupt comes decides which of the kernel's threads is first to say what it says.
    """
    return sorted(without_times(result.text))


def run_to_truth(simulation: Simulation, limits: RunLimits | None = None) -> Outcome:
    """Run, write the caches back, so that RAM can be compared between models, and return what is left."""
    console = bytearray()
    simulation.console.listen(console.extend)
    cause = simulation.run(limits or RunLimits(host_seconds=300))
    with simulation.at_rest():
        simulation.write_back_caches()
    return outcome(simulation, cause, bytes(console))


def registers(simulation: Simulation) -> ArchState:
    """Return the architectural state of the core."""
    return simulation.system.cores[0].active.save_state()


def resumed(checkpoint: Path, model: str) -> Simulation:
    """Return a machine that goes on from a checkpoint, on any of `MODELS`."""
    simulation = Simulation.from_yaml(SYSTEM, model, TWINS)
    simulation.restore(checkpoint)
    return simulation
