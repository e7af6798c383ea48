"""One run from the command line: the system is built and loaded, the console attached, the outcome reported."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from vmsim_core.builder import build_simulation
from vmsim_core.cli.checkpointing import CheckpointOptions, CheckpointTaker
from vmsim_core.cli.options import workload_settings
from vmsim_core.cli.program_output import ProgramOutput
from vmsim_core.cli.switching import Switcher, SwitchOptions, tell_switch
from vmsim_core.cli.tracing import TraceOptions, traced
from vmsim_core.console.attach import attach_console
from vmsim_core.console.backends import open_console
from vmsim_core.console.console import Console
from vmsim_core.console.progress import Progress, progress_wanted
from vmsim_core.console.recording import Recorder, Replay
from vmsim_core.console.script import InputScript, read_script
from vmsim_core.errors import VmsimError
from vmsim_core.exits import (
    CpuFailure,
    ExitCause,
    GuestExit,
    HostTimeLimit,
    InstructionLimit,
    ScriptExit,
    TextSeen,
    TimeLimit,
    UserQuit,
)
from vmsim_core.gdb.debugged_run import DebuggedRun
from vmsim_core.picture_file import save_screen
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.run_events import ActionFailed, CpuSwitched
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.statistics_view import stats_writer, write_statistics
from vmsim_core.stats_writers import StatsWriter
from vmsim_core.units import TICKS_PER_SECOND, format_time

AS_ASKED, ERROR, LIMIT_BEFORE_TEXT = 0, 1, 3


@dataclass(frozen=True)
class RunOptions:
    """The options of ``vmsim run``, as click read them."""

    system: str
    cpu: str | None
    settings: tuple[tuple[str, str], ...]
    no_plugins: tuple[str, ...]
    kernel: str | None
    initrd: str | None
    dtb: str | None
    append: str | None
    arguments: tuple[str, ...]
    semihosting: bool
    until_text: str | None
    max_insts: int | None
    max_time: int | None
    host_timeout: float | None
    switch_at: tuple[tuple[str, str], ...]
    switch_every: int | None
    switch_cpus: str | None
    checkpoint_at: tuple[int, ...]
    checkpoint_every: int | None
    checkpoint_dir: Path | None
    restore: Path | None
    console: str
    script: str | None
    record: Path | None
    replay: Path | None
    realtime: bool
    gdb: int | None
    traces: tuple[tuple[str, Path | None], ...]
    trace_from: int | None
    trace_to: int | None
    trace_symbols: str | None
    stats: Path | None
    screenshot: Path | None
    no_progress: bool
    verbose: bool


def run(options: RunOptions) -> int:
    """Run as the options say; return the exit code."""
    checkpoints = CheckpointOptions(
        options.checkpoint_at, options.checkpoint_every, options.checkpoint_dir, options.restore
    )
    checkpoints.check(vars(options))
    switches = SwitchOptions(options.switch_at, options.switch_every, options.switch_cpus)
    switches.check()
    traces = _trace_options(options)
    traces.check()
    if options.verbose:
        logging.getLogger("vmsim").setLevel(logging.DEBUG)
    plugins = PluginManager(options.no_plugins)
    plugins.load()
    writer = _stats_writer(options.stats, plugins) if options.stats is not None else None
    settings = [*checkpoints.settings(), *_settings(options)]
    with build_simulation(Path(options.system), options.cpu, settings, plugins) as simulation:
        if options.screenshot is not None:
            _check_screenshot(simulation, options.screenshot)
        if options.restore is None:
            simulation.load_workload()
        else:
            simulation.restore(options.restore)
        simulation.checkpoint_folder, simulation.statistics_file = options.checkpoint_dir, options.stats
        # Traces come first: one that ends at the tick of a switch must not keep the next CPU model from taking over.
        with traced(simulation, traces, _may_switch(simulation, options)):
            simulation.on(CpuSwitched, tell_switch)
            switcher = Switcher(simulation, switches)
            taker = CheckpointTaker(simulation, checkpoints)
            failures: list[ActionFailed] = []
            simulation.on(ActionFailed, failures.append)
            cause = _run_with_console(simulation, options)
        if writer is not None and options.stats is not None:
            with _option("--stats"):
                write_statistics(simulation, writer, options.stats)
        _report(simulation, cause, options.until_text)
        if options.screenshot is not None:
            save_screen(simulation.system, options.screenshot)
    return ERROR if taker.failed or switcher.failed or failures else exit_code(cause, options.until_text)


def exit_code(cause: ExitCause, text: str | None) -> int:
    """Return the exit code of a run that ended for `cause`, when `text` was waited for or nothing was."""
    limit = isinstance(cause, InstructionLimit | TimeLimit | HostTimeLimit)
    if text is not None and limit:
        return LIMIT_BEFORE_TEXT
    if text is not None:
        return AS_ASKED if isinstance(cause, TextSeen) else ERROR
    if isinstance(cause, GuestExit | ScriptExit):
        return AS_ASKED if cause.code == 0 else ERROR
    return ERROR if isinstance(cause, CpuFailure) else AS_ASKED


def _settings(options: RunOptions) -> list[tuple[str, str]]:
    return [
        *options.settings,
        *workload_settings(
            options.kernel, options.initrd, options.dtb, options.append, options.arguments, options.semihosting
        ),
    ]


def _run_with_console(simulation: Simulation, options: RunOptions) -> ExitCause:
    limits = RunLimits(options.max_insts, options.max_time, options.host_timeout, options.until_text)
    gc.enable()
    with ExitStack() as stack:
        stack.enter_context(_signals_end(simulation))
        debugged = None
        if options.gdb is not None:
            debugged = stack.enter_context(DebuggedRun(simulation, options.gdb, limits))
        output = ProgramOutput(simulation.system)
        stack.callback(output.flush)
        console = stack.enter_context(_open_console(simulation, options, stack))
        attach_console(simulation, console, options.realtime)
        simulation.between_slices.append(output.flush)
        if not options.no_progress and not _trace_options(options).on_stderr and progress_wanted(console):
            awaited = f"waiting for {options.until_text!r}" if options.until_text else ""
            progress = Progress(simulation, awaited)
            simulation.between_slices.append(progress.update)
            stack.callback(progress.erase)
            stack.enter_context(_room_for_messages(progress))
        return simulation.run(limits) if debugged is None else debugged.run()


def _trace_options(options: RunOptions) -> TraceOptions:
    return TraceOptions(options.traces, options.trace_from, options.trace_to, options.trace_symbols)


def _may_switch(simulation: Simulation, options: RunOptions) -> bool:
    return bool(options.switch_at or options.switch_every or simulation.system.description.script)


def _open_console(simulation: Simulation, options: RunOptions, stack: ExitStack) -> Console:
    system, port = simulation.system, simulation.console

    def quit_run() -> None:
        system.request_exit(UserQuit())

    def take_picture() -> None:
        file = Path(f"vmsim-{simulation.time / TICKS_PER_SECOND:.6f}s.png")
        try:
            save_screen(system, file)
            print(f"vmsim: the screen is in {file}", file=sys.stderr, flush=True)
        except VmsimError as error:
            print(f"vmsim: {error}", file=sys.stderr, flush=True)

    recorder = None
    if options.record is not None:
        recorder = Recorder(options.record, system.events)
        stack.callback(recorder.close)
    if options.replay is not None:
        Replay(options.replay, system.serial_ports, system.events, quit_run)
    if options.script is not None:
        InputScript(read_script(options.script), port, system.events, system.keyboards, system.mice)
    return open_console(options.console, port, quit_run, recorder, take_picture)


@contextmanager
def _signals_end(simulation: Simulation) -> Iterator[None]:
    """Have the first SIGINT or SIGTERM end the run at an instruction boundary, a second one at once."""
    default = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, frame: FrameType | None) -> None:
        restore()
        simulation.system.request_exit(UserQuit())

    def restore() -> None:
        for number, handler in default.items():
            signal.signal(number, handler)

    for number in default:
        signal.signal(number, end)
    try:
        yield
    finally:
        restore()


@contextmanager
def _room_for_messages(progress: Progress) -> Iterator[None]:
    """Take the progress line away before anything is logged."""

    def make_room(record: logging.LogRecord) -> bool:
        progress.erase()
        return True

    handlers = list(logging.getLogger().handlers)
    for handler in handlers:
        handler.addFilter(make_room)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(make_room)


def _stats_writer(file: Path, plugins: PluginManager) -> StatsWriter:
    # Looked up before the run: a long run must not end in the news that its statistics cannot be written.
    if not file.parent.is_dir():
        raise VmsimError(f"--stats {file}: there is no folder {file.parent}")
    with _option("--stats"):
        return stats_writer(plugins, file)


def _check_screenshot(simulation: Simulation, file: Path) -> None:
    """Refuse before the run what cannot be saved after it."""
    if not simulation.system.displays:
        raise VmsimError(f"--screenshot {file}: the system has no display")
    if not file.parent.is_dir():
        raise VmsimError(f"--screenshot {file}: there is no folder {file.parent}")
    if file.suffix != ".png":
        raise VmsimError(f"--screenshot {file}: the name must end in .png")


@contextmanager
def _option(name: str) -> Iterator[None]:
    """Say which option a mistake is in."""
    try:
        yield
    except VmsimError as error:
        raise VmsimError(f"{name} {error}") from None


def _report(simulation: Simulation, cause: ExitCause, text: str | None) -> None:
    host = simulation.host_seconds
    mips = simulation.instructions_run / host / 1e6 if host else 0.0
    unseen = f" before {text!r} was seen" if text is not None and not isinstance(cause, TextSeen) else ""
    print(
        f"vmsim: {cause}{unseen} at {format_time(simulation.time)}, "
        f"{simulation.instructions_run:,} instructions in {host:.1f} s ({mips:.1f} MIPS)",
        file=sys.stderr,
    )
