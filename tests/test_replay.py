"""Input that is scripted, recorded and replayed: the same session again, to the last byte and instruction."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from vmsim_program import PROMPT, VMSIM, Terminal, read_statistics, vmsim
from whole_system import PROJECT, without_host_times

pytestmark = pytest.mark.guest
SYSTEM = PROJECT / "systems" / "realview-linux.yaml"


@dataclass(frozen=True)
class Session:
    """What a session left; equal sessions were equal runs."""

    console: bytes
    statistics: dict[str, Any]

    @property
    def lines(self) -> list[str]:
        """The console's lines."""
        return self.console.decode().replace("\r", "").split("\n")


def unattended(folder: Path, name: str, *arguments: str | Path) -> Session:
    """Run a session with nobody at the console; it has to end by itself."""
    console, statistics = folder / f"{name}.console", folder / f"{name}.json"
    done = vmsim("run", SYSTEM, *arguments, "--console", f"file:{console}", "--stats", statistics, folder=folder)
    assert done.code == 0, done.err
    return Session(console.read_bytes(), without_host_times(read_statistics(statistics)))


class Live:
    """A session with a person at a terminal, who is recorded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        options = ("--record", "recording", "--stats", "live.json")
        self.terminal = Terminal(VMSIM, "run", SYSTEM, *options, folder=folder)

    def finished(self) -> Session:
        """Return what it left, when the program has ended."""
        with self.terminal as terminal:
            assert terminal.ends_with() == 0, terminal.errors
            # The terminal puts a carriage return before each line feed.
            console = terminal.seen.encode().replace(b"\r\n", b"\n")
        return Session(console, without_host_times(read_statistics(self.folder / "live.json")))


SCRIPT = r"""@# Waits for prompts, lets time pass, interrupts a command, and leaves.
@wait # 
echo $((6*7))
@wait # 
@after 2s
cat /proc/uptime
@wait # 
sleep 1000
@after 1.5s
@send \x03
@wait # 
@send echo in
@send -two-parts\r
@wait # 
exit
"""  # noqa: W291 (a prompt ends with a space)


def test_a_script_drives_a_session_to_its_end_and_twice_the_same(tmp_path: Path) -> None:
    (tmp_path / "script").write_text(SCRIPT)
    once = unattended(tmp_path, "once", "--input", "script")
    assert once.statistics["exit_cause"] == "power-off"
    assert "42" in once.lines
    assert "in-two-parts" in once.lines
    [uptime] = [line for line in once.lines if line.endswith(" 2.0") or line[:2] in ("2.", "3.")]
    assert 2 < float(uptime.split()[0]) < 3, "the script let two seconds pass, of simulated time"
    assert 3.5 < once.statistics["sim_seconds"] < 5, "Ctrl-C ended the sleep"
    assert unattended(tmp_path, "again", "--input", "script") == once


def test_a_script_can_be_given_on_the_command_line(tmp_path: Path) -> None:
    session = unattended(tmp_path, "text", "--input", r"@wait # \necho a''b\n@wait ab\npoweroff -f\n")
    assert "ab" in session.lines
    assert session.statistics["exit_cause"] == "power-off"


def test_a_script_that_waits_in_vain_does_not_keep_the_run_from_its_limit(tmp_path: Path) -> None:
    options = ("--input", r"@wait no such text\nx\n", "--max-time", "5s")
    session = unattended(tmp_path, "vain", *options)
    assert session.statistics["exit_cause"] == "time-limit"
    assert session.statistics["sim_seconds"] == 5


def test_a_recorded_session_is_replayed_exactly(tmp_path: Path) -> None:
    live = Live(tmp_path)
    terminal = live.terminal
    terminal.wait_for(PROMPT)
    terminal.enter("echo $((6*7))", pause=0.05)
    terminal.wait_for(PROMPT)
    time.sleep(0.3)
    terminal.press("cat /proc/uptime; sleep 0.2\r")  # all at once: it arrives while the shell is busy
    terminal.wait_for(PROMPT)
    terminal.press("cat\rthe guest takes")
    terminal.wait_for("takes")
    terminal.press(" this\r\x04")
    terminal.wait_for(PROMPT)
    terminal.enter("sleep 100")
    time.sleep(0.2)
    terminal.press("\x03")
    terminal.wait_for(PROMPT)
    terminal.enter("exit")
    session = live.finished()
    assert "42" in session.lines
    assert session.statistics["exit_cause"] == "power-off"

    replayed = unattended(tmp_path, "replayed", "--replay", "recording")
    assert replayed.console == session.console
    assert replayed.statistics["instructions"] == session.statistics["instructions"]
    assert replayed == session


def test_the_recording_of_a_session_that_was_quit_ends_where_it_was_quit(tmp_path: Path) -> None:
    live = Live(tmp_path)
    live.terminal.wait_for(PROMPT)
    live.terminal.enter("echo before")
    live.terminal.wait_for(PROMPT)
    time.sleep(0.4)
    live.terminal.press("\x01x")
    session = live.finished()
    assert session.statistics["exit_cause"] == "user-quit"

    replayed = unattended(tmp_path, "replayed", "--replay", "recording")
    # The program ends the line of the prompt before it says how the run ended.
    assert replayed.console + b"\n" == session.console
    assert replayed.statistics == session.statistics


def test_a_session_can_be_quit_while_the_guest_is_busy(tmp_path: Path) -> None:
    live = Live(tmp_path)
    live.terminal.wait_for(PROMPT)
    live.terminal.enter("while :; do :; done")
    time.sleep(0.2)
    live.terminal.press("\x01x")
    session = live.finished()
    assert session.statistics["exit_cause"] == "user-quit"

    assert unattended(tmp_path, "replayed", "--replay", "recording") == session


def test_a_recording_that_was_cut_off_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "recording").write_text("vmsim input recording, version 1\n1000000 uart0 6c73")
    done = vmsim("run", SYSTEM, "--replay", "recording", "--console", "none", folder=tmp_path)
    assert done.code == 1
    assert done.errors == ["recording:2:1: the last line is cut off; remove it to replay what is before it"]
