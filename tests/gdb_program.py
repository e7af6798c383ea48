"""A real GDB, attached to a real ``vmsim run --gdb``."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType

from vmsim_program import VMSIM

GDB = "gdb-multiarch"
GDB_IS_THERE = shutil.which(GDB) is not None
_MARK = "~~~ done ~~~"


class DebuggedMachine:
    """``vmsim run --gdb 0`` with the options of a run; what it says on stderr goes to a file."""

    def __init__(self, folder: Path, *options: str | Path) -> None:
        self._errors = folder / "vmsim-errors"
        self.console = folder / "console"
        command = [VMSIM, "run", *options, "--gdb", "0", "--console", f"file:{self.console}", "--host-timeout", "100"]
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors, cwd=folder)
        self.port = self._announced_port()

    @property
    def errors(self) -> str:
        """What was said on stderr."""
        return self._errors.read_text()

    def ends_with(self) -> int:
        """Wait for the end of the run; return its exit code."""
        return self._process.wait(120)

    def __enter__(self) -> DebuggedMachine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()

    def _announced_port(self) -> int:
        give_up = time.monotonic() + 60
        while (match := re.search(r"target remote 127\.0\.0\.1:(\d+)", self.errors)) is None:
            assert self._process.poll() is None, self.errors
            assert time.monotonic() < give_up
            time.sleep(0.05)
        return int(match[1])


def debug(program: Path | None, *commands: str, timeout: float = 100) -> list[str]:
    """Have GDB carry out commands; return what it says to each, without empty lines, its warnings included."""
    arguments = [GDB, "-nx", "-batch", "-ex", "set confirm off", "-ex", "set width 0", "-ex", f"echo {_MARK}\\n"]
    if program is not None:
        arguments.insert(1, str(program))
    for command in commands:
        arguments += ["-ex", command, "-ex", f"echo {_MARK}\\n"]
    done = subprocess.run(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
    )
    _, *answers = done.stdout.split(f"{_MARK}\n")
    assert len(answers) == len(commands) + 1, done.stdout
    return ["\n".join(line.rstrip() for line in answer.splitlines() if line.strip()) for answer in answers[:-1]]


def session_of(text: str) -> list[tuple[str, str]]:
    """Return the commands of a session as a page shows it, each with what GDB said."""
    typed = re.split(r"^\(gdb\) ", text, flags=re.MULTILINE)[1:]
    return [(command, said.strip()) for command, _, said in (each.partition("\n") for each in typed)]


def without_places(answer: str) -> str:
    """Return what GDB said without addresses, counts and times, which depend on the compiler of the guest."""
    answer = re.sub(r"0x[0-9a-f]{3,}", "0x...", answer)
    answer = re.sub(r"#\d+(?=\t@ 0x)", "#...", answer)
    return re.sub(r"\d+\.\d+ us|\d+,\d+", "...", answer)
