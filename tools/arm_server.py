"""Runs a command in an emulated ARM server that has /dev/kvm: `tools/arm_server.py run python3 -m pytest ...`.

The first run fetches and compiles what the server needs, later ones take what has not changed from the cache. The
command runs in /work, which is this project's folder there; what it leaves in /results comes back to --results.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
from armserver.image import boot
from armserver.machine import NO_STATUS, TIME_WAS_UP, why_not
from vmsim_guests.errors import GuestError


@click.group()
def main() -> None:
    """An emulated ARM server with a real kernel's /dev/kvm."""


@main.command("run", context_settings={"ignore_unknown_options": True})
@click.option("--timeout", default=600.0, show_default=True, help="Seconds of host time, boot included.")
@click.option("--results", type=click.Path(path_type=Path), help="Folder for what the command left in /results.")
@click.option(
    "--add", "additions", multiple=True, metavar="HOSTFILE:PATH", help="A file more, PATH in /work or absolute."
)
@click.option("--env", "variables", multiple=True, metavar="NAME=VALUE", help="An environment variable there.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run_command(
    timeout: float,
    results: Path | None,
    additions: tuple[str, ...],
    variables: tuple[str, ...],
    command: tuple[str, ...],
) -> None:
    """Run COMMAND there, show its output, and end with its exit status (124: the time was up; 125: no status came)."""
    reason = why_not()
    if reason is not None:
        raise click.ClickException(f"no ARM server here: {reason}")
    environment = dict(variable.split("=", 1) for variable in variables)
    files = {target: Path(source).read_bytes() for source, target in (text.rsplit(":", 1) for text in additions)}
    with tempfile.TemporaryDirectory() as unwanted:
        try:
            with boot(command, files, environment, timeout=timeout) as server:
                outcome = server.wait(results or Path(unwanted))
        except GuestError as error:
            raise click.ClickException(str(error)) from error
    if outcome.status in (TIME_WAS_UP, NO_STATUS):
        click.echo(f"no end of the command; the ARM server's console:\n{outcome.console}", err=True)
    sys.exit(outcome.status)


if __name__ == "__main__":
    main()
