"""Takes the small checkpoint that tests/assets keeps of a version: ten timer interrupts, of which five have come.

The asset `checkpoint-simctl-1` was taken with this command by the version before simctl's section became version 2:

    python tests/checkpoint_asset.py tests/assets/checkpoint-simctl-1
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from vmsim_core.simulation import RunLimits, Simulation

SETTINGS = (("memory", "4MiB"), ("workload.kernel", "guest:timer-irq"))
MOMENT = 500_000_000
"""Ticks after power-on."""


def take(place: Path) -> None:
    """Run to the moment and leave a checkpoint at `place`."""
    with Simulation.from_yaml("systems/realview-pbx-a9.yaml", "kvm", SETTINGS) as simulation:
        simulation.load_workload()
        simulation.run(RunLimits(time=MOMENT))
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(simulation.take_checkpoint(Path(folder)), place)


if __name__ == "__main__":
    take(Path(sys.argv[1]))
