"""Linux's own drivers at work on the board's disk and card: file systems written, mounted again and compared."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.compact_flash import CompactFlash
from vmsim_platform_realview.pl181 import Pl181
from vmsim_program import vmsim
from whole_system import SYSTEM, USER_SPACE, linux, make_simulation, run, same_end

pytestmark = pytest.mark.guest

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

WHOLE, BEGINNING = "cat /bin/busybox", "head -c 100000 /bin/busybox"


def write_compact_flash(data: str) -> tuple[str, ...]:
    """Return the commands that write what a command prints, and small files beside it."""
    files = f"{data} >/disk/copy; mkdir /disk/d; for i in 1 2 3 4 5 6 7 8 9; do echo file $i >/disk/d/$i; done"
    return "mke2fs /dev/sda >/dev/null", "mount /dev/sda /disk", files, "umount /disk"


def check_compact_flash(data: str) -> tuple[str, ...]:
    """Return the commands that compare what was written, and print the small files."""
    return "mount /dev/sda /disk", f"{data} | cmp - /disk/copy; cat /disk/d/*; sync", "umount /disk"


def test_a_file_system_on_compact_flash(tmp_path: Path) -> None:
    """What one run writes to the image, it finds after mounting again, and so does the next run, in an overlay."""
    image = blank_image(tmp_path)
    console = run_commands(
        *write_compact_flash(WHOLE), *check_compact_flash(WHOLE), cf={"image": image, "writes": "image"}
    )
    assert "CFA: vmsim CompactFlash" in console
    assert "[sda] 16384 512-byte logical blocks" in console
    assert FILES in console
    written = image.read_bytes()
    assert b"file 9\n" in written
    console = run_commands(*check_compact_flash(WHOLE), "mount /dev/sda /disk", "rm -r /disk/d", cf={"image": image})
    assert FILES in console
    assert image.read_bytes() == written


def test_an_empty_socket_does_not_keep_linux_waiting() -> None:
    simulation = make_simulation(*linux(kernel="realview-devices"))
    outcome = run(simulation, RunLimits(text=USER_SPACE, host_seconds=60))
    assert "ata1: PATA" in outcome.text
    assert outcome.time < TICKS_PER_SECOND // 2


def test_a_checkpoint_in_the_middle_of_a_sector_of_compact_flash(tmp_path: Path) -> None:
    commands = workload(*write_compact_flash(BEGINNING), *check_compact_flash(BEGINNING))
    commands = commands.removeprefix("console=ttyAMA0 ")
    simulation = make_simulation(*linux("realview-devices", append=commands), ("devices.cf.size", "8MiB"))
    socket = simulation.system.devices["cf"]
    assert isinstance(socket, CompactFlash)
    assert socket.drive is not None
    drive = socket.drive
    directions = [True, False]
    taken: list[Path] = []

    def take_in_a_sector() -> None:
        if drive.position and drive.writing == directions[len(taken)]:
            assert drive.buffer
            taken.append(simulation.take_checkpoint(tmp_path))
        if len(taken) < len(directions):
            simulation.at(simulation.time + 20 * TICKS_PER_SECOND // 10**6, take_in_a_sector)

    simulation.at(TICKS_PER_SECOND // 5, take_in_a_sector)
    never_stopped = run(simulation, host_seconds=120)
    assert FILES in never_stopped.text.replace("\r", "")
    assert len(taken) == len(directions)
    for checkpoint in taken:
        restored = Simulation.from_yaml(SYSTEM, "kvm", (("devices.cf.size", "8MiB"),))
        restored.restore(checkpoint)
        same_end(run(restored, host_seconds=120), never_stopped)
        restored.close()
    console = tmp_path / "console"
    options = ["--restore", str(taken[0]), "--set", "devices.cf.size=8MiB", "--console", f"file:{console}"]
    assert vmsim("run", "realview-pbx-a9.yaml", *options, "--host-timeout", "120").code == 0
    assert console.read_bytes() and never_stopped.console.endswith(console.read_bytes())


# --- SD card --------------------------------------------------------------------------------------------------------

# Linux's device tree limits the card's clock, so that a mebibyte takes four seconds: the files are small.
CARD = "/dev/mmcblk0"
CARD_FILES = (
    "dd if=/bin/busybox of=/disk/copy bs=4096 count=20; for i in 1 2 3 4 5 6 7 8 9; do echo file $i >/disk/$i; done"
)
CARD_SUMS = "dd if=/bin/busybox bs=4096 count=20 | md5sum; md5sum </disk/copy; cat /disk/?"
CARD_WRITE = (f"mke2fs {CARD} >/dev/null", f"mount {CARD} /disk", CARD_FILES, "umount /disk")
CARD_CHECK = (f"mount {CARD} /disk", CARD_SUMS, "umount /disk")


def check_sums(console: str) -> None:
    """Check that the files on the card are those that were written."""
    sums = re.findall(r"^([0-9a-f]{32})  -$", console, re.MULTILINE)
    assert len(sums) == 2
    assert len(set(sums)) == 1
    assert FILES in console


def test_a_file_system_on_an_sd_card(tmp_path: Path) -> None:
    """What one run writes to the image, it finds after mounting again, and so does the next run, in an overlay."""
    image = blank_image(tmp_path)
    console = run_commands(*CARD_WRITE, *CARD_CHECK, mmci={"image": image, "writes": "image"})
    assert "mmc0: PL181 manf 41 rev0 at 0x10005000 irq 29,30 (pio)" in console
    assert "mmc0: new high speed SD card at address 0001" in console
    assert "mmcblk0: mmc0:0001 VMSIM 8.00 MiB" in console
    check_sums(console)
    written = image.read_bytes()
    assert b"file 9\n" in written
    console = run_commands(*CARD_CHECK, f"mount {CARD} /disk", "rm /disk/copy", mmci={"image": image})
    check_sums(console)
    assert image.read_bytes() == written


def test_an_sd_card_of_high_capacity() -> None:
    last = (4 << 30) // 512 - 1
    read_last = f"dd if={CARD} bs=512 skip={last} | od -c"
    console = run_commands(
        f"echo last sector | dd of={CARD} bs=512 seek={last} conv=fsync",
        "echo 3 >/proc/sys/vm/drop_caches",
        read_last,
        f"blkdiscard {CARD}",
        read_last,
        mmci={"size": "4GiB"},
    )
    assert "mmc0: new high speed SDHC card at address 0001" in console
    assert "mmcblk0: mmc0:0001 VMSIM 4.00 GiB" in console
    written, erased = (part.splitlines()[0].split() for part in console.split("\n0000000 ")[1:])
    assert "".join(written) == r"lastsector\n\0\0\0\0"
    assert erased == [r"\0"] * 16


def test_an_sd_card_that_cannot_be_written() -> None:
    console = run_commands(
        "cat /sys/block/mmcblk0/ro",
        f"if echo x >{CARD}; then false; fi",
        mmci={"size": "8MiB", "read_only": "true"},
    )
    assert "mmcblk0: mmc0:0001 VMSIM 8.00 MiB (ro)" in console
    assert "\n1\n" in console


def test_a_checkpoint_in_the_middle_of_a_block_of_an_sd_card(tmp_path: Path) -> None:
    commands = workload(*CARD_WRITE, *CARD_CHECK).removeprefix("console=ttyAMA0 ")
    size = ("devices.mmci.size", "8MiB")
    simulation = make_simulation(*linux("realview-devices", append=commands), size)
    slot = simulation.system.devices["mmci"]
    assert isinstance(slot, Pl181)
    path = slot.data_path
    directions = ["receives", "sends"]
    taken: dict[str, Path] = {}

    def take_in_a_block() -> None:
        direction = "sends" if path.status & 1 << 12 else "receives"
        if direction not in taken and path.left and path.fifo:
            taken[direction] = simulation.take_checkpoint(tmp_path)
        if len(taken) < len(directions):
            simulation.at(simulation.time + 777 * TICKS_PER_SECOND // 10**6, take_in_a_block)

    simulation.at(TICKS_PER_SECOND // 2, take_in_a_block)
    never_stopped = run(simulation, host_seconds=120)
    check_sums(never_stopped.text.replace("\r", ""))
    assert sorted(taken) == directions
    for checkpoint in taken.values():
        restored = Simulation.from_yaml(SYSTEM, "kvm", (size,))
        restored.restore(checkpoint)
        same_end(run(restored, host_seconds=120), never_stopped)
        restored.close()
