"""Linux's drivers take our devices for what they are: the same ones bind as on QEMU's model of the board."""

from __future__ import annotations

import shutil

import pytest
from driver_guests import ENDED, KERNEL, command_line, printed_by_commands, run_commands
from whole_system import run_qemu

pytestmark = pytest.mark.guest
needs_qemu = pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed")

# The PS/2 drivers find out in the background, for two seconds, what is plugged in.
SHOW_BINDINGS = ("sleep 3", "find /sys/bus/*/drivers/* -type l")

# What binds under QEMU, with Linux's device tree, to what we do not have.
NOT_OURS = {
    "amba/pl061_gpio/10013000.gpio": "no PL061",
    "amba/pl061_gpio/10014000.gpio": "no PL061",
    "amba/pl061_gpio/10015000.gpio": "no PL061",
    "platform/simple-pm-bus/fpga": "our tree has one bus",
    "platform/simple-pm-bus/issp": "our tree has one bus",
}

# What binds to devices that QEMU's model lacks, or that Linux's device tree leaves out.
OURS_ALONE = {
    "amba/pl08xdmac/10030000.dma-controller",
    "amba/sp805-wdt/1000f000.watchdog",
    "amba/sp805-wdt/10010000.watchdog",
    "platform/pata_of_platform/18000000.ide",
    "platform/syscon-poweroff/1e100000.simctl:poweroff",
}


def bindings(printed: str) -> set[str]:
    """Return bus, driver and device of every link that the guest found."""
    links = [line.removeprefix("/sys/bus/") for line in printed.splitlines() if line.startswith("/sys/bus/")]
    return {link.replace("/drivers/", "/", 1) for link in links}


@pytest.fixture(scope="module")
def ours() -> set[str]:
    return bindings(run_commands(*SHOW_BINDINGS))


@needs_qemu
@pytest.mark.qemu
def test_every_driver_that_binds_on_qemu_binds_here(ours: set[str]) -> None:
    console = run_qemu(KERNEL, "busybox", command_line(*SHOW_BINDINGS), until=f"{ENDED}0")
    theirs = bindings(printed_by_commands(console))
    assert len(theirs) > 20, console
    assert sorted(theirs - ours - set(NOT_OURS)) == []
    assert set(NOT_OURS) <= theirs - ours, "an entry of the table is out of date"


def test_the_drivers_of_devices_that_qemu_lacks_bind_too(ours: set[str]) -> None:
    assert sorted(OURS_ALONE - ours) == []
