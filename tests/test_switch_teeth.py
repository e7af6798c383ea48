"""The switch matrix has teeth: whatever a switch leaves out is noticed, and the message points at the culprit.

Each test breaks one thing of a machine that switches through a stretch of Linux. Most is refused at the switch itself;
a model that lies about what it holds is found by lockstep with a machine that is never switched.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from switch_machine import MICROSECOND, MILLISECOND, Switcher, machine, resumed
from vmsim_arch_arm.state import ArmState, specs
from vmsim_core.checkpoint.restore import read_checkpoint
from vmsim_core.errors import DrainError, SwitchError
from vmsim_core.events import Event
from vmsim_core.exits import InstructionLimit
from vmsim_core.lockstep import LockstepResult, lockstep
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_cpu_atomic.atomic_cpu import AtomicCpu
from vmsim_cpu_kvm.kvm_cpu import KvmCpu
from vmsim_cpu_timing.timing_cpu import TimingCpu
from vmsim_mem_cache.hierarchy import CacheHierarchy
from whole_system import linux

pytestmark = pytest.mark.guest

START = 45 * MILLISECOND
FIRST = START // 2000
"""The instructions before: one takes two cycles at 1 GHz."""
PERIOD = 20 * MICROSECOND
LENGTH = MILLISECOND


@pytest.fixture(scope="module")
def stretch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Linux computes in user space: dirty lines, exclusive accesses, floating point."""
    simulation = machine("kvm", *linux(append='vmsim.run="md5sum /bin/busybox; poweroff -f"'))
    simulation.run(RunLimits(time=START))
    return simulation.take_checkpoint(tmp_path_factory.mktemp("stretch"))


def switched(stretch: Path, *rotation: str) -> Simulation:
    simulation = resumed(stretch, rotation[-1])
    Switcher(simulation, rotation).every(PERIOD, since=START)
    return simulation


def go(simulation: Simulation) -> None:
    simulation.run(RunLimits(time=START + LENGTH))


def against_never_switched(stretch: Path, *rotation: str) -> LockstepResult:
    def make(which: str) -> Simulation:
        return switched(stretch, *rotation) if which == "switched" else resumed(stretch, "kvm")

    return lockstep(make, ("switched", "never"), 20_000, RunLimits(instructions=FIRST + 200_000))


def found(result: LockstepResult) -> str:
    assert result.divergence is not None
    return "; ".join(result.divergence.differences)


@pytest.mark.parametrize("rotation", [("kvm", "warming"), ("atomic", "kvm"), ("warming", "atomic")], ids="-".join)
def test_with_nothing_left_out(stretch: Path, rotation: tuple[str, ...]) -> None:
    result = against_never_switched(stretch, *rotation)
    assert (result.cause, result.divergence, result.instructions) == (InstructionLimit(), None, FIRST + 200_000)


# --- the caches -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rotation", [("kvm", "warming"), ("kvm", "timing"), ("atomic", "timing")], ids="-".join)
@pytest.mark.parametrize(
    ("phase", "left"), [("mem_writeback", r"l1d holds \d+ dirty lines"), ("mem_invalidate", r"l1i holds \d+ lines")]
)
def test_a_phase_that_the_caches_leave_out(
    monkeypatch: pytest.MonkeyPatch, stretch: Path, phase: str, left: str, rotation: tuple[str, ...]
) -> None:
    simulation = switched(stretch, *rotation)
    monkeypatch.setattr(CacheHierarchy, phase, lambda self: 0)
    with pytest.raises(DrainError, match=f"^{phase} was left out or is not complete: caches: .*{left}"):
        go(simulation)


@pytest.mark.parametrize(
    ("call", "phase"), [("write_back_caches", "mem_writeback"), ("invalidate_caches", "mem_invalidate")]
)
def test_a_phase_that_the_switch_leaves_out(
    monkeypatch: pytest.MonkeyPatch, stretch: Path, call: str, phase: str
) -> None:
    simulation = switched(stretch, "kvm", "timing")
    monkeypatch.setattr(Simulation, call, lambda self: {})
    with pytest.raises(DrainError, match=f"^{phase} was left out or is not complete: caches: .*l1d holds"):
        go(simulation)


@pytest.mark.parametrize("phase", ["mem_writeback", "mem_invalidate"])
def test_caches_that_leave_a_phase_out_and_deny_it(monkeypatch: pytest.MonkeyPatch, stretch: Path, phase: str) -> None:
    """Lockstep names the first instruction that goes wrong, and what of RAM or the registers."""
    monkeypatch.setattr(CacheHierarchy, phase, lambda self: 0)
    monkeypatch.setattr(CacheHierarchy, "unwritten", lambda self: "")
    monkeypatch.setattr(CacheHierarchy, "copied", lambda self: "")
    assert re.match(r"(\w+ RAM at offset|cpu0\.)", found(against_never_switched(stretch, "kvm", "warming")))


# --- coming to rest ---------------------------------------------------------------------------------------------------


def test_caches_that_say_they_are_drained_and_are_not(monkeypatch: pytest.MonkeyPatch, stretch: Path) -> None:
    simulation = switched(stretch, "kvm", "timing")
    monkeypatch.setattr(CacheHierarchy, "drain", lambda self: True)
    with pytest.raises(DrainError, match=r"^caches said that it was drained, but it has lines under way until 45\."):
        go(simulation)


def test_a_cpu_that_says_it_is_drained_and_is_not(monkeypatch: pytest.MonkeyPatch, stretch: Path) -> None:
    simulation = resumed(stretch, "timing")
    cpu = simulation.system.cores[0].active
    while cpu.drain():
        simulation.run(RunLimits(instructions=1))
    monkeypatch.setattr(TimingCpu, "drain", lambda self: True)
    monkeypatch.setattr(CacheHierarchy, "drain", lambda self: True)
    monkeypatch.setattr(CacheHierarchy, "drain_sanity_check", lambda self: None)
    with pytest.raises(DrainError, match=r"^cpu0\.timing said that it was drained, but it has instructions in flight"):
        simulation.switch("kvm")


def test_a_device_with_work_in_flight_that_is_not_its_state(stretch: Path) -> None:
    simulation = resumed(stretch, "kvm")
    dma = next(each for each in simulation.system.walk() if each.name == "dmac")
    copy = Event(dma.path, "copy", lambda: None)
    simulation.system.events.schedule(copy, START + 5 * PERIOD)
    with pytest.raises(DrainError, match=rf"^{dma.path} said that it was drained, but 'copy' is due at 45.1"):
        simulation.switch("atomic")
    simulation.run(RunLimits(time=START + 6 * PERIOD))
    assert simulation.switch("atomic").to_model == "atomic"


# --- the architectural state ------------------------------------------------------------------------------------------


def without(state: ArmState, field: str) -> ArmState:
    """Return `state` without a field, or without the monitor's three."""
    for name in [spec.name for spec in specs() if spec.name == field or spec.name.startswith(f"{field}_")]:
        value = getattr(state, name)
        setattr(state, name, [0] * len(value) if isinstance(value, list) else 0)
    return state


REGISTERS = ["r", "r8_12_usr", "sp_usr", "lr_svc", "sp_irq", "spsr_svc", "d", "monitor"]
MAKERS: dict[str, Any] = {"kvm": KvmCpu, "atomic": AtomicCpu, "timing": TimingCpu}


@pytest.mark.parametrize("field", REGISTERS)
@pytest.mark.parametrize("model", MAKERS)
def test_a_register_that_the_new_model_does_not_take(
    monkeypatch: pytest.MonkeyPatch, stretch: Path, model: str, field: str
) -> None:
    """It is refused at once, and the old model goes on."""
    old = "atomic" if model == "kvm" else "kvm"
    simulation = at_an_exclusive_access(resumed(stretch, old))
    original = MAKERS[model].load_state
    monkeypatch.setattr(MAKERS[model], "load_state", lambda self, state: original(self, without(state.copy(), field)))
    before = simulation.system.cores[0].active.save_state()
    with pytest.raises(SwitchError, match=rf"^cpu0: {model} did not take over (.*, )?{field}.* as {old} gave it"):
        simulation.switch(model)
    assert simulation.system.cores[0].active_name == old
    assert before.differences(simulation.system.cores[0].active.save_state()) == []


@pytest.mark.parametrize("field", ["r", "sp_usr", "sp_irq", "d", "monitor"])
@pytest.mark.parametrize("model", ["kvm", "atomic"])
def test_a_register_that_the_old_model_does_not_give(
    monkeypatch: pytest.MonkeyPatch, stretch: Path, tmp_path: Path, model: str, field: str
) -> None:
    """Nobody but lockstep can know; it names the register."""
    checkpoint = at_an_exclusive_access(resumed(stretch, "kvm")).take_checkpoint(tmp_path)
    original = MAKERS[model].save_state
    other = "atomic" if model == "kvm" else "kvm"

    def make(which: str) -> Simulation:
        simulation = resumed(checkpoint, model if which == "switched" else "kvm")
        if which == "switched":
            active = simulation.system.cores[0].active
            simulation.at_instruction(
                simulation.instructions,
                lambda: lying(active, lambda: simulation.switch(other)),
            )
        return simulation

    def lying(active: Any, action: Any) -> None:
        active.save_state = lambda: without(original(active), field)
        action()
        del active.save_state

    result = lockstep(
        make, ("switched", "never"), 1, RunLimits(instructions=read_checkpoint(checkpoint).index.instructions + 10)
    )
    assert f"cpu0.{field}" in found(result)


def at_an_exclusive_access(simulation: Simulation) -> Simulation:
    """Run to where the exclusive monitor is held, between LDREX and STREX."""
    for _ in range(200_000):
        state = simulation.system.cores[0].active.save_state()
        assert isinstance(state, ArmState)
        if state.monitor_valid:
            return simulation
        simulation.run(RunLimits(instructions=1))
    pytest.fail("the guest makes no exclusive accesses")
