"""The Python interface on the real board: as in a notebook, and with several machines in one process."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from vmsim_core.exits import GuestExit, InstructionLimit, PowerOff, TimeLimit
from vmsim_core.run_events import CheckpointTaken, CpuSwitched
from vmsim_core.run_limits import Until
from whole_system import USER_SPACE, Outcome, linux, make_simulation, outcome

from vmsim_core import RegionBegun, RunEvent, RunLimits, Simulation, TextSeen

pytestmark = pytest.mark.guest

WORK = 'vmsim.run="md5sum /bin/busybox; simctl roi begin 1; seq 100 | sha1sum; simctl roi end 1; poweroff -f"'
LIMITS = RunLimits(host_seconds=100)


def booting(cpu: str) -> Simulation:
    return make_simulation(*linux(append=WORK), cpu=cpu)


def test_a_session(tmp_path: Path) -> None:
    """From the boot to a region of interest on another model, there and back, and what was counted."""
    with Simulation.from_yaml("realview-linux.yaml", overrides=linux(append=WORK)) as simulation:
        simulation.load_workload()
        told: list[RunEvent] = []
        simulation.on(CpuSwitched, told.append)
        assert simulation.run(LIMITS, until="20ms") == TimeLimit()
        assert simulation.time == 20 * 10**9
        assert simulation.run(LIMITS, until="+5ms") == TimeLimit()
        assert simulation.time == 25 * 10**9
        assert simulation.run(LIMITS, until=1000) == InstructionLimit()
        assert simulation.run(LIMITS, until=USER_SPACE) == TextSeen(USER_SPACE)
        assert simulation.run(LIMITS, until=[RegionBegun, "1s"]) == RegionBegun(1)
        place = simulation.checkpoint(tmp_path)
        simulation.switch("atomic")
        simulation.stats.reset()
        assert simulation.run(LIMITS) == PowerOff()
        executed = simulation.stats.value("cpu0.instructions")
        assert executed == simulation.stats.value("cpu0.atomic.instructions") > 100_000
        assert 0 < simulation.stats.value("regions.1.instructions") < executed
        end = simulation.time
        simulation.restore(place)
        assert simulation.time < end
        simulation.switch("kvm")
        assert simulation.run(LIMITS) == PowerOff()
        assert simulation.time == end
        assert simulation.stats.value("cpu0.kvm.instructions") == executed
        assert len(told) == 2


def test_every_way_to_the_end_tells_the_same() -> None:
    ways: list[Until | None] = [None, ["+10us", RegionBegun, "md5"], 123_456]
    ends = []
    for cpu, until in itertools.product(("kvm", "atomic"), ways):
        simulation = booting(cpu)
        cause: RunEvent = InstructionLimit()
        while not isinstance(cause, PowerOff):
            cause = simulation.run(LIMITS) if until is None else simulation.run(LIMITS, until=until)
        ends.append((cause, simulation.time, simulation.instructions))
        simulation.close()
    assert ends == ends[:1] * 6


def finished(simulation: Simulation, console: bytearray) -> Outcome:
    cause = simulation.run(LIMITS)
    return outcome(simulation, cause, bytes(console))


@pytest.mark.parametrize("models", [("kvm", "kvm"), ("kvm", "atomic")])
def test_two_machines_in_turn_are_two_machines_apart(models: tuple[str, str]) -> None:
    apart = []
    for cpu in models:
        console = bytearray()
        simulation = booting(cpu)
        simulation.console.listen(console.extend)
        apart.append(finished(simulation, console))
    pair = [booting(cpu) for cpu in models]
    consoles = [bytearray(), bytearray()]
    for simulation, console in zip(pair, consoles, strict=True):
        simulation.console.listen(console.extend)
    for turn in range(40):
        # Unequal steps, and resets of one's statistics, must be nothing to the other.
        pair[0].run(until=50_000 + 1000 * turn)
        pair[1].run(until="+700us")
    together = [finished(simulation, console) for simulation, console in zip(pair, consoles, strict=True)]
    assert together == apart


def test_a_machine_that_ends_leaves_the_others_alone(tmp_path: Path) -> None:
    one, other = (make_simulation(("workload.kernel", "guest:guest-control"), cpu="atomic") for _ in range(2))
    heard: list[RunEvent] = []
    other.on(RunEvent, heard.append)
    one.checkpoint_folder = tmp_path
    assert one.run(LIMITS) == GuestExit(0)
    one.stats.reset()
    one.close()
    assert heard == []
    assert (other.instructions, other.system.has_regions) == (0, False)
    assert other.run(LIMITS) == GuestExit(0)
    assert not any(isinstance(event, CheckpointTaken) for event in heard), "only the first has a folder"
    assert one.instructions == other.instructions
