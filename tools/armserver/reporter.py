"""A pytest plugin for runs inside the server: each report goes out as a line of JSON as soon as it is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PORT = Path("/dev/lines")


class Reporter:
    """Writes what happens: `start` and `end` with the id of a test, `report`, and `collection` for what cannot be."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._port = PORT.open("w")

    def _send(self, kind: str, content: Any) -> None:
        json.dump({kind: content}, self._port)
        self._port.write("\n")
        self._port.flush()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins."""
        self._send("start", nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One of its phases is over."""
        self._send("report", self._config.hook.pytest_report_to_serializable(config=self._config, report=report))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """It has ended."""
        self._send("end", nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file was read, or could not be."""
        if report.failed:
            self._send("collection", f"{report.nodeid}: {report.longreprtext}")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to report."""
    config.pluginmanager.register(Reporter(config))
