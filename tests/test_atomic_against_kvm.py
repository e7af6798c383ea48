"""The atomic CPU and the virtual CPU are two implementations of one machine: they must never differ."""

from __future__ import annotations

import pytest
from vmsim_core.lockstep import LockstepResult, lockstep
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_guests.bare_metal import PROGRAMS
from whole_system import linux, make_simulation, run

pytestmark = pytest.mark.guest

SPECIAL = {
    "exit-code": (("workload.arguments", "[exit-code, '0']"),),
    "semihost-hello": (("workload.semihosting", "true"),),
}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_program_does_the_same(name: str) -> None:
    settings = (("workload.kernel", f"guest:{name}"), *SPECIAL.get(name, ()))
    outcomes = [run(make_simulation(*settings, cpu=cpu), RunLimits(time=10**12)) for cpu in ("kvm", "atomic")]
    kvm, atomic = outcomes
    assert type(atomic.cause) is type(kvm.cause)
    assert (atomic.instructions, atomic.time, atomic.console, atomic.ram) == (
        kvm.instructions, kvm.time, kvm.console, kvm.ram
    )  # fmt: skip


def side_by_side(every: int, limits: RunLimits, **guest: str) -> LockstepResult:
    def make(model: str) -> Simulation:
        return make_simulation(*linux(**guest), cpu=model)

    return lockstep(make, ("kvm", "atomic"), every, limits)


def test_a_boot_in_lockstep() -> None:
    """Every register and all RAM, to user space and through some of its work."""
    command = 'vmsim.run="md5sum /bin/busybox; sleep 0.05; date; poweroff -f"'
    result = side_by_side(1_000_000, RunLimits(), append=command)
    assert result.divergence is None, result.divergence
    assert result.instructions > 30_000_000


@pytest.mark.slow
def test_a_stress_of_user_space_in_lockstep() -> None:
    result = side_by_side(5_000_000, RunLimits(), initrd="busybox-stress")
    assert result.divergence is None, result.divergence


@pytest.mark.slow
def test_debians_kernel_in_lockstep() -> None:
    result = side_by_side(10_000_000, RunLimits(), kernel="debian-armmp", append='vmsim.run="poweroff -f"')
    assert result.divergence is None, result.divergence
