"""Linux's drivers of the DMA controller, the two-wire bus and the clock on it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from driver_guests import output, prepare, run_commands
from vmsim_core.simulation import Simulation
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.pl081 import Pl081
from whole_system import SYSTEM, run, same_end

pytestmark = pytest.mark.guest

MICROSECOND = TICKS_PER_SECOND // 10**6
WATCH = datetime(2031, 12, 31, 23, 59, 58)
SETS = {"devices.i2c.slaves.rtc.base": WATCH.isoformat()}
CHIP = "-f -y 0 0x68"
"""The clock, for the i2c tools: on bus 0, although a driver has it."""

# The kernel's own test of DMA controllers compares every byte, those around the copies too.
COPY = [
    "cd /sys/module/dmatest/parameters",
    "echo 20 > iterations",
    "echo dma0chan0 > channel",
    "echo dma0chan1 > channel",
    "echo 1 > run",
    "cat wait",
    "dmesg | grep dmatest.*summary",
    "grep pl08 /proc/interrupts",
]


def check_copies(printed: str) -> None:
    results = re.findall(r"dma0chan(\d)-copy0: summary (\d+) tests, (\d+) failures", printed)
    assert sorted(results) == [("0", "20", "0"), ("1", "20", "0")]
    assert re.search(r" 40 +GIC-0 +56 Level +pl08xdmac", printed)


def dma_controller(simulation: Simulation) -> Pl081:
    device = simulation.system.devices["dmac"]
    assert isinstance(device, Pl081)
    return device


def test_the_dma_controller_copies_memory_also_across_a_checkpoint(tmp_path: Path) -> None:
    simulation = prepare(*COPY)
    taken: list[Path] = []
    dmac = dma_controller(simulation)

    def take_in_the_middle_of_a_transfer() -> None:
        if dmac.bytes_transferred.value > 50_000 and dmac.piece_done.scheduled:
            taken.append(simulation.take_checkpoint(tmp_path))
        else:
            simulation.at(simulation.time + 10 * MICROSECOND, take_in_the_middle_of_a_transfer)

    simulation.at(TICKS_PER_SECOND // 5, take_in_the_middle_of_a_transfer)
    whole = run(simulation)
    check_copies(output(whole))
    assert dmac.bytes_transferred.value > 100_000

    restored = Simulation.from_yaml(SYSTEM)
    restored.restore(taken[0])
    assert dma_controller(restored).piece_done.scheduled
    same_end(run(restored), whole)


def test_the_clock_on_the_two_wire_bus_sets_the_systems_time() -> None:
    simulation = prepare(
        "readlink /sys/bus/i2c/devices/0-0068/driver", "sleep 3", "date -u +%Y-%m-%dT%H:%M:%S", sets=SETS
    )
    outcome = run(simulation)
    driver, date = output(outcome).split()[:2]
    assert driver.endswith("/rtc-ds1307")
    shown = datetime.fromisoformat(date)
    assert WATCH + timedelta(seconds=3) <= shown <= WATCH + timedelta(seconds=outcome.time / TICKS_PER_SECOND)


def test_the_clock_goes_on_and_its_ram_keeps_bytes() -> None:
    read_time = [f"i2cget {CHIP} {register}" for register in (6, 5, 4, 2, 1)]
    use_ram = [f"i2cset {CHIP} 8 0xa5", f"i2cset {CHIP} 0x3f 0x5a", f"i2cget {CHIP} 8", f"i2cget {CHIP} 0x3f"]
    printed = run_commands("sleep 2", *read_time, *use_ram, sets=SETS)
    assert printed.split()[:7] == ["0x32", "0x01", "0x01", "0x00", "0x00", "0xa5", "0x5a"]
