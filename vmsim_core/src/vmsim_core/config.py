"""Loading a system description: YAML files and command-line settings become typed, validated data.

The files are merged first (`include:`, the file itself, ``--set``), then everything is validated at once: the
description by `SystemDescription`, the parameters of the board, of each device and of each CPU model by the plugins
that declare them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel

from vmsim_core.component import Component, ComponentParams
from vmsim_core.description import CoreDescription, SystemDescription, Workload
from vmsim_core.errors import ConfigError, OptionPosition, Position, Problem, SourcePosition
from vmsim_core.merge import assign, merge
from vmsim_core.validation import has_scheme, suggestion, validate
from vmsim_core.yaml_source import Node, parse_option_value, read_yaml

if TYPE_CHECKING:
    from vmsim_core.cpu import CpuModel
    from vmsim_core.device import Device
    from vmsim_core.platform import Platform
    from vmsim_core.plugin_manager import PluginManager

C = TypeVar("C", bound=Component)
M = TypeVar("M", bound=BaseModel)

_DEVICE_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_OTHER_COMPONENTS = re.compile(r"board|cpu\d*")


@dataclass(frozen=True)
class Part(Generic[C]):
    """A component to be made: its class and its validated parameters."""

    type: type[C]
    params: ComponentParams


@dataclass(frozen=True)
class Description:
    """A validated system description, and where each of its values comes from."""

    data: SystemDescription
    source: Node
    platform: Part[Platform]
    devices: dict[str, Part[Device]]
    models: list[dict[str, Part[CpuModel]]]
    """For each core the CPU models that are installed, by name; the one that it starts on is among them."""

    def position(self, *keys: str | int) -> Position:
        """Return where the value stands that `keys` lead to, or the nearest one around it."""
        return self.source.position_of(*keys)

    def problem(self, message: str, *keys: str | int, owner: str = "") -> Problem:
        """Return a mistake in the value that `keys` lead to."""
        return Problem(message, ".".join(map(str, keys)), self.position(*keys), owner)


def load_description(
    path: Path, plugins: PluginManager, overrides: Sequence[tuple[str, str]] = (), cpu: str | None = None
) -> Description:
    """Load and validate the description in `path`; raises ConfigError with every mistake.

    `overrides` are dotted paths and YAML values that are laid over the files, `cpu` the CPU model that every core
    starts on instead. One-file plugins that the description names are loaded into `plugins`.
    """
    source = load_source(path, plugins.system_folders(), overrides, cpu)
    for node in _plugin_files(source):
        plugins.load_file(_beside(node), node.position)
    return _Checker(source, plugins).check()


def load_source(
    path: Path, folders: Sequence[Path], overrides: Sequence[tuple[str, str]] = (), cpu: str | None = None
) -> Node:
    """Return the files and settings merged, not validated."""
    source = _read_with_includes(_find_file(str(path), Path(), folders, None), folders, ())
    for target, text in overrides:
        source = assign(source, target.split("."), parse_option_value(text, f"--set {target}"))
    if cpu is not None:
        start = Node(cpu, OptionPosition(f"--cpu {cpu}"))
        for index in range(len(source.member("cpus").items if source.member("cpus") else [])):
            source = assign(source, ["cpus", str(index), "start"], start)
    return source


def resolve_workload(workload: Workload, plugins: PluginManager) -> Workload:
    """Return the workload with references such as ``guest:busybox`` replaced by the files that they stand for.

    That may download or build them, so it is done when the workload is loaded, not when a system is described.
    """
    files = {
        name: plugins.resolve_file(str(value))
        for name in ("kernel", "initrd", "dtb")
        if (value := getattr(workload, name)) is not None and has_scheme(str(value))
    }
    return workload.model_copy(update=files)


def _read_with_includes(file: Path, folders: Sequence[Path], including: tuple[Path, ...]) -> Node:
    source = read_yaml(file)
    include = source.member("include")
    if include is None:
        return source
    merged: Node | None = None
    for name in [include] if isinstance(include.value, str) else include.items:
        if not isinstance(name.value, str):
            raise ConfigError([Problem("include: takes a file name or a list of them", position=name.position)])
        included = _find_file(name.value, file.parent, folders, name.position)
        chain = (*including, file)
        if included.resolve() in [each.resolve() for each in chain]:
            circle = " includes ".join(str(each) for each in (*chain, included))
            raise ConfigError([Problem(f"files include each other in a circle: {circle}", position=name.position)])
        below = _read_with_includes(included, folders, chain)
        merged = below if merged is None else merge(merged, below)
    own = source.without("include")
    return own if merged is None else merge(merged, own)


def _find_file(name: str, beside: Path, folders: Sequence[Path], position: Position | None) -> Path:
    places = [folder / name for folder in (beside, *folders)]
    for place in places:
        if place.is_file():
            return place
    ready = [file.name for folder in folders if folder.is_dir() for file in folder.glob("*.yaml")]
    searched = ", ".join(str(place.parent) for place in places)
    hint = suggestion(name, ready)
    raise ConfigError([Problem(f"there is no file {name} (looked in {searched}){hint}", position=position)])


def _plugin_files(source: Node) -> list[Node]:
    plugins = source.member("plugins")
    return [node for node in plugins.items if isinstance(node.value, str)] if plugins is not None else []


def _beside(node: Node) -> Path:
    folder = node.position.file.parent if isinstance(node.position, SourcePosition) else Path()
    return folder / str(node.value)


@dataclass
class _Checker:
    """Validates a merged description with the plugins' help, and collects every mistake."""

    source: Node
    plugins: PluginManager
    problems: list[Problem] = field(default_factory=list)

    def check(self) -> Description:
        data = self._validate(SystemDescription, self._without_removed_devices())
        platform = self._platform()
        devices = {name: self._device(name, node) for name, node in self._mapping("devices").items()}
        models = [self._models(index, core) for index, core in enumerate(self._list("cpus"))]
        if self.problems or data is None or platform is None:
            raise ConfigError(self.problems)
        return Description(data, self.source, platform, {k: v for k, v in devices.items() if v is not None}, models)
