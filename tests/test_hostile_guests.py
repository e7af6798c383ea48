"""Guests that mean harm: a minute of them in CI, ten in ``make test-full``, on both CPU models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("hostile_guests.py")
STARTING = 120
"""Seconds for what is not the guests: Python, the board, a slow machine."""


def let_loose(cpu: str, seed: int, seconds: float, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, PROGRAM, cpu, str(seed), str(seconds)],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + STARTING, check=False,
    )  # fmt: skip
    assert done.returncode == 0, "\n".join([*done.stdout.splitlines()[-3:], *done.stderr.splitlines()[-40:]])
    assert done.stdout.splitlines()[-1].endswith("guests did no harm")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("cpu", ["kvm", "atomic"])
def test_half_a_minute_of_hostile_guests(tmp_path: Path, cpu: str) -> None:
    let_loose(cpu, 1_000_000, 30, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("cpu", ["kvm", "atomic"])
def test_five_minutes_of_hostile_guests(tmp_path: Path, cpu: str) -> None:
    let_loose(cpu, 2_000_000, 300, tmp_path)
