"""The atomic CPU and the virtual CPU are two implementations of one machine: they must never differ."""

from __future__ import annotations

import pytest
from vmsim_core.exits import PowerOff
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
    assert_never_differed(side_by_side(1_000_000, RunLimits(), append=command), 30_000_000)


@pytest.mark.slow
def test_a_stress_of_user_space_in_lockstep() -> None:
    """gzip, bzip2, checksums, sort, awk, tar, forks, pipes and signals, and VFP and Advanced SIMD in several processes.

    Its init script powers off when it has come to its end.
    """
    assert_never_differed(side_by_side(5_000_000, RunLimits(), initrd="busybox-stress"), 550_000_000)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_debians_kernel_in_lockstep() -> None:
    result = side_by_side(10_000_000, RunLimits(), kernel="debian-armmp", append='vmsim.run="poweroff -f"')
    assert_never_differed(result, 1_000_000_000)


def assert_never_differed(result: LockstepResult, instructions: int) -> None:
    """Both came to the same end, after at least so many instructions."""
    assert result.divergence is None, result.divergence
    assert isinstance(result.cause, PowerOff)
    assert result.instructions > instructions
