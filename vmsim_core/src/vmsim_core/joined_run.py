"""Running several systems that cables join, in one process, as if they ran at the same time.

The systems run in turn, each as far as nothing from another one can reach it any more: a frame that is sent now arrives
a cable's latency later, so nobody needs to wait for anybody within that time (conservative synchronisation). What a
system sees does not depend on the order of the turns.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from vmsim_core.console.text import TextWatcher
from vmsim_core.exits import ExitCause, Halt, TextSeen, TimeLimit
from vmsim_core.network import EthernetLink
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.units import NEVER


def run_together(
    simulations: Sequence[Simulation], links: Sequence[EthernetLink], limits: RunLimits | None = None
) -> list[ExitCause | None]:
    """Run the systems that `links` join until an end; return why each one ended, None for those that could go on.

    A system that ends by itself (power-off, reset, halt) leaves the others running. The run ends when all have, when
    the text that `limits` name was seen on any of the consoles, or when a limit is reached: the instructions are those
    of each system, the times those of all. May be called again to go on. Raises ValueError without a link.
    """
    if not links:
        raise ValueError("systems that are not joined need not run together; name the links between them")
    limits = limits or RunLimits()
    give_up = None if limits.host_seconds is None else time.perf_counter() + limits.host_seconds
    last_tick = NEVER if limits.time is None else limits.time
    lookahead = min(link.latency for link in links)
    members = [_Member(simulation, limits) for simulation in simulations]
    try:
        while running := [member for member in members if member.cause is None]:
            earliest = min(member.earliest_action() for member in running)
            if earliest == NEVER:
                for member in running:
                    member.cause = Halt("waiting for an interrupt that nothing can raise")
                break
            target = min(earliest + lookahead, last_tick)
            if not all(member.run_to(target, give_up) for member in running):
                break
            if target == last_tick:
                for member in running:
                    member.cause = member.cause or TimeLimit()
        return [member.cause for member in members]
    finally:
        for member in members:
            member.close()


class _Member:
    """One of the systems in a joined run."""

    def __init__(self, simulation: Simulation, limits: RunLimits) -> None:
        self.simulation = simulation
        self.cause: ExitCause | None = None
        self._last_instruction = None
        if limits.instructions is not None:
            self._last_instruction = simulation.instructions_run + limits.instructions
        self._watcher = None
        if (text := limits.text) is not None:
            system = simulation.system
            self._watcher = TextWatcher(simulation.console, text, lambda: system.request_exit(TextSeen(text)))
        self._turn_end = 0
        self._waits = False
        self._idle = simulation.idle
        simulation.idle = self._let_time_pass

    def close(self) -> None:
        """Leave the simulation as it was before."""
        self.simulation.idle = self._idle
        if self._watcher is not None:
            self._watcher.close()

    def earliest_action(self) -> int:
        """Return the tick before which the system does nothing, unless something reaches it."""
        # A person at the console is heard at any time.
        if self._waits and not self.simulation.live_input:
            return self.simulation.system.events.next_tick
        return self.simulation.time

    def run_to(self, target: int, give_up: float | None) -> bool:
        """Run to the tick `target`; return whether the joined run goes on."""
        self._turn_end = target
        self._waits = False
        host_seconds = None if give_up is None else max(0.0, give_up - time.perf_counter())
        instructions = None
        if self._last_instruction is not None:
            instructions = self._last_instruction - self.simulation.instructions_run
        cause = self.simulation.run(RunLimits(instructions=instructions, time=target, host_seconds=host_seconds))
        if isinstance(cause, TimeLimit):
            return True
        self.cause = cause
        return cause.ended_by_guest

    def _let_time_pass(self, now: int, target: int) -> int:
        """Remember whether the system waits beyond the end of its turn: then nothing happens before its next event."""
        tick = self._idle(now, target)
        self._waits = min(tick, target) >= self._turn_end < self.simulation.system.events.next_tick
        return tick
