"""``vmsim lockstep``: two CPU models run the same system side by side."""

from __future__ import annotations

from typing import Any

import click

from vmsim_core.cli.options import guest_options, limit_options, system_options
from vmsim_core.errors import VmsimError


@click.command("lockstep")
@click.argument("system", metavar="SYSTEM.yaml")
@click.option("--cpus", metavar="A,B", required=True, help="The two CPU models.")
@click.option("--every", metavar="N", type=click.IntRange(min=1), default=1, help="Compare every N instructions.")
@system_options
@guest_options
@limit_options
def lockstep_command(cpus: str, **options: Any) -> int:
    """Run two CPU models side by side and show the first difference."""
    raise VmsimError(f"lockstep needs a second CPU model beside kvm; --cpus {cpus} cannot be run with this version")
