"""Handing a core from one CPU model to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from core_testing import CountingState
from fake_plugins import SYSTEM, Cpu, fake_plugins, plugin, simulate
from vmsim_core.architecture import ArchState
from vmsim_core.cli.switching import Switcher, SwitchOptions, tell_switch
from vmsim_core.cpu import MemoryMode
from vmsim_core.drain import Drainable
from vmsim_core.errors import SwitchError, VmsimError
from vmsim_core.events import Event
from vmsim_core.exits import GuestExit
from vmsim_core.run_events import CpuSwitched
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.stats_writers import run_summary
from vmsim_core.switching import HandoverReport


class Second(Cpu):
    type_name = "second"


class Cached(Cpu):
    type_name = "cached"
    memory_mode = MemoryMode.ATOMIC


class Forgetful(Cpu):
    """Loses a bit, and says so as its contract asks."""

    type_name = "forgetful"

    def load_state(self, state: ArchState) -> None:
        raise SwitchError(f"{self.path}: cannot hold count bit-exactly")


class Resting(Cpu):
    """Notes what it is told."""

    type_name = "resting"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.told: list[str] = []

    def suspend(self) -> None:
        self.told.append("suspend")

    def load_state(self, state: ArchState) -> None:
        self.told.append("load")
        super().load_state(state)


class Impossible(Cpu):
    type_name = "impossible"

    def __init__(self, *arguments: Any) -> None:
        raise ValueError("this host cannot do that")


class Foreign(Cpu):
    type_name = "foreign"
    architecture = "z80"


def machine(folder: Path, **more: object) -> Simulation:
    models = plugin(vmsim_cpu_models=lambda: [Second, Cached, Forgetful, Resting, Impossible, Foreign])
    return simulate(folder, SYSTEM, fake_plugins(models=models, **more))


def count(simulation: Simulation) -> int:
    state = simulation.system.cores[0].active.save_state()
    assert isinstance(state, CountingState)
    return state.count


def test_state_time_and_counts_go_on(tmp_path: Path) -> None:
    simulation = machine(tmp_path)
    for index, model in enumerate(["second", "test-cpu", "second", "cached", "test-cpu"]):
        simulation.run(RunLimits(instructions=10 + index))
        report = simulation.switch(model)
        assert (report.to_model, report.drain_ticks, simulation.system.cores[0].active.type_name) == (model, 0, model)
    simulation.run(RunLimits(instructions=5))
    assert (count(simulation), simulation.time, simulation.instructions, simulation.switches) == (65, 65_000, 65, 5)
    assert simulation.instructions_by_cpu == {"test-cpu": 27, "second": 24, "cached": 14}


def test_switching_in_a_run_changes_nothing(tmp_path: Path) -> None:
    simulation = machine(tmp_path)
    reports: list[HandoverReport] = []
    for tick, model in ((3_000, "second"), (3_000, "cached"), (7_500, "test-cpu")):
        simulation.at(tick, lambda model=model: reports.append(simulation.switch(model)))
    simulation.run(RunLimits(instructions=20))
    assert (count(simulation), simulation.time) == (20, 20_000)
    assert [(each.tick, each.from_model, each.to_model) for each in reports] == [
        (3_000, "test-cpu", "second"),
        (3_000, "second", "cached"),
        (8_000, "cached", "test-cpu"),
    ]


class Lines(Drainable):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def mem_writeback(self) -> int:
        self.calls.append("writeback")
        return 3

    def mem_invalidate(self) -> int:
        self.calls.append("invalidate")
        return 5


def test_caches_are_emptied_for_a_model_that_bypasses_them_only(tmp_path: Path) -> None:
    simulation = machine(tmp_path)
    cache = Lines()
    simulation.system.drain_manager.register(cache, "l1")
    for model in ("cached", "cached", "second"):
        report = simulation.switch(model)
    assert cache.calls == ["writeback", "invalidate"]
    assert (report.lines_written_back, report.lines_invalidated) == ({"l1": 3}, {"l1": 5})
    simulation.switch("test-cpu")
    assert cache.calls == ["writeback", "invalidate"]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("unknown", "no CPU model 'unknown' is installed; there are cached, forei"),
        ("impossible", "impossible cannot take over: this host cannot do that"),
        ("foreign", "foreign executes z80, the core runs counting code"),
        ("forgetful", "cannot hold count bit-exactly"),
    ],
)
def test_a_model_that_cannot_take_over_changes_nothing(tmp_path: Path, model: str, expected: str) -> None:
    simulation = machine(tmp_path)
    simulation.run(RunLimits(instructions=10))
    with pytest.raises(SwitchError, match=expected):
        simulation.switch(model)
    assert simulation.system.cores[0].active.type_name == "test-cpu"
    simulation.run(RunLimits(instructions=10))
    assert (count(simulation), simulation.time, simulation.switches) == (20, 20_000, 0)


def test_the_old_model_loads_its_state_again_when_the_new_one_does_not(tmp_path: Path) -> None:
    simulation = machine(tmp_path)
    simulation.switch("resting")
    old = simulation.system.cores[0].active
    assert isinstance(old, Resting)
    with pytest.raises(SwitchError, match="bit-exactly"):
        simulation.switch("forgetful")
    assert old.told == ["load", "suspend", "load"]


def test_a_model_that_was_refused_is_suspended_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = machine(tmp_path)
    new = simulation.system.cores[0].model("resting")
    assert isinstance(new, Resting)
    monkeypatch.setattr(new, "save_state", lambda: CountingState(1_000))
    with pytest.raises(SwitchError, match="did not take over"):
        simulation.switch("resting")
    assert new.told == ["load", "suspend"]


def switched(simulation: Simulation) -> list[str]:
    models: list[str] = []
    simulation.on(CpuSwitched, lambda event: models.append(event.report.to_model))
    return models


def test_a_rotation_may_have_a_model_several_times(tmp_path: Path) -> None:
    simulation = machine(tmp_path)
    models = switched(simulation)
    Switcher(simulation, SwitchOptions((), every=2_000, cpus="test-cpu,second,test-cpu,cached"))
    simulation.run(RunLimits(instructions=11))
    assert models == ["second", "test-cpu", "cached", "test-cpu", "second"]


def test_a_switch_that_fails_in_a_run_is_told_and_the_run_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    simulation = machine(tmp_path)
    models = switched(simulation)
    times = [("1ns", "forgetful"), ("2ns", "second")]
    switcher = Switcher(simulation, SwitchOptions(tuple(times), every=None, cpus=None))
    simulation.run(RunLimits(instructions=10))
    assert switcher.failed
    assert "cannot hold count bit-exactly" in caplog.text
    assert (models, count(simulation)) == (["second"], 10)


def test_a_model_that_cannot_give_its_state_ends_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the virtual CPU on a host whose kernel does not give the registers."""
    simulation = machine(tmp_path)
    switcher = Switcher(simulation, SwitchOptions((("1ns", "second"),), every=None, cpus=None))

    def refuse() -> ArchState:
        raise VmsimError("the kernel does not give the registers")

    monkeypatch.setattr(simulation.system.cores[0].active, "save_state", refuse)
    simulation.run(RunLimits(instructions=10))
    assert (switcher.failed, simulation.switches) == (True, 0)


class Stuck(Drainable):
    def drain(self) -> bool:
        return False


def test_a_stuck_drain_is_told_and_the_run_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    simulation = machine(tmp_path)
    simulation.system.drain_manager.register(Stuck(), "disk")
    switcher = Switcher(simulation, SwitchOptions((("1ns", "second"),), every=None, cpus=None))
    simulation.run(RunLimits(instructions=10))
    assert switcher.failed
    assert "the drain is stuck: disk does not say why" in caplog.text
    assert (simulation.switches, count(simulation)) == (0, 10)


def test_a_switch_in_the_past_is_refused(tmp_path: Path) -> None:
    simulation = machine(tmp_path)
    simulation.run(RunLimits(instructions=10))
    options = SwitchOptions((("9ns", "second"),), every=None, cpus=None)
    with pytest.raises(VmsimError, match=r"^--switch-at 9\.000 ns is before 10\.000 ns, where the run goes on$"):
        Switcher(simulation, options)


class Slow(Drainable):
    """Comes to rest when it is asked for the third time."""

    def __init__(self) -> None:
        self.asked = 0

    def drain(self) -> bool:
        self.asked += 1
        return self.asked == 3


def test_the_report_says_for_whom_draining_took_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    simulation = machine(tmp_path)
    simulation.system.drain_manager.register(Slow(), "disk")
    for tick in (1_000, 2_000, 3_000):
        simulation.system.events.schedule(Event("test", "tick", lambda: None), tick)
    caplog.set_level("INFO", logger="vmsim")
    simulation.on(CpuSwitched, tell_switch)
    report = simulation.switch("second")
    assert report.waited_for == {"disk": report.drain_ticks}
    assert report.drain_ticks > 0
    assert "of draining (disk " in caplog.text


def test_the_totals_are_counted_by_pair_of_models(tmp_path: Path) -> None:
    simulation = machine(tmp_path)
    simulation.system.drain_manager.register(Lines(), "l1")
    for model in ("cached", "second", "cached", "second", "test-cpu"):
        simulation.switch(model)
    handovers = run_summary(simulation)["handovers"]
    assert [(pair, each["switches"], each["lines_written_back"]) for pair, each in handovers["by_models"].items()] == [
        ("cached to second", 2, 6), ("second to cached", 1, 0), ("second to test-cpu", 1, 0),
        ("test-cpu to cached", 1, 0),
    ]  # fmt: skip
    assert (handovers["switches"], handovers["lines_invalidated"]) == (5, 10)


def test_the_new_model_knows_the_interrupt_lines(tmp_path: Path) -> None:
    simulation = machine(tmp_path)
    core = simulation.system.cores[0]
    core.set_irq(True)
    simulation.switch("second")
    assert core.models["second"].irq
    core.set_irq(False)
    simulation.switch("test-cpu")
    assert not core.models["test-cpu"].irq


def test_a_request_to_end_the_run_survives_a_switch(tmp_path: Path) -> None:
    simulation = machine(tmp_path)

    class Asks(Drainable):
        def drain(self) -> bool:
            simulation.system.request_exit(GuestExit(3))
            return True

    simulation.system.drain_manager.register(Asks(), "asks")
    simulation.at(2_000, lambda: simulation.switch("second"))
    assert simulation.run(RunLimits(instructions=50)) == GuestExit(3)


def test_plugins_are_told(tmp_path: Path) -> None:
    told: list[tuple[Simulation, HandoverReport]] = []
    listener = plugin(vmsim_cpu_switched=lambda simulation, report: told.append((simulation, report)))
    simulation = machine(tmp_path, listener=listener)
    report = simulation.switch("second")
    assert told == [(simulation, report)]


def test_a_checkpoint_of_one_model_is_restored_by_another(tmp_path: Path) -> None:
    simulation = machine(tmp_path)
    simulation.run(RunLimits(instructions=7))
    checkpoint = simulation.take_checkpoint(tmp_path / "c")
    other = machine(tmp_path)
    other.switch("second")
    other.restore(checkpoint)
    other.run(RunLimits(instructions=3))
    assert (count(other), other.time, other.instructions_by_cpu["second"]) == (10, 10_000, 3)
