"""What this package tells the person who waits: single lines on standard error."""

from __future__ import annotations

import sys


def tell(text: str) -> None:
    """Print one line on standard error, where it mixes with no guest's console."""
    print(f"vmsim: {text}", file=sys.stderr, flush=True)
