"""The command line: what is accepted, printed and returned."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cli_driver import Outcome, Vmsim
from vmsim_core.cli.session import exit_code
from vmsim_core.errors import VmsimError
from vmsim_core.exits import (
    CpuFailure,
    ExitCause,
    GuestExit,
    Halt,
    HostTimeLimit,
    InstructionLimit,
    PowerOff,
    TextSeen,
    TimeLimit,
    UserQuit,
)
from vmsim_core.simulation import Simulation

from vmsim_core import plugin_manager

# --- how a run ends ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "without_text", "with_text"),
    [
        (TextSeen("x"), 0, 0),
        (PowerOff(), 0, 1),
        (Halt("wfi"), 0, 1),
        (GuestExit(0), 0, 1),
        (GuestExit(7), 1, 1),
        (InstructionLimit(), 0, 3),
        (TimeLimit(), 0, 3),
        (HostTimeLimit(), 0, 3),
        (UserQuit(), 0, 1),
        (CpuFailure("lost"), 1, 1),
    ],
)
def test_exit_codes(cause: ExitCause, without_text: int, with_text: int) -> None:
    assert (exit_code(cause, None), exit_code(cause, "x")) == (without_text, with_text)


def test_a_run_ends_at_the_text(vmsim: Vmsim) -> None:
    outcome = vmsim("run", "s.yaml", "--append", "login: and more", "--until-text", "login:", "--console", "file:c")
    assert outcome.code == 0
    assert Path("c").read_bytes() == b"login:"
    assert outcome.err.splitlines()[-1].startswith("vmsim: text-seen at 6.000 ns, 6 instructions in ")


def test_a_limit_before_the_text_is_told_apart(vmsim: Vmsim) -> None:
    outcome = vmsim("run", "s.yaml", "--until-text", "never", "--max-insts", "100", "--console", "none")
    assert outcome.code == 3
    assert outcome.err.startswith("vmsim: instruction-limit before 'never' was seen at 100.000 ns")


@pytest.mark.parametrize("limit", [("--max-insts", "10"), ("--max-time", "1us"), ("--host-timeout", "0.01")])
def test_a_limit_without_a_text_is_as_asked(vmsim: Vmsim, limit: tuple[str, str]) -> None:
    assert vmsim("run", "s.yaml", *limit, "--console", "none").code == 0


def test_statistics_are_written_whole(vmsim: Vmsim) -> None:
    assert vmsim("run", "s.yaml", "--max-insts", "5", "--console", "none", "--stats", "out.json").code == 0
    assert json.loads(Path("out.json").read_text())["instructions"] == 5
    assert vmsim("run", "s.yaml", "--max-insts", "5", "--console", "none", "--stats", "out.txt").code == 0
    assert Path("out.txt").read_text().startswith("instructions ")
    assert sorted(each.name for each in Path().iterdir() if each.name.startswith((".", "out"))) == [
        "out.json",
        "out.txt",
    ]


def test_stdio_is_the_console_by_default(vmsim: Vmsim) -> None:
    assert vmsim("run", "s.yaml", "--append", "hello", "--max-insts", "9").out == "hello"


def test_what_a_program_prints_through_the_simulator_is_no_console_output(
    vmsim: Vmsim, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(simulation: Simulation) -> None:
        event = simulation.system.components["board"].event("say", lambda: port.send(b"said\n"))
        simulation.system.components["board"].schedule(event, 5000)
        port = simulation.system.serial_port("semihosting")

    monkeypatch.setattr(Simulation, "load_workload", load)
    outcome = vmsim("run", "s.yaml", "--append", "sent", "--max-insts", "20", "--console", "file:c")
    assert outcome.out == "said\n"
    assert Path("c").read_bytes() == b"sent"


def test_settings_reach_the_system(vmsim: Vmsim) -> None:
    Path("k").touch()
    arguments = ("--kernel", "k", "--arg", "a b", "--arg", "c", "--set", "memory=8KiB", "--cpu", "test-cpu")
    assert vmsim("run", "s.yaml", *arguments, "--max-insts", "1", "--console", "none").code == 0


def test_a_signal_ends_the_run_with_its_statistics(vmsim: Vmsim, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Simulation.run

    def run_and_be_interrupted(simulation: Simulation, limits: object) -> ExitCause:
        os.kill(os.getpid(), signal.SIGINT)
        return run(simulation, limits)  # type: ignore[arg-type]

    monkeypatch.setattr(Simulation, "run", run_and_be_interrupted)
    before = signal.getsignal(signal.SIGINT)
    outcome = vmsim("run", "s.yaml", "--console", "none", "--stats", "s.json")
    assert (outcome.code, outcome.err.split(" at ")[0]) == (0, "vmsim: user-quit")
    assert json.loads(Path("s.json").read_text())["exit_cause"] == "user-quit"
    assert signal.getsignal(signal.SIGINT) is before


def test_what_was_typed_is_replayed(vmsim: Vmsim) -> None:
    limits = ("--max-insts", "50", "--console", "none")
    assert vmsim("run", "s.yaml", *limits, "--record", "r").code == 0
    assert vmsim("run", "s.yaml", *limits, "--replay", "r").code == 0
    assert vmsim("run", "s.yaml", *limits, "--input", "ls\\n").code == 0


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "none.yaml"], "there is no file none.yaml (looked in "),
        (["run", "s.yaml", "--set", "memory=lots"], "--set memory: memory: 'lots' is not a size"),
        (["run", "s.yaml", "--cpu", "o3"], "--cpu o3: cpus.0.start: no CPU model 'o3' is installed"),
        (["run", "s.yaml", "--kernel", "nokernel"], "kernel "),
        (["run", "s.yaml", "--kernel", "guest:x"], "no plugin knows what guest:x stands for"),
        (["run", "s.yaml", "--console", "fax"], "console 'fax': there is no such console"),
        (["run", "s.yaml", "--no-plugin", "nobody"], "--no-plugin nobody: there is no such plugin"),
        (["run", "s.yaml", "--stats", "nowhere/s.json"], "--stats nowhere/s.json: there is no folder nowhere"),
        (["run", "s.yaml", "--stats", "s.csv"], "--stats s.csv: the name must end in .json or .txt"),
        (["run", "s.yaml", "--switch-at", "1ms=timing"], "no CPU model 'timing' is installed; cpu0 can be animated by"),
        (["run", "s.yaml", "--restore", "d"], "d is no checkpoint: there is no such folder"),
        (["checkpoint", "info", "d"], "d is no checkpoint: there is no such folder"),
        (["checkpoint", "verify", "d"], "d is no checkpoint: there is no such folder"),
        (["checkpoint", "diff", "d", "e"], "d is no checkpoint: there is no such folder"),
        (["lockstep", "s.yaml", "--cpus", "test-cpu,atomic"], "--cpu atomic: cpus.0.start: no CPU model 'atomic' is"),
    ],
)
def test_an_error_is_one_line(vmsim: Vmsim, arguments: list[str], expected: str) -> None:
    outcome = vmsim(*arguments)
    assert (outcome.code, outcome.out) == (1, "")
    [line] = outcome.err.splitlines()
    assert line.startswith(expected)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run"], "vmsim run: Missing argument 'SYSTEM.yaml'."),
        (["run", "s.yaml", "--fast"], "vmsim run: No such option '--fast'."),
        (["run", "s.yaml", "--set", "memory"], "vmsim run: Invalid value for '--set': 'memory' is not PATH=VALUE"),
        (["run", "s.yaml", "--max-time", "5"], "vmsim run: Invalid value for '--max-time': '5' is not a time"),
        (["run", "s.yaml", "--until-text", ""], "vmsim run: Invalid value for '--until-text': the text is empty"),
        (["run", "s.yaml", "--max-insts", "0"], "vmsim run: Invalid value for '--max-insts'"),
        (["run", "s.yaml", "--record", "a", "--replay", "b"], "vmsim run: --record is for what is typed by hand"),
        (["run", "s.yaml", "--checkpoint-at", "1s"], "vmsim run: --checkpoint-at and --checkpoint-every need"),
        (["run", "s.yaml", "--checkpoint-every", "0s", "--checkpoint-dir", "d"], "vmsim run: --checkpoint-every needs"),
        (["run", "s.yaml", "--restore", "d", "--kernel", "k"], "vmsim run: --kernel does not go with --restore"),
        (["run", "s.yaml", "--switch-every", "1ms"], "vmsim run: --switch-every and --switch-cpus need each other"),
        (["run", "s.yaml", "--switch-at", "now=kvm"], "vmsim run: --switch-at now: 'now' is not a time"),
        (["lockstep", "s.yaml", "--cpus", "kvm"], "vmsim lockstep: --cpus takes two CPU models"),
        (["describe"], "vmsim describe: say which SYSTEM.yaml is meant"),
        (["dance"], "vmsim: No such command 'dance'"),
    ],
)
def test_wrong_usage_is_one_line_too(vmsim: Vmsim, arguments: list[str], expected: str) -> None:
    outcome = vmsim(*arguments)
    assert outcome.code == 2
    [line] = outcome.err.splitlines()
    assert line.startswith(expected)
    assert line.endswith("--help)")


def test_every_mistake_has_a_line(vmsim: Vmsim) -> None:
    Path("s.yaml").write_text("plugins: [machine.py]\nplatform: 5\nmemory: x\n")
    outcome = vmsim("run", "s.yaml")
    assert outcome.code == 1
    assert [line.split(" ")[1] for line in outcome.err.splitlines()] == ["cpus:", "platform:", "memory:"]


def test_a_bug_is_one_line_unless_its_place_is_asked_for(vmsim: Vmsim, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(simulation: Simulation) -> None:
        raise LookupError("no\nidea")

    monkeypatch.setattr(Simulation, "load_workload", fail)
    outcome = vmsim("run", "s.yaml")
    assert (outcome.code, outcome.err) == (
        1, "vmsim failed (LookupError: no idea); this is a bug, VMSIM_DEBUG=1 shows where\n"
    )  # fmt: skip
    monkeypatch.setenv("VMSIM_DEBUG", "1")
    with pytest.raises(LookupError):
        vmsim("run", "s.yaml")


def test_an_interrupt_is_no_traceback(vmsim: Vmsim, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(simulation: Simulation) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Simulation, "load_workload", interrupted)
    outcome = vmsim("run", "s.yaml")
    assert (outcome.code, outcome.err.strip()) == (130, "interrupted")


# --- describe and plugins ---------------------------------------------------------------------------------------------


def test_describe_shows_components_memory_and_interrupts(vmsim: Vmsim) -> None:
    assert [" ".join(line.split()) for line in vmsim("describe", "s.yaml").out.splitlines()] == [
        "Components:",
        "board test-board file machine.py",
        "cpu0 core vmsim-core",
        "test-cpu test-cpu file machine.py",
        "pic test-pic file machine.py",
        "uart0 test-uart file machine.py",
        "Memory map:",
        "0x00000000 - 0x0000ffff 64KiB ram RAM",
        "0x00010000 - 0x000100ff 256B pic test-pic",
        "0x00020000 - 0x00020fff 4KiB uart0 test-uart",
        "Interrupts:",
        "1 uart0 uart0.irq",
    ]


def test_describe_prints_the_schema(vmsim: Vmsim) -> None:
    assert "devices" in json.loads(vmsim("describe", "--schema").out)["properties"]


def test_plugins_add_commands(vmsim: Vmsim, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("greet")
    def greet() -> None:
        raise VmsimError("nobody is there")

    monkeypatch.setattr(plugin_manager.PluginManager, "cli_commands", lambda self: [greet])
    assert vmsim("greet") == Outcome(1, "", "nobody is there\n")
    monkeypatch.setattr(plugin_manager.PluginManager, "cli_commands", lambda self: [click.Command("run")])
    assert vmsim("--help").err == "the command 'run', which a plugin adds, exists already; uninstall one plugin\n"


def test_the_plugins_are_listed(vmsim: Vmsim) -> None:
    assert vmsim("plugins").out == "name\tversion\tdistribution\tkind\tstate\n"


def in_a_process(code: str) -> str:
    """Run Python code with everything that is installed; return what it prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_the_help_imports_nothing_slow() -> None:
    loaded = in_a_process(
        "import sys, io, contextlib\n"
        "from vmsim_core.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()): assert main(['--help']) == 0\n"
        "print(' '.join(sys.modules))"
    ).split()
    assert "click" in loaded
    assert not {"pydantic", "yaml", "rich", "unicorn", "capstone", "vmsim_core.ram"} & set(loaded)


def test_listing_plugins_imports_none_that_is_compiled() -> None:
    loaded = in_a_process(
        "import sys, io, contextlib\n"
        "from vmsim_core.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()): assert main(['plugins']) == 0\n"
        "print(' '.join(sys.modules))"
    ).split()
    assert not {"pydantic", "unicorn", "vmsim_core.ram"} & set(loaded)
