"""Plugins: found, isolated from each other, checked, left out, and asked what they offer."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fake_plugins import Pic, Uart, fake_plugins, plugin
from importlib_metadata import Distribution, EntryPoint, PathDistribution
from vmsim_core.errors import PluginError, VmsimError
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.ram import ABI_VERSION


class Installation:
    """Distributions in a folder: metadata, and a module for each plugin."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entry_points: list[EntryPoint] = []

    def add(self, distribution: str, group: str, name: str, module: str, source: str | None) -> None:
        """Install a plugin; without a source its module is missing."""
        metadata = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        metadata.mkdir(exist_ok=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        if source is not None:
            (self.folder / f"{module}.py").write_text(source)
        found: Distribution = PathDistribution(metadata)
        self.entry_points.append(EntryPoint(name, module, f"vmsim.{group}")._for(found))  # type: ignore[no-untyped-call]

    def manager(self, *disabled: str) -> PluginManager:
        """Return a manager that sees nothing else."""
        return PluginManager(disabled, self.entry_points)


DEVICE = """
from vmsim_core import Device, RegisterTable, hookimpl
class Lamp(Device):
    type_name = "lamp"
    registers = RegisterTable(size=4)
@hookimpl
def vmsim_devices():
    return [Lamp]
"""


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    monkeypatch.syspath_prepend(tmp_path)
    return Installation(tmp_path)


@pytest.fixture(autouse=True)
def _forget_modules() -> Any:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("lamp", "broken", "wrong")):
            del sys.modules[name]


def test_listing_imports_nothing(installation: Installation) -> None:
    installation.add("acme-lamp", "device", "lamp", "lamp_a", "raise SystemExit('imported')")
    [found] = installation.manager().installed
    assert (found.name, found.kind, found.distribution, found.version, found.state) == (
        "lamp", "device", "acme-lamp", "1.0", "installed"
    )  # fmt: skip
    assert found.importable
    assert "lamp_a" not in sys.modules


def test_a_missing_module_shows_without_an_import(installation: Installation) -> None:
    installation.add("acme-lamp", "device", "lamp", "lamp_b.deeper.plugin", None)
    assert not installation.manager().installed[0].importable


def test_what_a_plugin_offers_is_found_with_its_owner(installation: Installation) -> None:
    installation.add("acme-lamp", "device", "lamp", "lamp_c", DEVICE)
    plugins = installation.manager()
    plugins.load()
    lamp = plugins.devices["lamp"]
    assert lamp.__name__ == "Lamp"
    assert plugins.owner_of(lamp) == "lamp (acme-lamp)"
    part = type("Bulb", (), {"__module__": "lamp_c"})
    assert plugins.owner_of(part) == "lamp (acme-lamp)", "what is made of a plugin's other classes is its own too"
    assert plugins.owner_of(PluginManager) == "vmsim-core"
    assert plugins.installed[0].state == "loaded"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import nowhere_at_all", "cannot be imported: ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("1 / 0", "cannot be imported: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "cannot be imported: SystemExit: 3"),
        (None, "cannot be imported: ModuleNotFoundError: No module named 'broken_"),
        ("from vmsim_core import hookimpl\n@hookimpl\ndef vmsim_devises(): pass",
         "has a wrong hook: unknown hook 'vmsim_devises' in plugin"),
        ("from vmsim_core import hookimpl\n@hookimpl\ndef vmsim_system_built(machine): pass",
         "has a wrong hook: Plugin 'device:broken' for hook 'vmsim_system_built'"),
        (f"VMSIM_ABI_COMPILED = {ABI_VERSION + 1}",
         f"was built against ABI {ABI_VERSION + 1} of the core, which has {ABI_VERSION} now: reinstall"),
    ],
)  # fmt: skip
def test_a_broken_plugin_is_named_and_harms_no_other(
    installation: Installation, caplog: pytest.LogCaptureFixture, source: str | None, reason: str
) -> None:
    installation.add("acme-broken", "device", "broken", f"broken_{abs(hash(reason))}", source)
    installation.add("acme-lamp", "device", "lamp", "lamp_d", DEVICE)
    plugins = installation.manager()
    with caplog.at_level(logging.WARNING, "vmsim"):
        plugins.load()
    assert list(plugins.devices) == ["lamp"]
    [message] = [record.getMessage() for record in caplog.records]
    assert message.startswith(f"the plugin broken (acme-broken) {reason}")
    assert "\n" not in message
    assert plugins.installed[0].state == "failed"
    assert plugins.why_missing("broken") == f"; {plugins.installed[0].reason}"


def test_a_plugin_built_against_the_same_abi_is_taken(installation: Installation) -> None:
    installation.add("acme-lamp", "device", "lamp", "lamp_e", f"VMSIM_ABI_COMPILED = {ABI_VERSION}\n{DEVICE}")
    plugins = installation.manager()
    plugins.load()
    assert list(plugins.devices) == ["lamp"]


def test_a_plugin_can_be_left_out(installation: Installation) -> None:
    installation.add("acme-lamp", "device", "lamp", "lamp_f", DEVICE)
    plugins = installation.manager("lamp")
    plugins.load()
    assert plugins.devices == {}
    assert plugins.installed[0].state == "disabled"
    assert plugins.why_missing("lamp") == "; its plugin lamp (acme-lamp) is left out by --no-plugin"
    with pytest.raises(PluginError, match=r"--no-plugin lmp: there is no such plugin; did you mean 'lamp'\?"):
        installation.manager("lmp")


def test_two_distributions_with_one_plugin_name_are_an_error(installation: Installation) -> None:
    installation.add("acme-lamp", "device", "lamp", "lamp_g", DEVICE)
    installation.add("other-lamp", "device", "lamp", "lamp_h", DEVICE)
    with pytest.raises(PluginError) as caught:
        installation.manager().load()
    assert str(caught.value) == (
        "the device plugin 'lamp' is announced by acme-lamp and by other-lamp: uninstall one of them"
    )


def test_two_plugins_that_offer_one_type_name_are_an_error() -> None:
    class Another(Uart):
        """The same type name."""

    plugins = fake_plugins(second=plugin(vmsim_devices=lambda: [Another]))
    with pytest.raises(PluginError) as caught:
        _ = plugins.devices
    assert str(caught.value) == (
        "the device type 'test-uart' is offered by parts (test-parts) and by second (test-second): "
        "uninstall one, or leave one out with --no-plugin NAME"
    )


class Nameless(Pic):
    type_name = ""


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda: [Nameless], "vmsim_devices of the plugin bad (test-bad) returned Nameless, which has no type_name"),
        (lambda: [int], "returned <class 'int'>, which is no subclass of Device"),
        (lambda: ["lamp"], "returned 'lamp', which is no subclass of Device"),
        (lambda: None, "vmsim_devices of the plugin bad (test-bad) failed: TypeError: 'NoneType' object is not"),
        (lambda: [1 / 0], "vmsim_devices of the plugin bad (test-bad) failed: ZeroDivisionError: division by zero"),
    ],
)  # fmt: skip
def test_what_a_plugin_offers_is_checked(answer: Any, expected: str) -> None:
    plugins = fake_plugins(bad=plugin(vmsim_devices=answer))
    with pytest.raises(PluginError) as caught:
        _ = plugins.devices
    assert expected in str(caught.value)


def test_registering_an_object_checks_its_hooks() -> None:
    with pytest.raises(PluginError, match=r"the plugin odd \(test-odd\) has a wrong hook: .*vmsim_devises"):
        fake_plugins(odd=plugin(vmsim_devises=lambda: []))
    with pytest.raises(PluginError, match="was built against ABI -1"):
        fake_plugins(old=SimpleNamespace(VMSIM_ABI_COMPILED=-1))


def test_a_hook_that_registers_is_called_once() -> None:
    calls: list[str] = []

    def devices() -> list[type]:
        calls.append("devices")
        return []

    plugins = fake_plugins(counting=plugin(vmsim_devices=devices))
    assert plugins.devices is plugins.devices
    assert calls == ["devices"]


def test_offers_come_in_the_order_of_plugin_names_whoever_registered_first() -> None:
    folders = {name: Path(name) for name in ("b", "a", "c")}
    plugins = fake_plugins(**{name: plugin(vmsim_system_folders=lambda at=at: [at]) for name, at in folders.items()})
    assert plugins.system_folders() == [Path("a"), Path("b"), Path("c")]


def test_a_reference_that_a_plugin_refuses_is_its_own_error() -> None:
    def refuse(reference: str) -> Path:
        raise VmsimError(f"{reference} is out of stock")

    with pytest.raises(VmsimError, match="guest:x is out of stock"):
        fake_plugins(files=plugin(vmsim_resolve_file=refuse)).resolve_file("guest:x")
