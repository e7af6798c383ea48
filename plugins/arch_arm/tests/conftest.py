"""The table of rows and cases at the end of a run that compared rows; whole if -v or the slow tests ask for much."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    import row_report

    if row_report.is_empty():
        return
    terminalreporter.section("rows of the instruction tables, and cases compared")
    for line in row_report.summary():
        terminalreporter.write_line(line)
    if config.get_verbosity() > 0:
        for line in row_report.table():
            terminalreporter.write_line(line)
