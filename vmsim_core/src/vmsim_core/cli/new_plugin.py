"""``vmsim new-plugin``: a skeleton to begin a plugin with, complete and tested."""

from __future__ import annotations

import importlib.util
import keyword
import re
from pathlib import Path

import click

from vmsim_core.errors import VmsimError

TEMPLATES = Path(__file__).parents[1] / "plugin_templates"
KINDS = ("device", "cpu", "platform")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@click.command("new-plugin")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name", metavar="NAME")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Where its folder is made."
)
def new_plugin_command(kind: str, name: str, into: Path) -> None:
    """Write a new plugin into a folder called NAME: a distribution that can be installed, with tests and a system.

    KIND is device, cpu or platform; NAME is the distribution's, such as acme-timer.
    """
    folder = into / name
    _check(name, folder)
    _copy(kind, name, folder)
    click.echo(f"{folder}: a {kind} plugin; to try it: cd {folder} && pip install -e .[test] && pytest")


def _check(name: str, folder: Path) -> None:
    """Raise VmsimError for a name that no distribution or package can have, and for a folder with something in it."""
    package = name.replace("-", "_")
    if _NAME.fullmatch(name) is None:
        raise VmsimError(f"{name!r} cannot be a plugin's name: small letters and digits in words with - between them, "
                         "such as acme-timer")  # fmt: skip
    if keyword.iskeyword(package) or importlib.util.find_spec(package) is not None:
        raise VmsimError(f"{name!r} cannot be a plugin's name: Python has a module {package} already")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise VmsimError(f"{folder} exists already, and is not empty")


def _copy(kind: str, name: str, folder: Path) -> None:
    try:
        from copier import run_copy
    except ImportError:
        raise VmsimError(
            "vmsim new-plugin needs copier, which is not installed: pip install 'vmsim-core[new-plugin]'"
        ) from None
    try:
        run_copy(str(TEMPLATES / kind), folder, data={"name": name}, defaults=True, quiet=True)
    except OSError as error:
        raise VmsimError(f"{folder} cannot be written: {error.strerror or error}") from None
