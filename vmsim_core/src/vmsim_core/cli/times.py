"""Times that options name, in a run that may go on from a checkpoint."""

from __future__ import annotations

from vmsim_core.errors import VmsimError
from vmsim_core.simulation import Simulation
from vmsim_core.units import format_time


def not_before_now(simulation: Simulation, option: str, tick: int) -> int:
    """Return the tick; raises VmsimError if it has passed already."""
    if tick < simulation.time:
        raise VmsimError(
            f"{option} {format_time(tick)} is before {format_time(simulation.time)}, where the run goes on"
        )
    return tick
