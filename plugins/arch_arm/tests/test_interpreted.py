"""The semantic functions are plain Python as well: interpreted, they do the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from vmsim_arch_arm.tables import MODULES

PROGRAM = Path(__file__).with_name("plain_engine.py")


@pytest.mark.parametrize("module", [each for each in MODULES if each != "coprocessor"])  # raw memory: compiled only
def test_interpreted_semantics_agree_with_unicorn(module: str) -> None:
    done = subprocess.run([sys.executable, PROGRAM, module, "4"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, "\n".join(done.stderr.splitlines()[-8:])
    assert int(done.stdout.split()[0]) >= 4
