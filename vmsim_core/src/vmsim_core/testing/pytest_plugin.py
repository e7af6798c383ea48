"""The kit's part in pytest, found through its entry point: the fixture `vmsim_machine`, and the guard of the suites.

Each class that subclasses a suite gets one more test, ``standard-tests``: it fails when a standard test of the suite
was removed, replaced, marked or skipped without a waiver, or when pytest does not collect the class at all. Waivers
are listed at the end of the run.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.register_assert_rewrite(
    *(f"vmsim_core.testing.{name}_suite" for name in ("checkpoint", "cpu", "cpu_debug", "device", "drain", "memory")),
    "vmsim_core.testing.machine",
)

if TYPE_CHECKING:
    import _pytest.nodes

    from vmsim_core.testing.machine import MachineMaker
    from vmsim_core.testing.suite import Suite

GUARD = "standard-tests"
_SKIPPING = ("skip", "skipif", "xfail")
_waivers = pytest.StashKey[dict[str, str]]()


@pytest.fixture
def vmsim_machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MachineMaker]:
    """Build systems from YAML text or a file; names in the text count from the folder of the test."""
    from vmsim_core.testing.machine import MachineMaker

    maker = MachineMaker(tmp_path, request.path.parent)
    yield maker
    maker.close()


@pytest.fixture
def vmsim_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MachineMaker]:
    """Build systems on the bench (``platform: bench``), where devices can be without a board and a processor."""
    from vmsim_core.testing.bench import bench_plugins
    from vmsim_core.testing.machine import MachineMaker

    maker = MachineMaker(tmp_path, request.path.parent, bench_plugins())
    yield maker
    maker.close()


# --- the guard of the suites ------------------------------------------------------------------------------------------


class SuiteError(Exception):
    """A suite whose standard tests are not all run."""


class SuiteCollector(pytest.Class):
    """Collects a suite: its tests without the waived ones, and the guard."""

    obj: type[Suite]

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Yield the items; of a suite that is not filled in the guard alone, which says what is missing."""
        if self.obj.missing():
            yield Guard.from_parent(self, name=GUARD, tests=[])
            return
        found = [each for each in super().collect() if _test_name(each) not in self.obj.waived]
        yield from found
        yield Guard.from_parent(self, name=GUARD, tests=found)


class Guard(pytest.Item):
    """The test that all standard tests of a suite are run."""

    def __init__(self, *, tests: list[Any], **keywords: Any) -> None:
        super().__init__(**keywords)
        self.tests = tests

    def iter_markers_with_node(self, name: str | None = None) -> Iterator[tuple[_pytest.nodes.Node, pytest.Mark]]:
        """Yield the markers without those that would keep the guard itself from being run."""
        for node, mark in super().iter_markers_with_node(name):
            if mark.name not in _SKIPPING:
                yield node, mark

    def runtest(self) -> None:
        """Raise SuiteError for what is missing."""
        parent = self.parent
        assert isinstance(parent, SuiteCollector)
        suite = parent.obj
        waivers = self.config.stash.setdefault(_waivers, {})
        waivers |= {f"{parent.nodeid}::{name}": reason for name, reason in suite.waived.items()}
        problems = [f"the attribute {name} is not filled in" for name in suite.missing()] or self._problems(suite)
        if problems:
            raise SuiteError("\n".join(problems))

    def _problems(self, suite: type[Suite]) -> list[str]:
        problems = suite.changes()
        named = {line.split()[0] for line in problems}
        collected = {_test_name(test) for test in self.tests}
        for name in suite.standard_tests():
            if name not in collected and name not in suite.waived and name not in named:
                problems.append(f"{name} is not collected")
        for test in self.tests:
            name = _test_name(test)
            marks = [mark.name for mark in test.iter_markers() if mark.name in _SKIPPING]
            if name in suite.standard_tests() and marks and f"{name} is marked {marks[0]}" not in problems:
                problems.append(f"{name} is marked {marks[0]}")
        return problems

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """Say what is wrong, without a traceback."""
        if not isinstance(excinfo.value, SuiteError):
            return str(super().repr_failure(excinfo))
        lines = "".join(f"  {line}\n" for line in str(excinfo.value).splitlines())
        return (
            f"{self.parent.name if self.parent else ''}: not all standard tests of the suite are run:\n{lines}"
            'What the subject cannot keep is waived, with the reason: waived = {"test_name": "why"}'
        )

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return what a report calls the item."""
        return self.path, None, f"{self.parent.name if self.parent else ''}: {GUARD}"


class NotCollected(pytest.Item):
    """Stands for a suite that pytest does not collect, and fails."""

    def runtest(self) -> None:
        """Raise SuiteError."""
        raise SuiteError(self.name)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """Say what is wrong, without a traceback."""
        return f"{self.name}: is a suite none of whose tests is run; call the class Test..., without __test__ = False"

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return what a report calls the item."""
        return self.path, None, self.name


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> Generator[None, Any, Any]:
    """Collect a subclass of a suite in our own way."""
    found = yield
    suite = _suite_in(collector, obj)
    if suite is None:
        return found
    if isinstance(found, pytest.Class):
        return SuiteCollector.from_parent(collector, name=name, obj=obj)
    # A class that others in the module build on is no suite by itself.
    return None if suite.__subclasses__() else NotCollected.from_parent(collector, name=name)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Make a standard test that was skipped in another way than by the suite itself a failure."""
    report = yield
    if report.skipped and isinstance(item.parent, SuiteCollector) and _test_name(item) in _standard(item):
        from vmsim_core.testing.suite import NOT_APPLICABLE

        if call.excinfo is None or not str(call.excinfo.value).startswith(NOT_APPLICABLE):
            report.outcome = "failed"
            report.longrepr = (
                f"{_test_name(item)} is a standard test that was skipped; what the subject cannot keep is waived, "
                'with the reason: waived = {"test_name": "why"}'
            )
            if hasattr(report, "wasxfail"):
                del report.wasxfail
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """List the waivers."""
    waivers = config.stash.get(_waivers, {})
    if waivers:
        terminalreporter.section("waived standard tests")
        for test, reason in waivers.items():
            terminalreporter.line(f"{test}: {reason}")


def _suite_in(collector: pytest.Collector, obj: object) -> type[Suite] | None:
    """Return `obj` if it is a suite that belongs to the module that is being collected."""
    module = sys.modules.get("vmsim_core.testing.suite")
    if module is None or not isinstance(obj, type) or not issubclass(obj, module.Suite):
        return None
    belongs = isinstance(collector, pytest.Module) and obj.__module__ == collector.obj.__name__
    return obj if belongs else None


def _standard(item: pytest.Item) -> Iterable[str]:
    assert isinstance(item.parent, SuiteCollector)
    return item.parent.obj.standard_tests()


def _test_name(item: object) -> str:
    return str(getattr(item, "originalname", None) or getattr(item, "name", ""))
