"""``vmsim checkpoint``: look at checkpoints."""

from __future__ import annotations

from pathlib import Path

import click

from vmsim_core.cli.options import FILE
from vmsim_core.errors import VmsimError


@click.group("checkpoint")
def checkpoint_command() -> None:
    """Look at checkpoints, verify and compare them."""


@checkpoint_command.command("info")
@click.argument("folder", metavar="D", type=FILE)
def info(folder: Path) -> None:
    """Say what a checkpoint holds."""
    _not_yet("info")


@checkpoint_command.command("verify")
@click.argument("folder", metavar="D", type=FILE)
def verify(folder: Path) -> None:
    """Check that a checkpoint is complete and undamaged."""
    _not_yet("verify")


@checkpoint_command.command("diff")
@click.argument("one", metavar="D", type=FILE)
@click.argument("other", metavar="D2", type=FILE)
def diff(one: Path, other: Path) -> None:
    """Show in what two checkpoints differ."""
    _not_yet("diff")


def _not_yet(name: str) -> None:
    raise VmsimError(f"checkpoint {name} needs checkpoints, which this version of vmsim does not have")
