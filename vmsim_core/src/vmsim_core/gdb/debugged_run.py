"""A run under a debugger: it begins when one has attached and says so, and stops when it or a breakpoint asks."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from vmsim_core.console.text import TextWatcher
from vmsim_core.debugger import DebuggerView
from vmsim_core.errors import VmsimError
from vmsim_core.exits import (
    BreakpointReached,
    CpuFailure,
    ExitCause,
    Halt,
    HostTimeLimit,
    InstructionLimit,
    TextSeen,
    UserQuit,
    WatchpointHit,
)
from vmsim_core.gdb.monitor import Monitor
from vmsim_core.gdb.packets import Mark
from vmsim_core.gdb.port import LOOPBACK, DebuggerPort
from vmsim_core.gdb.stub import Order, Stub
from vmsim_core.gdb.target import Target
from vmsim_core.simulation import RunLimits, Simulation

_LOOK_AROUND = 0.1
"""While the machine stands still, consoles are served and signals seen this often (seconds)."""


@dataclass(frozen=True)
class DebuggerStop(ExitCause):
    """The debugger wants the machine to stand still."""

    name = "debugger-stop"


class DebuggedRun:
    """Runs a simulation for whoever attaches at a TCP port of this host; `number` 0 picks a free one.

    The limits are those of the whole run. Raises VmsimError when nothing can listen at the port, or no debugger knows
    the architecture.
    """

    def __init__(self, simulation: Simulation, number: int, limits: RunLimits | None = None) -> None:
        self._simulation = simulation
        self._limits = limits or RunLimits()
        self._target = Target(simulation, _view_of(simulation))
        self._monitor = Monitor(simulation, self._target)
        self.port = DebuggerPort(number)
        self._stub: Stub | None = None
        self._visits = 0
        self._order: Order | None = None
        """What the machine is doing; None while it stands still."""
        self._running = False
        self._step_was_taken = False
        self._last_instruction = None
        if self._limits.instructions is not None:
            self._last_instruction = simulation.instructions_run + self._limits.instructions
        self._give_up: float | None = None
        simulation.between_slices.append(self._look_around)
        _tell(f'waiting for a debugger: gdb-multiarch -ex "target remote {LOOPBACK}:{self.port.number}"')

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._simulation.between_slices.remove(self._look_around)
        self.port.close()

    def run(self) -> ExitCause:
        """Run until the guest, a limit, a request or the debugger ends it; return why."""
        if self._limits.host_seconds is not None:
            self._give_up = time.perf_counter() + self._limits.host_seconds
        watcher = self._watch_for(self._limits.text) if self._limits.text else None
        try:
            while True:
                self._notice_visitors()
                cause = self._attend() if self._order is None else self._advance(self._order)
                if cause is not None:
                    self._simulation.exit_cause = cause
                    return cause
        finally:
            if watcher is not None:
                watcher.close()

    def _watch_for(self, text: str) -> TextWatcher:
        system = self._simulation.system
        return TextWatcher(self._simulation.console, text, lambda: system.request_exit(TextSeen(text)))

    def _look_around(self) -> None:
        """Called between slices: have the run stop when the debugger wants something, comes or goes."""
        self.port.poll()
        news = self.port.pending or self.port.visits != self._visits or (self._stub and not self.port.connected)
        if self._running and news:
            self._simulation.system.request_exit(DebuggerStop())

    def _notice_visitors(self) -> None:
        if self.port.visits == self._visits and (self.port.connected or self._stub is None):
            return
        self._target.clear()
        self._stub = None
        self._step_was_taken = False
        if self.port.visits == self._visits or not self.port.connected:
            state = "goes on" if self._order is not None else "waits for another one"
            _tell(f"the debugger has gone without a word; the machine {state}")
        self._visits = self.port.visits
        if self.port.connected:
            self._order = None
            self._stub = Stub(self._target, self._monitor, self.port.send, self.port.stop_acknowledging)

    def _attend(self) -> ExitCause | None:
        """The machine stands still: serve a packet, or wait for one; return why the run ends, if it does."""
        system = self._simulation.system
        if system.requested_exits:
            requested = system.requested_exits.pop(0)
            assert isinstance(requested, ExitCause)  # other events end a run only when it waits for them
            return self._end(requested)
        if self._give_up is not None and time.perf_counter() >= self._give_up:
            return self._end(HostTimeLimit())
        packet = self.port.take()
        if packet is None:
            self.port.wait(_LOOK_AROUND)
            for callback in self._simulation.between_slices:
                callback()
        elif self._stub is not None and not isinstance(packet, Mark):  # an interrupt that came too late is none
            return self._obey(self._stub.serve(packet))
        return None

    def _obey(self, order: Order | None) -> ExitCause | None:
        if order is Order.KILL:
            self.port.hang_up()
            return UserQuit()
        if order is Order.DETACH:
            self._target.clear()
            self._stub = None
            self.port.hang_up()
            order = Order.CONTINUE
        self._order = order
        return None

    def _advance(self, order: Order) -> ExitCause | None:
        """Let the machine run, and tell the debugger why it stopped; return why the run ends, if it does."""
        if order is Order.STEP and self._step_was_taken and self._stub is not None:
            self._step_was_taken = False
            self._order = None
            self._stub.stopped(InstructionLimit())
            return None
        self._step_was_taken = False
        cause = self._run(order)
        stepped = isinstance(cause, InstructionLimit) and order is Order.STEP and not self._used_up()
        if isinstance(cause, DebuggerStop):
            self._interrupt()
        elif self._stub is not None and (
            stepped or isinstance(cause, BreakpointReached | WatchpointHit | Halt | CpuFailure)
        ):
            self._stop(self._stub, cause)
        else:
            return self._end(cause)
        return None

    def _run(self, order: Order) -> ExitCause:
        system = self._simulation.system
        instructions = None
        if self._last_instruction is not None:
            instructions = self._last_instruction - self._simulation.instructions_run
        if order is Order.STEP:
            instructions = 1 if instructions is None else min(1, instructions)
        host_seconds = None if self._give_up is None else self._give_up - time.perf_counter()
        self._running = True
        try:
            return self._simulation.run(RunLimits(instructions, self._limits.time, host_seconds))
        finally:
            self._running = False
            self._target.moved()
            # One that came together with another end has been seen.
            system.requested_exits[:] = [each for each in system.requested_exits if not isinstance(each, DebuggerStop)]

    def _used_up(self) -> bool:
        return self._last_instruction is not None and self._simulation.instructions_run >= self._last_instruction

    def _interrupt(self) -> None:
        """The run was stopped for the debugger: one that is new, one that has gone, or one that says something."""
        if self._stub is None or not self.port.connected or self.port.visits != self._visits:
            return
        self._order = None
        self._stub.interrupted()

    def _stop(self, stub: Stub, cause: ExitCause) -> None:
        self._order = None
        if isinstance(cause, Halt | CpuFailure):
            stub.stuck(cause)
            return
        self._step_was_taken = isinstance(cause, WatchpointHit) and self._target.view.stops_before_watched_access
        stub.stopped(cause)

    def _end(self, cause: ExitCause) -> ExitCause:
        if self._stub is not None:
            self._stub.ended(cause)
            self.port.hang_up()
        return cause


def _view_of(simulation: Simulation) -> DebuggerView:
    architecture = simulation.system.architecture
    view = architecture.debugger_view
    if view is None:
        raise VmsimError(f"--gdb: the architecture {architecture.type_name} has nothing for debuggers")
    return view


def _tell(message: str) -> None:
    print(f"vmsim: {message}", file=sys.stderr, flush=True)
