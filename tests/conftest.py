"""What the tests of distributions share: they are built once."""

from __future__ import annotations

from pathlib import Path

import pytest
from fresh_environment import BUILD_ALL, PROJECT, command


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build everything once: sdists, and wheels from the sdists."""
    folder = tmp_path_factory.mktemp("dist")
    command(*BUILD_ALL.split()[:-1], folder, folder=PROJECT)
    return folder
