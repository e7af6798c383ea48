"""`vmsim guest`: what guests there are, getting them, where they are, and building an initramfs of one's own.

The command line is loaded at every start of vmsim; each command imports what it needs when it runs.
"""

from __future__ import annotations

from pathlib import Path

import click


@click.group("guest")
def guest_command() -> None:
    """Kernels, file systems and test programs to run: fetched or built once, then cached."""


@guest_command.command("list")
def list_guests() -> None:
    """List the named guests, and where those in the cache came from."""
    from vmsim_guests.registry import GUESTS
    from vmsim_guests.store import GuestStore

    store = GuestStore()
    origins: dict[str, str] = {}
    for guest in GUESTS.values():
        index = store.cached(guest)
        if index is not None:
            origins[guest.folder] = index.origin
        state = "" if index is None else "cached"
        click.echo(f"{guest.name:17} {guest.kind:11} {state:6}  {guest.summary}")
    click.echo(f"In the cache, {store.root}:" if origins else f"The cache, {store.root}, is empty.")
    for folder, origin in origins.items():
        click.echo(f"  {folder}: {origin}")


@guest_command.command("get")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--fresh", is_flag=True, help="Fetch or build again what the cache already has.")
def get_guests(names: tuple[str, ...], fresh: bool) -> None:
    """Fetch or build guests, so that runs need no network."""
    from vmsim_guests.registry import find_guest
    from vmsim_guests.store import GuestStore

    for name in names:
        find_guest(name)
    store = GuestStore()
    for name in names:
        click.echo(store.path(name, fresh=fresh))


@guest_command.command("path")
@click.argument("name")
def print_path(name: str) -> None:
    """Print the file of a guest; it is fetched or built if the cache has it not."""
    from vmsim_guests import guest_path

    click.echo(guest_path(name))


@guest_command.group("build")
def build_group() -> None:
    """Build guests of one's own."""


@build_group.command("initramfs")
@click.option("--add", "additions", metavar="HOSTFILE:GUESTPATH", multiple=True, help="A file to add; repeatable.")
@click.option("--init", "init_script", type=click.Path(path_type=Path), help="The first process; default: a shell.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The archive; *.gz is compressed.")
def build_initramfs_command(additions: tuple[str, ...], init_script: Path | None, output: Path) -> None:
    """Build an initramfs: busybox, an init script and your files.

    Without --init it behaves like guest:busybox, which runs the command in vmsim.run=... or a shell.
    """
    from tempfile import TemporaryDirectory

    from vmsim_guests.cache import cache_root
    from vmsim_guests.compiler import SIMCTL
    from vmsim_guests.debian import DebianArchive
    from vmsim_guests.initramfs import Addition, build_initramfs, read_init, write_initramfs
    from vmsim_guests.recipes import busybox_binary, compiled

    parsed = [Addition.parse(text) for text in additions]
    init = read_init(init_script)
    busybox, _ = busybox_binary(DebianArchive(cache_root()))
    with TemporaryDirectory() as work:
        tools = compiled([SIMCTL], Path(work))
    write_initramfs(build_initramfs(busybox, init, parsed, tools), output)
