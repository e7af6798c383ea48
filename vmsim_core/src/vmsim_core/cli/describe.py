"""``vmsim describe``: what a system consists of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vmsim_core.cli.options import guest_options, system_options, workload_settings

if TYPE_CHECKING:
    from vmsim_core.address_map import Region
    from vmsim_core.plugin_manager import PluginManager
    from vmsim_core.system import System


@click.command("describe")
@click.argument("system", metavar="[SYSTEM.yaml]", required=False)
@click.option("--dts", is_flag=True, help="Print the device tree that the guest gets, as source.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of system descriptions, for editors.")
@system_options
@guest_options
def describe_command(
    system: str | None,
    dts: bool,
    schema: bool,
    cpu: str | None,
    settings: tuple[tuple[str, str], ...],
    no_plugins: tuple[str, ...],
    kernel: str | None,
    initrd: str | None,
    dtb: str | None,
    append: str | None,
    arguments: tuple[str, ...],
    semihosting: bool,
) -> None:
    """Show the components of a system, its memory map and its interrupts."""
    if system is None and not schema:
        raise click.UsageError("say which SYSTEM.yaml is meant; only --schema goes without")
    from vmsim_core.plugin_manager import PluginManager

    plugins = PluginManager(no_plugins)
    plugins.load()
    if schema:
        _print_schema(plugins)
        return
    assert system is not None
    from vmsim_core.builder import build_system
    from vmsim_core.config import load_description

    guest = workload_settings(kernel, initrd, dtb, append, arguments, semihosting)
    built = build_system(load_description(Path(system), plugins, [*settings, *guest], cpu), plugins)
    if dts:
        from vmsim_core.device_tree_source import device_tree_source

        click.echo(device_tree_source(built.platform.device_tree(built.workload)), nl=False)
        return
    for title, lines in (
        ("Components", _components(built, plugins)),
        ("Memory map", _memory_map(built)),
        ("Interrupts", _interrupts(built)),
    ):
        click.echo(f"{title}:")
        for line in lines:
            click.echo(f"  {line}")


def _print_schema(plugins: PluginManager) -> None:
    import json

    from vmsim_core.schema import description_schema

    click.echo(json.dumps(description_schema(plugins), indent=2))


def _components(system: System, plugins: PluginManager) -> Iterator[str]:
    for component in system.walk():
        depth = component.path.count(".")
        name = "  " * depth + component.name
        yield f"{name:<20} {type(component).type_name:<24} {plugins.owner_of(type(component))}".rstrip()


def _memory_map(system: System) -> Iterator[str]:
    from vmsim_core.units import format_size

    for region in system.address_map.regions:
        end = region.base + region.size - 1
        yield f"{region.base:#010x} - {end:#010x} {format_size(region.size):>8}  {region.name:<20} {_answering(region)}"


def _answering(region: Region) -> str:
    from vmsim_core.address_map import RamRegion

    return "RAM" if isinstance(region, RamRegion) else type(region.device).type_name


def _interrupts(system: System) -> Iterator[str]:
    wired = {
        number: (name, line.name) for name, device in system.devices.items()
        for number, line in device.interrupt_outputs().items()
    }  # fmt: skip
    for number in sorted(wired):
        name, line = wired[number]
        yield f"{number:>4}  {name:<20} {line}"
