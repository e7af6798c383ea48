"""Every hook: an implementation is called with exactly the documented arguments."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from fake_plugins import SYSTEM, Cpu, Parts, Pic, fake_plugins, plugin, simulate
from vmsim_core.exits import InstructionLimit
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.simulation import RunLimits
from vmsim_core.stats_writers import TextWriter
from vmsim_core.switching import HandoverReport

from vmsim_core import hookspecs

HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("vmsim_") and callable(getattr(hookspecs, name)))
DOCUMENT = Path(__file__).parents[2] / "docs" / "hooks.md"
Calls = list[tuple[Any, ...]]


def recording(hook: str, calls: Calls, answer: Any = None) -> object:
    """Return a plugin that implements a hook with the exact arguments of its specification, and records them."""
    names = list(inspect.signature(getattr(hookspecs, hook)).parameters)

    def implementation(*arguments: Any) -> Any:
        calls.append(arguments)
        return answer

    # pluggy passes arguments by the names that it finds in the signature of the code.
    source = f"lambda {', '.join(names)}: implementation({', '.join(names)})"
    return plugin(**{hook: eval(source, {"implementation": implementation})})


def asked(hook: str, answer: Any, ask: Callable[[PluginManager], Any]) -> tuple[Any, Calls]:
    """Have the core ask plugins something; return what it made of the answer, and the arguments of the call."""
    calls: Calls = []
    return ask(fake_plugins(recorder=recording(hook, calls, answer))), calls


class ExtraCpu(Cpu):
    type_name = "extra"


class ExtraDevice(Pic):
    type_name = "extra"


class ExtraWriter(TextWriter):
    type_name = "extra"


def test_vmsim_cpu_models() -> None:
    found, calls = asked("vmsim_cpu_models", [ExtraCpu], lambda plugins: plugins.cpu_models)
    assert (found["extra"], calls) == (ExtraCpu, [()])


def test_vmsim_devices() -> None:
    found, calls = asked("vmsim_devices", [ExtraDevice], lambda plugins: plugins.devices)
    assert (found["extra"], calls) == (ExtraDevice, [()])


def test_vmsim_platforms() -> None:
    [board] = Parts().vmsim_platforms()
    extra = type("Extra", (board,), {"type_name": "extra"})
    found, calls = asked("vmsim_platforms", [extra], lambda plugins: plugins.platforms)
    assert (found["extra"], calls) == (extra, [()])


def test_vmsim_architectures() -> None:
    [architecture] = Parts().vmsim_architectures()
    extra = type("Extra", (architecture,), {"type_name": "extra"})
    found, calls = asked("vmsim_architectures", [extra], lambda plugins: plugins.architectures)
    assert (found["extra"], calls) == (extra, [()])


def test_vmsim_memory_hierarchies() -> None:
    from vmsim_core.memory_hierarchy import MemoryHierarchy

    extra = type("Extra", (MemoryHierarchy,), {"type_name": "extra"})
    found, calls = asked("vmsim_memory_hierarchies", [extra], lambda plugins: plugins.memory_hierarchies)
    assert (found, calls) == ({"extra": extra}, [()])


def test_vmsim_stats_writers() -> None:
    found, calls = asked("vmsim_stats_writers", [ExtraWriter], lambda plugins: plugins.stats_writers)
    assert (list(found), calls) == (["json", "txt", "extra"], [()])


def test_vmsim_cli_commands() -> None:
    command = click.Command("extra")
    found, calls = asked("vmsim_cli_commands", [command], lambda plugins: plugins.cli_commands())
    assert (found, calls) == ([command], [()])


def test_vmsim_resolve_file() -> None:
    found, calls = asked("vmsim_resolve_file", Path("/f"), lambda plugins: plugins.resolve_file("guest:f"))
    assert (found, calls) == (Path("/f"), [("guest:f",)])


def test_vmsim_system_folders() -> None:
    found, calls = asked("vmsim_system_folders", [Path("/s")], lambda plugins: plugins.system_folders())
    assert (found, calls) == ([Path("/s")], [()])


@pytest.mark.parametrize("hook", ["vmsim_checkpoint_serializers", "vmsim_checkpoint_upgraders"])
def test_vmsim_checkpoint_serializers_and_vmsim_checkpoint_upgraders(hook: str) -> None:
    found, calls = asked(hook, ["extra"], lambda plugins: getattr(plugins.hook, hook)())
    assert (found, calls) == ([["extra"]], [()])


@pytest.mark.parametrize("hook", ["vmsim_drain", "vmsim_mem_writeback", "vmsim_mem_invalidate", "vmsim_drain_resume"])
def test_vmsim_drain_and_vmsim_mem_writeback_and_vmsim_mem_invalidate_and_vmsim_drain_resume(
    tmp_path: Path, hook: str
) -> None:
    calls: Calls = []
    simulation = simulate(tmp_path, SYSTEM, fake_plugins(recorder=recording(hook, calls)))
    getattr(simulation.plugins.hook, hook)(system=simulation.system)
    assert calls == [(simulation.system,)]


def test_vmsim_system_built(tmp_path: Path) -> None:
    calls: Calls = []
    simulation = simulate(tmp_path, SYSTEM, fake_plugins(recorder=recording("vmsim_system_built", calls)))
    assert calls == [(simulation.system,)]


def test_vmsim_run_started(tmp_path: Path) -> None:
    calls: Calls = []
    simulation = simulate(tmp_path, SYSTEM, fake_plugins(recorder=recording("vmsim_run_started", calls)))
    simulation.run(RunLimits(instructions=1))
    simulation.run(RunLimits(instructions=1))
    assert calls == [(simulation,)]


def test_vmsim_run_ended(tmp_path: Path) -> None:
    calls: Calls = []
    simulation = simulate(tmp_path, SYSTEM, fake_plugins(recorder=recording("vmsim_run_ended", calls)))
    simulation.run(RunLimits(instructions=1))
    assert calls == [(simulation, InstructionLimit())]


def test_vmsim_cpu_switched(tmp_path: Path) -> None:
    calls: Calls = []
    simulation = simulate(tmp_path, SYSTEM, fake_plugins(recorder=recording("vmsim_cpu_switched", calls)))
    report = HandoverReport("cpu0", "a", "b", tick=0, drain_ticks=0)
    simulation.plugins.hook.vmsim_cpu_switched(simulation=simulation, report=report)
    assert calls == [(simulation, report)]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test(hook: str) -> None:
    tests = [name for name in globals() if name.startswith("test_vmsim_")]
    assert any(hook in name.removeprefix("test_").split("_and_") for name in tests)


@pytest.mark.skipif(not DOCUMENT.exists(), reason="the documents are not part of the distribution")
def test_the_document_lists_every_hook_with_its_exact_signature() -> None:
    documented = re.findall(r"^### `(.+)`$", DOCUMENT.read_text(), re.MULTILINE)
    specifications = ast.parse(inspect.getsource(hookspecs)).body
    signatures = [
        f"{each.name}({ast.unparse(each.args)}) -> {ast.unparse(each.returns)}"
        for each in specifications
        if isinstance(each, ast.FunctionDef) and each.returns is not None
    ]
    assert len(signatures) == len(HOOKS)
    assert sorted(documented) == sorted(signatures)
