"""What holds for every distribution's tests."""

from __future__ import annotations

import gc
import signal

pytest_plugins = ["armserver.pytest_plugin"]


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs under test: a shell makes jobs in the background ignore it, which they inherit."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Keep the many tests out of the collector's sight: beside them it would let dozens of dead machines pile up."""
    gc.collect()
    gc.freeze()
    gc.collect()
