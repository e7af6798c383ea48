"""With Debian's archive: the packages are fetched once and then cached."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from qemu_board import console_of, needs_qemu
from vmsim_guests.cache import sha256_of
from vmsim_guests.debian import DebianArchive
from vmsim_guests.recipes import busybox_binary
from vmsim_guests.store import GuestStore

pytestmark = pytest.mark.guest

ZIMAGE_MAGIC = 0x016F2818
ZIMAGE_MAGIC_OFFSET = 0x24
ARM = 40


def assert_is_zimage(path: Path) -> None:
    content = path.read_bytes()
    assert struct.unpack_from("<I", content, ZIMAGE_MAGIC_OFFSET) == (ZIMAGE_MAGIC,)


def test_debian_kernel() -> None:
    store = GuestStore()
    assert_is_zimage(store.path("debian-armmp"))
    assert "CONFIG_SERIAL_AMBA_PL011=y" in store.path("debian-armmp").with_name("config").read_text()


def test_busybox_is_a_static_arm_program() -> None:
    binary, origin = busybox_binary(DebianArchive(GuestStore().root))
    assert binary[:6] == b"\x7fELF\x01\x01"
    assert struct.unpack_from("<H", binary, 18) == (ARM,)
    assert "busybox-static" in origin


def test_a_second_build_of_the_initramfs_is_identical(empty_cache: Path) -> None:
    store = GuestStore()
    first = sha256_of(store.path("busybox"))
    assert sha256_of(GuestStore().path("busybox", fresh=True)) == first


@needs_qemu
@pytest.mark.qemu
def test_a_command_runs_in_the_guest(tmp_path: Path) -> None:
    store = GuestStore()
    arguments = ["-kernel", store.path("debian-armmp"), "-initrd", store.path("busybox")]
    arguments += ["-dtb", _device_tree(store), "-append", 'console=ttyAMA0 vmsim.run="uname -m; false"']
    text = console_of(tmp_path / "log", "System halted", *map(str, arguments))
    assert "vmsim: user space reached" in text
    assert "armv7l" in text
    assert "vmsim: command ended with status 1" in text


def _device_tree(store: GuestStore) -> Path:
    realview = store.root / "realview"
    if not realview.exists():
        pytest.skip("Linux's device tree comes with the realview kernel, which is not built")
    return store.path("realview-dtb")
