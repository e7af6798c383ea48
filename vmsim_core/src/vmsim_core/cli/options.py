"""Options that several subcommands share, and how their texts are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from vmsim_core.units import parse_time

F = TypeVar("F", bound=Callable[..., Any])
Option = Callable[[F], F]
FILE = click.Path(path_type=Path)
TRACE_KINDS = ("insts", "exceptions", "mmio")


class Setting(click.ParamType[tuple[str, str]]):
    """``PATH=VALUE``, as a pair."""

    name = "PATH=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split at the first equals sign."""
        path, equals, text = str(value).partition("=")
        if not path or not equals:
            self.fail(f"{value!r} is not PATH=VALUE, such as memory=512MiB", param, ctx)
        return path, text


class Time(click.ParamType[int]):
    """A time with its unit, as ticks."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a time such as 1.5ms."""
        try:
            return parse_time(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class TraceKind(click.ParamType[tuple[str, Path | None]]):
    """``KIND`` or ``KIND:FILE``, as a pair."""

    name = "KIND[:FILE]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path | None]:
        """Split at the first colon."""
        kind, colon, file = str(value).partition(":")
        if kind not in TRACE_KINDS or (colon and not file):
            self.fail(f"{value!r} is not KIND or KIND:FILE; the kinds are {', '.join(TRACE_KINDS)}", param, ctx)
        return kind, Path(file) if file else None


class Text(click.ParamType[str]):
    """A text of at least one character."""

    name = "TEXT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse the empty text: it would be seen before the run begins."""
        return str(value) if value else self.fail("the text is empty", param, ctx)


def system_options(command: F) -> F:
    """Add the options that say which system is meant."""
    return _all(
        command,
        click.option("--cpu", metavar="MODEL", help="The CPU model that every core starts on."),
        click.option("--set", "settings", type=Setting(), multiple=True,
                     help="Lay a YAML value over the description, such as devices.uart3=null; repeatable."),
        no_plugin_option,
    )  # fmt: skip


def guest_options(command: F) -> F:
    """Add the options that say what the system runs."""
    return _all(
        command,
        click.option("--kernel", metavar="F", help="A zImage or an ELF file, or guest:NAME."),
        click.option("--initrd", metavar="F", help="The initial RAM disk, or guest:NAME."),
        click.option("--dtb", metavar="F", help="A device tree instead of the generated one."),
        click.option("--append", metavar="STR", help="The kernel's command line."),
        click.option("--arg", "arguments", metavar="A", multiple=True,
                     help="An argument that a bare-metal program reads from simctl; repeatable."),
        click.option("--semihosting", is_flag=True, help="Serve ARM semihosting's calls."),
    )  # fmt: skip


def limit_options(command: F) -> F:
    """Add the options that say when a run ends."""
    return _all(
        command,
        click.option("--until-text", metavar="STR", type=Text(),
                     help="End when the guest has sent this to its console."),
        click.option("--max-insts", metavar="N", type=click.IntRange(min=1), help="End after N instructions."),
        click.option("--max-time", type=Time(), help="End at this simulated time since power-on."),
        click.option("--host-timeout", metavar="S", type=click.FloatRange(min=0, min_open=True),
                     help="End after S seconds on the host."),
    )  # fmt: skip


def trace_options(command: F) -> F:
    """Add the options that say what is traced."""
    return _all(
        command,
        click.option("--trace", "traces", type=TraceKind(), multiple=True,
                     help="Show insts, exceptions or mmio, on stderr or in FILE (FILE.gz: compressed); repeatable."),
        click.option("--trace-from", metavar="T", type=Time(), help="Begin to trace at this simulated time."),
        click.option("--trace-to", metavar="T", type=Time(), help="Trace what begins before this simulated time."),
        click.option("--trace-symbols", metavar="F", help="The ELF file that names code addresses in traces."),
    )  # fmt: skip


no_plugin_option = click.option(
    "--no-plugin", "no_plugins", metavar="NAME", multiple=True, help="Leave a plugin out; repeatable."
)


def workload_settings(
    kernel: str | None,
    initrd: str | None,
    dtb: str | None,
    append: str | None,
    arguments: tuple[str, ...],
    semihosting: bool,
) -> list[tuple[str, str]]:
    """Return the guest options as settings of the description."""
    given: dict[str, Any] = {
        "workload.kernel": kernel,
        "workload.initrd": initrd,
        "workload.dtb": dtb,
        "workload.append": append,
        "workload.arguments": list(arguments) or None,
        "workload.semihosting": semihosting or None,
    }
    # JSON is YAML in which every text is quoted.
    return [(path, json.dumps(value, ensure_ascii=False)) for path, value in given.items() if value is not None]


def _all(command: F, *options: Callable[[F], F]) -> F:
    for option in reversed(options):
        command = option(command)
    return command
