"""A person at a terminal with a Linux guest: keys, time that passes, the way out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from vmsim_program import PROMPT, VMSIM, Terminal, vmsim
from whole_system import PROJECT, USER_SPACE

pytestmark = pytest.mark.guest
SYSTEM = PROJECT / "systems" / "realview-linux.yaml"


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A guest at its shell's prompt."""
    with Terminal(VMSIM, "run", SYSTEM, folder=tmp_path_factory.mktemp("session")) as terminal:
        terminal.wait_for(USER_SPACE)
        terminal.wait_for(PROMPT)
        yield terminal


def test_the_shell_answers(shell: Terminal) -> None:
    assert shell.answer_to("echo $((6*7))") == "42"


def test_the_guest_finds_itself_at_a_terminal(shell: Terminal) -> None:
    assert shell.answer_to("tty") == "/dev/ttyAMA0"
    assert "isig" in shell.answer_to("stty -a").split()


def test_a_second_of_sleep_is_a_second(shell: Terminal) -> None:
    start = time.monotonic()
    shell.answer_to("sleep 1")
    assert 0.8 < time.monotonic() - start < 3


def test_an_idle_shell_takes_little_of_the_host(shell: Terminal) -> None:
    start, used = time.monotonic(), shell.host_cpu_seconds()
    time.sleep(2)
    assert shell.host_cpu_seconds() - used < 0.3 * (time.monotonic() - start)


def test_control_c_is_for_the_guest(shell: Terminal) -> None:
    start = time.monotonic()
    shell.enter("sleep 100")
    shell.wait_for("sleep 100")
    time.sleep(0.2)
    shell.press("\x03")
    shell.wait_for(PROMPT)
    assert time.monotonic() - start < 30
    assert shell.answer_to("echo $?") == "130"


def test_control_z_and_job_control_work_in_the_guest(shell: Terminal) -> None:
    shell.enter("sleep 100")
    shell.wait_for("sleep 100")
    time.sleep(0.2)
    shell.press("\x1a")
    shell.wait_for(PROMPT)
    assert "Stopped" in shell.answer_to("jobs")
    shell.answer_to("kill %1")


def test_a_line_is_edited_with_the_keys_of_a_terminal(shell: Terminal) -> None:
    shell.press("echo wrong\x7f\x7f\x7f\x7f\x7fright\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x05\r")
    assert shell.wait_for("\nright\r")


def test_much_that_is_pasted_at_once_arrives_whole(shell: Terminal) -> None:
    words = " ".join(f"word{number}" for number in range(100))
    shell.press(f"set -- {words}\r")
    shell.wait_for("word99")
    shell.wait_for(PROMPT)
    assert shell.answer_to("echo $# ${100}") == "100 word99"


def test_control_a_h_lists_the_keys_and_does_not_disturb_the_guest(shell: Terminal) -> None:
    shell.press("echo un\x01hdisturbed\r")
    shell.wait_for("\nundisturbed\r")
    assert "Ctrl-A x       quit" in shell.errors


def test_control_a_x_quits_and_gives_the_terminal_back(tmp_path: Path) -> None:
    script = 'stty -g; "$@"; echo "code $?"; stty -g'
    with Terminal("/bin/sh", "-c", script, "sh", VMSIM, "run", SYSTEM, folder=tmp_path) as terminal:
        before = terminal.wait_for("\r\n")
        terminal.wait_for(USER_SPACE)
        terminal.press("\x01x")
        terminal.wait_for("code ")
        assert terminal.wait_for("\r\n") == "0"
        assert terminal.wait_for("\r\n") == before
        assert terminal.ends_with() == 0
        assert "vmsim: user-quit at " in terminal.errors


def test_the_progress_line_shows_at_a_terminal_what_is_awaited(tmp_path: Path) -> None:
    # On a model that takes a second for it: the virtual CPU may be there before the line has appeared once.
    command = ("-c", 'exec "$@" 2>/dev/tty', "sh", VMSIM, "run", SYSTEM, "--cpu", "timing", "--console", "file:sent")
    with Terminal("/bin/sh", *command, "--until-text", USER_SPACE, folder=tmp_path) as terminal:
        terminal.wait_for("M instructions .* MIPS .*waiting for 'vmsim: user space reached'")
        assert terminal.ends_with() == 0
        assert "\r\x1b[Kvmsim: text-seen at " in terminal.seen


def test_there_is_no_progress_line_where_nobody_sees_it(tmp_path: Path) -> None:
    done = vmsim("run", SYSTEM, "--console", "none", "--until-text", USER_SPACE, folder=tmp_path)
    assert done.code == 0
    [line] = done.errors
    assert line.startswith("vmsim: text-seen at ")
    assert "\x1b" not in done.err
    assert "\r" not in done.err
