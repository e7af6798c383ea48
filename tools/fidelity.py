"""Compare the timing CPU of the ready system with a real Cortex-A9: prints the table of docs/fidelity.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from vmsim_core.simulation import RunLimits, Simulation

SYSTEM = Path(__file__).parent.parent / "systems" / "realview-pbx-a9.yaml"
MOST_INSTRUCTIONS = 5_000_000


@dataclass(frozen=True)
class Figure:
    """What one line of guest:latencies shows; cycles for each load, nanoseconds being cycles of 1 GHz."""

    name: str
    shows: str
    real: float
    """On an Exynos 4210, as 7-cpu.com has measured it."""
    within: float | None
    """How far the model may be off; None for what is shown, and not promised."""


FIGURES = (
    Figure("chain-l1", "a load that needs the one before, in L1", 4, 1),
    Figure("chain-l2", "in L2", 23, 1),
    Figure("chain-ram", "in RAM: 37 cycles and 110 ns", 147, 147 * 0.05),
    Figure("pages-16", "in L1, a page each: the micro TLB has them", 4, 1),
    Figure("pages-96", "the main TLB has them", 4 + 7, 1),
    Figure("pages-256", "the tables are walked", 4 + 7 + 7, 1),
    Figure("stream-l1", "a load that needs no other, in L1", 1, None),
    Figure("stream-l2", "a line of L2", 7, None),
    Figure("stream-ram", "a line of RAM", 68, None),
)


def measure() -> dict[str, float]:
    """Run guest:latencies under the timing CPU; return the cycles for a load, by name."""
    simulation = Simulation.from_yaml(SYSTEM, "timing", (("workload.kernel", "guest:latencies"),))
    simulation.load_workload()
    said = bytearray()
    simulation.console.listen(said.extend)
    simulation.run(RunLimits(instructions=MOST_INSTRUCTIONS))
    simulation.close()
    found = re.findall(r"^([\w-]+) (0x\w+) (0x\w+)$", said.decode(), re.MULTILINE)
    return {name: int(cycles, 16) / int(loads, 16) for name, cycles, loads in found}


def table(measured: dict[str, float]) -> str:
    """Return the table as the page has it."""
    rows = ["| | measured | real | |", "|---|---|---|---|"]
    for figure in FIGURES:
        promise = f"within {figure.within:.4g}" if figure.within is not None else ""
        rows.append(f"| `{figure.name}`: {figure.shows} | {measured[figure.name]:.4g} | {figure.real:g} | {promise} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table(measure()))
