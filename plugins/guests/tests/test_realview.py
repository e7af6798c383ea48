"""The small kernels: built from source, which takes minutes the first time."""

from __future__ import annotations

from pathlib import Path

import pytest
from qemu_board import console_of, needs_qemu
from vmsim_guests.cache import Folder, sha256_of
from vmsim_guests.kernel.build import CROSS_COMPILE, DEVICE_TREE, RESULTS
from vmsim_guests.store import GuestStore

pytestmark = [pytest.mark.guest, pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def store() -> GuestStore:
    """The user's own cache, in which the kernel is built at most once."""
    store = GuestStore()
    store.path("realview")
    return store


def boot(store: GuestStore, log: Path, initramfs: str, append: str, kernel: str = "realview") -> str:
    arguments = ["-kernel", store.path(kernel), "-initrd", store.path(initramfs)]
    arguments += ["-dtb", store.path("realview-dtb"), "-append", f"console=ttyAMA0 {append}"]
    return console_of(log, "System halted", *map(str, arguments))


@pytest.mark.parametrize("kernel", ["realview", "realview-devices"])
def test_all_results_are_there(store: GuestStore, kernel: str) -> None:
    store.path(kernel)
    index = Folder(store.root, kernel).index()
    assert index is not None
    assert set(index.files) == set(RESULTS.values())
    assert "linux-source-6.1" in index.origin
    assert f"{CROSS_COMPILE}gcc" in index.origin
    assert store.path("realview-dtb").name == DEVICE_TREE


def test_a_build_elsewhere_is_identical(store: GuestStore, empty_cache: Path) -> None:
    again = GuestStore()
    assert again.root != store.root
    for name in ("realview", "realview-vmlinux", "realview-dtb"):
        assert sha256_of(again.path(name)) == sha256_of(store.path(name))


@needs_qemu
@pytest.mark.qemu
def test_a_command_runs_in_the_guest(store: GuestStore, tmp_path: Path) -> None:
    text = boot(store, tmp_path / "log", "busybox", 'vmsim.run="seq 3 | xargs echo numbers"')
    assert "vmsim: user space reached" in text
    assert "numbers 1 2 3" in text
    assert "vmsim: command ended with status 0" in text


@needs_qemu
@pytest.mark.qemu
def test_drivers_have_their_devices(store: GuestStore, tmp_path: Path) -> None:
    text = boot(store, tmp_path / "log", "busybox", 'vmsim.run="echo /dev/*"', "realview-devices")
    assert {"/dev/fb0", "/dev/i2c-0", "/dev/rtc0", "/dev/rtc1"} <= set(text.split())


@needs_qemu
@pytest.mark.qemu
def test_the_stress_prints_the_same_twice(store: GuestStore, tmp_path: Path) -> None:
    texts = [boot(store, tmp_path / f"log{run}", "busybox-stress", "quiet") for run in range(2)]
    outputs = [text[text.index("vmsim: user space reached") : text.index("vmsim: stress done")] for text in texts]
    assert outputs[0] == outputs[1]
    assert "signals 50" in outputs[0]
    assert "not found" not in outputs[0]
