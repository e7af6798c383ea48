from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from board_testing import MIB, boot_state, cells, make_board, make_elf, make_zimage, read_tree, write
from hypothesis import given
from hypothesis import strategies as st
from vmsim_core.address_map import AddressMap, RamRegion
from vmsim_core.errors import WorkloadError
from vmsim_core.ram import Ram
from vmsim_core.system import System
from vmsim_platform_realview.boot.memory import BootMemory

KERNEL = b"kernel " * 10000
PROGRAM = make_elf([(0x8000, b"code", 0x1000)], 0x8000)


def boot(memory: int = 64 * MIB, devices: dict[str, dict[str, Any]] | None = None, **workload: Any) -> System:
    system = make_board(memory=memory, devices=devices or {}, **workload)
    system.platform.load(system.workload)
    return system


def tree_of(system: System) -> dict[str, dict[str, bytes]]:
    start = boot_state(system).r[2]
    size = int.from_bytes(system.address_map.read_block(start + 4, 4), "big")
    return read_tree(system.address_map.read_block(start, size))


def test_a_zimage_is_entered_as_linux_wants_it(tmp_path: Path) -> None:
    system = boot(kernel=write(tmp_path, "zImage", make_zimage(KERNEL, text_offset=0x208000)), append="quiet")
    state = boot_state(system)
    assert state.pc == 0x208000
    assert state.cpsr == 0x1D3  # Supervisor mode, all masked, ARM
    assert state.r[:2] == [0, 0xFFFFFFFF]
    assert system.address_map.read_block(0x208000, len(KERNEL)) == KERNEL
    assert tree_of(system)["/chosen"]["bootargs"] == b"quiet\0"


def test_the_guest_may_unpack_the_zimage_itself(tmp_path: Path) -> None:
    data = make_zimage(KERNEL)
    system = boot(kernel=write(tmp_path, "zImage", data), unpack="guest")
    assert boot_state(system).pc == 0x10000
    assert system.address_map.read_block(0x10000, len(data)) == data


def test_a_program_finds_its_entry_and_a_stack(tmp_path: Path) -> None:
    state = boot_state(boot(kernel=write(tmp_path, "program", PROGRAM)))
    assert (state.pc, state.sp_svc) == (0x8000, 64 * MIB)


def test_an_odd_entry_is_thumb_code(tmp_path: Path) -> None:
    state = boot_state(boot(kernel=write(tmp_path, "program", make_elf([(0x8000, b"code", 4)], 0x8003))))
    assert (state.pc, state.cpsr) == (0x8002, 0x1F3)


@pytest.mark.parametrize("kind", ["image", "raw"])
def test_a_file_without_a_magic_number_goes_to_the_address_that_is_said(tmp_path: Path, kind: str) -> None:
    system = boot(kernel=write(tmp_path, "Image", KERNEL), format=kind, address=0x8000)
    assert boot_state(system).pc == 0x8000
    assert system.address_map.read_block(0x8000, len(KERNEL)) == KERNEL


@pytest.mark.parametrize("kernel_at", [0x8000, 31 * MIB], ids=["below", "in the way"])
def test_initrd_and_device_tree_are_clear_of_the_kernel_and_told(tmp_path: Path, kernel_at: int) -> None:
    size = 2 * MIB
    kernel = write(tmp_path, "kernel", make_elf([(kernel_at, b"code", size)], kernel_at))
    initrd = bytes(range(256)) * 20
    system = boot(kernel=kernel, initrd=write(tmp_path, "initrd", initrd))
    chosen = tree_of(system)["/chosen"]
    (start,), (end,) = cells(chosen["linux,initrd-start"]), cells(chosen["linux,initrd-end"])
    assert start >= 32 * MIB
    assert start % 4096 == 0
    assert end - start == len(initrd)
    assert start >= kernel_at + size or end <= kernel_at
    assert system.address_map.read_block(start, len(initrd)) == initrd
    assert boot_state(system).r[2] >= end


@pytest.mark.parametrize(
    ("data", "workload", "message"),
    [
        (b"text", {}, "is no kernel: neither a zImage nor an ELF file; .* format: and address:"),
        (b"", {}, "is empty"),
        (KERNEL, {"format": "zimage"}, "is no zImage"),
        (b"no elf" * 20, {"format": "elf"}, "no program for this machine"),
        (KERNEL, {"format": "raw", "address": 0x10000000}, "not inside RAM"),
        (KERNEL, {"format": "raw", "address": 64 * MIB - 4}, "not inside RAM"),
        (KERNEL, {"format": "raw", "address": 0x8001}, "multiple of 4"),
        (make_elf([(0x8000, b"x", 1)], 0x20000000), {}, "its entry 0x20000000 is not inside RAM"),
        (make_elf([(0x8000, b"x", 1)], 0x8002), {}, "its entry 0x8002 is no address"),
        (make_elf([(0x8000, b"x", 8), (0x8004, b"x", 8)], 0x8000), {}, "0x8004 to 0x800b overlaps"),
        (make_elf([(0x8000, b"x", 8), (0x70008000, b"x", 8)], 0x8000), {}, "0x70008000 to 0x70008007 overlaps"),
        (make_elf([(0, b"x", 65 * MIB)], 0), {}, "not inside RAM"),
        (make_elf([(16 * MIB, b"x", 48 * MIB)], 16 * MIB), {}, "the device tree .* does not fit"),
        (make_zimage(KERNEL, bss_size=64 * MIB), {}, "more than there is in 64MiB of RAM"),
        (make_zimage(KERNEL, text_offset=0x03FF8000), {}, "more than there is in 64MiB of RAM"),
    ],
)
def test_what_is_wrong_with_a_kernel_is_said_in_one_line(
    tmp_path: Path, data: bytes, workload: dict[str, Any], message: str
) -> None:
    kernel = write(tmp_path, "kernel", data)
    with pytest.raises(WorkloadError, match=message) as error:
        boot(kernel=kernel, **workload)
    assert str(kernel) in str(error.value) or "device tree" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("role", ["kernel", "initrd", "dtb"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, role: str) -> None:
    files: dict[str, Any] = {"kernel": write(tmp_path, "program", PROGRAM)}
    for path, reason in [(tmp_path / "nothing", "No such file"), (tmp_path, "not a regular file")]:
        with pytest.raises(WorkloadError, match=f"{role} {path}: .*{reason}"):
            boot(**{**files, role: path})


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a file without an end")
def test_a_file_without_an_end_is_refused(tmp_path: Path) -> None:
    endless = tmp_path / "endless"
    endless.symlink_to("/dev/zero")
    with pytest.raises(WorkloadError, match="not a regular file"):
        boot(kernel=endless)


def test_an_initrd_larger_than_ram_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    initrd = tmp_path / "initrd"
    initrd.touch()
    os.truncate(initrd, 1 << 40)
    with pytest.raises(WorkloadError, match=f"initrd {initrd}: is larger than {8 * MIB} bytes"):
        boot(memory=8 * MIB, kernel=write(tmp_path, "program", PROGRAM), initrd=initrd)


def test_nothing_to_run_is_said() -> None:
    with pytest.raises(WorkloadError, match="nothing to run"):
        boot()


DTS = """/dts-v1/;
/ { #address-cells = <1>; #size-cells = <1>; compatible = "acme,board";
    memory { device_type = "memory"; reg = <0 0x100>; };
    memory@100 { device_type = "memory"; reg = <0x100 0x100>; };
    %s
};"""


def compile_dts(folder: Path, text: str) -> Path:
    (folder / "tree.dts").write_text(text)
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", "tree.dtb", "tree.dts"], cwd=folder, check=True)
    return folder / "tree.dtb"


@pytest.mark.skipif(shutil.which("dtc") is None, reason="needs the device tree compiler")
class TestSuppliedDeviceTree:
    def test_it_is_used_and_completed(self, tmp_path: Path) -> None:
        dtb = compile_dts(tmp_path, DTS % "")
        system = boot(
            kernel=write(tmp_path, "program", PROGRAM),
            initrd=write(tmp_path, "initrd", b"initrd"),
            dtb=dtb,
            append="console=ttyAMA0 " * 100,
        )
        tree = tree_of(system)
        assert tree["/"]["compatible"] == b"acme,board\0"
        assert sorted(tree) == ["/", "/chosen", "/memory@0"]
        assert cells(tree["/memory@0"]["reg"]) == [0, 64 * MIB]
        assert tree["/chosen"]["bootargs"] == b"console=ttyAMA0 " * 100 + b"\0"
        assert cells(tree["/chosen"]["linux,initrd-end"])[0] - cells(tree["/chosen"]["linux,initrd-start"])[0] == 6

    def test_its_own_command_line_stays_if_no_other_is_given(self, tmp_path: Path) -> None:
        dtb = compile_dts(tmp_path, DTS % 'chosen { bootargs = "own"; };')
        system = boot(kernel=write(tmp_path, "program", PROGRAM), dtb=dtb)
        assert tree_of(system)["/chosen"]["bootargs"] == b"own\0"

    def test_one_for_a_machine_with_wide_addresses_is_refused(self, tmp_path: Path) -> None:
        dtb = compile_dts(tmp_path, "/dts-v1/; / { #address-cells = <2>; #size-cells = <1>; };")
        with pytest.raises(WorkloadError, match=r"tree\.dtb: is for another machine"):
            boot(kernel=write(tmp_path, "program", PROGRAM), dtb=dtb)


@given(blob=st.binary(max_size=200), flips=st.lists(st.tuples(st.integers(0, 10000), st.integers(0, 255)), max_size=8))
def test_a_damaged_device_tree_is_refused_or_used(
    tmp_path_factory: pytest.TempPathFactory, blob: bytes, flips: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("dtb")
    damaged = bytearray(blob)
    if flips:
        system = make_board(devices={})
        damaged = bytearray(system.platform.device_tree(system.workload))
        for offset, value in flips:
            damaged[offset % len(damaged)] = value
    try:
        boot(kernel=write(folder, "program", PROGRAM), dtb=write(folder, "dtb", bytes(damaged)))
    except WorkloadError as error:
        assert "dtb" in str(error)


@given(st.lists(st.tuples(st.integers(0, 70), st.integers(1, 20), st.booleans()), max_size=12))
def test_nothing_that_is_loaded_overlaps(parts: list[tuple[int, int, bool]]) -> None:
    ram = Ram("ram", 64 * 4096)
    address_map = AddressMap()
    address_map.add(RamRegion("ram", 0, ram.size, ram))
    memory = BootMemory(address_map)
    owner: dict[int, int] = {}
    for number, (page, pages, anywhere) in enumerate(parts, start=1):
        data = bytes([number]) * (pages * 4096)
        try:
            if anywhere:
                start = memory.put_above("part", page * 4096, data)
                assert start >= page * 4096
            else:
                memory.put("part", page * 4096, data)
                start = page * 4096
        except WorkloadError:
            continue
        for used in range(start // 4096, start // 4096 + pages):
            assert used not in owner
            owner[used] = number
    assert {page: ram.view[page * 4096] for page in range(64) if ram.view[page * 4096]} == owner
