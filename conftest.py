"""What holds for every distribution's tests."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Keep the many tests out of the collector's sight: beside them it would let dozens of dead machines pile up."""
    gc.collect()
    gc.freeze()
    gc.collect()
