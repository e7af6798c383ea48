"""Files that nobody ever finds half written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(file: Path) -> Iterator[Path]:
    """Give the path of another file beside `file`, which takes its place at the end of the block.

    After an error in the block, `file` is what it was before. Raises OSError when the host does not allow the change.
    """
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        yield partial
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
