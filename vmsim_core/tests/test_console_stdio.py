"""The console on standard input and output, in real terminals and through pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pexpect
import pytest
from vmsim_core.console.escape import EscapeKeys

DRIVER = str(Path(__file__).with_name("console_driver.py"))


def is_raw(terminal: Any) -> bool:
    local_modes = termios.tcgetattr(terminal.child_fd)[3]
    return not local_modes & (termios.ECHO | termios.ICANON | termios.ISIG)


@pytest.fixture
def terminal() -> Iterator[Any]:
    child = pexpect.spawn(sys.executable, [DRIVER], timeout=20)
    child.expect("ready True")
    yield child
    child.close(force=True)


def test_a_terminal_is_raw_and_given_back_on_quit(terminal: Any) -> None:
    assert is_raw(terminal)
    terminal.send("hello")
    terminal.expect_exact("HELLO")
    terminal.send("\x01x")
    terminal.expect("left")
    terminal.expect(pexpect.EOF)
    assert not is_raw(terminal)


def test_every_key_reaches_the_guest_but_the_escape(terminal: Any) -> None:
    terminal.send("\x03\x1a\x11\x04\r")
    terminal.expect_exact("<03><1a><11><04><0d>")
    terminal.send("\x01a\x01\x01.")
    terminal.expect_exact("<01><01>.")
    terminal.send("\x01h")
    terminal.expect("Ctrl-A x +quit")
    terminal.send("\x01")
    terminal.expect(pexpect.TIMEOUT, timeout=0.2)
    terminal.send("x")
    terminal.expect("left")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_program_with_the_terminal_given_back(terminal: Any, number: signal.Signals) -> None:
    os.kill(terminal.pid, number)
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.signalstatus == number
    assert not is_raw(terminal)


def test_an_exception_gives_the_terminal_back(terminal: Any) -> None:
    terminal.send("!")
    terminal.expect("RuntimeError: the guest broke")
    terminal.expect(pexpect.EOF)
    assert not is_raw(terminal)


def test_a_suspended_program_lends_the_terminal_to_the_shell() -> None:
    shell = pexpect.spawn("/bin/sh", ["-i"], timeout=20, env={**os.environ, "PS1": "shell$ ", "ENV": ""})
    shell.expect_exact("shell$ ")
    shell.sendline(f"{sys.executable} {DRIVER}")
    shell.expect("ready True")
    assert is_raw(shell)
    shell.send("~")
    shell.expect_exact("shell$ ")
    assert not is_raw(shell)
    shell.sendline("fg")
    shell.expect_exact("~")
    assert is_raw(shell)
    shell.send("b\x01x")
    shell.expect("B")
    shell.expect("left")
    shell.expect_exact("shell$ ")
    assert not is_raw(shell)
    shell.close(force=True)


def test_a_background_job_leaves_the_terminal_alone() -> None:
    shell = pexpect.spawn("/bin/sh", ["-i"], timeout=20, env={**os.environ, "PS1": "shell$ ", "ENV": ""})
    shell.expect_exact("shell$ ")
    shell.sendline(f"{sys.executable} {DRIVER} --until-eof &")
    shell.expect("ready False")
    shell.expect("left")
    shell.close(force=True)


def test_a_pipe_is_passed_through_byte_for_byte() -> None:
    run = subprocess.run([sys.executable, DRIVER, "--until-eof"], input=b"", capture_output=True, timeout=20)
    assert (run.returncode, run.stdout) == (0, b"")

    driver = [sys.executable, DRIVER]
    with subprocess.Popen(driver, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdin and child.stdout and child.stderr
        assert child.stderr.readline() == b"ready False\n"
        child.stdin.write(b"\x01xyz\n!")
        child.stdin.close()
        assert child.stdout.read() == b"<01>XYZ<0a>"
        assert b"RuntimeError" in child.stderr.read()


def test_closed_standard_input_is_no_input() -> None:
    run = subprocess.run(
        ["/bin/sh", "-c", f"exec {sys.executable} {DRIVER} --until-eof <&-"], capture_output=True, timeout=20
    )
    assert run.returncode == 0, run.stderr


def test_the_escape_key_may_come_apart_from_its_letter() -> None:
    happened: list[str] = []
    keys = EscapeKeys(*(partial(happened.append, name) for name in ("quit", "help", "picture")))
    assert keys.for_guest(b"a\x01") == b"a"
    assert keys.for_guest(b"ab") == b"\x01b"
    assert keys.for_guest(b"\x01?x\x01x") == b"x"
    assert keys.for_guest(b"\x01pp") == b"p"
    assert happened == ["help", "quit", "picture"]
