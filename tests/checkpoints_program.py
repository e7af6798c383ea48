"""Run in the ARM server: goes on under real KVM from checkpoints of another host, and takes one for it.

In: /work/given/NAME, checkpoints. Out: /results/said.json, by those names how each ended and what it said, and by
`taken` what the guest had said when /results/taken was taken.
"""

from __future__ import annotations

import json
from pathlib import Path

from real_kvm_machine import AMID, GUEST, machine, resumed, run
from vmsim_core.simulation import RunLimits

GIVEN, RESULTS = Path("given"), Path("/results")


def main() -> None:
    """Do it."""
    said = {}
    for checkpoint in sorted(GIVEN.iterdir()):
        with resumed(checkpoint, "kvm") as simulation:
            cause, console = run(simulation)
        said[checkpoint.name] = [str(cause), console]
    with machine("kvm", *GUEST) as simulation:
        cause, console = run(simulation, RunLimits(host_seconds=240, text=AMID))
        simulation.take_checkpoint(RESULTS / "checkpoints").rename(RESULTS / "taken")
    said["taken"] = [str(cause), console]
    (RESULTS / "said.json").write_text(json.dumps(said))


if __name__ == "__main__":
    main()
