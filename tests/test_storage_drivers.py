"""Linux's own drivers at work on the board's disk and card: file systems written, mounted again and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.compact_flash import CompactFlash
from vmsim_program import vmsim
from whole_system import SYSTEM, USER_SPACE, linux, make_simulation, run

pytestmark = pytest.mark.guest

WRITE_FILES = "cp /bin/busybox /disk/copy; mkdir /disk/d; for i in 1 2 3 4 5 6 7 8 9; do echo file $i >/disk/d/$i; done"
CHECK_FILES = "cmp /bin/busybox /disk/copy; cat /disk/d/*; sync"
FILES = "".join(f"file {number}\n" for number in range(1, 10))


def workload(*commands: str) -> str:
    """Return the command line of a kernel whose guest runs shell commands, as long as they succeed."""
    script = "; ".join(["set -e", "mkdir /disk", *commands])
    return f'console=ttyAMA0 vmsim.run="{script}"'


def run_commands(*commands: str, **devices: dict[str, Any]) -> str:
    """Run shell commands, all of which are to succeed, with parameters of devices; return what the console shows."""
    parameters = [f"devices.{name}.{key}={value}" for name, part in devices.items() for key, value in part.items()]
    options = [option for parameter in parameters for option in ("--set", parameter)]
    kernel = ["--kernel", "guest:realview-devices", "--append", workload(*commands), "--host-timeout", "120"]
    done = vmsim("run", "realview-linux.yaml", *kernel, *options, "--no-progress", timeout=200)
    assert done.code == 0, done.err
    assert "vmsim: command ended with status 0" in done.out
    return done.out


def blank_image(folder: Path, size: int = 8 << 20) -> Path:
    """Return an empty image file."""
    file = folder / "disk.img"
    with file.open("wb") as stream:
        stream.truncate(size)
    return file


# --- CompactFlash ---------------------------------------------------------------------------------------------------

COMPACT_FLASH_WRITE = ("mke2fs /dev/sda >/dev/null", "mount /dev/sda /disk", WRITE_FILES, "umount /disk")
COMPACT_FLASH_CHECK = ("mount /dev/sda /disk", CHECK_FILES, "umount /disk")


def test_a_file_system_on_compact_flash(tmp_path: Path) -> None:
    """What one run writes to the image, it finds after mounting again, and so does the next run, in an overlay."""
    image = blank_image(tmp_path)
    console = run_commands(*COMPACT_FLASH_WRITE, *COMPACT_FLASH_CHECK, cf={"image": image, "writes": "image"})
    assert "CFA: vmsim CompactFlash" in console
    assert "[sda] 16384 512-byte logical blocks" in console
    assert FILES in console
    written = image.read_bytes()
    assert b"file 9\n" in written
    console = run_commands(*COMPACT_FLASH_CHECK, "mount /dev/sda /disk", "rm -r /disk/d", cf={"image": image})
    assert FILES in console
    assert image.read_bytes() == written


def test_an_empty_socket_does_not_keep_linux_waiting() -> None:
    simulation = make_simulation(*linux(kernel="realview-devices"))
    outcome = run(simulation, RunLimits(text=USER_SPACE, host_seconds=60))
    assert "ata1: PATA" in outcome.text
    assert outcome.time < TICKS_PER_SECOND // 2


def test_a_checkpoint_in_the_middle_of_a_sector_of_compact_flash(tmp_path: Path) -> None:
    commands = workload(*COMPACT_FLASH_WRITE, *COMPACT_FLASH_CHECK).removeprefix("console=ttyAMA0 ")
    simulation = make_simulation(*linux("realview-devices", append=commands), ("devices.cf.size", "8MiB"))
    socket = simulation.system.devices["cf"]
    assert isinstance(socket, CompactFlash)
    assert socket.drive is not None
    drive = socket.drive
    directions = [True, False]
    taken: list[Path] = []

    def take_in_a_sector() -> None:
        if len(taken) < len(directions) and drive.position and drive.writing == directions[len(taken)]:
            assert drive.buffer
            taken.append(simulation.take_checkpoint(tmp_path))

    for tick in range(TICKS_PER_SECOND // 10, 2 * TICKS_PER_SECOND, TICKS_PER_SECOND // 1000):
        simulation.at(tick, take_in_a_sector)
    never_stopped = run(simulation, host_seconds=120)
    assert FILES in never_stopped.text.replace("\r", "")
    assert len(taken) == len(directions)
    for checkpoint in taken:
        restored = Simulation.from_yaml(SYSTEM, "kvm", (("devices.cf.size", "8MiB"),))
        restored.restore(checkpoint)
        outcome = run(restored, host_seconds=120)
        restored.system.cores[0].active.release()
        assert (outcome.cause, outcome.instructions) == (never_stopped.cause, never_stopped.instructions)
        assert (outcome.time, outcome.ram) == (never_stopped.time, never_stopped.ram)
        assert never_stopped.console.endswith(outcome.console)
    console = tmp_path / "console"
    options = ["--restore", str(taken[0]), "--set", "devices.cf.size=8MiB", "--console", f"file:{console}"]
    assert vmsim("run", "realview-pbx-a9.yaml", *options, "--host-timeout", "120").code == 0
    assert console.read_bytes() and never_stopped.console.endswith(console.read_bytes())
