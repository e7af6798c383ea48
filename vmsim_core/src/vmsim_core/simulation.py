"""The run loop: lets a CPU model execute between events, and finds out why a run ends."""

from __future__ import annotations

import heapq
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from vmsim_core.console.text import TextWatcher
from vmsim_core.cpu import CpuExit
from vmsim_core.drain import DrainState
from vmsim_core.errors import CheckpointError
from vmsim_core.exits import (
    BreakpointReached,
    CpuFailure,
    ExitCause,
    GuestExit,
    Halt,
    HostTimeLimit,
    InstructionLimit,
    TextSeen,
    TimeLimit,
    WatchpointHit,
)
from vmsim_core.switching import HandoverReport, switch
from vmsim_core.units import NEVER

if TYPE_CHECKING:
    from vmsim_core.plugin_manager import PluginManager
    from vmsim_core.serial_port import SerialPort
    from vmsim_core.system import System

log = logging.getLogger("vmsim")

SLICE_INSTRUCTIONS = 4_000_000
"""The host gets a look-in at least this often (some 20 ms); it changes nothing that the guest can see."""
POLL_SECONDS = 0.02
UNLIMITED = 1 << 62

Idle = Callable[[int, int], int]


@dataclass(frozen=True)
class RunLimits:
    """When a run ends, if the guest does not end it before."""

    instructions: int | None = None
    """Instructions that this process may execute."""
    time: int | None = None
    """Simulated time since power-on, in ticks."""
    host_seconds: float | None = None
    """Time on the host."""
    text: str | None = None
    """Text to wait for on the first serial port."""


class Simulation:
    """A system together with its run: the Python interface that the command line is built on."""

    def __init__(self, system: System, plugins: PluginManager) -> None:
        self.system = system
        self.plugins = plugins
        self.exit_cause: ExitCause | None = None
        self.host_seconds = 0.0
        self.switches = 0
        self.checkpoints = 0
        self.between_slices: list[Callable[[], None]] = []
        """Called some 50 times in a second of host time, between slices of simulated time."""
        self.idle: Idle = _skip_idle_time
        """Called with (now, target) in ticks while every core waits; returns the tick to go on at. The default skips
        idle time; a pacer lets host time pass, and comes back early when there is input."""
        self.live_input = False
        """Whether somebody may still type: a machine that waits for ever is then not halted."""
        self.slice_instructions = SLICE_INSTRUCTIONS
        self._started = False
        self._appointments: list[tuple[int, int, Callable[[], object]]] = []
        self._appointments_made = 0

    @classmethod
    def from_yaml(
        cls, path: Path | str, cpu: str | None = None, overrides: tuple[tuple[str, str], ...] = ()
    ) -> Simulation:
        """Build the system that a description file describes; raises VmsimError for mistakes in it."""
        from vmsim_core.builder import build_simulation

        return build_simulation(Path(path), cpu, overrides)

    @property
    def time(self) -> int:
        """Simulated time since power-on, in ticks."""
        return self.system.cores[0].active.time

    @property
    def instructions(self) -> int:
        """Instructions that the machine has retired since power-on."""
        return sum(core.instructions for core in self.system.cores)

    @property
    def instructions_run(self) -> int:
        """Instructions that the machine has retired in this process."""
        return sum(core.instructions_run for core in self.system.cores)

    @property
    def instructions_by_cpu(self) -> dict[str, int]:
        """Instructions that the machine has retired in this process, by CPU model."""
        by_model: dict[str, int] = {}
        for core in self.system.cores:
            for name, model in core.models.items():
                by_model[name] = by_model.get(name, 0) + model.retired
        return by_model

    @property
    def guest_exit_code(self) -> int | None:
        """The code with which the guest ended the run, if it did."""
        return self.exit_cause.code if isinstance(self.exit_cause, GuestExit) else None

    @property
    def console(self) -> SerialPort:
        """The serial port that is the machine's console."""
        return self.system.serial_port(self.system.platform.console_name)

    def load_workload(self) -> None:
        """Put the workload into RAM and bring the cores to where the boot protocol wants them."""
        from vmsim_core.config import resolve_workload

        self.system.platform.load(resolve_workload(self.system.workload, self.plugins))

    def run(self, limits: RunLimits | None = None) -> ExitCause:
        """Run until the guest, a limit or a request ends it; return why. May be called again to go on."""
        limits = limits or RunLimits()
        started = time.perf_counter()
        if not self._started:
            self._started = True
            for core in self.system.cores[1:]:
                log.warning("%s stays in reset: this version of vmsim runs one core", core.path)
            for component in self.system.walk():
                component.start()
            self.plugins.hook.vmsim_run_started(simulation=self)
        watcher = self._watch_for(limits.text) if limits.text else None
        try:
            self.exit_cause = self._run_until_exit(limits, started)
        finally:
            if watcher is not None:
                watcher.close()
            self.host_seconds += time.perf_counter() - started
        self.plugins.hook.vmsim_run_ended(simulation=self, cause=self.exit_cause)
        return self.exit_cause

    def close(self) -> None:
        """Let go of host resources, such as disk images; the machine is not used any more."""
        for component in self.system.walk():
            component.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def at(self, tick: int, action: Callable[[], object]) -> None:
        """Have `action` called at the first instruction boundary at or after `tick`; the guest cannot notice.

        Actions for one tick come in the order in which they were asked for.
        """
        self._appointments_made += 1
        heapq.heappush(self._appointments, (tick, self._appointments_made, action))

    def take_checkpoint(self, folder: Path) -> Path:
        """Write a checkpoint into `folder`, made if it is not there; return the checkpoint's own folder.

        Not during `run`, but before, after, or in an action that was asked for with `at`. Raises CheckpointError when
        it cannot be written, DrainError when the machine does not come to rest; the machine can go on in any case.
        """
        from vmsim_core.checkpoint.capture import folder_name, write_checkpoint

        with self.at_rest():
            self.write_back_caches()
            place = folder / folder_name(self.time)
            try:
                folder.mkdir(parents=True, exist_ok=True)
                write_checkpoint(self, place)
            except OSError as error:
                raise CheckpointError(f"the checkpoint {place} cannot be written: {error.strerror}") from None
        self.checkpoints += 1
        return place

    def restore(self, checkpoint: Path) -> None:
        """Bring the machine to where it was when a checkpoint was taken, instead of loading a workload.

        Raises CheckpointError, nothing being changed, for one that is damaged or of another system.
        """
        from vmsim_core.checkpoint.restore import restore_checkpoint

        restore_checkpoint(self, checkpoint)

    def switch(self, model: str, core: int = 0) -> HandoverReport:
        """Let another CPU model animate a core from now on, and say what that took.

        Not during `run`, but before, after, or in an action that was asked for with `at`. Raises SwitchError, nothing
        being changed, for a model that is not there or cannot take over; DrainError when the machine does not come
        to rest.
        """
        return switch(self, self.system.cores[core], model)

    def write_back_caches(self) -> dict[str, int]:
        """Have memory hold the truth, in a machine at rest; return the lines written back, by component."""
        self.plugins.hook.vmsim_mem_writeback(system=self.system)
        return self.system.drain_manager.mem_writeback()

    def invalidate_caches(self) -> dict[str, int]:
        """Drop all cached copies of memory, in a machine at rest; return the lines dropped, by component."""
        self.plugins.hook.vmsim_mem_invalidate(system=self.system)
        return self.system.drain_manager.mem_invalidate()

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Bring the machine to rest for as long as the context lasts.

        Raises DrainError, the machine going on, when it does not come to rest. Requests to end the run that come up
        meanwhile are kept for the run that follows.
        """
        system, hook = self.system, self.plugins.hook
        hook.vmsim_drain(system=system)
        try:
            system.drain_manager.drain(self._advance_drain)
            yield
        finally:
            system.drain_manager.resume()
            hook.vmsim_drain_resume(system=system)

    def _advance_drain(self) -> bool:
        """Let time pass while something drains: a core finishes what it has begun, others get their events."""
        system, events = self.system, self.system.events
        cpu = system.cores[0].active
        before = (cpu.time, cpu.retired)
        if cpu.drain_state is not DrainState.DRAINED:
            if cpu.run(events.next_tick, self.slice_instructions) is CpuExit.FAILED:
                system.request_exit(CpuFailure(cpu.exit_detail))
        elif events.next_tick < NEVER:
            cpu.skip_to(events.next_tick)
        events.run_until(cpu.time)
        return before != (cpu.time, cpu.retired)

    def _watch_for(self, text: str) -> TextWatcher:
        return TextWatcher(self.console, text, lambda: self.system.request_exit(TextSeen(text)))

    def _run_until_exit(self, limits: RunLimits, started: float) -> ExitCause:
        system, events, core = self.system, self.system.events, self.system.cores[0]
        last_tick = NEVER if limits.time is None else limits.time
        budget = UNLIMITED if limits.instructions is None else self.instructions_run + limits.instructions
        give_up = None if limits.host_seconds is None else started + limits.host_seconds
        next_poll = started
        while True:
            cpu = core.active
            events.run_until(cpu.time)
            if system.requested_exits:
                return system.requested_exits.pop(0)
            if cpu.time >= self._next_appointment():
                heapq.heappop(self._appointments)[-1]()
                continue
            if cpu.time >= last_tick:
                return TimeLimit()
            remaining = budget - self.instructions_run
            if remaining <= 0:
                return InstructionLimit()
            host_now = time.perf_counter()
            if host_now >= next_poll:
                next_poll = host_now + POLL_SECONDS
                if give_up is not None and host_now >= give_up:
                    return HostTimeLimit()
                for callback in self.between_slices:
                    callback()
                if system.requested_exits:
                    continue
            system.current_core = core.index
            deadline = min(events.next_tick, last_tick, self._next_appointment())
            result = cpu.run(deadline, min(remaining, self.slice_instructions))
            if result is CpuExit.WAITING:
                if (cause := self._let_time_pass(last_tick)) is not None:
                    return cause
            elif result is CpuExit.HALTED:
                return Halt(cpu.exit_detail)
            elif result is CpuExit.FAILED:
                return CpuFailure(cpu.exit_detail)
            elif result is CpuExit.BREAKPOINT:
                return BreakpointReached(system.architecture.program_counter(cpu.save_state()))
            elif result is CpuExit.WATCHPOINT:
                assert cpu.watch_hit is not None
                return WatchpointHit(cpu.watch_hit)

    def _next_appointment(self) -> int:
        return self._appointments[0][0] if self._appointments else NEVER

    def _let_time_pass(self, last_tick: int) -> ExitCause | None:
        """The core waits for an interrupt: go to the next event, or find that there will be none."""
        cpu, events = self.system.cores[0].active, self.system.events
        if self.system.requested_exits:
            return None
        target = min(events.next_tick, last_tick, self._next_appointment())
        if target == NEVER and not self.live_input:
            return Halt("waiting for an interrupt that nothing can raise")
        tick = self.idle(cpu.time, target)
        # Nothing happens before `tick`; what arrives from outside while the guest is idle arrives then.
        cpu.skip_to(min(tick, target))
        return None


def _skip_idle_time(now: int, target: int) -> int:
    return target
