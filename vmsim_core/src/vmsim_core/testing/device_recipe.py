"""The systems that DeviceSuite tests devices in: a description with parked cores, or the bench with one device."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmsim_core.config import load_source
from vmsim_core.device import Device
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.testing.bench import NoArchitecture, bench_plugins
from vmsim_core.testing.subject import Recipe

if TYPE_CHECKING:
    from vmsim_core.testing.device_suite import DeviceSuite


_recipes: dict[type[DeviceSuite], Recipe] = {}
"""By suite: reading a description takes longer than building the system."""


def recipe_of(suite: type[DeviceSuite]) -> Recipe:
    """Return what the suite's system is built from."""
    if suite not in _recipes:
        _recipes[suite] = changed_recipe(suite)
    return _recipes[suite]


def changed_recipe(suite: type[DeviceSuite], *overrides: tuple[str, str]) -> Recipe:
    """Return the same with some of the description overridden; raises ConfigError for what cannot be."""
    with tempfile.TemporaryDirectory() as folder:
        return _recipe_in(suite, Path(folder), list(overrides))


def _recipe_in(suite: type[DeviceSuite], folder: Path, overrides: list[tuple[str, str]]) -> Recipe:
    devices = () if suite.device is None else (suite.device,)
    if not suite.description:
        assert suite.device is not None, f"{suite.__name__} says neither `device` nor `description`"
        plugins = bench_plugins(NoArchitecture.type_name, *devices)
        text = "{platform: bench, memory: 64KiB, cpus: [{start: parked}], devices: {}}"
        params = {"at": 0x1000_0000, **suite.params, "type": suite.device.type_name}
        name = suite.device.type_name.rpartition(".")[2]
        return Recipe.from_text(text, folder, plugins, [(f"devices.{name}", str(params)), *overrides])
    plugins = bench_plugins(_architecture(suite, folder), *devices)
    return Recipe.from_text(suite.description, folder, plugins, [*_parked(suite, folder, plugins), *overrides])


def _architecture(suite: type[DeviceSuite], folder: Path) -> str:
    """Return the architecture of the description's board: the parked core must have it."""
    plugins = PluginManager()
    plugins.load()
    board = _merged(suite, folder, plugins).get("platform")
    return plugins.platforms[board].architecture if board in plugins.platforms else NoArchitecture.type_name


def _parked(suite: type[DeviceSuite], folder: Path, plugins: PluginManager) -> list[tuple[str, str]]:
    cores = _merged(suite, folder, plugins).get("cpus") or []
    return [(f"cpus.{index}.start", "parked") for index in range(len(cores))]


def _merged(suite: type[DeviceSuite], folder: Path, plugins: PluginManager) -> dict[str, Any]:
    file = folder / "merged.yaml"
    file.write_text(suite.description, encoding="utf-8")
    merged: dict[str, Any] = load_source(file, plugins.system_folders()).data()
    return merged


def names_of(suite: type[DeviceSuite]) -> tuple[str, ...]:
    """Return the devices to be tested: those of the suite's type, or else the first of each type."""
    devices = recipe_of(suite).description.devices
    if suite.device is not None:
        return tuple(name for name, part in devices.items() if part.type is suite.device)
    first: dict[type[Device], str] = {}
    for name, part in devices.items():
        first.setdefault(part.type, name)
    return tuple(first.values())
