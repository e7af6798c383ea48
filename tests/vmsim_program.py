"""The real ``vmsim`` program: run to its end, or driven at a terminal as a person would."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pexpect

VMSIM = Path(sysconfig.get_path("scripts")) / "vmsim"
PROMPT = "# "


@dataclass(frozen=True)
class Finished:
    """What a run of the program left."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines on stderr."""
        return self.err.splitlines()


def vmsim(*arguments: str | Path, folder: Path | None = None, timeout: float = 120) -> Finished:
    """Run a command line in `folder`, with nobody at the other end of standard input."""
    done = subprocess.run(
        [VMSIM, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def read_statistics(file: Path) -> dict[str, Any]:
    """Return what --stats wrote."""
    statistics: dict[str, Any] = json.loads(file.read_text())
    return statistics


class Terminal:
    """A terminal with a program in it, and the hands and eyes of who sits there.

    What the program says on stderr goes to the file ``stderr`` in `folder`, apart from what the guest sends.
    """

    def __init__(self, *command: str | Path, folder: Path, timeout: float = 60) -> None:
        arguments = ["-c", 'exec 2>stderr; exec "$@"', "sh", *map(str, command)]
        self._log = io.StringIO(newline="")
        self._errors = folder / "stderr"
        self.process = pexpect.spawn(
            "/bin/sh", arguments, cwd=str(folder), timeout=timeout, encoding="utf-8", dimensions=(24, 200)
        )
        self.process.delaybeforesend = None
        self.process.logfile_read = self._log

    @property
    def seen(self) -> str:
        """Everything that has appeared."""
        return self._log.getvalue()

    @property
    def errors(self) -> str:
        """What the program has said on stderr."""
        return self._errors.read_text()

    def wait_for(self, pattern: str) -> str:
        """Wait until `pattern` appears; return what appeared before it."""
        self.process.expect(pattern)
        return str(self.process.before)

    def press(self, keys: str) -> None:
        """Press keys, all at once."""
        self.process.send(keys)

    def enter(self, line: str, pause: float = 0.02) -> None:
        """Type a line and Enter, key by key."""
        for key in f"{line}\r":
            self.process.send(key)
            time.sleep(pause)

    def answer_to(self, line: str) -> str:
        """Type a command at the shell; return what it prints."""
        self.enter(line)
        self.wait_for(re.escape(line))
        return self.wait_for(PROMPT).partition("\n")[2].rpartition("\n")[0].replace("\r", "")

    def host_cpu_seconds(self) -> float:
        """Return the CPU time that the program has used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        user, system = int(fields[11]), int(fields[12])
        return (user + system) / os.sysconf("SC_CLK_TCK")

    def ends_with(self) -> int:
        """Wait for the end of the program; return its exit code."""
        self.process.expect(pexpect.EOF)
        return int(self.process.wait())

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.close(force=True)
