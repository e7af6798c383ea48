"""The plugins: found through entry points, imported one by one so that a broken one harms no other, and asked what they
offer.

The group of an entry point says what kind of plugin it is, so that listing them needs no import.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy
from importlib_metadata import EntryPoint, entry_points, version

from vmsim_core import hookspecs
from vmsim_core.errors import ConfigError, PluginError, Position, Problem, VmsimError
from vmsim_core.markers import PROJECT

if TYPE_CHECKING:
    import click

    from vmsim_core.architecture import Architecture
    from vmsim_core.checkpoint import Serializer, Upgrader
    from vmsim_core.cpu import CpuModel
    from vmsim_core.device import Device
    from vmsim_core.memory_hierarchy import MemoryHierarchy
    from vmsim_core.platform import Platform
    from vmsim_core.stats_writers import StatsWriter

log = logging.getLogger("vmsim")

COMMANDS = "vmsim.command"
GROUPS = ("vmsim.arch", "vmsim.cpu", "vmsim.memory", "vmsim.platform", "vmsim.device", COMMANDS)
CORE = "vmsim-core"


@dataclass
class InstalledPlugin:
    """A plugin that the metadata of a distribution announces."""

    entry_point: EntryPoint
    state: str = "installed"
    """``installed``, ``loaded``, ``disabled`` or ``failed``."""
    reason: str = ""
    """Why it failed."""

    @property
    def name(self) -> str:
        """The name of the entry point; what --no-plugin takes."""
        return self.entry_point.name

    @property
    def kind(self) -> str:
        """What kind of plugin it is."""
        return self.entry_point.group.rpartition(".")[2]

    @property
    def distribution(self) -> str:
        """The distribution that it came with."""
        return self.entry_point.dist.name if self.entry_point.dist is not None else "an unknown distribution"

    @property
    def version(self) -> str:
        """The version of the distribution."""
        return self.entry_point.dist.version if self.entry_point.dist is not None else ""

    @property
    def importable(self) -> bool:
        """Whether the module is there; found out without importing anything."""
        names = self.entry_point.module.split(".")
        spec = importlib.util.find_spec(names[0])
        for count in range(2, len(names) + 1):
            if spec is None or spec.submodule_search_locations is None:
                return False
            spec = importlib.machinery.PathFinder.find_spec(
                ".".join(names[:count]), list(spec.submodule_search_locations)
            )
        return spec is not None

    def __str__(self) -> str:
        return f"{self.name} ({self.distribution})"


class PluginManager:
    """The plugins of one run. What they offer is asked for once, when it is first needed."""

    def __init__(self, disabled: Iterable[str] = (), installed: Iterable[EntryPoint] | None = None) -> None:
        found = _announced() if installed is None else installed
        self.installed = [
            InstalledPlugin(each) for each in sorted(found, key=lambda each: (GROUPS.index(each.group), each.name))
        ]
        self._disable(disabled)
        self._pluggy = pluggy.PluginManager(PROJECT)
        self._pluggy.add_hookspecs(hookspecs)
        self._names: dict[str, str] = {}
        """What messages call a plugin, by the name that it is registered under."""
        self._packages: dict[str, str] = {}
        """The same by the package that a plugin's module is in, for classes that no hook offers."""
        self._owners: dict[type, str] = {}
        self._registries: dict[str, dict[str, Any]] = {}

    @property
    def hook(self) -> Any:
        """The hooks, to call the implementations of all plugins."""
        return self._pluggy.hook

    # --- loading ----------------------------------------------------------------------------------------------------

    def load(self, groups: Sequence[str] = GROUPS) -> None:
        """Import and register the plugins of `groups`; one that fails is logged and left out.

        Raises PluginError when two distributions announce plugins of one kind and name.
        """
        wanted = [each for each in self.installed if each.entry_point.group in groups and each.state == "installed"]
        for one, other in pairwise(wanted):
            if (one.kind, one.name) == (other.kind, other.name):
                raise PluginError(
                    f"the {one.kind} plugin {one.name!r} is announced by {one.distribution} and by "
                    f"{other.distribution}: uninstall one of them"
                )
        for plugin in wanted:
            self._load(plugin)

    def load_file(self, file: Path, position: Position | None = None) -> None:
        """Load a plugin that is a single Python file; `position` is where the description asks for it.

        Raises ConfigError for a file that cannot be loaded. A file that is loaded already is not loaded again.
        """
        file = file.resolve()
        owner = f"file {file.name}"
        if self._pluggy.has_plugin(str(file)):
            return
        try:
            self._register(_import_file(file), str(file), owner)
        except PluginError as error:
            raise ConfigError([Problem(str(error), "plugins", position)]) from None
        except (Exception, SystemExit) as error:
            message = f"the plugin {file} cannot be loaded: {_one_line(error)}"
            raise ConfigError([Problem(message, "plugins", position)]) from error

    def register(self, plugin: object, name: str, distribution: str) -> None:
        """Register an object with hook implementations; raises PluginError for one that breaks a rule."""
        self._register(plugin, name, f"{name} ({distribution})")

    def _load(self, plugin: InstalledPlugin) -> None:
        try:
            self._register(plugin.entry_point.load(), f"{plugin.kind}:{plugin.name}", str(plugin))
        except PluginError as error:
            plugin.state, plugin.reason = "failed", str(error)
        except (Exception, SystemExit) as error:
            plugin.state, plugin.reason = "failed", f"the plugin {plugin} cannot be imported: {_one_line(error)}"
        else:
            plugin.state = "loaded"
            return
        log.warning("%s; it is left out", plugin.reason)

    def _register(self, plugin: Any, name: str, owner: str) -> None:
        _check_abi(plugin, owner)
        try:
            self._pluggy.register(plugin, name)
            self._pluggy.check_pending()
        except pluggy.PluginValidationError as error:
            if self._pluggy.is_registered(plugin):
                self._pluggy.unregister(plugin)
            raise PluginError(f"the plugin {owner} has a wrong hook: {' '.join(str(error).split())}") from None
        self._names[name] = owner
        self._packages[getattr(plugin, "__name__", name).partition(".")[0]] = owner
        self._registries.clear()

    def _disable(self, names: Iterable[str]) -> None:
        known = sorted({plugin.name for plugin in self.installed})
        for name in names:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"installed are {', '.join(known) or 'none'}"
                raise PluginError(f"--no-plugin {name}: there is no such plugin; {hint}")
            for plugin in self.installed:
                if plugin.name == name:
                    plugin.state = "disabled"

    # --- what plugins offer -----------------------------------------------------------------------------------------

    @property
    def cpu_models(self) -> dict[str, type[CpuModel]]:
        """The CPU models by name."""
        from vmsim_core.cpu import CpuModel

        return self._offered("vmsim_cpu_models", CpuModel, "CPU model")

    @property
    def devices(self) -> dict[str, type[Device]]:
        """The device types by name."""
        from vmsim_core.device import Device

        return self._offered("vmsim_devices", Device, "device type")

    @property
    def platforms(self) -> dict[str, type[Platform]]:
        """The boards by name."""
        from vmsim_core.platform import Platform

        return self._offered("vmsim_platforms", Platform, "platform")

    @property
    def architectures(self) -> dict[str, type[Architecture]]:
        """The instruction-set architectures by name."""
        from vmsim_core.architecture import Architecture

        return self._offered("vmsim_architectures", Architecture, "architecture")

    @property
    def memory_hierarchies(self) -> dict[str, type[MemoryHierarchy]]:
        """The memory hierarchies by name."""
        from vmsim_core.memory_hierarchy import MemoryHierarchy

        return self._offered("vmsim_memory_hierarchies", MemoryHierarchy, "memory hierarchy")

    @property
    def stats_writers(self) -> dict[str, type[StatsWriter]]:
        """The formats of statistics by name, the core's own included."""
        from vmsim_core.stats_writers import CORE_WRITERS, StatsWriter

        return self._offered("vmsim_stats_writers", StatsWriter, "statistics format", CORE_WRITERS)

    @property
    def checkpoint_serializers(self) -> dict[str, type[Serializer]]:
        """The serializers of state that belongs to no component, by the path of their section."""
        from vmsim_core.checkpoint import Serializer

        return self._offered("vmsim_checkpoint_serializers", Serializer, "checkpoint serializer")

    @property
    def checkpoint_upgraders(self) -> dict[tuple[str, int], type[Upgrader]]:
        """The upgraders of checkpoint sections, by the kind of the section and the version that they start from."""
        upgraders: dict[tuple[str, int], type[Upgrader]] = {}
        for owner, upgrader in self._answers("vmsim_checkpoint_upgraders"):
            key = (upgrader.kind, upgrader.from_version)
            if key in upgraders:
                first = self.owner_of(upgraders[key])
                raise PluginError(
                    f"sections of {upgrader.kind} from version {upgrader.from_version} are upgraded by {first} and by "
                    f"{owner}: uninstall one, or leave one out with --no-plugin NAME"
                )
            upgraders[key] = upgrader
            self._owners[upgrader] = owner
        return upgraders

    def versions(self) -> dict[str, str]:
        """Return the distributions whose plugins are loaded, the core among them, with their versions."""
        loaded = {plugin.distribution: plugin.version for plugin in self.installed if plugin.state == "loaded"}
        return dict(sorted({CORE: version(CORE), **loaded}.items()))

    def cli_commands(self) -> list[click.Command]:
        """Return the subcommands that plugins add to ``vmsim``."""
        return self._listed("vmsim_cli_commands")

    def system_folders(self) -> list[Path]:
        """Return the folders in which plugins keep ready system descriptions."""
        return self._listed("vmsim_system_folders")

    def resolve_file(self, reference: str) -> Path:
        """Return the file that a reference such as ``guest:busybox`` stands for."""
        file: Path | None = self.hook.vmsim_resolve_file(reference=reference)
        if file is None:
            raise VmsimError(f"no plugin knows what {reference} stands for; install the one that does, or name a file")
        return file

    def owner_of(self, offered: type) -> str:
        """Return the plugin, with its distribution, that a class comes from."""
        package = offered.__module__.partition(".")[0]
        return self._owners.get(offered) or self._packages.get(package, CORE)

    def why_missing(self, name: str) -> str:
        """Return why a plugin that is called `name` offers nothing, if there is such a plugin."""
        for plugin in self.installed:
            if plugin.name == name and plugin.state == "disabled":
                return f"; its plugin {plugin} is left out by --no-plugin"
            if plugin.name == name and plugin.state == "failed":
                return f"; {plugin.reason}"
        return ""

    def left_out(self) -> str:
        """Return which plugins --no-plugin leaves out, to be added to the news that something is missing."""
        names = [str(plugin) for plugin in self.installed if plugin.state == "disabled"]
        return f"; --no-plugin leaves out {', '.join(names)}" if names else ""

    def _offered(self, hook_name: str, base: type, kind: str, core: Sequence[type] = ()) -> dict[str, Any]:
        """Return the classes that plugins offer through a hook, by the names that they claim."""
        if hook_name not in self._registries:
            registry: dict[str, type] = {}
            offers = [(CORE, offered) for offered in core] + list(self._answers(hook_name))
            for owner, offered in offers:
                name = _claimed_name(offered, base, f"{hook_name} of the plugin {owner}")
                if name in registry:
                    first = self.owner_of(registry[name])
                    raise PluginError(f"the {kind} {name!r} is offered by {first} and by {owner}: uninstall one, or "
                                      "leave one out with --no-plugin NAME")  # fmt: skip
                registry[name] = offered
                self._owners[offered] = owner
            self._registries[hook_name] = registry
        return self._registries[hook_name]

    def _listed(self, hook_name: str) -> list[Any]:
        return [item for _, item in self._answers(hook_name)]

    def _answers(self, hook_name: str) -> Iterator[tuple[str, Any]]:
        """Yield what each plugin's implementation of a hook returns, item by item, in the order of plugins' names."""
        implementations = getattr(self.hook, hook_name).get_hookimpls()
        for implementation in sorted(implementations, key=lambda each: str(each.plugin_name)):
            owner = self._names[implementation.plugin_name]
            try:
                items = list(implementation.function())
            except VmsimError:
                raise
            except Exception as error:
                raise PluginError(f"{hook_name} of the plugin {owner} failed: {_one_line(error)}") from error
            for item in items:
                yield owner, item


def _announced() -> list[EntryPoint]:
    # The metadata of every distribution is read here: once, not for each group.
    installed = entry_points()
    return [each for group in GROUPS for each in installed.select(group=group)]


def _claimed_name(offered: Any, base: type, source: str) -> str:
    if not isinstance(offered, type) or not issubclass(offered, base):
        raise PluginError(f"{source} returned {offered!r}, which is no subclass of {base.__name__}")
    name = getattr(offered, "type_name", "")
    if not isinstance(name, str) or not name:
        raise PluginError(f"{source} returned {offered.__name__}, which has no type_name")
    return name


def _check_abi(plugin: Any, owner: str) -> None:
    compiled = getattr(plugin, "VMSIM_ABI_COMPILED", None)
    if compiled is None:
        return
    from vmsim_core.ram import ABI_VERSION

    if compiled != ABI_VERSION:
        raise PluginError(
            f"the plugin {owner} was built against ABI {compiled} of the core, which has {ABI_VERSION} now: "
            "reinstall its distribution, so that it is built again"
        )


def _import_file(file: Path) -> ModuleType:
    # A name of its own, so that a file called like an installed package stands in nobody's way.
    name = f"_vmsim_plugin_{file.stem}_{sha256(str(file).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PluginError(f"the plugin {file} cannot be loaded: its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pydantic look their module up while it is being executed.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
