"""Regions of interest: parts of a run that a program, a script or a person marks, and what passed in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from vmsim_core.component import Component, ComponentParams
from vmsim_core.errors import VmsimError

if TYPE_CHECKING:
    from vmsim_core.system import System

MAX_REGIONS = 256
"""Regions are numbered from 0; a guest cannot make us keep statistics of more."""


@dataclass
class _Region:
    times: int = 0
    ticks: int = 0
    instructions: int = 0


class Regions(Component):
    """Counts how often each region was entered, and the time and the instructions spent in it."""

    type_name = "regions"
    in_checkpoints: ClassVar[bool] = False

    def __init__(self, system: System) -> None:
        super().__init__(system, "regions", ComponentParams())
        self._regions: dict[int, _Region] = {}
        self._open: dict[int, tuple[int, int]] = {}
        """For each open region the tick and the machine's instructions at which it began."""

    def begin(self, region: int) -> None:
        """Enter a region; raises VmsimError for a number that cannot be, and when it is open already."""
        if region in self._open:
            raise VmsimError(f"the region {region} has begun already")
        self._known(region).times += 1
        self._open[region] = self._moment()

    def end(self, region: int) -> None:
        """Leave a region; raises VmsimError when it is not open."""
        if region not in self._open:
            raise VmsimError(f"the region {region} has not begun")
        ticks, instructions = self._since(self._open.pop(region))
        self._regions[region].ticks += ticks
        self._regions[region].instructions += instructions

    @property
    def state(self) -> list[int]:
        """The open regions as numbers, three for each: the region, and the tick and instruction that it began at."""
        return [number for region in sorted(self._open) for number in (region, *self._open[region])]

    @state.setter
    def state(self, numbers: list[int]) -> None:
        triples = list(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))
        for region, tick, instructions in triples:
            self._known(region)
            if min(tick, instructions) < 0:
                raise VmsimError(f"the region {region} cannot have begun before the machine was switched on")
        self._open = {region: (tick, instructions) for region, tick, instructions in triples}

    def _known(self, region: int) -> _Region:
        if not 0 <= region < MAX_REGIONS:
            raise VmsimError(f"{region} is no region; they are 0 to {MAX_REGIONS - 1}")
        if region not in self._regions:
            self._regions[region] = _Region()
            self._declare(region, self._regions[region])
        return self._regions[region]

    def _declare(self, region: int, counted: _Region) -> None:
        def open_part(which: int) -> int:
            return self._since(self._open[region])[which] if region in self._open else 0

        formula = self.statistics.formula
        formula(f"{region}.times", lambda: counted.times, "how often the region was entered")
        formula(f"{region}.ticks", lambda: counted.ticks + open_part(0), "simulated time in the region", "tick")
        formula(
            f"{region}.instructions", lambda: counted.instructions + open_part(1),
            "retired in the region", "instruction",
        )  # fmt: skip

    def _moment(self) -> tuple[int, int]:
        cores = self.system.cores
        return cores[0].active.time, sum(core.instructions for core in cores)

    def _since(self, begun: tuple[int, int]) -> tuple[int, int]:
        tick, instructions = self._moment()
        return tick - begun[0], instructions - begun[1]
