"""``vmsim`` itself: our subcommands, and those that plugins add."""

from __future__ import annotations

import click

from vmsim_core.cli.checkpoint import checkpoint_command
from vmsim_core.cli.describe import describe_command
from vmsim_core.cli.lockstep import lockstep_command
from vmsim_core.cli.new_plugin import new_plugin_command
from vmsim_core.cli.plugins import plugins_command
from vmsim_core.cli.run import run_command
from vmsim_core.errors import PluginError

OUR_COMMANDS = (
    run_command,
    lockstep_command,
    checkpoint_command,
    describe_command,
    plugins_command,
    new_plugin_command,
)


def vmsim_command() -> click.Group:
    """Return the command with its subcommands; only plugins of the kind ``command`` are imported for it."""
    from vmsim_core.plugin_manager import COMMANDS, PluginManager

    @click.group("vmsim", context_settings={"help_option_names": ["-h", "--help"]})
    @click.version_option(package_name="vmsim-core", prog_name="vmsim")
    def command() -> None:
        """A full-system ARM simulator whose CPU can be exchanged while the machine runs."""

    for ours in OUR_COMMANDS:
        command.add_command(ours)
    plugins = PluginManager()
    plugins.load([COMMANDS])
    for added in plugins.cli_commands():
        if added.name in command.commands:
            raise PluginError(f"the command {added.name!r}, which a plugin adds, exists already; uninstall one plugin")
        command.add_command(added)
    return command
