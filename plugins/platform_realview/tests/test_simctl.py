"""The simulator's own device."""

from __future__ import annotations

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
from vmsim_core.exits import GuestExit, PowerOff, Reset
from vmsim_platform_realview.simctl import Simctl

ID, EXIT, PUTC, ARG_SELECT, ARG_CHAR, ARG_COUNT, POWEROFF, RESET = range(0, 0x20, 4)


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


@any_guest
@given(st.lists(accesses, max_size=40))
def test_any_guest(sequence: list[tuple[bool, int, int, int, int]]) -> None:
    check_any_guest(add_device(make_system(arguments=["a", "bc"]), Simctl), sequence)
