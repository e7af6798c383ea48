"""``vmsim run``: run a system until the guest, a limit or the user ends it."""

from __future__ import annotations

import gc
from typing import Any

import click

from vmsim_core.cli.options import FILE, Setting, Time, guest_options, limit_options, system_options, trace_options


@click.command("run")
@click.argument("system", metavar="SYSTEM.yaml")
@system_options
@guest_options
@limit_options
@click.option("--switch-every", metavar="T", type=Time(), help="Switch the CPU model each time this much time passed.")
@click.option("--switch-cpus", metavar="A,B,...", help="The CPU models that --switch-every goes through.")
@click.option("--switch-at", metavar="T=MODEL", type=Setting(), multiple=True, help="Switch at a time; repeatable.")
@click.option("--checkpoint-at", metavar="T", type=Time(), multiple=True, help="Take a checkpoint; repeatable.")
@click.option("--checkpoint-every", metavar="T", type=Time(), help="Take checkpoints regularly.")
@click.option("--checkpoint-dir", metavar="D", type=FILE, help="The folder for checkpoints.")
@click.option("--restore", metavar="D", type=FILE, help="Go on from a checkpoint.")
@click.option("--console", metavar="KIND", default="stdio", help="stdio, none, pty, tcp:PORT or file:F.")
@click.option("--input", "script", metavar="F", help="What is typed at the console: a script, or a text ending in \\n.")
@click.option("--record", metavar="F", type=FILE, help="Record what is typed at the console.")
@click.option("--replay", metavar="F", type=FILE, help="Type a recording again, at exactly the same times.")
@click.option("--realtime", is_flag=True, help="Let idle time of the guest pass as on the wall clock.")
@click.option(
    "--gdb",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    help="Wait for a debugger at this TCP port of this host; 0 picks a free one.",
)
@trace_options
@click.option("--stats", metavar="F", type=FILE, help="Write statistics: F.json, or F.txt for people.")
@click.option("--screenshot", metavar="F.png", type=FILE, help="Save what the screen shows when the run ends.")
@click.option("--no-progress", is_flag=True, help="Show no progress line.")
@click.option("--verbose", is_flag=True, help="Tell more about what happens, on stderr.")
def run_command(**options: Any) -> int:
    """Run the system that SYSTEM.yaml describes.

    The exit code is 0 when the run ended as asked, 3 when a limit came before the text, 1 for an error, 2 for wrong
    usage.
    """
    if options["record"] and (options["replay"] or options["script"]):
        raise click.UsageError("--record is for what is typed by hand; it does not go with --replay and --input")
    # Nothing of what is imported and built is garbage, and looking for it takes a tenth of the start; the session looks
    # again when the machine is built.
    gc.disable()
    try:
        from vmsim_core.cli.session import RunOptions, run

        return run(RunOptions(**options))
    finally:
        gc.enable()
