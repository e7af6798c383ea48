"""The errors that a user's input can cause; the command line prints each as one line, never as a traceback."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class VmsimError(Exception):
    """Something the user can mend: the text says what was wrong, where, and what to do."""

    def lines(self) -> list[str]:
        """Return the message as the lines to print, one for each mistake."""
        return [str(self)]


@dataclass(frozen=True, order=True)
class SourcePosition:
    """A place in a text file; line and column count from 1."""

    file: Path
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class OptionPosition:
    """A place on the command line: the option that says it."""

    option: str

    def __str__(self) -> str:
        return self.option


Position = SourcePosition | OptionPosition


@dataclass(frozen=True)
class Problem:
    """One mistake in a system description."""

    message: str
    path: str = ""
    position: Position | None = None
    owner: str = ""

    def __str__(self) -> str:
        where = f"{self.position}: " if self.position else ""
        subject = f"{self.path}: " if self.path else ""
        owner = f" (from plugin {self.owner})" if self.owner else ""
        return f"{where}{subject}{self.message}{owner}"


class ConfigError(VmsimError):
    """A system description with mistakes; all of them at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems

    def lines(self) -> list[str]:
        """Return one line for each mistake."""
        return [str(problem) for problem in self.problems]


class PluginError(VmsimError):
    """A plugin that cannot be used: it names the entry point and the distribution."""


class WorkloadError(VmsimError):
    """A kernel, initrd, device tree or program that cannot be loaded."""


class CheckpointError(VmsimError):
    """A checkpoint that cannot be written or restored."""

    def __init__(self, message: str) -> None:
        # A strange checkpoint's own words are shown: they must neither break the line nor talk to the terminal.
        super().__init__("".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in message))


class DrainError(VmsimError):
    """A drain that makes no progress; names who is still draining and why."""


class SwitchError(VmsimError):
    """A CPU model that cannot take over; nothing was changed."""
