"""Each distribution builds a wheel and an sdist, installs alone, and passes its own tests there."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from fresh_environment import PROJECT, FreshEnvironment, command

pytestmark = [
    pytest.mark.packaging,
    pytest.mark.timeout(1800),  # a distribution's whole suite is one test here
    pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed; make test installs it"),
]
# In the order in which they build on one another.
DISTRIBUTIONS = {
    "vmsim-core": "vmsim_core",
    "vmsim-arch-arm": "plugins/arch_arm",
    "vmsim-cpu-atomic": "plugins/cpu_atomic",
    "vmsim-cpu-kvm": "plugins/cpu_kvm",
    "vmsim-mem-cache": "plugins/mem_cache",
    "vmsim-cpu-timing": "plugins/cpu_timing",
    "vmsim-platform-realview": "plugins/platform_realview",
    "vmsim-guests": "plugins/guests",
}


def file_of(dist: Path, name: str, ending: str) -> Path:
    (found,) = dist.glob(f"{name.replace('-', '_')}-*{ending}")
    return found


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_sdist_has_the_sources_and_the_tests(dist: Path, name: str) -> None:
    folder = PROJECT / DISTRIBUTIONS[name]
    wanted = {
        str(file.relative_to(folder))
        for part in ("src", "tests")
        for ending in ("py", "pyx", "pxd", "pyi")
        for file in (folder / part).rglob(f"*.{ending}")
    }
    with tarfile.open(file_of(dist, name, ".tar.gz")) as archive:
        packed = {member.partition("/")[2] for member in archive.getnames()}
    assert wanted - packed == set()
    assert {"LICENSE", "README.md", "pyproject.toml"} <= packed


def pass_its_own_tests(dist: Path, name: str, folder: Path) -> str:
    """Install a distribution alone and run the tests of its sdist; return what pytest printed."""
    with tarfile.open(file_of(dist, name, ".tar.gz")) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.glob(f"{name.replace('-', '_')}-*")
    # The installed package is tested, not the sources that lie beside the tests.
    shutil.rmtree(source / "src")
    wheel = file_of(dist, name, ".whl")
    environment = FreshEnvironment(folder / "environment", dist, f"{name}[test] @ {wheel.as_uri()}")
    return command(environment.python, "-m", "pytest", "-m", "not slow and not guest", folder=source)


@pytest.fixture(scope="module")
def reports(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[str]]]:
    """Have every distribution tested, as many at a time as the host has processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {
            name: pool.submit(pass_its_own_tests, dist, name, tmp_path_factory.mktemp(name)) for name in DISTRIBUTIONS
        }


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_it_installs_alone_and_passes_its_own_tests(reports: dict[str, Future[str]], name: str) -> None:
    assert " passed" in reports[name].result()


def test_the_plugins_are_found_where_they_are_installed_together(dist: Path, tmp_path: Path) -> None:
    environment = FreshEnvironment(tmp_path / "environment", dist, *dist.glob("*.whl"))
    listed = environment.vmsim("plugins", folder=tmp_path).stdout
    for name in DISTRIBUTIONS:
        if name != "vmsim-core":
            assert name in listed
    system = tmp_path / "mine.yaml"
    system.write_text("include: realview-pbx-a9.yaml\nmemory: 64MiB\n")
    assert "uart0" in environment.vmsim("describe", system, folder=tmp_path).stdout
