"""What the tests of distributions share: they are built once."""

from __future__ import annotations

from pathlib import Path

import pytest
from fresh_environment import BUILD_ALL, PROJECT, command


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build everything once: sdists, and wheels from the sdists.

    The compiler is to be quick about it: it is half of the time, and optimised code is what all other tests run.
    """
    folder = tmp_path_factory.mktemp("dist")
    command(*BUILD_ALL.split()[:-1], folder, folder=PROJECT, CFLAGS="-O1 -g0")
    return folder
