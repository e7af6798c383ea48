"""The progress line."""

from __future__ import annotations

import fcntl
import io
import os
import struct
import termios
from types import SimpleNamespace
from typing import TextIO

import pytest
from vmsim_core.console.console import NoConsole
from vmsim_core.console.progress import Progress, progress_wanted
from vmsim_core.serial_port import SerialPort
from vmsim_core.units import TICKS_PER_SECOND

ERASE = "\r\x1b[K"


class Run:
    """A simulation that does 200 MIPS on a clock of the test's, and its progress line."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.time = 0.0
        self.stream = stream or io.StringIO()
        self.simulation = SimpleNamespace(time=0, instructions=0)
        self.progress = Progress(self.simulation, "waiting for 'login:'", self.stream, lambda: self.time)

    def go_on(self, seconds: float, mips: float = 200) -> None:
        self.time += seconds
        self.simulation.time += int(seconds * TICKS_PER_SECOND)
        self.simulation.instructions += int(seconds * mips * 1e6)
        self.progress.update()

    def updates(self) -> list[str]:
        assert isinstance(self.stream, io.StringIO)
        return self.stream.getvalue().split(ERASE)[1:]


def test_the_line_says_how_far_how_fast_and_what_for() -> None:
    run = Run()
    for _ in range(25):
        run.go_on(0.25)
    assert run.updates()[-1] == "6.250 s  1,250.0 M instructions  200.0 MIPS  waiting for 'login:'"


def test_the_speed_is_that_of_the_last_second() -> None:
    run = Run()
    for _ in range(20):
        run.go_on(0.25, mips=1000)
    for _ in range(4):
        run.go_on(0.25, mips=10)
    assert " 10.0 MIPS" in run.updates()[-1]


def test_five_updates_a_second_are_enough() -> None:
    run = Run()
    for _ in range(1000):
        run.go_on(0.01)
    assert 40 <= len(run.updates()) <= 50


def test_the_line_erases_itself() -> None:
    run = Run()
    run.progress.erase()
    assert run.updates() == [], "nothing was shown, nothing is erased"
    run.go_on(1)
    run.progress.erase()
    run.progress.erase()
    assert run.updates()[1:] == [""]


def test_the_line_is_cut_to_the_terminal() -> None:
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 20, 0, 0))
    with open(slave, "w") as terminal:  # noqa: PTH123 - a descriptor
        Run(terminal).go_on(1)
        assert os.read(master, 1000).decode().removeprefix(ERASE) == "1.000 s  200.0 M in"
    os.close(master)


def test_a_line_is_wanted_on_a_terminal_that_the_guest_does_not_write_to() -> None:
    console = NoConsole(SerialPort("uart0"), lambda data: None)
    assert not progress_wanted(console, io.StringIO())
    master, slave = os.openpty()
    with open(slave, "w") as terminal:  # noqa: PTH123 - a descriptor
        assert progress_wanted(console, terminal)
        console.on_terminal = True
        assert not progress_wanted(console, terminal)
    os.close(master)


def test_no_update_divides_by_zero() -> None:
    run = Run()
    run.go_on(0)
    run.go_on(0.2)
    assert len(run.updates()) == 1
    assert pytest.approx(200) == float(run.updates()[0].split()[5])
