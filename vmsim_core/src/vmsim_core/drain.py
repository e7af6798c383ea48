"""Bringing the machine to rest: Drainable objects and the DrainManager that asks them.

The protocol is gem5's (DrainManager, Drainable; talk "gem5 Virtual Machine Acceleration"), with its known faults
avoided: anything may register, objects made while draining take part, and the machine is drained only when *all*
answer so on the first asking of one round, since draining one can disturb another.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from vmsim_core.errors import DrainError
from vmsim_core.units import TICKS_PER_SECOND, format_time

LONGEST_DRAIN = TICKS_PER_SECOND // 10
"""Ticks after which a drain is stuck: what a timing model has under way takes microseconds."""


class DrainState(Enum):
    """Where a Drainable is between running and at rest."""

    RUNNING = "running"
    DRAINING = "draining"
    DRAINED = "drained"
    RESUMING = "resuming"


class Drainable:
    """Anything that may have to come to rest before a switch or a checkpoint.

    A device's work in flight (a transfer, a timer, a byte being sent) is *state*: it is serialised, and the device
    answers drained at once. That is what the methods here do; timing memory and pipelines override them.
    """

    drain_state: DrainState = DrainState.RUNNING

    def drain(self) -> bool:
        """Begin to come to rest; return whether it is at rest. Asked again in every round."""
        return True

    def mem_writeback(self) -> int:
        """Write dirty data back to memory; return the number of lines written. Called when all is drained."""
        return 0

    def mem_invalidate(self) -> int:
        """Drop cached copies of memory; return the number of lines dropped. Called after `mem_writeback`."""
        return 0

    def lines_by_part(self) -> dict[str, int]:
        """Return the lines of the last `mem_writeback` or `mem_invalidate` by part, such as a cache; empty if there are
        no parts."""
        return {}

    def unwritten(self) -> str:
        """Say what memory does not have yet, such as "l1d holds 3 dirty lines"; asked after `mem_writeback`."""
        return ""

    def copied(self) -> str:
        """Say of what memory holds there still is a copy, such as "l2 holds 8 lines"; asked after `mem_invalidate`."""
        return ""

    def drain_resume(self) -> None:
        """Go on after a drain."""

    def drain_pending(self) -> str:
        """Say what it is still waiting for, for the error that a stuck drain ends in."""
        return "does not say why"

    def drain_sanity_check(self) -> None:
        """Raise DrainError if something that must be at rest in a drained machine is not."""


class DrainManager:
    """Asks every registered object to drain, and lets simulated time pass until all have."""

    def __init__(self, max_rounds: int = 1_000_000) -> None:
        self._members: dict[Drainable, str] = {}
        self._busy_since: dict[Drainable, int] = {}
        self.waited_for: dict[str, int] = {}
        """Who was not at rest at once in the last drain, and for how many ticks."""
        self._max_rounds = max_rounds
        self.state = DrainState.RUNNING

    def register(self, member: Drainable, name: str) -> None:
        """Make `member` take part from now on, a drain under way included."""
        self._members[member] = name
        if self.state is not DrainState.RUNNING:
            member.drain_state = DrainState.DRAINING

    def unregister(self, member: Drainable) -> None:
        """Make `member` take no part any more."""
        del self._members[member]

    def drain(self, advance: Callable[[], bool], now: Callable[[], int] = int) -> int:
        """Bring everything to rest; return the number of rounds.

        `advance` lets the simulation go on to its next event and returns False when there is none that a drain waits
        for, `now` says the simulated time in ticks; raises DrainError, naming who is still draining, why and since
        when, when that leads nowhere, or takes longer than `LONGEST_DRAIN`.
        """
        give_up = now() + LONGEST_DRAIN
        self._busy_since.clear()
        self.waited_for = {}
        self.state = DrainState.DRAINING
        for member in self._members:
            member.drain_state = DrainState.DRAINING
        for round_number in range(1, self._max_rounds + 1):
            if self._ask_all(now()):
                self.state = DrainState.DRAINED
                for member in list(self._members):
                    member.drain_sanity_check()
                return round_number
            if now() >= give_up or not advance():
                break
        raise DrainError(f"the drain is stuck: {self._who_is_draining()}")

    def mem_writeback(self) -> dict[str, int]:
        """Have all dirty data written to memory; return the lines written, by member or part of one.

        Raises DrainError, naming who, when something is not written after all.
        """
        lines = self._phase(lambda member: member.mem_writeback())
        self._require("mem_writeback", lambda member: member.unwritten())
        return lines

    def mem_invalidate(self) -> dict[str, int]:
        """Have all cached copies dropped; return the lines dropped, by member or part of one.

        Raises DrainError, naming who, when something would be lost, or a copy is left.
        """
        self._require("mem_writeback", lambda member: member.unwritten())
        lines = self._phase(lambda member: member.mem_invalidate())
        self.require_no_copies()
        return lines

    def require_no_copies(self) -> None:
        """Raise DrainError, naming who, unless memory alone holds the truth."""
        self._require("mem_invalidate", lambda member: member.copied())

    def resume(self) -> None:
        """Let everything go on."""
        self.state = DrainState.RESUMING
        # A member may be made while others resume; it is resumed too.
        done: set[Drainable] = set()
        while waiting := [member for member in self._members if member not in done]:
            for member in waiting:
                member.drain_state = DrainState.RESUMING
                member.drain_resume()
                member.drain_state = DrainState.RUNNING
                done.add(member)
        self.state = DrainState.RUNNING

    def _ask_all(self, tick: int) -> bool:
        all_drained = True
        asked: set[Drainable] = set()
        while waiting := [member for member in self._members if member not in asked]:
            for member in waiting:
                drained = member.drain()
                member.drain_state = DrainState.DRAINED if drained else DrainState.DRAINING
                if not drained:
                    self._busy_since.setdefault(member, tick)
                elif (since := self._busy_since.pop(member, None)) is not None:
                    name = self._members[member]
                    self.waited_for[name] = self.waited_for.get(name, 0) + tick - since
                all_drained &= drained
                asked.add(member)
        return all_drained

    def _phase(self, phase: Callable[[Drainable], int]) -> dict[str, int]:
        if self.state is not DrainState.DRAINED:
            raise DrainError("memory can be written back and invalidated only in a drained machine")
        lines: dict[str, int] = {}
        for member, name in list(self._members.items()):
            if count := phase(member):
                parts = {f"{name}.{part}": number for part, number in member.lines_by_part().items() if number}
                lines.update(parts or {name: count})
        return lines

    def _require(self, phase: str, what_is_left: Callable[[Drainable], str]) -> None:
        left = [f"{name}: {text}" for member, name in self._members.items() if (text := what_is_left(member))]
        if left:
            raise DrainError(f"{phase} was left out or is not complete: {'; '.join(left)}")

    def _who_is_draining(self) -> str:
        return "; ".join(
            f"{self._members[member]} {member.drain_pending()}, since {format_time(tick)}"
            for member, tick in self._busy_since.items()
        )
