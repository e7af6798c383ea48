from __future__ import annotations

import pytest
import yaml
from board_testing import MIB, READY_SYSTEM, make_board, ready_devices
from vmsim_core.address_map import RamRegion
from vmsim_core.description import SystemDescription
from vmsim_platform_realview import plugin
from vmsim_platform_realview.board import RealViewPbxA9
from vmsim_platform_realview.gic import Gic


def ram_regions(memory: int) -> list[tuple[int, int, str, int]]:
    regions = make_board(memory=memory, devices={}).address_map.ram_regions
    return [(region.base, region.size, region.ram.name, region.ram.size) for region in regions]


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        (64, [(0, 64, "board", 64), (0x70000000, 64, "board", 64)]),
        (256, [(0, 256, "board", 256), (0x70000000, 256, "board", 256)]),
        (512, [(0, 256, "board", 512), (0x70000000, 512, "board", 512)]),
        (1024, [(0, 256, "board", 512), (0x20000000, 512, "tile", 512), (0x70000000, 512, "board", 512)]),
    ],
)
def test_ram_is_where_qemu_has_it(memory: int, expected: list[tuple[int, int, str, int]]) -> None:
    in_bytes = [(base, size * MIB, name, ram * MIB) for base, size, name, ram in expected]
    assert ram_regions(memory * MIB) == in_bytes


def test_the_alias_shows_the_same_bytes() -> None:
    address_map = make_board(devices={}).address_map
    address_map.write(0x1234, 4, 0xCAFE1234)
    assert address_map.read(0x70001234, 4) == 0xCAFE1234


def test_the_largest_memory_leaves_the_devices_their_addresses() -> None:
    system = make_board(memory=RealViewPbxA9.max_memory)
    assert len(system.devices) == len(ready_devices())
    assert not isinstance(system.address_map.find(0x10000000), RamRegion)


def test_the_interrupt_controller_is_the_gic_if_there_is_one() -> None:
    assert isinstance(make_board().platform.interrupt_controller(), Gic)
    assert make_board(devices={}).platform.interrupt_controller() is None


def test_the_ready_systems_are_found_and_valid() -> None:
    (folder,) = plugin.vmsim_system_folders()
    assert {path.name for path in folder.iterdir()} == {"realview-pbx-a9.yaml", "debian.yaml", "realview-linux.yaml"}
    description = SystemDescription.model_validate(yaml.safe_load(READY_SYSTEM.read_text()))
    assert description.memory == 256 * MIB
    assert description.cpus[0].start == "kvm"
    for name in ("debian.yaml", "realview-linux.yaml"):
        assert yaml.safe_load((folder / name).read_text())["include"] == READY_SYSTEM.name


def test_the_ready_system_has_every_device_type() -> None:
    used = {params["type"] for params in ready_devices().values()}
    assert used == {kind.type_name for kind in plugin.vmsim_devices()}
    assert plugin.vmsim_platforms() == [RealViewPbxA9]


def test_no_interrupt_is_given_twice() -> None:
    numbers = [number for device in make_board().devices.values() for number in device.interrupt_outputs()]
    assert len(numbers) == len(set(numbers))
