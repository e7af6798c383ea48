"""What guest RAM takes of the host."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import pytest
from vmsim_core.ram import Ram

MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def resident() -> int:
    """Return how many bytes of the host's memory this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE


def test_untouched_ram_reserves_nothing() -> None:
    """With more guest RAM than the host has memory a process can still start another one."""
    rams = [Ram(f"ram{n}", MEMORY // 4) for n in range(8)]
    child = os.fork()
    if child == 0:
        os._exit(len(rams))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 8


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the host does not tell its resident memory")
def test_cleared_ram_is_given_back_and_zero() -> None:
    ram = Ram("ram", 64 << 20)
    ram.view[:] = b"x" * ram.size
    touched = resident()
    ram.clear()
    assert touched - resident() > 60 << 20
    assert ram.touched_pages() == []
