"""Tests that run in the server: one pytest in there runs them all, and their reports come back one by one."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from vmsim_guests.errors import GuestError

from armserver.base import PROJECT
from armserver.image import boot
from armserver.machine import Outcome, Server
from armserver.modules import CompileError
from armserver.project import WORK

TEST_LIST = "/run/tests"
LOG_END = 6000
"""Characters of the inner log and of the server's console that a failure shows."""
ENVIRONMENT = {"PYTHONPATH": "/work/tools", "VMSIM_ARM_SERVER": "1"}
PLUGINS = ("-p", "armserver.reporter", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""Without hypothesis's own, which imports ten seconds' worth there, and which tests can do without."""
COMMAND = ("python3", "-m", "pytest", *PLUGINS, "-ra", f"@{TEST_LIST}")


class RemoteRun:
    """The tests of one run, by their ids; the server boots when the first report is asked for."""

    def __init__(self, config: pytest.Config, tests: Sequence[str], timeout: float) -> None:
        """`timeout` is in seconds of host time, for all the tests."""
        self._config = config
        self._tests = tests
        self._timeout = timeout
        self._stack = ExitStack()
        self._lines: Iterator[bytes] | None = None
        self._no_server: GuestError | CompileError | None = None
        self._server: Server
        self._outcome: Outcome | None = None
        self._log: Path
        self._reports: dict[str, list[pytest.TestReport]] = {}
        self._begun: list[str] = []
        self._ended: set[str] = set()
        self._not_collected: list[str] = []

    def report(self, test: str) -> pytest.TestReport:
        """Return what became of a test in the server, as the report of one call.

        Raises GuestError when there can be no server, and fails the test when it has no report.
        """
        if self._lines is None:
            self._lines = self._start()
        while test not in self._ended:
            line = next(self._lines, None)
            if line is None:
                pytest.fail(self._why_missing(test), pytrace=False)
            self._take(json.loads(line))
        return _as_one(self._reports[test])

    def close(self) -> None:
        """Switch the server off."""
        self._stack.close()

    def _start(self) -> Iterator[bytes]:
        if self._no_server is not None:
            raise self._no_server
        try:
            return self._boot()
        except (GuestError, CompileError) as error:
            self._no_server = error
            raise

    def _boot(self) -> Iterator[bytes]:
        self._log = Path(self._stack.enter_context(tempfile.TemporaryDirectory())) / "log"
        output = self._stack.enter_context(self._log.open("wb"))
        files = {TEST_LIST: "\n".join([*self._tests, ""]).encode()}
        context = boot(COMMAND, files, ENVIRONMENT, timeout=self._timeout, output=output)
        self._server = self._stack.enter_context(context)
        return self._server.lines()

    def _take(self, line: dict[str, Any]) -> None:
        match line:
            case {"start": test}:
                self._begun.append(test)
                self._reports[test] = []
            case {"report": data}:
                report = self._config.hook.pytest_report_from_serializable(config=self._config, data=data)
                self._reports[report.nodeid].append(report)
            case {"end": test}:
                self._ended.add(test)
            case {"collection": error}:
                self._not_collected.append(error)

    def _why_missing(self, test: str) -> str:
        """Return why a test has no report, and the end of what the server has said."""
        if self._outcome is None:
            with tempfile.TemporaryDirectory() as unwanted:
                self._outcome = self._server.wait(Path(unwanted))
        outcome = self._outcome
        reason = "the server ended while the test ran" if test in self._begun else "the test was not run in the server"
        return "\n".join([f"{reason} ({outcome.says()})", *self._not_collected, self._said(outcome)])

    def _said(self, outcome: Outcome) -> str:
        log = self._log.read_text(errors="replace")
        return f"--- log of the server\n{log[-LOG_END:]}\n--- its console\n{outcome.console[-LOG_END:]}"


def _as_one(reports: list[Any]) -> pytest.TestReport:
    """Return the report of the phase that counts, as that of a call which took all the time."""
    failed = [report for report in reports if report.failed]
    skipped = [report for report in reports if report.skipped]
    (chosen, *_) = failed or skipped or [report for report in reports if report.when == "call"]
    chosen.when = "call"
    if isinstance(chosen.longrepr, list):  # a tuple, before it was JSON: where a skip is, and why
        path, line, reason = chosen.longrepr
        chosen.longrepr = (path.replace(f"/{WORK}", str(PROJECT), 1), line, reason)
    chosen.duration = sum(report.duration for report in reports)
    assert isinstance(chosen, pytest.TestReport)
    return chosen
