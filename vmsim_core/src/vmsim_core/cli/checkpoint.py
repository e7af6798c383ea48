"""``vmsim checkpoint``: look at checkpoints."""

from __future__ import annotations

from pathlib import Path

import click

from vmsim_core.cli.options import FILE

DIFFERENT = 4
"""The exit code when two things that were compared differ."""


@click.group("checkpoint")
def checkpoint_command() -> None:
    """Look at checkpoints, verify and compare them."""


@checkpoint_command.command("info")
@click.argument("folder", metavar="D", type=FILE)
def info(folder: Path) -> None:
    """Say what a checkpoint holds."""
    from vmsim_core.checkpoint.describe import describe

    for line in describe(folder):
        click.echo(line)


@checkpoint_command.command("verify")
@click.argument("folder", metavar="D", type=FILE)
def verify(folder: Path) -> None:
    """Check that a checkpoint is complete and undamaged."""
    from vmsim_core.checkpoint.restore import read_checkpoint

    checkpoint = read_checkpoint(folder)
    files = len(checkpoint.index.files)
    click.echo(f"{folder}: complete and undamaged, {files} files, sha256 {checkpoint.hash}")


@checkpoint_command.command("diff")
@click.argument("one", metavar="D", type=FILE)
@click.argument("other", metavar="D2", type=FILE)
def diff(one: Path, other: Path) -> int:
    """Show in what two checkpoints differ; the exit code is 0 when they do not, else 4."""
    from vmsim_core.checkpoint.compare import compare

    different = False
    for line in compare(one, other):
        different = True
        click.echo(line)
    return DIFFERENT if different else 0
