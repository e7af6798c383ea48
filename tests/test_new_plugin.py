"""`vmsim new-plugin`: what it writes can be installed, passes its own tests, and runs; mistakes are one line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from fresh_environment import FreshEnvironment, command
from vmsim_core.cli import main
from vmsim_core.cli.new_plugin import KINDS, new_plugin_command

pytest.importorskip("copier")
SAYS = {"device": "3", "cpu": "hello from your own CPU model", "platform": "hello from your own board"}
NEEDS = {"device": "vmsim-cpu-atomic", "cpu": "vmsim-platform-realview", "platform": "vmsim-cpu-atomic"}


def make_plugin(folder: Path, kind: str) -> Path:
    """Write a plugin of a kind; return its folder."""
    done = CliRunner().invoke(new_plugin_command, [kind, f"acme-new-{kind}", "--into", str(folder)])
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"{folder / f'acme-new-{kind}'}: a {kind} plugin; to try it: cd ")
    return folder / f"acme-new-{kind}"


def put_on_path(plugin: Path, kind: str) -> dict[str, str]:
    """Return the variables under which Python finds a plugin as if it were installed: sources and metadata."""
    name, package = plugin.name, plugin.name.replace("-", "_")
    metadata = plugin / "src" / f"{package}-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n")
    (metadata / "entry_points.txt").write_text(f"[vmsim.{kind}]\n{name} = {package}.plugin\n")
    return {**os.environ, "PYTHONPATH": str(plugin / "src")}


@pytest.mark.parametrize("kind", KINDS)
def test_it_passes_its_own_tests_and_runs(tmp_path: Path, kind: str) -> None:
    plugin = make_plugin(tmp_path, kind)
    environment = put_on_path(plugin, kind)

    def run(program: str, *arguments: str) -> str:
        done = subprocess.run(
            [Path(sys.executable).with_name(program), *arguments],
            cwd=plugin,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr
        return done.stdout

    assert "failed" not in run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    run("python", "program.py")
    assert SAYS[kind] in run("vmsim", "run", "board.yaml", "--max-time", "1s", "--host-timeout", "60")


def test_they_are_clean(tmp_path: Path) -> None:
    """What people begin with is linted, formatted and typed."""
    plugins = [make_plugin(tmp_path, kind) for kind in KINDS]
    for plugin in plugins:
        for arguments in (["check"], ["format", "--check"]):
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *arguments], cwd=plugin, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stdout + done.stderr
    sources = [plugin / "src" for plugin in plugins]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", *sources],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.packaging
@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed; make test installs it")
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_installed_where_nothing_of_the_workspace_is(tmp_path: Path, dist: Path, kind: str) -> None:
    plugin = make_plugin(tmp_path, kind)
    command("uv", "build", "--quiet", "--out-dir", tmp_path / "wheels", plugin)
    [wheel] = (tmp_path / "wheels").glob("*.whl")
    environment = FreshEnvironment(
        tmp_path / "environment", dist, f"{plugin.name}[test] @ {wheel.as_uri()}", NEEDS[kind]
    )
    shutil.rmtree(plugin / "src")
    assert " passed" in command(environment.python, "-m", "pytest", "-q", folder=plugin)
    command(environment.python, "program.py", folder=plugin)
    done = environment.vmsim("run", "board.yaml", "--max-time", "1s", "--host-timeout", "60", folder=plugin)
    assert done.returncode == 0, done.stderr
    assert SAYS[kind] in done.stdout


@pytest.mark.packaging
@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed; make test installs it")
def test_an_installed_vmsim_writes_plugins(tmp_path: Path, dist: Path) -> None:
    [wheel] = dist.glob("vmsim_core-*.whl")
    environment = FreshEnvironment(tmp_path / "environment", dist, f"vmsim-core @ {wheel.as_uri()}")
    done = environment.vmsim("new-plugin", "device", "acme-lamp", folder=tmp_path)
    assert (done.returncode, done.stderr) == (
        1, "vmsim new-plugin needs copier, which is not installed: pip install 'vmsim-core[new-plugin]'\n"
    )  # fmt: skip
    environment.install("copier")
    assert environment.vmsim("new-plugin", "device", "acme-lamp", folder=tmp_path).returncode == 0
    assert (tmp_path / "acme-lamp" / ".gitignore").is_file()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("Acme", "'Acme' cannot be a plugin's name: small letters and digits in words with - between them"),
        ("acme_timer", "cannot be a plugin's name"),
        ("../acme", "cannot be a plugin's name"),
        ("json", "'json' cannot be a plugin's name: Python has a module json already"),
        ("class", "'class' cannot be a plugin's name: Python has a module class already"),
        ("taken", "taken exists already, and is not empty"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, complaint: str) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    assert main(["new-plugin", "device", name, "--into", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1


def test_without_copier_it_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "copier", None)
    assert main(["new-plugin", "device", "acme-lamp", "--into", str(tmp_path)]) == 1
    assert "pip install 'vmsim-core[new-plugin]'" in capsys.readouterr().err
    assert not (tmp_path / "acme-lamp").exists()
