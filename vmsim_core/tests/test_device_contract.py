"""Components, registers, devices, the address map: what a declaration gives."""

from __future__ import annotations

import logging

import pytest
from core_testing import make_system
from hypothesis import given
from hypothesis import strategies as st
from vmsim_core.address_map import AddressMap, DeviceRegion, RamRegion
from vmsim_core.errors import CheckpointError
from vmsim_core.ram import Ram

import vmsim_core as vmsim


class Thermometer(vmsim.Device):
    """TEMP at 0x0 (0.1 degrees), LIMIT at 0x4; the interrupt is up while TEMP > LIMIT."""

    type_name = "acme.thermometer"

    class Params(vmsim.DeviceParams):
        """Its parameters."""

        celsius: float = 20.0

    registers = vmsim.RegisterTable(size=0x1000)
    temp = registers.read_only(0x0, doc="temperature, 0.1 degrees Celsius")
    limit = registers.read_write(0x4, reset=1000, doc="interrupt above this")
    command = registers.command(0x8, doc="adds to the temperature")
    log = registers.bank(0x10, 4, doc="remembers")
    changes = vmsim.State(0, "count", "how often LIMIT changed")
    history: vmsim.State[list[int]] = vmsim.State([], doc="limits")

    @limit.written
    def _compare(self) -> None:
        self.changes += 1
        self.history.append(self.limit.value)
        self.irq.set(self.temp.value > self.limit.value)

    @command.write
    def _add(self, value: int) -> None:
        self.temp.value += value


Thermometer.registers.identification(0x123)


def make_thermometer() -> Thermometer:
    return Thermometer(make_system(), "thermometer", Thermometer.Params(at=0x1E000000, irq=70))


def test_the_declaration_makes_registers_with_behaviour() -> None:
    device = make_thermometer()
    assert device.read(4, 4) == 1000
    device.write(8, 4, 215)
    assert device.read(0, 4) == 215
    assert not device.irq.level
    device.write(4, 4, 200)
    assert device.irq.level
    assert (device.changes, device.history) == (1, [200])
    assert device.interrupt_outputs() == {70: device.irq}
    assert (device.read(0xFE0, 4), device.read(0xFE4, 4), device.read(0xFF4, 4)) == (0x23, 0x11, 0xF0)


def test_devices_of_one_type_do_not_share_state() -> None:
    first, second = make_thermometer(), make_thermometer()
    first.write(4, 4, 5)
    first.write(0x14, 4, 7)
    assert (second.read(4, 4), second.read(0x14, 4), second.history) == (1000, 0, [])


def test_narrow_accesses_use_byte_lanes() -> None:
    device = make_thermometer()
    device.write(4, 4, 0x11223344)
    assert [device.read(4 + lane, 1) for lane in range(4)] == [0x44, 0x33, 0x22, 0x11]
    assert device.read(6, 2) == 0x1122
    device.write(5, 1, 0xAA)
    assert device.read(4, 4) == 0x1122AA44


def test_an_undefined_access_is_counted_logged_once_and_reads_zero(caplog: pytest.LogCaptureFixture) -> None:
    device = make_thermometer()
    with caplog.at_level(logging.WARNING):
        assert device.read(0x800, 4) == 0
        assert device.read(0x800, 4) == 0
        device.write(0, 4, 99)
        assert device.read(8, 4) == 0
    assert device.undefined_accesses.value == 4
    assert len(caplog.messages) == 3
    assert device.read(0, 4) == 0


def test_state_survives_a_section_and_reset_brings_the_initial_values() -> None:
    device, other = make_thermometer(), make_thermometer()
    device.write(8, 4, 300)
    device.write(4, 4, 250)
    device.write(0x1C, 4, 9)
    section = vmsim.Section("thermometer", "acme.thermometer")
    device.serialize(section)
    other.deserialize(section)
    assert (other.temp.value, other.limit.value, other.log.values[3]) == (300, 250, 9)
    assert (other.irq.level, other.history, other.changes) == (True, [250], 1)
    other.reset()
    assert (other.temp.value, other.limit.value, other.irq.level, other.history) == (0, 1000, False, [])
    assert device.history == [250]


def test_a_section_is_checked() -> None:
    section = vmsim.Section("a", "kind")
    section.put("x", 1)
    with pytest.raises(CheckpointError, match="twice"):
        section.put("x", 2)
    with pytest.raises(CheckpointError, match="missing"):
        section.get_int("y")
    with pytest.raises(CheckpointError, match="is of type int, not str"):
        section.get_str("x")
    with pytest.raises(CheckpointError, match="cannot hold"):
        section.put("z", 1.5)  # type: ignore[arg-type]


def test_an_events_due_tick_is_state() -> None:
    device = make_thermometer()
    event = device.event("tick", lambda: None)
    device.schedule(event, 12345)
    section = vmsim.Section("thermometer", "acme.thermometer")
    device.serialize(section)
    other = make_thermometer()
    copy = other.event("tick", lambda: None)
    other.deserialize(section)
    assert copy.tick == 12345
    other.reset()
    assert not copy.scheduled


@given(offset=st.integers(0, 0xFFF), size=st.sampled_from([1, 2, 4]), value=st.integers(0, 0xFFFFFFFF))
def test_no_access_raises(offset: int, size: int, value: int) -> None:
    device = make_thermometer()
    offset &= ~(size - 1)
    device.write(offset, size, value & ((1 << 8 * size) - 1))
    assert 0 <= device.read(offset, size) < 1 << 8 * size


def test_two_registers_in_one_place_are_refused() -> None:
    table = vmsim.RegisterTable(size=0x10)
    table.read_write(0)
    with pytest.raises(ValueError, match="two registers"):
        table.read_only(0)
    with pytest.raises(ValueError, match="outside"):
        table.bank(8, 3)


def make_map() -> tuple[AddressMap, Ram, Thermometer]:
    ram, device = Ram("ram", 0x4000), make_thermometer()
    address_map = AddressMap()
    address_map.add(RamRegion("ram", 0, 0x4000, ram))
    address_map.add(RamRegion("ram alias", 0x70000000, 0x4000, ram))
    address_map.add(DeviceRegion("thermometer", 0x1E000000, 0x1000, device))
    return address_map, ram, device


def test_the_map_finds_ram_aliases_devices_and_holes() -> None:
    address_map, _, device = make_map()
    address_map.write(0x70000010, 4, 0x12345678)
    assert address_map.read(0x10, 4) == 0x12345678
    assert address_map.read(0x11, 1) == 0x56
    address_map.write(0x1E000004, 4, 77)
    assert device.limit.value == 77
    assert address_map.find(0x5000) is None
    with pytest.raises(vmsim.BusError):
        address_map.read(0x5000, 4)


def test_overlaps_are_refused_by_name() -> None:
    address_map, ram, _ = make_map()
    with pytest.raises(ValueError, match="overlaps thermometer"):
        address_map.add(RamRegion("more", 0x1E000800, 0x1000, ram))
    with pytest.raises(ValueError, match="not inside"):
        address_map.add(RamRegion("more", 0xFFFFF000, 0x2000, ram))


def test_blocks_cross_regions_and_listeners_are_told() -> None:
    address_map, ram, _ = make_map()
    address_map.add(RamRegion("second", 0x4000, 0x1000, ram, offset=0))
    told: list[tuple[int, int]] = []
    address_map.listen_to_ram_writes(lambda ram, offset, size: told.append((offset, size)))
    address_map.write_block(0x3FFC, b"abcdefgh")
    assert told == [(0x3FFC, 4), (0, 4)]
    assert address_map.read_block(0x3FFC, 8) == b"abcdefgh"
    with pytest.raises(vmsim.BusError):
        address_map.write_block(0x4FFC, b"12345678")
    assert address_map.read_block(0x4FFC, 4) == bytes(4), "a refused write writes nothing"


def test_touched_pages_of_ram() -> None:
    ram = Ram("ram", 0x4000)
    assert ram.touched_pages() == []
    ram.view[0x2FFF] = 1
    assert ram.touched_pages() == [0x2000]


def test_every_public_name_is_there() -> None:
    for name in vmsim.__all__:
        if name != "Simulation":
            assert getattr(vmsim, name) is not None
    with pytest.raises(AttributeError):
        vmsim.no_such_name  # noqa: B018
