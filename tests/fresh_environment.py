"""Environments that know nothing of the workspace: what a user has who installed distributions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent
BUILD_ALL = "uv build --quiet --all-packages --out-dir dist"
"""What makes the sdists of all our distributions, and wheels from the sdists."""


def outer_environment() -> dict[str, str]:
    """Return the variables of this process without what ties it to the workspace's environment."""
    return {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}


def command(*arguments: str | Path, folder: Path | None = None, **variables: str) -> str:
    """Run a command, with environment variables; a failure shows what it printed."""
    result = subprocess.run(
        [str(each) for each in arguments],
        cwd=folder, capture_output=True, text=True, env={**outer_environment(), **variables},
    )  # fmt: skip
    assert result.returncode == 0, f"{arguments}\n{result.stdout[-4000:]}\n{result.stderr[-4000:]}"
    return result.stdout


class FreshEnvironment:
    """A virtual environment in `folder` with this Python and what is asked for, which may come from `dist`."""

    def __init__(self, folder: Path, dist: Path, *requirements: str | Path) -> None:
        self.python = folder / "bin" / "python"
        self.dist = dist
        command("uv", "venv", "--quiet", "--python", sys.executable, folder)
        self.install(*requirements)

    def install(self, *requirements: str | Path) -> None:
        """Install distributions, by name or by file."""
        command("uv", "pip", "install", "--quiet", "--python", self.python, "--find-links", self.dist, *requirements)

    def uninstall(self, *names: str) -> None:
        """Take distributions away."""
        command("uv", "pip", "uninstall", "--quiet", "--python", self.python, *names)

    def vmsim(self, *arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run the environment's own ``vmsim`` in `folder`."""
        program = self.python.with_name("vmsim")
        return subprocess.run(
            [program, *arguments],
            cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, env=outer_environment(),
        )  # fmt: skip
