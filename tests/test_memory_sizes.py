"""Linux finds the RAM that the system description gives the board, and uses it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from vmsim_core.exits import PowerOff
from vmsim_core.simulation import RunLimits
from vmsim_program import vmsim
from whole_system import SYSTEM, linux, make_simulation

pytestmark = pytest.mark.guest
SLOW = pytest.mark.slow

MIB = 1 << 20
LOOK = 'vmsim.run="grep MemTotal /proc/meminfo; grep RAM /proc/iomem; mkdir /big; mount -t tmpfs -o size=90% none /big'
FILL = f'{LOOK}; dd if=/dev/zero of=/big/file bs=1M count={{}} 2>/dev/null; stat -c %s-bytes /big/file"'

# The board's RAM as the kernel names it: 256 MiB at 0, the core tile's at 0x20000000, the board's upper half.
LOW, TILE, UPPER = "00000000-0fffffff", "20000000-3fffffff", "80000000-8fffffff"
BANKS = {"64MiB": ["00000000-03ffffff"], "512MiB": [LOW, UPPER], "1GiB": [LOW, TILE, UPPER]}
# Without CONFIG_HIGHMEM the kernel takes what it can map: nothing of the upper half, the first half of the tile's.
BANKS_WITHOUT_HIGH_MEMORY = {"64MiB": BANKS["64MiB"], "512MiB": [LOW], "1GiB": [LOW, "20000000-2fffffff"]}


def boot(memory: str, fill: int, **workload: str) -> str:
    """Boot and fill `fill` MiB with a file; return the console."""
    simulation = make_simulation(*linux(append=FILL.format(fill), **workload), ("memory", memory))
    sent = bytearray()
    simulation.console.listen(sent.extend)
    assert isinstance(simulation.run(RunLimits(host_seconds=300)), PowerOff)
    console = sent.decode()
    assert f"{fill * MIB}-bytes" in console, "user space runs and has the memory"
    return console


def banks(console: str) -> list[str]:
    """Return the RAM that the kernel has found."""
    return re.findall(r"^([0-9a-f]+-[0-9a-f]+) : System RAM", console, re.MULTILINE)


def total(console: str) -> int:
    """Return the bytes that the kernel counts, "Memory: available/total"."""
    found = re.search(r"Memory: \d+K/(\d+)K available", console)
    assert found is not None
    return int(found[1]) * 1024


def size(bank: str) -> int:
    first, last = (int(each, 16) for each in bank.split("-"))
    return last + 1 - first


@pytest.mark.parametrize(("memory", "fill"), [("64MiB", 40), ("512MiB", 16), ("1GiB", 280)])
def test_the_small_kernel_sees_the_memory_and_can_use_it(memory: str, fill: int) -> None:
    console = boot(memory, fill)
    assert banks(console) == BANKS_WITHOUT_HIGH_MEMORY[memory]
    assert total(console) == sum(map(size, banks(console)))


DEBIANS = [("512MiB", 16), pytest.param("64MiB", 12, marks=SLOW), pytest.param("1GiB", 850, marks=SLOW)]


@pytest.mark.parametrize(("memory", "fill"), DEBIANS)
def test_debians_kernel_sees_the_memory_and_can_use_it(memory: str, fill: int) -> None:
    console = boot(memory, fill, kernel="debian-armmp")
    assert banks(console) == BANKS[memory]
    assert total(console) == sum(map(size, banks(console))) == {"64MiB": 64, "512MiB": 512, "1GiB": 1024}[memory] * MIB


@pytest.mark.parametrize("memory", ["1MiB", "8MiB"])
def test_memory_that_is_too_small_for_the_kernel_is_one_clear_line(tmp_path: Path, memory: str) -> None:
    options = ("--kernel", "guest:debian-armmp", "--console", "none")
    done = vmsim("run", SYSTEM, "--set", f"memory={memory}", *options, folder=tmp_path)
    assert done.code == 1
    [line] = done.errors
    assert re.search(rf"unpacks to \d+ bytes from 0x208000 on, more than there is in {memory} of RAM", line)
