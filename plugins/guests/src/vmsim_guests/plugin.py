"""The entry point of this plugin: the `guest` command, and `guest:NAME` wherever a system description names a file.

Loaded whenever vmsim starts, so everything that takes time to import is imported when it is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vmsim_core import hookimpl

if TYPE_CHECKING:
    import click

SCHEME = "guest:"


@hookimpl
def vmsim_cli_commands() -> list[click.Command]:
    """Offer `vmsim guest`."""
    from vmsim_guests.commands import guest_command

    return [guest_command]


@hookimpl
def vmsim_resolve_file(reference: str) -> Path | None:
    """Return the file that `guest:NAME` stands for; fetch or build it if the cache has it not."""
    if not reference.startswith(SCHEME):
        return None
    from vmsim_guests import guest_path

    return guest_path(reference.removeprefix(SCHEME))
