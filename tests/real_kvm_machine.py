"""The default system with the virtual CPU on the host's own KVM, beside Unicorn and the atomic CPU; and its guest.

How many instructions the guest runs, and when, is the host's affair with KVM, so runs are compared by what user space
says: checksums of computations, files, forks, signals and floating point.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from user_space import WORK
from vmsim_core.exits import ExitCause
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_cpu_kvm.kvm_probe import why_not
from whole_system import SYSTEM, linux, make_simulation

if TYPE_CHECKING:
    pass

needs_real_kvm = pytest.mark.skipif(why_not() is not None, reason=f"no KVM for 32-bit ARM: {why_not()}")

KVM = ("cpus.0.models.kvm.engine", "kvm")
UNICORN = ("cpus.0.models.unicorn", "{type: kvm, engine: unicorn}")
MODELS = ("kvm", "unicorn", "atomic")
"""The virtual CPU on KVM, the same on Unicorn, and the atomic CPU."""
AMID = "fork 1"
"""Where checkpoints are taken: forks, signals and floating point are still to come."""
GUEST = linux(append=f'quiet vmsim.run="{"; ".join(WORK)}"')
ENDLESS_GUEST = linux(append=f'quiet vmsim.run="while :; do {"; ".join(WORK[:-1])}; done"')
"""A kernel that says little: each character is an exit, which costs a real host microseconds, an emulated one a lot."""
LIMITS = RunLimits(host_seconds=240)


def machine(start: str, *overrides: tuple[str, str]) -> Simulation:
    """Return a machine that starts on one of `MODELS`; all can take over."""
    return make_simulation(*overrides, KVM, UNICORN, cpu=start)


def resumed(checkpoint: Path, model: str) -> Simulation:
    """Return a machine that goes on from a checkpoint, on one of `MODELS` or another CPU model."""
    simulation = Simulation.from_yaml(SYSTEM, model, (KVM, UNICORN))
    simulation.restore(checkpoint)
    return simulation


def run(simulation: Simulation, limits: RunLimits = LIMITS) -> tuple[ExitCause, str]:
    """Run, and return how it ended and what the console said."""
    console = bytearray()
    simulation.console.listen(console.extend)
    cause = simulation.run(limits)
    return cause, console.decode(errors="replace")
