"""The versatile-i2c and its bus, with a master of the tests' own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from i2c_testing import CLEAR, SCL, SDA, SET, Master
from pydantic import ValidationError
from realview_testing import accesses, advance, any_guest, check_any_guest, make_copy, make_device, take_checkpoint
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Field
from vmsim_platform_realview.versatile_i2c import VersatileI2c

RTC = 0x68
RAM = 0x08


def make_bus(**slaves: dict[str, object]) -> Master:
    return Master(make_device(VersatileI2c, slaves=slaves or {"rtc": {"type": "ds1338"}}))


def test_lines_are_free_at_first_and_follow_the_registers() -> None:
    bus = make_bus()
    assert bus.lines() == SCL | SDA
    for clear, seen in [(SDA, SCL), (SCL, 0)]:
        bus.device.write(CLEAR, 4, clear)
        assert bus.lines() == seen
    bus.device.write(SET, 4, 0)
    assert bus.lines() == 0
    bus.device.write(SET, 4, SCL | SDA)
    assert bus.lines() == SCL | SDA
    bus.device.read(CLEAR, 4)
    assert bus.device.undefined_accesses.value == 1


def test_a_slave_acknowledges_its_own_address_only() -> None:
    bus = make_bus()
    assert [address for address in range(0x80) if bus.write(address) == [True]] == [RTC]


def test_what_is_written_is_read() -> None:
    bus = make_bus()
    data = [0x00, 0xFF, 0xA5, 0x5A, 0x01, 0x80]
    assert bus.write(RTC, RAM, *data) == [True] * 8
    assert bus.read(RTC, RAM, 6) == bytes(data)
    assert bus.read(RTC, RAM + 2, 1) == b"\xa5"
    assert bus.lines() == SCL | SDA


def test_two_slaves_keep_apart() -> None:
    bus = make_bus(rtc={"type": "ds1338"}, second={"type": "ds1338", "address": 0x50})
    bus.write(RTC, RAM, 1)
    bus.write(0x50, RAM, 2)
    assert (bus.read(RTC, RAM, 1), bus.read(0x50, RAM, 1)) == (b"\1", b"\2")


def test_a_master_that_refuses_a_byte_ends_the_reading() -> None:
    bus = make_bus()
    bus.write(RTC, RAM, 0x00, 0x00)
    bus.write(RTC, RAM)
    bus.start()
    bus.put_byte(RTC << 1 | 1)
    assert bus.get_byte(acknowledge=False) == 0
    # The slave has let go: its second byte, all zeros, is not on the bus.
    assert bus.get_byte(acknowledge=True) == 0xFF


def test_a_stop_in_the_middle_of_a_byte_forgets_it() -> None:
    bus = make_bus()
    bus.write(RTC, RAM, 0x11)
    bus.start()
    for byte in (RTC << 1, RAM):
        bus.put_byte(byte)
    for bit in (1, 0, 1):
        bus.put_bit(bit)
    bus.stop()
    assert bus.read(RTC, RAM, 1) == b"\x11"


def test_a_change_of_both_lines_is_no_start_and_no_stop() -> None:
    bus = make_bus()
    bus.device.write(CLEAR, 4, SCL | SDA)
    bus.device.write(SET, 4, SCL | SDA)
    # Nothing has started: the address is not heard.
    bus.scl(0)
    assert not bus.put_byte(RTC << 1)


def test_nobody_listens_after_an_address_that_nobody_has() -> None:
    bus = make_bus()
    assert bus.write(0x22, RTC << 1, RAM, 0x77) == [False] * 4
    assert bus.read(RTC, RAM, 1) == b"\0"


def test_a_transfer_goes_on_in_a_copy_at_any_bit() -> None:
    original = make_bus()
    original.write(RTC, RAM, *range(0x10, 0x18))
    original.write(RTC, RAM)
    original.start()
    original.put_byte(RTC << 1 | 1)
    data = []
    for index in range(8):
        byte = 0
        for _ in range(8):
            original = Master(make_copy(original.device))
            byte = byte << 1 | original.get_bit()
        original = Master(make_copy(original.device))
        original.put_bit(index == 7)
        data.append(byte)
    assert data == list(range(0x10, 0x18))


@pytest.mark.parametrize(
    ("field", "value"),
    [("phase", 4), ("phase", -1), ("phase", 3), ("clocks", 10), ("clocks", -1), ("shift", 256), ("slave_address", 3)],
)
def test_a_checkpoint_with_an_impossible_state_is_refused(field: str, value: int) -> None:
    device = make_bus().device
    section = take_checkpoint(device.system)[1]["device.bus"]
    section.fields[field] = Field(value)
    with pytest.raises(CheckpointError, match="no such state"):
        device.system.components["device.bus"].deserialize(section)


@pytest.mark.parametrize(
    "slave",
    [{}, {"type": "ds1307"}, {"type": "ds1338", "address": 0x78}, {"type": "ds1338", "base": "1999-12-31T23:59:59Z"}],
)
def test_a_slave_that_there_cannot_be(slave: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        make_bus(rtc=slave)


def test_two_slaves_at_one_address() -> None:
    with pytest.raises(ValueError, match="same address"):
        make_bus(rtc={"type": "ds1338"}, second={"type": "ds1338"})


LINE_MOVES = st.tuples(
    st.just(True), st.sampled_from([1, 2, 4]), st.sampled_from([SET, CLEAR]), st.integers(0, 3), st.just(10**9)
)


@any_guest
@given(st.lists(st.one_of(LINE_MOVES, accesses), max_size=60))
def test_any_guest(sequence: list[tuple[bool, int, int, int, int]]) -> None:
    check_any_guest(make_bus().device, sequence)


# Bytes after a start condition, to a slave that listens: all of its registers are reached.
@any_guest
@given(st.lists(st.lists(st.integers(0, 255), min_size=1, max_size=6), max_size=8), st.integers(0, 10**13))
def test_any_bytes(messages: list[list[int]], ticks: int) -> None:
    bus = make_bus()
    for message in messages:
        assert bus.write(RTC, *message) == [True] * (1 + len(message))
        advance(bus.device, ticks)
    twin = Master(make_copy(bus.device))
    for master in (bus, twin):
        advance(master.device, 10**12)
    assert twin.read(RTC, 0, 0x40) == bus.read(RTC, 0, 0x40)
    assert take_checkpoint(twin.device.system) == take_checkpoint(bus.device.system)
