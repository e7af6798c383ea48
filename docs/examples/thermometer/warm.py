"""Runs my-board.yaml from Python: boots Linux, warms the thermometer, and has the guest read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vmsim_core.simulation import RunLimits

from vmsim_core import Simulation

PROMPT = RunLimits(text="# ", host_seconds=60)


def main() -> None:
    """Print what the run ended for, and what the guest read."""
    simulation = Simulation.from_yaml(Path(__file__).with_name("my-board.yaml"))
    simulation.load_workload()
    output = bytearray()
    simulation.console.listen(output.extend)

    cause = simulation.run(PROMPT)
    print(f"{cause} at {simulation.time / 1e9:.3f} ms, {simulation.instructions:,} instructions")

    thermometer: Any = simulation.system.devices["thermometer"]
    for celsius in (21.5, 37.0):
        thermometer.measure(celsius)
        output.clear()
        simulation.console.feed(b"devmem 0x1e000000\r")
        simulation.run(PROMPT)
        print(output.decode().splitlines()[1])

    state: Any = simulation.system.cores[0].active.save_state()
    print(f"stopped at pc={state.pc:#010x}; the guest has read {thermometer.reads.value} times")


if __name__ == "__main__":
    main()
