"""The hooks by which plugins extend vmsim.

pluggy serves registration and the rare moments of a run's life only: nothing per instruction or per access goes
through a hook. Hooks that register return classes which carry the name by which descriptions ask for them; two
plugins that claim one name are an error that names both distributions.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vmsim_core.markers import hookspec

if TYPE_CHECKING:
    import click

    from vmsim_core.architecture import Architecture
    from vmsim_core.checkpoint import Serializer, Upgrader
    from vmsim_core.cpu import CpuModel
    from vmsim_core.device import Device
    from vmsim_core.exits import RunEvent
    from vmsim_core.memory_hierarchy import MemoryHierarchy
    from vmsim_core.platform import Platform
    from vmsim_core.simulation import Simulation
    from vmsim_core.stats_writers import StatsWriter
    from vmsim_core.switching import HandoverReport
    from vmsim_core.system import System

# --- registration ---------------------------------------------------------------------------------------------------


@hookspec
def vmsim_cpu_models() -> list[type[CpuModel]]:  # type: ignore[empty-body]
    """Return the CPU models that the plugin offers. Called once, when a system is described or built."""


@hookspec
def vmsim_devices() -> list[type[Device]]:  # type: ignore[empty-body]
    """Return the device types that the plugin offers. Called once, when a system is described or built."""


@hookspec
def vmsim_platforms() -> list[type[Platform]]:  # type: ignore[empty-body]
    """Return the boards that the plugin offers. Called once, when a system is described or built."""


@hookspec
def vmsim_architectures() -> list[type[Architecture]]:  # type: ignore[empty-body]
    """Return the instruction-set architectures that the plugin offers. Called once, before a system is built."""


@hookspec
def vmsim_memory_hierarchies() -> list[type[MemoryHierarchy]]:  # type: ignore[empty-body]
    """Return the memory hierarchies that the plugin offers. Called once, before a system is built."""


@hookspec
def vmsim_checkpoint_serializers() -> list[type[Serializer]]:  # type: ignore[empty-body]
    """Return serializers for state that belongs to no component. Called when a checkpoint is written or read."""


@hookspec
def vmsim_checkpoint_upgraders() -> list[type[Upgrader]]:  # type: ignore[empty-body]
    """Return upgraders that bring checkpoint sections of an older version up to date. Called at a restore."""


@hookspec
def vmsim_stats_writers() -> list[type[StatsWriter]]:  # type: ignore[empty-body]
    """Return formats in which statistics can be written. Called when statistics are about to be written."""


@hookspec
def vmsim_cli_commands() -> list[click.Command]:  # type: ignore[empty-body]
    """Return subcommands of ``vmsim``. Called when the command line starts, for entry points of ``vmsim.command``
    only: their modules must import nothing slow."""


@hookspec(firstresult=True)
def vmsim_resolve_file(reference: str) -> Path | None:
    """Return the file that `reference` (such as ``guest:busybox``) stands for, or None if the scheme is not the
    plugin's. Called for each file name with a scheme when a workload is loaded; raises VmsimError when the file
    cannot be had."""


@hookspec
def vmsim_system_folders() -> list[Path]:  # type: ignore[empty-body]
    """Return folders with ready system descriptions. ``include:`` and ``vmsim run`` look there for a file that is
    not beside the user's own."""


# --- the phases of a drain; every Drainable has methods of the same meaning ------------------------------------------


@hookspec
def vmsim_drain(system: System) -> None:
    """Be told that a drain begins, before any Drainable is asked. Every component still runs."""


@hookspec
def vmsim_mem_writeback(system: System) -> None:
    """Be told that dirty data is about to be written to memory. Everything is drained."""


@hookspec
def vmsim_mem_invalidate(system: System) -> None:
    """Be told that cached copies of memory are about to be dropped. Everything is drained and written back."""


@hookspec
def vmsim_drain_resume(system: System) -> None:
    """Be told that everything goes on after a drain. Every component runs again."""


# --- the life of a run ----------------------------------------------------------------------------------------------


@hookspec
def vmsim_system_built(system: System) -> None:
    """Be told that a system is built, connected and reset; nothing is loaded and no instruction was executed."""


@hookspec
def vmsim_run_started(simulation: Simulation) -> None:
    """Be told that a run begins: the workload is loaded or a checkpoint restored."""


@hookspec
def vmsim_cpu_switched(simulation: Simulation, report: HandoverReport) -> None:
    """Be told that a core was handed from one CPU model to another; the new one has executed nothing yet."""


@hookspec
def vmsim_run_ended(simulation: Simulation, cause: RunEvent) -> None:
    """Be told why a run ended. The machine is at an instruction boundary and may be inspected."""
