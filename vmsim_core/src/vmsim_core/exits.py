"""What happens in a run, and why one ended: a frozen class for each, so that callers match on types, not on texts.

Here are the causes that always end a run; what only may end one, when it is waited for, is in `run_events`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vmsim_core.debug import MemoryAccess


@dataclass(frozen=True)
class RunEvent:
    """The base of all that a run tells; a plugin adds its own by subclassing."""

    name: ClassVar[str] = "event"
    ended_by_guest: ClassVar[bool] = False
    """The guest ended the run by itself (power-off, reset, halt, its own exit code)."""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class ExitCause(RunEvent):
    """The base of all that always ends a run; a plugin adds its own by subclassing."""

    name = "exit"


@dataclass(frozen=True)
class PowerOff(ExitCause):
    """The guest switched the machine off."""

    name = "power-off"
    ended_by_guest = True


@dataclass(frozen=True)
class Reset(ExitCause):
    """The guest asked the board for a reset, or a watchdog did."""

    source: str = ""
    name = "reset"
    ended_by_guest = True

    def __str__(self) -> str:
        return f"{self.name} (by {self.source})" if self.source else self.name


@dataclass(frozen=True)
class Halt(ExitCause):
    """Nothing can ever happen again: a masked branch to itself, or a wait that no event can end."""

    reason: str = ""
    name = "halt"
    ended_by_guest = True

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})"


@dataclass(frozen=True)
class GuestExit(ExitCause):
    """A guest program ended the run with a code of its own."""

    code: int = 0
    name = "guest-exit"
    ended_by_guest = True

    def __str__(self) -> str:
        return f"{self.name} with code {self.code}"


@dataclass(frozen=True)
class ScriptExit(ExitCause):
    """The script of the system description ended the run."""

    code: int = 0
    name = "script-exit"

    def __str__(self) -> str:
        return f"{self.name} with code {self.code}"


@dataclass(frozen=True)
class TextSeen(ExitCause):
    """The text that the run was to wait for has been sent by the guest."""

    text: str = ""
    name = "text-seen"


@dataclass(frozen=True)
class InstructionLimit(ExitCause):
    """As many instructions as asked for were executed."""

    name = "instruction-limit"


@dataclass(frozen=True)
class TimeLimit(ExitCause):
    """The simulated time that was asked for is reached."""

    name = "time-limit"


@dataclass(frozen=True)
class HostTimeLimit(ExitCause):
    """The host time that was allowed is used up."""

    name = "host-time-limit"


@dataclass(frozen=True)
class UserQuit(ExitCause):
    """The user asked for the end, at the console or with a signal."""

    name = "user-quit"


@dataclass(frozen=True)
class BreakpointReached(ExitCause):
    """The next instruction has a breakpoint."""

    address: int = 0
    name = "breakpoint"

    def __str__(self) -> str:
        return f"{self.name} at {self.address:#010x}"


@dataclass(frozen=True)
class WatchpointHit(ExitCause):
    """The last instruction touched memory that is watched."""

    access: MemoryAccess
    name = "watchpoint"

    def __str__(self) -> str:
        return f"{self.name}: {'write to' if self.access.write else 'read of'} {self.access.address:#010x}"


@dataclass(frozen=True)
class CpuFailure(ExitCause):
    """The CPU model cannot go on; the guest did something that has no continuation."""

    reason: str = ""
    name = "cpu-failure"

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"
