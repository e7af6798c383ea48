"""Linux finds the RAM that the system description gives the board, and uses it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from vmsim_core.exits import PowerOff
from vmsim_program import Finished, vmsim
from whole_system import SYSTEM, Outcome, linux, make_simulation, run

pytestmark = pytest.mark.guest

MIB = 1 << 20
LOOK = 'vmsim.run="grep MemTotal /proc/meminfo; grep RAM /proc/iomem; mkdir /big; mount -t tmpfs -o size=90% none /big'
FILL = f'{LOOK}; dd if=/dev/zero of=/big/file bs=1M count={{}} 2>/dev/null; wc -c /big/file"'

# The board's RAM as the kernel names it: 256 MiB at 0, the core tile's at 0x20000000, the board's upper half.
LOW, TILE, UPPER = "00000000-0fffffff", "20000000-3fffffff", "80000000-8fffffff"
BANKS = {"64MiB": ["00000000-03ffffff"], "512MiB": [LOW, UPPER], "1GiB": [LOW, TILE, UPPER]}
# Without CONFIG_HIGHMEM the kernel takes what it can map: nothing of the upper half, the first half of the tile's.
BANKS_WITHOUT_HIGH_MEMORY = {"64MiB": BANKS["64MiB"], "512MiB": [LOW], "1GiB": [LOW, "20000000-2fffffff"]}


def boot(memory: str, fill: int, **workload: str) -> Outcome:
    """Boot and fill `fill` MiB with a file."""
    done = run(make_simulation(*linux(append=FILL.format(fill), **workload), ("memory", memory)))
    assert isinstance(done.cause, PowerOff)
    assert f"{fill * MIB} /big/file" in done.text, "user space runs and has the memory"
    return done


def banks(done: Outcome) -> list[str]:
    return re.findall(r"^([0-9a-f]+-[0-9a-f]+) : System RAM", done.text, re.MULTILINE)


def total(done: Outcome) -> int:
    """Return the bytes that the kernel counts, "Memory: available/total"."""
    found = re.search(r"Memory: \d+K/(\d+)K available", done.text)
    assert found is not None
    return int(found[1]) * 1024


def size(bank: str) -> int:
    first, last = (int(each, 16) for each in bank.split("-"))
    return last + 1 - first


@pytest.mark.parametrize(("memory", "fill"), [("64MiB", 40), ("512MiB", 60), ("1GiB", 60)])
def test_the_small_kernel_sees_the_memory(memory: str, fill: int) -> None:
    done = boot(memory, fill)
    assert banks(done) == BANKS_WITHOUT_HIGH_MEMORY[memory]
    assert total(done) == sum(map(size, banks(done)))


@pytest.mark.parametrize(("memory", "fill"), [("64MiB", 20), ("512MiB", 100), ("1GiB", 100)])
def test_debians_kernel_sees_the_memory(memory: str, fill: int) -> None:
    done = boot(memory, fill, kernel="debian-armmp")
    assert banks(done) == BANKS[memory]
    assert total(done) == sum(map(size, banks(done))) == {"64MiB": 64, "512MiB": 512, "1GiB": 1024}[memory] * MIB


@pytest.mark.slow
@pytest.mark.parametrize(("memory", "fill"), [("512MiB", 400), ("1GiB", 850)])
def test_debians_kernel_can_use_all_of_it(memory: str, fill: int) -> None:
    boot(memory, fill, kernel="debian-armmp")


def too_little(memory: str, folder: Path) -> Finished:
    options = ("--kernel", "guest:debian-armmp", "--initrd", "guest:busybox", "--console", "none")
    return vmsim("run", SYSTEM, "--set", f"memory={memory}", *options, folder=folder)


def test_memory_that_is_too_small_for_the_kernel_is_one_clear_line(tmp_path: Path) -> None:
    for memory in ("1MiB", "4KiB"):
        done = too_little(memory, tmp_path)
        assert done.code == 1
        [line] = done.errors
        assert re.search(r"unpacks to \d+ bytes, more than the .* of RAM", line)
