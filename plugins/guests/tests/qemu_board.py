"""Runs QEMU's model of the board, as an independent peer."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

PROGRAM = "qemu-system-arm"

needs_qemu = pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"the host has no {PROGRAM}")


def console_of(log: Path, end: str, *arguments: str, seconds: float = 60) -> str:
    """Return what the board's first UART has sent by the time the end text appears; fail when it never does."""
    command = [PROGRAM, "-M", "realview-pbx-a9", "-m", "256", "-display", "none", "-monitor", "none", "-net", "none"]
    with subprocess.Popen(
        [*command, "-serial", f"file:{log}", *arguments],
        env={**os.environ, "QEMU_AUDIO_DRV": "none"},
        stdin=subprocess.DEVNULL,
    ) as process:
        try:
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and process.poll() is None:
                if log.exists() and end in (text := log.read_text(errors="replace")):
                    return text
                time.sleep(0.05)
        finally:
            process.kill()
    pytest.fail(f"{end!r} did not appear in:\n{log.read_text(errors='replace') if log.exists() else ''}")
