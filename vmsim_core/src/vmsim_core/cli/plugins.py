"""``vmsim plugins``: what is installed."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import click

from vmsim_core.cli.options import no_plugin_option

if TYPE_CHECKING:
    from vmsim_core.plugin_manager import InstalledPlugin

_COLUMNS = ("name", "version", "distribution", "kind", "state")


@click.command("plugins")
@no_plugin_option
@click.option("--check", is_flag=True, help="Import every plugin and say what fails.")
def plugins_command(no_plugins: tuple[str, ...], check: bool) -> None:
    """List the installed plugins. Without --check none but subcommands are imported."""
    from vmsim_core.plugin_manager import COMMANDS, GROUPS, PluginManager

    logging.getLogger("vmsim").setLevel(logging.ERROR)  # the list itself says what fails
    plugins = PluginManager(no_plugins)
    plugins.load(GROUPS if check else [COMMANDS])
    rows = [(each.name, each.version, each.distribution, each.kind, _state(each)) for each in plugins.installed]
    if sys.stdout.isatty():
        _print_table(rows)
    else:
        for row in [_COLUMNS, *rows]:
            click.echo("\t".join(row))


def _state(plugin: InstalledPlugin) -> str:
    if plugin.state == "installed" and not plugin.importable:
        return f"failed: there is no module {plugin.entry_point.module}; reinstall {plugin.distribution}"
    return f"{plugin.state}: {plugin.reason}" if plugin.reason else plugin.state


def _print_table(rows: list[tuple[str, str, str, str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*_COLUMNS)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
