"""The run loop: lets a CPU model execute between events, and finds out why a run ends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vmsim_core.cpu import CpuExit
from vmsim_core.exits import (
    BreakpointReached,
    CpuFailure,
    ExitCause,
    Halt,
    HostTimeLimit,
    InstructionLimit,
    RunEvent,
    TimeLimit,
    WatchpointHit,
)
from vmsim_core.run_limits import RunLimits
from vmsim_core.units import NEVER

if TYPE_CHECKING:
    from vmsim_core.simulation import Simulation

SLICE_INSTRUCTIONS = 4_000_000
"""The host gets a look-in at least this often (some 20 ms); it changes nothing that the guest can see."""
POLL_SECONDS = 0.02
UNLIMITED = 1 << 62


def run_until_exit(simulation: Simulation, limits: RunLimits, started: float) -> RunEvent:
    """Run until the guest, a limit or a request ends it; `started` is the host's time at the beginning."""
    system, events, core = simulation.system, simulation.system.events, simulation.system.cores[0]
    last_tick = NEVER if limits.time is None else limits.time
    budget = UNLIMITED if limits.instructions is None else simulation.instructions_run + limits.instructions
    give_up = None if limits.host_seconds is None else started + limits.host_seconds
    next_poll = started
    while True:
        cpu = core.active
        events.run_until(cpu.time)
        if system.requested_actions:
            system.requested_actions.popleft()(simulation)
            continue
        if system.requested_exits:
            return system.requested_exits.pop(0)
        if simulation.appointments.keep(cpu.time) or simulation.instruction_appointments.keep(simulation.instructions):
            continue
        if cpu.time >= last_tick:
            return TimeLimit()
        remaining = budget - simulation.instructions_run
        if remaining <= 0:
            return InstructionLimit()
        host_now = time.perf_counter()
        if host_now >= next_poll:
            next_poll = host_now + POLL_SECONDS
            if give_up is not None and host_now >= give_up:
                return HostTimeLimit()
            for callback in simulation.between_slices:
                callback()
            if system.requested_exits or system.requested_actions:
                continue
        system.current_core = core.index
        deadline = min(events.next_tick, last_tick, simulation.appointments.next)
        remaining = min(remaining, simulation.instruction_appointments.next - simulation.instructions)
        result = cpu.run(deadline, min(remaining, simulation.slice_instructions))
        if result is CpuExit.WAITING:
            if (cause := _let_time_pass(simulation, last_tick)) is not None:
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


def _let_time_pass(simulation: Simulation, last_tick: int) -> ExitCause | None:
    """The core waits for an interrupt: go to the next event, or find that there will be none."""
    cpu, events = simulation.system.cores[0].active, simulation.system.events
    if simulation.system.requested_exits or simulation.system.requested_actions:
        return None
    target = min(events.next_tick, last_tick, simulation.appointments.next)
    if target == NEVER and not simulation.live_input:
        return Halt("waiting for an interrupt that nothing can raise")
    tick = simulation.idle(cpu.time, target)
    # Nothing happens before `tick`; what arrives from outside while the guest is idle arrives then.
    cpu.skip_to(min(tick, target))
    return None
