"""Compare the timing CPU of the ready system with a real Cortex-A9: prints the table of docs/fidelity.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from vmsim_core.simulation import RunLimits, Simulation

SYSTEM = Path(__file__).parent.parent / "systems" / "realview-pbx-a9.yaml"
MOST_INSTRUCTIONS = 5_000_000

MEASURED = "[1]"
CORE_MANUAL = "[2]"
FPU_MANUAL = "[3]"
"""Sources, as the page numbers them."""


@dataclass(frozen=True)
class Figure:
    """What one line of guest:latencies shows; cycles for each time, nanoseconds being cycles of 1 GHz."""

    name: str
    shows: str
    real: float | None = None
    """What a Cortex-A9 takes, where that has been published."""
    source: str = ""
    within: float | None = None
    """How far the model may be off; None for what is shown, and not promised."""

    def row(self, measured: float) -> str:
        """Return the row of the table."""
        real, difference = ("", "") if self.real is None else (f"{self.real:g}", f"{measured - self.real:+.4g}")
        promise = "" if self.within is None else f"{self.within:.4g}"
        return f"| `{self.name}`: {self.shows} | {measured:.4g} | {real} | {difference} | {promise} | {self.source} |"


FIGURES = (
    Figure("chain-l1", "a load that needs the one before, in L1", 4, MEASURED, within=1),
    Figure("chain-l2", "in L2", 23, MEASURED, within=1),
    Figure("chain-ram", "in RAM: 37 cycles and 110 ns", 37 + 110, MEASURED, within=0.05 * (37 + 110)),
    Figure("pages-16", "in L1, each in a page of its own: the micro TLB has them", 4, MEASURED, within=1),
    Figure("pages-96", "the main TLB has them", 4 + 7, MEASURED, within=1),
    Figure("pages-256", "the tables are walked", 4 + 7 + 7, MEASURED, within=1),
    Figure("cross-4", "in L1, across a word", 4 + 1, MEASURED, within=1),
    Figure("cross-8", "in L1, across a doubleword", 4 + 6, MEASURED, within=1),
    Figure("parallel-l1", "four chains at a time, in L1", 1, MEASURED, within=1),
    Figure("parallel-l2", "in L2", 7, MEASURED, within=1),
    Figure("parallel-ram", "in RAM: 68 ns", 68, MEASURED, within=0.05 * 68),
    Figure("read-l2", "a load from each line in turn, in L2", 8.7, MEASURED),
    Figure("read-ram", "in RAM"),
    Figure("write-l2", "a store to each line in turn, in L2", 11.5, MEASURED),
    Figure("write-words-l2", "eight stores to each line, in L2; for a line", 8, MEASURED, within=1),
    Figure("write-words-ram", "in RAM; for a line"),
    Figure("copy-ram", "LDM and STM of four words, in RAM; for a line"),
    Figure("add-chain", "an addition that needs the one before", 1, CORE_MANUAL, within=0),
    Figure("add-any", "an addition that needs no other: two units", 0.5, MEASURED),
    Figure("mul-chain", "a multiplication that needs the one before", 4, CORE_MANUAL, within=0),
    Figure("mul-any", "a multiplication that needs no other", 2, CORE_MANUAL, within=0),
    Figure("vadd-chain", "VADD.F32 that needs the one before", 4, FPU_MANUAL, within=0),
    Figure("vmul-chain", "VMUL.F32", 5, FPU_MANUAL, within=0),
    Figure("vdiv-chain", "VDIV.F32", 15, FPU_MANUAL, within=0),
    Figure("vdiv-any", "VDIV.F32 that needs no other", 10, FPU_MANUAL, within=0),
    Figure("jump-elsewhere", "what a wrong prediction costs; the pipeline has 8 to 11 stages"),
)


def measure() -> dict[str, float]:
    """Run guest:latencies under the timing CPU; return the cycles for each time, by name."""
    simulation = Simulation.from_yaml(SYSTEM, "timing", (("workload.kernel", "guest:latencies"),))
    simulation.load_workload()
    said = bytearray()
    simulation.console.listen(said.extend)
    simulation.run(RunLimits(instructions=MOST_INSTRUCTIONS))
    simulation.close()
    found = re.findall(r"^([\w-]+) (0x\w+) (0x\w+)$", said.decode(), re.MULTILINE)
    return {name: int(cycles, 16) / int(times, 16) for name, cycles, times in found}


def table(measured: dict[str, float]) -> str:
    """Return the table as the page has it."""
    heading = ("| | model | Cortex-A9 | difference | promised | source |", "|---|---|---|---|---|---|")
    return "\n".join((*heading, *(figure.row(measured[figure.name]) for figure in FIGURES)))


if __name__ == "__main__":
    print(table(measure()))
