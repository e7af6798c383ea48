"""Guests that mean harm: a minute of them in CI, ten in ``make test-full``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("hostile_guests.py")
STARTING = 120
"""Seconds for what is not the guests: Python, the board, a slow machine."""


def let_loose(seed: int, seconds: float, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, PROGRAM, str(seed), str(seconds)],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + STARTING, check=False,
    )  # fmt: skip
    assert done.returncode == 0, "\n".join([*done.stdout.splitlines()[-3:], *done.stderr.splitlines()[-40:]])
    assert done.stdout.splitlines()[-1].endswith("guests did no harm")
    assert list(folder.iterdir()) == []


def test_a_minute_of_hostile_guests(tmp_path: Path) -> None:
    let_loose(1_000_000, 60, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_minutes_of_hostile_guests(tmp_path: Path) -> None:
    let_loose(2_000_000, 600, tmp_path)
