"""Joining a console to a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmsim_core.console.console import Console
from vmsim_core.console.pacing import Pacer

if TYPE_CHECKING:
    from vmsim_core.simulation import Simulation


def attach_console(simulation: Simulation, console: Console, realtime: bool = False) -> None:
    """Have the run loop poll `console`, pace idle time by it, and know whether somebody may still type."""

    def poll() -> None:
        console.poll()
        simulation.live_input = console.live

    simulation.live_input = console.live
    simulation.idle = Pacer(console, simulation.system.events, realtime).idle_until
    simulation.between_slices.append(poll)
