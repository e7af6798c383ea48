"""Fixtures."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_driver import MACHINE, Outcome, Vmsim
from fake_plugins import SYSTEM
from vmsim_core.cli import main

from vmsim_core import plugin_manager


@pytest.fixture
def vmsim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Vmsim]:
    """Runs command lines in a folder with a machine, ``s.yaml``, and with no plugins installed."""
    (tmp_path / "machine.py").write_text(MACHINE)
    (tmp_path / "s.yaml").write_text(f"plugins: [machine.py]\n{SYSTEM}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plugin_manager, "_announced", list)
    monkeypatch.delenv("VMSIM_DEBUG", raising=False)
    level = logging.getLogger("vmsim").level

    def run(*arguments: str) -> Outcome:
        code = main(arguments)
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    yield run
    logging.getLogger("vmsim").setLevel(level)
