"""``vmsim lockstep``: two CPU models side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vmsim_core.cli.options import guest_options, limit_options, system_options, workload_settings

if TYPE_CHECKING:
    from vmsim_core.lockstep import Divergence

DIFFERENT = 4
"""The exit code when the two models differ."""
DEFAULT_EVERY = 1_000_000


@click.command("lockstep")
@click.argument("system", metavar="SYSTEM.yaml")
@click.option("--cpus", metavar="A,B", required=True, help="The two CPU models to compare.")
@click.option("--every", metavar="N", type=click.IntRange(min=1), default=DEFAULT_EVERY, show_default=True,
              help="Compare every N instructions.")  # fmt: skip
@system_options
@guest_options
@limit_options
def lockstep_command(
    system: str,
    cpus: str,
    every: int,
    cpu: str | None,
    settings: tuple[tuple[str, str], ...],
    no_plugins: tuple[str, ...],
    kernel: str | None,
    initrd: str | None,
    dtb: str | None,
    append: str | None,
    arguments: tuple[str, ...],
    semihosting: bool,
    until_text: str | None,
    max_insts: int | None,
    max_time: int | None,
    host_timeout: float | None,
) -> int:
    """Run a system on two CPU models and compare every register and all RAM.

    The exit code is 0 when they never differ, 4 when they do; then the first instruction that makes a difference is
    shown.
    """
    models = tuple(name.strip() for name in cpus.split(","))
    if len(models) != 2 or cpu is not None:
        raise click.UsageError("--cpus takes two CPU models, such as --cpus kvm,atomic; --cpu has no meaning here")
    from vmsim_core.builder import build_simulation
    from vmsim_core.lockstep import lockstep
    from vmsim_core.plugin_manager import PluginManager
    from vmsim_core.simulation import RunLimits, Simulation

    plugins = PluginManager(no_plugins)
    plugins.load()
    guest = workload_settings(kernel, initrd, dtb, append, arguments, semihosting)

    def make(model: str) -> Simulation:
        simulation = build_simulation(Path(system), model, [*settings, *guest], plugins)
        simulation.load_workload()
        return simulation

    limits = RunLimits(max_insts, max_time, host_timeout, until_text)
    result = lockstep(make, (models[0], models[1]), every, limits)
    if result.divergence is None:
        equal = f"{models[0]} and {models[1]} are identical for {result.instructions:,} instructions"
        print(f"vmsim: {equal}: {result.cause}", file=sys.stderr)
        return 0
    _show(result.divergence, models)
    return DIFFERENT


def _show(divergence: Divergence, models: tuple[str, ...]) -> None:
    for line in divergence.history:
        click.echo(f"         {line}")
    click.echo(f"differs: {divergence.text}")
    click.echo(f"after instruction {divergence.instruction:,} ({models[0]} / {models[1]}):")
    for line in divergence.differences:
        click.echo(f"  {line}")
