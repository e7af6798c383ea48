"""A system together with its run: the Python interface that the command line is built on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar, overload

from vmsim_core.appointments import Appointment, Appointments
from vmsim_core.console.text import TextTeller, TextWatcher
from vmsim_core.cpu import CpuExit
from vmsim_core.drain import LONGEST_DRAIN, DrainState
from vmsim_core.errors import CheckpointError, DrainError, VmsimError
from vmsim_core.exits import (
    CpuFailure,
    ExitCause,
    GuestExit,
    RunEvent,
    TextSeen,
)
from vmsim_core.run_events import CheckpointTaken, CpuSwitched, EventBoard, RegionBegun, RegionEnded, Subscription
from vmsim_core.run_limits import RunLimits as RunLimits
from vmsim_core.run_limits import Until, awaited
from vmsim_core.run_loop import SLICE_INSTRUCTIONS, run_until_exit
from vmsim_core.script import Script
from vmsim_core.statistics_view import SimulationStatistics
from vmsim_core.switching import HandoverReport, Handovers, switch
from vmsim_core.units import format_time, parse_time

if TYPE_CHECKING:
    from vmsim_core.plugin_manager import PluginManager
    from vmsim_core.serial_port import SerialPort
    from vmsim_core.system import System

log = logging.getLogger("vmsim")

E = TypeVar("E", bound=RunEvent)
Idle = Callable[[int, int], int]


class Simulation:
    """A system together with its run."""

    def __init__(self, system: System, plugins: PluginManager) -> None:
        self.system = system
        self.plugins = plugins
        self.exit_cause: RunEvent | None = None
        self._host_seconds = 0.0
        self._run_since: float | None = None
        self.switches = 0
        self.handovers = Handovers()
        self.checkpoints = 0
        self.between_slices: list[Callable[[], None]] = []
        """Called some 50 times in a second of host time, between slices of simulated time."""
        self.idle: Idle = _skip_idle_time
        """Called with (now, target) in ticks while every core waits; returns the tick to go on at. The default skips
        idle time; a pacer lets host time pass, and comes back early when there is input."""
        self.live_input = False
        """Whether somebody may still type: a machine that waits for ever is then not halted."""
        self.slice_instructions = SLICE_INSTRUCTIONS
        self.appointments = Appointments()
        """What is to be done at ticks; see `at`."""
        self.instruction_appointments = Appointments()
        """What is to be done at counts of the machine's instructions; see `at_instruction`."""
        self.checkpoint_folder: Path | None = None
        """Where the guest, the script and `checkpoint` put checkpoints; None: they are refused."""
        self.statistics_file: Path | None = None
        """Statistics that the guest or the script asks for go beside it, numbered; None: they are refused."""
        self.statistics_since: tuple[int, int] | None = None
        """The tick and the machine's instructions at the last reset of the statistics."""
        self._dumps = 0
        self._started = False
        self._board = EventBoard()
        self._texts_told: dict[str, TextTeller] = {}
        self._script = Script(self)

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
    def host_seconds(self) -> float:
        """Time that the run loop has taken on the host."""
        return self._host_seconds + (0.0 if self._run_since is None else time.perf_counter() - self._run_since)

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

    @property
    def stats(self) -> SimulationStatistics:
        """The statistics as a tree; see :class:`SimulationStatistics` for tables, files and resets."""
        return SimulationStatistics(self)

    @overload
    def run(self, limits: RunLimits | None = None) -> ExitCause: ...

    @overload
    def run(self, limits: RunLimits | None = None, *, until: Until) -> RunEvent: ...

    def run(self, limits: RunLimits | None = None, *, until: Until | None = None) -> RunEvent:
        """Run until the guest, a limit or a request ends it; return why. May be called again to go on.

        `until` is a time ("250ms" since power-on, "+10ms" from now), a number of instructions, a text of the console,
        an event, a type of events, or a list of these: the first that comes ends the run.
        """
        if self._run_since is not None:
            raise VmsimError("the simulation runs already: run() cannot be called in a callback of it")
        wanted = awaited(limits or RunLimits(), until, self.time)
        started = time.perf_counter()
        self._start()
        waits: list[TextWatcher | Subscription] = [self._watch_for(text) for text in wanted.texts]
        waits += [self._board.on(event, self.system.request_exit) for event in wanted.events]
        self._run_since = started
        try:
            cause = run_until_exit(self, wanted.limits, started)
        finally:
            self._run_since = None
            for each in waits:
                each.close()
            self._host_seconds += time.perf_counter() - started
        self.exit_cause = cause
        if isinstance(cause, ExitCause) and not (isinstance(cause, TextSeen) and cause.text in self._texts_told):
            self.tell(cause)
        self.plugins.hook.vmsim_run_ended(simulation=self, cause=cause)
        return cause

    def _start(self) -> None:
        """Do what is to be done once, before the first instruction."""
        if self._started:
            return
        self._script.check()
        for core in self.system.cores[1:]:
            log.warning("%s stays in reset: this version of vmsim runs one core", core.path)
        for component in self.system.walk():
            component.on_run_started()
        self._started = True
        self._script.begin()
        self.plugins.hook.vmsim_run_started(simulation=self)

    def on(self, wanted: type[E] | E, callback: Callable[[E], object]) -> Subscription:
        """Have `callback` called with each event of a type, or equal to an event; `close` of the result ends that.

        Events are told at instruction boundaries, where anything may be done but `run`. With ``TextSeen("login:")``
        it is called each time the guest has sent that text to its console.
        """
        if isinstance(wanted, TextSeen) and wanted.text not in self._texts_told:
            self._texts_told[wanted.text] = TextTeller(self.console, wanted.text, self._text_seen)
        return self._board.on(wanted, callback)

    def tell(self, event: RunEvent) -> None:
        """Tell an event to those who asked for it; at instruction boundaries only (`System.request_action`)."""
        self._board.tell(event)

    def close(self) -> None:
        """Let go of host resources, such as disk images and memory; the machine is not used any more."""
        for component in self.system.walk():
            component.release()
        for region in self.system.address_map.ram_regions:
            region.ram.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def at(self, when: int | str, action: Callable[[], object]) -> Appointment:
        """Have `action` called at the first instruction boundary at or after `when`; the guest cannot notice.

        `when` is in ticks since power-on, or a text such as "250ms". Actions for one tick come in the order in which
        they were asked for. `cancel` of the result has it not happen.
        """
        return self.appointments.make(parse_time(when) if isinstance(when, str) else when, action)

    def at_instruction(self, count: int, action: Callable[[], object]) -> Appointment:
        """Have `action` called when the machine has retired `count` instructions since power-on."""
        return self.instruction_appointments.make(count, action)

    def begin_region(self, region: int) -> None:
        """Enter a region of interest, 0 to 255; raises VmsimError when it is open already."""
        self.system.regions.begin(region)
        self.tell(RegionBegun(region))

    def end_region(self, region: int) -> None:
        """Leave a region of interest; raises VmsimError when it is not open."""
        self.system.regions.end(region)
        self.tell(RegionEnded(region))

    def next_dump(self) -> Path:
        """Return the file for the next dump of the statistics; raises VmsimError when they go nowhere."""
        if self.statistics_file is None:
            raise VmsimError("nothing says where statistics go: name a file (--stats)")
        self._dumps += 1
        file = self.statistics_file
        return file.with_name(f"{file.stem}-{self._dumps:04}{file.suffix}")

    def checkpoint(self, folder: Path | str | None = None) -> Path:
        """Take a checkpoint into `folder`, or into `checkpoint_folder`; see `take_checkpoint`."""
        place = self.checkpoint_folder if folder is None else Path(folder)
        if place is None:
            raise CheckpointError("nothing says where checkpoints go: name a folder (--checkpoint-dir)")
        return self.take_checkpoint(place)

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
        self.tell(CheckpointTaken(place))
        return place

    def restore(self, checkpoint: Path | str) -> None:
        """Bring the machine to where it was when a checkpoint was taken, instead of loading a workload.

        Raises CheckpointError, nothing being changed, for one that is damaged or of another system.
        """
        from vmsim_core.checkpoint.restore import restore_checkpoint

        restore_checkpoint(self, Path(checkpoint))
        if self.statistics_since is not None:
            self.stats.reset()
        if self._started:
            self._script.begin()

    def switch(self, model: str, core: int = 0) -> HandoverReport:
        """Let another CPU model animate a core from now on, and say what that took.

        Not during `run`, but before, after, or in an action that was asked for with `at`. Raises SwitchError for a
        model that is not there or cannot take over, DrainError when the machine does not come to rest, another
        VmsimError when a model cannot give its state; the old model goes on.
        """
        report = switch(self, self.system.cores[core], model)
        self.tell(CpuSwitched(report))
        return report

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
            system.drain_manager.drain(self._advance_drain, lambda: self.time)
            self._check_that_all_is_state()
            yield
        finally:
            system.drain_manager.resume()
            hook.vmsim_drain_resume(system=system)

    def _check_that_all_is_state(self) -> None:
        """Raise DrainError for an event of a component that it has not declared: a checkpoint would lose it."""
        components = {component.path: component for component in self.system.walk()}
        for event in self.system.events.pending():
            owner = components.get(event.path)
            if owner is not None and owner.events.get(event.name) is not event:
                raise DrainError(
                    f"{event.path} said that it was drained, but {event.name!r} is due at {format_time(event.tick)} "
                    "and is no part of its state"
                )

    def _advance_drain(self) -> bool:
        """Let time pass while something drains: a core finishes what it has begun, others get their events.

        Returns False when nothing happens soon.
        """
        system, events = self.system, self.system.events
        cpu = system.cores[0].active
        before = (cpu.time, cpu.retired)
        if cpu.drain_state is not DrainState.DRAINED:
            if cpu.run(events.next_tick, self.slice_instructions) is CpuExit.FAILED:
                system.request_exit(CpuFailure(cpu.exit_detail))
        elif events.next_tick <= cpu.time + LONGEST_DRAIN:
            cpu.skip_to(events.next_tick)
        events.run_until(cpu.time)
        return before != (cpu.time, cpu.retired)

    def _watch_for(self, text: str) -> TextWatcher:
        return TextWatcher(self.console, text, lambda: self.system.request_exit(TextSeen(text)))

    def _text_seen(self, text: str) -> None:
        self.system.request_action(lambda simulation: simulation.tell(TextSeen(text)))


def _skip_idle_time(now: int, target: int) -> int:
    return target
