"""What a guest may ask of its simulation through simctl: from bare metal, from Linux, and with bad intentions."""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path
from typing import Any

import pytest
from vmsim_core.actions import Action, DumpStatistics, ResetStatistics, SwitchCpu, TakeCheckpoint
from vmsim_core.exits import GuestExit, PowerOff, RunEvent, TextSeen
from vmsim_core.run_events import (
    CheckpointTaken,
    CpuSwitched,
    GuestRequest,
    RegionBegun,
    RegionEnded,
    RequestRefused,
    StatisticsDumped,
)
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_program import vmsim
from whole_system import SYSTEM, USER_SPACE, Outcome, linux, make_simulation, outcome, run, without_host_times

pytestmark = pytest.mark.guest

MODELS = ["kvm", "atomic"]
SIMCTL = 0x1E10_0000
COMMAND, STATUS = SIMCTL + 0x24, SIMCTL + 0x28
LIMITS = RunLimits(time=10 * 10**12, host_seconds=100)
JOB = "hello from the host\nsecond line\n"


def comparable(what: Outcome) -> tuple[object, ...]:
    """Return what must be the same of two runs that should be one; statistics count this process."""
    return what.cause, what.instructions, what.time, what.console, what.ram


def program(folder: Path, cpu: str, *models: str, **simctl: Any) -> tuple[Simulation, list[RunEvent]]:
    """Return a simulation of the program guest-control, that may take checkpoints and dump statistics in `folder`,
    and the events that it will tell."""
    folder.mkdir(exist_ok=True)
    (folder / "job").write_text(JOB)
    simulation = make_simulation(
        ("workload.kernel", "guest:guest-control"),
        ("workload.arguments", json.dumps(models)),
        ("workload.readfile", str(folder / "job")),
        *((f"devices.simctl.{name}", json.dumps(value)) for name, value in simctl.items()),
        cpu=cpu,
    )
    simulation.checkpoint_folder, simulation.statistics_file = folder / "checkpoints", folder / "stats.json"
    events: list[RunEvent] = []
    simulation.on(RunEvent, events.append)
    return simulation, events


# --- bare metal -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cpu", MODELS)
def test_a_program_gets_everything_that_it_asks_for(tmp_path: Path, cpu: str) -> None:
    simulation, events = program(tmp_path, cpu, "atomic", "kvm")
    ended = run(simulation, LIMITS)
    assert ended.cause == GuestExit(0)
    assert ended.text == f"{JOB}checkpoint 0\ndump 0\nswitch 0\nswitch 0\nvmsim: ok\n"
    done = [event for event in events if not isinstance(event, GuestRequest | RequestRefused)]
    checkpoint, dump = tmp_path / "checkpoints", tmp_path / "stats-0001.json"
    kinds: list[type[RunEvent]] = [type(event) for event in done]
    assert kinds[0] is RegionBegun
    assert done[2] == CheckpointTaken(next(checkpoint.iterdir()))
    assert done[3] == StatisticsDumped(dump)
    assert [event.report.to_model for event in done if isinstance(event, CpuSwitched)] == ["atomic", "kvm"]
    assert done[-2:] == [RegionEnded(1), GuestExit(0)]
    asked = [event.action for event in events if isinstance(event, GuestRequest)]
    assert asked[2:] == [  # the first two are a region's, at the wrong moments
        *asked[2:3], ResetStatistics(), TakeCheckpoint(), DumpStatistics(), SwitchCpu("atomic"), SwitchCpu("kvm"),
        asked[-1],
    ]  # fmt: skip


def test_both_models_carry_requests_out_at_the_same_instruction(tmp_path: Path) -> None:
    outcomes, dumps = [], []
    for number, cpu in enumerate([*MODELS, *MODELS]):
        folder = tmp_path / str(number)
        simulation, _ = program(folder, cpu)
        outcomes.append(comparable(run(simulation, LIMITS)))
        dump = without_host_times(json.loads((folder / "stats-0001.json").read_text()))
        dumps.append((dump["instructions"], dump["stats_since"], dump["stats"]["regions"]))
    assert outcomes == outcomes[:1] * 4
    assert dumps == dumps[:1] * 4
    assert dumps[0][2]["1"]["instructions"]["value"] > 10_000


def test_a_run_goes_on_from_the_guests_checkpoint_as_it_did_before(tmp_path: Path) -> None:
    simulation, events = program(tmp_path, "kvm", "atomic")
    console = bytearray()
    simulation.console.listen(console.extend)
    edges: list[int] = []
    for edge in (RegionBegun(1), RegionEnded(1)):
        simulation.on(edge, lambda event: edges.append(simulation.instructions))
    simulation.run(LIMITS, until=CheckpointTaken)
    [checkpoint] = [event.place for event in events if isinstance(event, CheckpointTaken)]
    sent = len(console)
    cause = simulation.run(LIMITS)
    assert isinstance(cause, GuestExit)
    expected = outcome(simulation, cause, bytes(console[sent:]))
    for cpu in MODELS:
        again, told = program(tmp_path / cpu, cpu, "atomic")
        again.restore(checkpoint)
        assert comparable(run(again, LIMITS)) == comparable(expected)
        assert not any(isinstance(event, CheckpointTaken) for event in told), "it is not taken again"
        assert again.stats.value("regions.1.instructions") == edges[1] - edges[0], "it began before the checkpoint"


def test_the_guest_switches_and_the_new_model_executes(tmp_path: Path) -> None:
    simulation, _ = program(tmp_path, "kvm", "atomic")
    ended = run(simulation, LIMITS)
    alone = run(program(tmp_path / "alone", "kvm", "kvm")[0], LIMITS)
    by_cpu = simulation.instructions_by_cpu
    assert by_cpu["atomic"] > 8000
    assert sum(by_cpu.values()) == simulation.instructions
    assert (ended.cause, ended.console) == (GuestExit(0), alone.console)


def test_what_the_user_does_not_allow_is_refused_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    simulation, events = program(tmp_path, "kvm", "atomic", max_checkpoints=0, max_dumps=0, may_switch=False)
    caplog.set_level(logging.WARNING)
    ended = run(simulation, LIMITS)
    assert ended.cause == GuestExit(0)
    assert ended.text.endswith("checkpoint 3\ndump 3\nswitch 3\nvmsim: ok\n")
    refused = [event for event in events if isinstance(event, RequestRefused)][-3:]
    assert [(str(event.action), event.reason) for event in refused] == [
        ("checkpoint", "it has asked for 0 already (max_checkpoints)"),
        ("stats dump", "it has asked for 0 already (max_dumps)"),
        ("switch atomic", "may_switch is false"),
    ]
    assert len([message for message in caplog.messages if "switch atomic, is not met: may_switch" in message]) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["job"]


@pytest.mark.parametrize("cpu", MODELS)
def test_without_a_place_nothing_is_written(tmp_path: Path, cpu: str) -> None:
    simulation, _ = program(tmp_path, cpu)
    simulation.checkpoint_folder = simulation.statistics_file = None
    assert run(simulation, LIMITS).text.endswith("checkpoint 3\ndump 3\nvmsim: ok\n")
    assert [file.name for file in tmp_path.iterdir()] == ["job"]


def test_a_checkpoint_that_cannot_be_written_is_an_error_that_the_guest_sees(tmp_path: Path) -> None:
    simulation, _ = program(tmp_path, "kvm")
    (tmp_path / "checkpoints").write_text("in the way")
    assert "checkpoint 4\n" in run(simulation, LIMITS).text


# --- bad intentions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cpu", MODELS)
def test_a_thousand_random_writes_do_no_harm(tmp_path: Path, cpu: str) -> None:
    """The host's disk gets what was allowed and no more, and the guest's program still ends as it should."""
    simulation, events = program(tmp_path, cpu, max_checkpoints=2, max_dumps=3)
    rng = random.Random(5)
    bus = simulation.system.address_map
    for number in range(1000):
        for _ in range(rng.randrange(3)):
            bus.write(SIMCTL + rng.randrange(0, 0x60, 4), rng.choice([1, 2, 4]), rng.getrandbits(32))
        offset = rng.choice([0x24, 0x24, 0x24, 0x2C, 0x30, rng.randrange(0x1000) & ~3])
        bus.write(SIMCTL + offset, 4, rng.choice([rng.randrange(9), rng.randrange(300), rng.getrandbits(32)]))
        if number % 2:
            simulation.run(until=1)
        assert 0 <= bus.read(STATUS, 4) <= 5
        simulation.system.requested_exits.clear()
    simulation.run(until=1)
    taken = [event for event in events if isinstance(event, CheckpointTaken)]
    assert len(taken) == len(list((tmp_path / "checkpoints").iterdir())) == 2
    assert len(list(tmp_path.glob("stats-*.json"))) == 3
    assert len([event for event in events if isinstance(event, RequestRefused)]) > 20
    simulation.system.requested_exits.clear()
    for region in simulation.system.open_regions[::3]:
        simulation.end_region(region)
    assert run(simulation, LIMITS).cause == GuestExit(0)


# --- Linux ------------------------------------------------------------------------------------------------------------


def under_linux(folder: Path, cpu: str, script: str, job: str = JOB) -> tuple[Simulation, bytearray]:
    """Return a simulation of Linux that runs a script, may write into `folder`, and its console."""
    folder.mkdir(exist_ok=True)
    (folder / "job").write_text(job)
    simulation = make_simulation(
        *linux(append=f'vmsim.run="{script}"'), ("workload.readfile", str(folder / "job")), cpu=cpu
    )
    simulation.checkpoint_folder, simulation.statistics_file = folder / "checkpoints", folder / "stats.json"
    console = bytearray()
    simulation.console.listen(console.extend)
    return simulation, console


def answers(console: bytearray) -> list[str]:
    """Return what came after user space was reached."""
    return console.decode().replace("\r", "").partition(f"{USER_SPACE}\n")[2].splitlines()


@pytest.mark.parametrize("cpu", MODELS)
def test_the_tool_under_linux(tmp_path: Path, cpu: str) -> None:
    script = (
        "simctl models | sort; simctl roi begin 7; simctl stats reset; simctl switch atomic; simctl stats dump; "
        "simctl roi end 7; simctl readfile; simctl switch 0; simctl roi end 7; echo status $?; simctl nonsense; "
        "echo status $?; simctl switch nonsense; echo status $?; simctl exit 9"
    )
    simulation, console = under_linux(tmp_path, cpu, script)
    switched: list[str] = []
    simulation.on(CpuSwitched, lambda event: switched.append(event.report.to_model))
    assert simulation.run(LIMITS) == GuestExit(9)
    said = [line for line in answers(console) if not line.startswith(("usage", "  "))]
    no_such = "simctl: there is no such model or region, or the region is not in that state"
    refused = [no_such, "status 1", "status 2", no_such, "status 1"]
    assert said == ["atomic", "kvm", "timing", "warming", *JOB.splitlines(), *refused]
    assert switched == ["atomic", "kvm"]
    dumped = json.loads((tmp_path / "stats-0001.json").read_text())
    assert 10_000 < dumped["stats"]["regions"]["7"]["instructions"]["value"] < 10_000_000
    assert simulation.stats.value("regions.7.times") == 0, "it began before the statistics were reset"


def test_a_checkpoint_before_the_work_and_the_work_named_later(tmp_path: Path) -> None:
    """gem5's way of working: boot once, take a checkpoint, and give every run that goes on from it other work."""
    script = "simctl checkpoint; simctl readfile | sh; poweroff -f"
    simulation, console = under_linux(tmp_path, "kvm", script, job="echo first: $((1 + 1))")
    assert simulation.run(LIMITS) == PowerOff()
    assert "first: 2" in answers(console)
    [checkpoint] = (tmp_path / "checkpoints").iterdir()
    for cpu in MODELS:
        (tmp_path / "job").write_text(f"echo on {cpu}: $((6 * 7)); simctl exit 3")
        again = Simulation.from_yaml(SYSTEM, cpu, (("workload.readfile", str(tmp_path / "job")),))
        again.restore(checkpoint)
        text = bytearray()
        again.console.listen(text.extend)
        assert again.run(LIMITS) == GuestExit(3)
        assert f"on {cpu}: 42" in text.decode()
        assert again.instructions_run < simulation.instructions / 4


def test_the_same_on_every_run_and_model(tmp_path: Path) -> None:
    script = "simctl roi begin 1; simctl checkpoint; simctl stats dump; simctl roi end 1; simctl readfile; poweroff -f"
    outcomes = []
    for number, cpu in enumerate(["kvm", "atomic", "kvm"]):
        simulation, console = under_linux(tmp_path / str(number), cpu, script)
        cause = simulation.run(LIMITS)
        assert isinstance(cause, PowerOff)
        place = next((tmp_path / str(number) / "checkpoints").iterdir()).name
        outcomes.append((*comparable(outcome(simulation, cause, bytes(console))), place))
    assert outcomes == outcomes[:1] * 3


@pytest.mark.slow
def test_debians_kernel_lets_the_tool_through(tmp_path: Path) -> None:
    """It has CONFIG_STRICT_DEVMEM and CONFIG_IO_STRICT_DEVMEM: /dev/mem reaches only what no driver has claimed."""
    simulation = make_simulation(
        *linux(kernel="debian-armmp", append='quiet vmsim.run="simctl roi begin 1; simctl exit 4"')
    )
    assert simulation.run(LIMITS) == GuestExit(4)
    assert simulation.stats.value("regions.1.times") == 1


# --- the command line -------------------------------------------------------------------------------------------------


def test_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "job").write_text("simctl stats dump; simctl print from simctl; simctl checkpoint")
    description = tmp_path / "job.yaml"
    description.write_text(
        "include: realview-linux.yaml\n"
        "workload:\n"
        "  readfile: job\n"
        '  append: console=ttyAMA0 vmsim.run="simctl readfile | sh; simctl roi begin 1"\n'
        "script:\n"
        "  - {text: user space reached, do: [switch atomic, stats reset]}\n"
        "  - {roi_begin: 1, do: [stats dump, exit 3]}\n"
    )
    options = ["--checkpoint-dir", "c", "--stats", "s.json", "--host-timeout", "60", "--console", "none"]
    done = vmsim("run", "job.yaml", *options, folder=tmp_path)
    assert "script-exit with code 3" in done.err
    assert done.code == 1
    assert sorted(file.name for file in tmp_path.glob("s*.json")) == ["s-0001.json", "s-0002.json", "s.json"]
    assert len(list((tmp_path / "c").iterdir())) == 1
    statistics = json.loads((tmp_path / "s.json").read_text())
    assert (statistics["exit_cause"], statistics["switches"], statistics["checkpoints"]) == ("script-exit", 1, 1)


def test_a_script_that_fails_makes_the_run_fail(tmp_path: Path) -> None:
    description = tmp_path / "s.yaml"
    description.write_text("include: realview-pbx-a9.yaml\nscript: [{at: 1us, do: roi end 1}]\n")
    done = vmsim("run", "s.yaml", "--kernel", "guest:hello", "--console", "none", folder=tmp_path)
    assert done.code == 1
    assert done.errors[0] == "vmsim: script: roi end 1: the region 1 has not begun"
    assert "guest-exit with code 0" in done.err


def test_a_readfile_that_is_missing_is_reported_where_it_is_named(tmp_path: Path) -> None:
    description = tmp_path / "s.yaml"
    description.write_text("include: realview-pbx-a9.yaml\nworkload: {kernel: guest:hello, readfile: job.sh}\n")
    done = vmsim("run", "s.yaml", folder=tmp_path)
    assert done.errors == [f"s.yaml:2:43: workload.readfile: there is no file {tmp_path / 'job.sh'}"]
    done = vmsim("run", "realview-pbx-a9.yaml", "--kernel", "guest:hello", "--set", "workload.readfile=no.sh")
    assert len(done.errors) == 1
    assert "no.sh cannot be read: No such file" in done.err


def test_waiting_for_what_the_guest_asks(tmp_path: Path) -> None:
    simulation, _ = program(tmp_path, "atomic")
    asked = simulation.run(LIMITS, until=[GuestRequest, TextSeen("never")])
    assert isinstance(asked, GuestRequest)
    wanted: Action = TakeCheckpoint()
    assert simulation.run(LIMITS, until=GuestRequest(wanted, "simctl")) == GuestRequest(wanted, "simctl")
    assert list(tmp_path.glob("checkpoints/*")) != [], "it is carried out before the run ends"
