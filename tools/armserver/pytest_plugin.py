"""A pytest plugin: tests of real KVM run in the emulated ARM server where the host itself is not such a machine.

They are the tests in files named test_real_kvm_*.py. Each stays the test it is, under its own name; only where it runs
is another place. On a host that has what it takes they run as all others.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from _pytest.nodes import Node
from vmsim_guests.errors import GuestError

from armserver.base import base
from armserver.machine import why_not
from armserver.remote import RemoteRun

NAMES = "test_real_kvm_"
EVALUATED_THERE = ("skip", "skipif", "xfail", "usefixtures")
"""Marks that mean something to the test itself."""
SECONDS_FOR_ONE, SECONDS_FOR_A_SLOW_ONE = 120, 900
"""Of the time for all, which is many times what they need on a machine with nothing else to do."""


class RemoteTest(pytest.Item):
    """The stand-in for a test that runs in the server."""

    remote_run: RemoteRun
    required: bool
    report: pytest.TestReport | None = None
    original: pytest.Item

    def runtest(self) -> None:
        """Wait for the test's report."""
        try:
            self.report = self.remote_run.report(self.nodeid)
        except GuestError as error:
            reason = f"no ARM server: {error}"
            (pytest.fail if self.required else pytest.skip)(reason)

    def iter_markers_with_node(self, name: str | None = None) -> Iterator[tuple[Node, pytest.Mark]]:
        """Leave out what is evaluated where the test runs, be it the test's own, its class's or its file's."""
        marks = super().iter_markers_with_node(name)
        return ((node, mark) for node, mark in marks if mark.name not in EVALUATED_THERE)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Return where the test itself is."""
        return self.original.reportinfo()


class Plugin:
    """Marks the tests, and puts stand-ins in their places when all that were not asked for are out."""

    def __init__(self, config: pytest.Config) -> None:
        self._required = config.getoption("--arm-server") == "required"
        self._run: RemoteRun | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Mark before the others select by marks, replace after."""
        remote = [item for item in items if item.path.name.startswith(NAMES)]
        for item in remote:
            item.add_marker(pytest.mark.armserver)
        yield
        remote = [item for item in items if item in remote]
        if remote:
            self._replace(config, items, remote)

    def _replace(self, config: pytest.Config, items: list[pytest.Item], remote: list[pytest.Item]) -> None:
        reason = _reason_against(config)
        if reason is not None:
            if self._required:
                raise pytest.UsageError(f"no ARM server here: {reason}")
            for item in remote:
                item.add_marker(pytest.mark.skip(reason=f"needs real KVM; no ARM server here: {reason}"))
            return
        slow = [item for item in remote if item.get_closest_marker("slow")]
        seconds = SECONDS_FOR_ONE * (1 + len(remote)) + SECONDS_FOR_A_SLOW_ONE * len(slow)
        self._run = RemoteRun(config, [item.nodeid for item in remote], seconds)
        for index, item in enumerate(items):
            if item in remote:
                items[index] = self._stand_in(item, self._run, seconds)

    def _stand_in(self, item: pytest.Item, run: RemoteRun, seconds: float) -> RemoteTest:
        assert item.parent is not None
        test = RemoteTest.from_parent(item.parent, name=item.name)
        test.remote_run, test.required, test.original = run, self._required, item
        # The server's own time limit ends a test that hangs; this one is for what hangs outside.
        test.own_markers = [mark for mark in item.own_markers if mark.name != "timeout"]
        test.add_marker(pytest.mark.timeout(seconds + 60))
        return test

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Give the report from the server for that of having waited for it."""
        report = yield
        if isinstance(item, RemoteTest) and call.when == "call" and item.report is not None:
            return item.report
        return report

    def pytest_sessionfinish(self) -> None:
        """Switch the server off, however the session ends."""
        if self._run is not None:
            self._run.close()


def _reason_against(config: pytest.Config) -> str | None:
    return "--arm-server=never" if config.getoption("--arm-server") == "never" else why_not()


@pytest.fixture(scope="session")
def arm_server(request: pytest.FixtureRequest) -> None:
    """Skip a test that boots the server itself where there can be none, or fail it where one is required."""
    reason = _reason_against(request.config)
    try:
        if reason is None:
            base()
    except GuestError as error:
        reason = str(error)
    if reason is not None:
        required = request.config.getoption("--arm-server") == "required"
        (pytest.fail if required else pytest.skip)(f"no ARM server here: {reason}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(
        "--arm-server", choices=["auto", "required", "never"], default="auto",
        help="Run tests of real KVM in an emulated ARM server: where there can be one, or fail, or skip them.",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Stand in for the tests, unless this is the place where they run."""
    if "VMSIM_ARM_SERVER" not in os.environ and not _can_run_them_here():
        config.pluginmanager.register(Plugin(config))


def _can_run_them_here() -> bool:
    from vmsim_cpu_kvm.kvm_probe import why_not

    return why_not() is None
