"""The simulator's own device."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from realview_testing import (
    accesses,
    add_device,
    any_guest,
    check_any_guest,
    exit_causes,
    make_copy,
    make_device,
    make_system,
)
from vmsim_core.errors import CheckpointError, VmsimError
from vmsim_core.exits import GuestExit, PowerOff, Reset
from vmsim_core.section import Field, Section
from vmsim_platform_realview.simctl import (
    BUSY,
    CHECKPOINT,
    MAX_FILE,
    MAX_TEXT,
    OK,
    UNKNOWN,
    Simctl,
    SimctlCommands,
)

ID, EXIT, PUTC, ARG_SELECT, ARG_CHAR, ARG_COUNT, POWEROFF, RESET = range(0, 0x20, 4)
VERSION, COMMAND, STATUS, OPERAND, TEXT, MODEL_COUNT, MODEL_SELECT, MODEL_CHAR = range(0x20, 0x40, 4)
FILE_SIZE, FILE_OFFSET, FILE_DATA = range(0x40, 0x4C, 4)


def read_argument(device: Simctl, index: int) -> bytes:
    device.write(ARG_SELECT, 4, index)
    return bytes(iter(lambda: device.read(ARG_CHAR, 4), 0))


def test_identifies_itself() -> None:
    assert make_device(Simctl).read(ID, 4) == 0x564D_5331


def test_exit_power_off_and_reset() -> None:
    device = add_device(make_system(), Simctl, "simctl")
    device.write(EXIT, 4, 42)
    device.write(POWEROFF, 4, 0)
    device.write(RESET, 4, 0)
    assert exit_causes(device) == [GuestExit(code=42), PowerOff(), Reset(source="simctl")]


def test_prints_to_the_port_of_its_name() -> None:
    system = make_system()
    device = add_device(system, Simctl, "simctl")
    printed = bytearray()
    system.serial_port("simctl").listen(printed.extend)
    for character in b"ok\n\xff":
        device.write(PUTC, 4, character | 0x100)
    assert printed == b"ok\n\xff"


def test_gives_arguments() -> None:
    device = add_device(make_system(arguments=["first", "", "größe"]), Simctl)
    assert device.read(ARG_COUNT, 4) == 3
    assert [read_argument(device, index) for index in (2, 1, 0, 0)] == ["größe".encode(), b"", b"first", b"first"]
    assert read_argument(device, 3) == read_argument(device, 0xFFFF_FFFF) == b""


def test_restored_in_the_middle_of_an_argument() -> None:
    device = add_device(make_system(arguments=["first"]), Simctl)
    assert device.read(ARG_CHAR, 4) == ord("f")
    assert make_copy(device).read(ARG_CHAR, 4) == ord("i")


def with_file(file: Path, content: bytes) -> Simctl:
    file.write_bytes(content)
    device = add_device(make_system(readfile=str(file)), Simctl)
    device.on_run_started()
    return device


def test_gives_the_file_word_by_word(tmp_path: Path) -> None:
    device = with_file(tmp_path / "job", b"abcdefg")
    assert device.read(FILE_SIZE, 4) == 7
    assert device.read(FILE_DATA, 4).to_bytes(4, "little") == b"abcd"
    assert device.read(FILE_OFFSET, 4) == 4
    assert make_copy_of_file_reader(device) == b"efg\0"
    assert device.read(FILE_DATA, 4).to_bytes(4, "little") == b"efg\0"
    assert (device.read(FILE_DATA, 4), device.read(FILE_OFFSET, 4)) == (0, 7)
    device.write(FILE_OFFSET, 4, 2)
    assert device.read(FILE_DATA, 4).to_bytes(4, "little") == b"cdef"
    device.write(FILE_OFFSET, 4, 0xFFFF_FFFF)
    assert (device.read(FILE_DATA, 4), device.read(FILE_OFFSET, 4)) == (0, 0xFFFF_FFFF)


def make_copy_of_file_reader(device: Simctl) -> bytes:
    twin = make_copy(device)
    twin.on_run_started()
    return twin.read(FILE_DATA, 4).to_bytes(4, "little")


def test_without_a_file_there_is_nothing_to_read() -> None:
    device = make_device(Simctl)
    assert [device.read(offset, 4) for offset in (FILE_SIZE, FILE_DATA, FILE_OFFSET)] == [0, 0, 0]


def test_a_file_that_cannot_be_read_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    device = add_device(make_system(readfile=str(tmp_path / "none")), Simctl)
    with pytest.raises(VmsimError, match=r"workload\.readfile: .*none cannot be read: No such file"):
        device.on_run_started()
    with pytest.raises(VmsimError, match="larger than 16 MiB"):
        with_file(tmp_path / "large", bytes(MAX_FILE + 1))


def test_a_command_is_pending_until_the_run_loop_takes_it() -> None:
    device = make_device(Simctl)
    assert (device.read(VERSION, 4), device.read(STATUS, 4)) == (2, OK)
    device.write(COMMAND, 4, 99)
    assert device.read(STATUS, 4) == UNKNOWN
    device.write(COMMAND, 4, CHECKPOINT)
    device.write(COMMAND, 4, 99)
    assert device.read(STATUS, 4) == BUSY
    assert len(device.system.requested_actions) == 1
    twin = make_copy(device)
    twin.restored()
    assert twin.read(STATUS, 4) == BUSY
    assert len(twin.system.requested_actions) == 1


def test_the_text_has_an_end_and_can_be_emptied() -> None:
    device = make_device(Simctl)
    for _ in range(10 * MAX_TEXT):
        device.write(TEXT, 4, ord("a"))
    assert device.text == b"a" * MAX_TEXT
    device.write(TEXT, 4, 0x100)
    assert device.text == b""


def test_a_section_of_version_1_is_brought_up_to_date() -> None:
    device = make_device(Simctl)
    device.position = 3
    section = Section("simctl", "simctl", version=1)
    section.put("position", 3, "bytes")
    section.put("register.argument_select", 1)
    section.put("irq.level", False)
    upgraded = SimctlCommands().upgrade(section)
    now = Section("simctl", "simctl", version=2)
    device.serialize(now)
    assert {name: each.type_name for name, each in upgraded.fields.items()} == {
        name: each.type_name for name, each in now.fields.items()
    }
    device.deserialize(upgraded)
    assert (device.position, device.argument_select.value, device.read(STATUS, 4)) == (3, 1, OK)


@pytest.mark.parametrize(
    ("field", "value"),
    [("text", b"a" * 65), ("pending", 8), ("pending", -1), ("status", 5), ("position", -1), ("checkpoints", -1),
     ("open_regions", [1, 2]), ("open_regions", [256, 0, 0]), ("open_regions", [1, -1, 0])],
)  # fmt: skip
def test_a_state_that_cannot_be_is_refused(field: str, value: bytes | int | list[int]) -> None:
    device = make_device(Simctl)
    section = Section("device", "simctl", version=2)
    device.serialize(section)
    section.fields[field] = Field(value)
    with pytest.raises((CheckpointError, ValueError)):
        device.deserialize(section)


def test_open_regions_are_kept() -> None:
    device = add_device(make_system(), Simctl)
    device.system.open_regions = [3, 1000, 1, 7, 2000, 2]
    assert make_copy(device).system.open_regions == [3, 1000, 1, 7, 2000, 2]


@any_guest
@given(st.lists(accesses, max_size=40))
def test_any_guest(sequence: list[tuple[bool, int, int, int, int]]) -> None:
    check_any_guest(add_device(make_system(arguments=["a", "bc"]), Simctl), sequence)
