"""Loading a system description: YAML files and command-line settings become typed, validated data.

The files are merged first (`include:`, the file itself, ``--set``), then everything is validated at once: the
description by `SystemDescription`, the parameters of the board, of each device and of each CPU model by the plugins
that declare them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel

from vmsim_core.component import Component
from vmsim_core.description import SystemDescription, Workload
from vmsim_core.errors import ConfigError, OptionPosition, Position, Problem, SourcePosition
from vmsim_core.merge import assign, merge
from vmsim_core.validation import has_scheme, suggestion, validate
from vmsim_core.yaml_source import Node, parse_option_value, read_yaml

if TYPE_CHECKING:
    from vmsim_core.cpu import CpuModel
    from vmsim_core.device import Device
    from vmsim_core.memory_hierarchy import MemoryHierarchy
    from vmsim_core.platform import Platform
    from vmsim_core.plugin_manager import PluginManager

C = TypeVar("C", bound=Component)
M = TypeVar("M", bound=BaseModel)

WORKLOAD_FILES = ("kernel", "initrd", "dtb")
"""The keys of a workload that name files."""

DEFAULT_HIERARCHY = "caches"
"""The type of a memory hierarchy that says none; where its plugin is missing, only models that use caches are."""

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_OTHER_COMPONENTS = re.compile(r"board|caches|regions|cpu\d*")
_CORE_STATISTICS = ("instructions",)
"""What stands beside the models in a core's statistics."""


@dataclass(frozen=True)
class Part(Generic[C]):
    """A component to be made: its class and its validated parameters."""

    type: type[C]
    params: Any


@dataclass(frozen=True)
class Description:
    """A validated system description, and where each of its values comes from."""

    data: SystemDescription
    source: Node
    platform: Part[Platform]
    devices: dict[str, Part[Device]]
    models: list[dict[str, Part[CpuModel]]]
    """For each core the CPU models that are installed and their variants, by name; the one that it starts on is among
    them."""
    memory_hierarchy: Part[MemoryHierarchy] | None = None
    """Caches and DRAM, if a plugin that has them is installed."""

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
    _load_plugin_files(source, plugins)
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
        cores = source.member("cpus")
        for index in range(len(cores.items) if cores is not None else 0):
            source = assign(source, ["cpus", str(index), "start"], start)
    return source


def resolve_workload(workload: Workload, plugins: PluginManager) -> Workload:
    """Return the workload with references such as ``guest:busybox`` replaced by the files that they stand for.

    That may download or build them, so it is done when the workload is loaded, not when a system is described.
    """
    files = {
        name: plugins.resolve_file(str(value))
        for name in WORKLOAD_FILES
        if (value := getattr(workload, name)) is not None and has_scheme(str(value))
    }
    return workload.model_copy(update=files)


def _read_with_includes(file: Path, folders: Sequence[Path], including: tuple[Path, ...]) -> Node:
    source = read_yaml(file)
    include = source.member("include")
    if include is None:
        return source
    merged: Node | None = None
    for name in include.items if isinstance(include.value, list) else [include]:
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
    # An absolute name is the same place wherever it is looked for.
    places = list(dict.fromkeys(folder / name for folder in (beside, *folders)))
    for place in places:
        if place.is_file():
            return place
    ready = [file.name for folder in folders if folder.is_dir() for file in folder.glob("*.yaml")]
    searched = ", ".join(str(place.parent) for place in places)
    hint = suggestion(name, ready)
    raise ConfigError([Problem(f"there is no file {name} (looked in {searched}){hint}", position=position)])


def _load_plugin_files(source: Node, plugins: PluginManager) -> None:
    named = source.member("plugins")
    problems: list[Problem] = []
    for node in named.items if named is not None else []:
        if isinstance(node.value, str):
            try:
                plugins.load_file(_beside(node), node.position)
            except ConfigError as error:
                problems += error.problems
    if problems:
        raise ConfigError(problems)


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
        """Return the validated description; raises ConfigError with every mistake."""
        self._take_out_devices_that_never_were()
        data = self._validate(SystemDescription, self.source, "", "")
        platform = self._platform()
        devices = {name: self._device(name, node) for name, node in self._members("devices")}
        models = [self._models(index, core) for index, core in enumerate(self._items("cpus"))]
        hierarchy = self._memory_hierarchy()
        if self.problems or data is None or platform is None:
            raise ConfigError(sorted(self.problems, key=_reading_order))
        parts = {name: part for name, part in devices.items() if part is not None}
        return Description(data, self.source, platform, parts, models, hierarchy)

    def _take_out_devices_that_never_were(self) -> None:
        # Merging has taken away the devices that are there; a null that is left over stands for one that is not.
        devices = self.source.member("devices")
        for name in [name for name, node in self._members("devices") if node.value is None]:
            assert devices is not None
            devices = devices.without(name)
            self._report(f"there is no such device to take away{suggestion(name, devices.mapping)}", "devices", name)
        if devices is not None:
            self.source = replace(self.source, value={**self.source.mapping, "devices": devices})

    def _platform(self) -> Part[Platform] | None:
        node = self.source.member("platform")
        if node is None or not isinstance(node.value, str):
            return None
        board = self.source.member("board") or Node({}, node.position)
        return self._part(self.plugins.platforms, "platform", node.value, ["platform"], board, "board")

    def _memory_hierarchy(self) -> Part[MemoryHierarchy] | None:
        known = self.plugins.memory_hierarchies
        node = self.source.member("memory_hierarchy") or Node({}, self.source.position)
        kind = node.member("type")
        if kind is None and DEFAULT_HIERARCHY not in known:
            return None
        name = str(kind.value) if kind is not None else DEFAULT_HIERARCHY
        keys = ["memory_hierarchy", "type"]
        return self._part(known, "memory hierarchy", name, keys, node.without("type"), "memory_hierarchy")

    def _device(self, name: str, node: Node) -> Part[Device] | None:
        keys = ["devices", name]
        if _NAME.fullmatch(name) is None or _OTHER_COMPONENTS.fullmatch(name):
            rule = "use small letters, digits, - and _, not board, caches, regions or cpuN"
            self._report(f"this cannot be a device's name; {rule}", *keys)
        kind = node.member("type")
        if kind is None or not isinstance(kind.value, str):
            if isinstance(node.value, dict):
                self._report("a device needs a type, such as `type: acme.thermometer`", *keys)
            return None
        if kind.value not in self.plugins.devices and self._board_is_missing():
            return None  # the plugin of the board may have it: one mistake, not one for each device
        params = node.without("type")
        return self._part(self.plugins.devices, "device type", kind.value, [*keys, "type"], params, ".".join(keys))

    def _board_is_missing(self) -> bool:
        board = self.source.member("platform")
        return board is not None and isinstance(board.value, str) and board.value not in self.plugins.platforms

    def _models(self, index: int, core: Node) -> dict[str, Part[CpuModel]]:
        described = core.member("models") or Node({}, core.position)
        start = core.member("start")
        wanted = [start.value] if start is not None and isinstance(start.value, str) else []
        names = dict.fromkeys([*described.mapping, *wanted, *sorted(self.plugins.cpu_models)])
        parts = {name: self._model(index, described, name, name in wanted) for name in names}
        return {name: part for name, part in parts.items() if part is not None}

    def _model(self, index: int, described: Node, name: str, selected: bool) -> Part[CpuModel] | None:
        known = self.plugins.cpu_models
        variants = {each: kind for each, node in described.mapping.items() if (kind := node.member("type")) is not None}
        keys: list[str | int] = ["cpus", index, "models", name]
        if name in variants and not self._may_be_variant(name, variants[name], keys):
            return None
        model = str(variants[name].value) if name in variants else name
        listed = model in described.mapping and model not in variants
        if not selected and model not in known and (listed or self.plugins.why_missing(model)):
            return None  # described for those who have its plugin
        asked_at: list[str | int] = [*keys, "type"] if name in variants else ["cpus", index, "start"]
        params = (described.member(name) or Node({}, described.position)).without("type")
        also = () if name in variants else variants
        return self._part(known, "CPU model", model, asked_at, params, ".".join(map(str, keys)), also)

    def _may_be_variant(self, name: str, kind: Node, keys: Sequence[str | int]) -> bool:
        if not isinstance(kind.value, str):
            self._report(f"{kind.value!r} is not a text", *keys, "type")
        elif name == kind.value:
            return True
        elif name in self.plugins.cpu_models:
            problem = f"{name!r} is a CPU model itself and cannot be a variant of {kind.value!r}; use another name"
            self._report(problem, *keys, "type")
        elif _NAME.fullmatch(name) is None or name in _CORE_STATISTICS:
            rule = f"use small letters, digits, - and _, not {' or '.join(_CORE_STATISTICS)}"
            self._report(f"this cannot be the name of a CPU model's variant; {rule}", *keys)
        else:
            return True
        return False

    def _part(
        self, registry: Mapping[str, type[C]], kind: str, name: str, keys: Sequence[str | int], params: Node, path: str,
        also: Iterable[str] = (),
    ) -> Part[C] | None:  # fmt: skip
        """Look up the class `name`, asked for at `keys`, and validate its parameters, described at `path`.

        `also` are names beside those of the registry that can have been meant.
        """
        if name not in registry:
            remedy = "; install the distribution that has it, or name its file under plugins"
            hint = suggestion(name, [*registry, *also], remedy if kind == "device type" else "")
            reason = self.plugins.why_missing(name) or hint + self.plugins.left_out()
            distribution = f" (its distribution may be vmsim-cpu-{name})" if kind == "CPU model" else ""
            self._report(f"no {kind} {name!r} is installed{distribution}{reason}", *keys)
            return None
        found = registry[name]
        if not isinstance(params.value, dict):
            return None
        validated = self._validate(found.Params, params, path, self.plugins.owner_of(found))
        return None if validated is None else Part(found, validated)

    def _validate(self, model: type[M], node: Node, path: str, owner: str) -> M | None:
        validated, problems = validate(model, node, path, owner)
        self.problems += problems
        return validated

    def _report(self, message: str, *keys: str | int) -> None:
        self.problems.append(Problem(message, ".".join(map(str, keys)), self.source.position_of(*keys)))

    def _members(self, key: str) -> list[tuple[str, Node]]:
        node = self.source.member(key)
        return list(node.mapping.items()) if node is not None else []

    def _items(self, key: str) -> list[Node]:
        node = self.source.member(key)
        return node.items if node is not None else []


def _reading_order(problem: Problem) -> tuple[str, int, int]:
    place = problem.position
    return (str(place.file), place.line, place.column) if isinstance(place, SourcePosition) else (str(place), 0, 0)
