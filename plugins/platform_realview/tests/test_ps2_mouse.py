"""The PS/2 mouse: reports, modes, commands, the wheel and the further buttons."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ps2_testing import MILLISECOND, hexadecimal, plug_in, receive, tell
from realview_testing import advance, restore_checkpoint, take_checkpoint
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Field
from vmsim_platform_realview.pl050 import Pl050
from vmsim_platform_realview.ps2_mouse import Ps2Mouse

WHEEL = (200, 100, 80)
FIVE_BUTTONS = (200, 200, 80)


def mouse_of(interface: Pl050) -> Ps2Mouse:
    assert isinstance(interface.device, Ps2Mouse)
    return interface.device


def reporting(knock: tuple[int, ...] = ()) -> Pl050:
    """Return a mouse that reports in stream mode, after sample rates that change what it is."""
    interface = plug_in("mouse")
    for rate in knock:
        tell(interface, 0xF3, rate)
    assert tell(interface, 0xF4) == [0xFA]
    return interface


@pytest.mark.parametrize(
    ("right", "down", "report"),
    [
        (1, 0, "08 01 00"),
        (-1, 0, "18 ff 00"),
        (0, 1, "28 00 ff"),
        (0, -1, "08 00 01"),
        (5, 7, "28 05 f9"),
        (-255, 255, "38 01 01"),
        (255, -255, "08 ff ff"),
        (256, 0, "48 ff 00"),
        (0, -1000, "88 00 ff"),
        (-256, 256, "f8 01 01"),
    ],
)
def test_movement(right: int, down: int, report: str) -> None:
    interface = reporting()
    mouse_of(interface).move(right, down)
    assert hexadecimal(receive(interface)) == report


@pytest.mark.parametrize(
    ("knock", "reports"),
    [
        ((), {"left": "09 00 00", "right": "0a 00 00", "middle": "0c 00 00", "side": "08 00 00", "extra": "08 00 00"}),
        (WHEEL, {"left": "09 00 00 00", "middle": "0c 00 00 00", "side": "08 00 00 00"}),
        (FIVE_BUTTONS, {"right": "0a 00 00 00", "side": "08 00 00 10", "extra": "08 00 00 20"}),
    ],
)
def test_buttons(knock: tuple[int, ...], reports: dict[str, str]) -> None:
    for name, report in reports.items():
        interface = reporting(knock)
        mouse_of(interface).button(name, True)
        assert hexadecimal(receive(interface)) == report
        advance(interface, 10 * MILLISECOND)
        mouse_of(interface).button(name, False)
        assert hexadecimal(receive(interface)) == "08" + " 00" * (len(report) // 3)
    with pytest.raises(ValueError, match="no button 'thumb'"):
        mouse_of(interface).button("thumb", True)


@pytest.mark.parametrize(
    ("knock", "wheel", "report"),
    [
        (WHEEL, 1, "08 00 00 ff"),
        (WHEEL, -1, "08 00 00 01"),
        (WHEEL, 20, "08 00 00 f8"),
        (WHEEL, -20, "08 00 00 07"),
        (FIVE_BUTTONS, 1, "08 00 00 0f"),
        (FIVE_BUTTONS, -3, "08 00 00 03"),
        ((), 1, ""),
    ],
)
def test_wheel(knock: tuple[int, ...], wheel: int, report: str) -> None:
    interface = reporting(knock)
    mouse_of(interface).move(0, 0, wheel)
    assert hexadecimal(receive(interface)) == report


@pytest.mark.parametrize(
    ("rates", "kind"),
    [
        ((), 0),
        (WHEEL, 3),
        (FIVE_BUTTONS, 4),
        ((*WHEEL, *FIVE_BUTTONS), 4),
        ((100, 80), 0),
        ((200, 100, 100, 80), 0),
        ((40, *WHEEL), 3),
        ((*WHEEL, 200), 3),
    ],
)
def test_what_the_mouse_is(rates: tuple[int, ...], kind: int) -> None:
    interface = plug_in("mouse")
    for rate in rates:
        tell(interface, 0xF3, rate)
    assert tell(interface, 0xF2) == [0xFA, kind]
    # Only a reset makes it a standard mouse again.
    tell(interface, 0xF6)
    assert tell(interface, 0xF2) == [0xFA, kind]
    tell(interface, 0xFF)
    receive(interface, 510 * MILLISECOND)
    assert tell(interface, 0xF2) == [0xFA, 0]


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ("e9", "fa 00 02 64"),
        ("f4 e9", "fa fa 20 02 64"),
        ("f4 f5 e9", "fa fa fa 00 02 64"),
        ("f0 e9", "fa fa 40 02 64"),
        ("f0 ea e9", "fa fa fa 00 02 64"),
        ("e7 e9", "fa fa 10 02 64"),
        ("e7 e6 e9", "fa fa fa 00 02 64"),
        ("e8 03 f3 0a e9", "fa fa fa fa fa 00 03 0a"),
        ("e7 f4 e8 00 f3 c8 f6 e9", "fa fa fa fa fa fa fa fa 00 02 64"),
        ("f2", "fa 00"),
        ("eb", "fa 08 00 00"),
        ("e8 04", "fa fe"),
        ("f3 0b", "fa fe"),
        # A command in the place of an argument is a command.
        ("e8 f2", "fa fa 00"),
        ("f1", "fe"),
        ("00", "fe"),
        ("ee f4 e9 00 fe ec e9", "fa f4 e9 00 fe fa fa 00 02 64"),
        # It says all of a message again.
        ("e9 fe", "fa 00 02 64 fa 00 02 64"),
        ("fe", "aa"),
    ],
)
def test_commands(sent: str, answer: str) -> None:
    assert hexadecimal(tell(plug_in("mouse"), *bytes.fromhex(sent))) == answer


@pytest.mark.parametrize("wrapped", [False, True])
def test_reset(wrapped: bool) -> None:
    interface = reporting(WHEEL)
    if wrapped:
        tell(interface, 0xEE)
    assert hexadecimal(tell(interface, 0xFF)) == "fa"
    assert receive(interface, 480 * MILLISECOND) == []
    assert hexadecimal(receive(interface, 20 * MILLISECOND)) == "aa 00"
    assert hexadecimal(tell(interface, 0xFE)) == "aa 00"
    assert hexadecimal(tell(interface, 0xE9)) == "fa 00 02 64"


def test_status_has_the_buttons_the_other_way_round() -> None:
    interface = plug_in("mouse")
    for name, status in [("left", 4), ("middle", 6), ("right", 7)]:
        mouse_of(interface).button(name, True)
        assert tell(interface, 0xE9)[1] == status


@pytest.mark.parametrize("before", [(), (0xF0,), (0xF0, 0xF4), (0xEE,), (0xF4, 0xF5)])
def test_reports_come_in_stream_mode_only_when_they_are_wanted(before: tuple[int, ...]) -> None:
    interface = plug_in("mouse")
    tell(interface, *before)
    mouse_of(interface).move(3, 4)
    mouse_of(interface).button("left", True)
    assert receive(interface, 100 * MILLISECOND) == []


def test_remote_mode_reports_when_asked_what_has_added_up() -> None:
    interface = plug_in("mouse")
    tell(interface, 0xF0)
    mouse_of(interface).move(3, 4)
    mouse_of(interface).move(-10, 4)
    assert hexadecimal(tell(interface, 0xEB)) == "fa 38 f9 f8"
    assert hexadecimal(tell(interface, 0xEB)) == "fa 08 00 00"
    # Other commands forget it.
    mouse_of(interface).move(3, 4)
    tell(interface, 0xF2)
    assert hexadecimal(tell(interface, 0xEB)) == "fa 08 00 00"


@pytest.mark.parametrize(("moved", "reported"), [(1, 1), (2, 1), (3, 3), (4, 6), (5, 9), (6, 12), (-4, -6), (-20, -40)])
def test_2_to_1_scaling(moved: int, reported: int) -> None:
    interface = reporting()
    tell(interface, 0xE7)
    mouse_of(interface).move(moved, 0)
    assert receive(interface)[1] == reported & 0xFF
    advance(interface, 10 * MILLISECOND)
    # It does not apply to what is asked for.
    mouse_of(interface).reporting = False
    mouse_of(interface).move(moved, 0)
    assert tell(interface, 0xEB)[2] == moved & 0xFF


def test_scaling_can_go_too_far() -> None:
    interface = reporting()
    tell(interface, 0xE7)
    mouse_of(interface).move(-200, 128)
    assert hexadecimal(receive(interface)) == "f8 01 01"


@pytest.mark.parametrize(("rate", "distance"), [(None, 10), (20, 50), (200, 5)])
def test_reports_come_at_the_sample_rate(rate: int | None, distance: int) -> None:
    interface = reporting(() if rate is None else (rate,))
    heads = []
    for _ in range(400):
        mouse_of(interface).move(1, 0)
        advance(interface, MILLISECOND)
        if interface.read(4, 4) & 0x10 and interface.read(8, 4) == 0x08:
            heads.append(interface.now // MILLISECOND)
    assert {late - early for early, late in pairwise(heads)} == {distance}


def test_a_command_cuts_a_report_short() -> None:
    interface = reporting()
    mouse_of(interface).move(5, 5)
    advance(interface, MILLISECOND)
    assert interface.read(8, 4) == 0x28
    assert hexadecimal(tell(interface, 0xF2)) == "05 fa 00"


MOVE = st.tuples(st.integers(-90, 90), st.integers(-90, 90), st.integers(-2, 2), st.integers(0, 30))


@settings(max_examples=25, deadline=None)
@given(st.lists(MOVE, max_size=20))
def test_nothing_of_a_slow_movement_is_lost(moves: list[tuple[int, int, int, int]]) -> None:
    interface = reporting(WHEEL)
    received = []
    for right, down, wheel, pause in moves:
        mouse_of(interface).move(right, down, wheel)
        received += receive(interface, (pause + 11) * MILLISECOND)
    reports = [received[start : start + 4] for start in range(0, len(received), 4)]
    right = sum(report[1] - (report[0] << 4 & 0x100) for report in reports)
    up = sum(report[2] - (report[0] << 3 & 0x100) for report in reports)
    wheel = sum((report[3] ^ 0x80) - 0x80 for report in reports)
    assert (right, -up, -wheel) == tuple(sum(move[index] for move in moves) for index in range(3))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("right", 256),
        ("up", -256),
        ("wheel", 8),
        ("overflow", 4),
        ("pressed", 32),
        ("reported", -1),
        ("resolution", 4),
        ("sample_rate", 0),
        ("kind", 5),
        ("knock", [1, 2, 3, 4]),
        ("output", [0] * 5),
    ],
)
def test_a_checkpoint_that_cannot_be_is_refused(name: str, value: int | list[int]) -> None:
    interface = plug_in("mouse")
    now, sections = take_checkpoint(interface.system)
    sections["device.ps2"].fields[name] = Field(value)
    with pytest.raises(CheckpointError, match=f"device.ps2.{name}"):
        restore_checkpoint(interface.system, (now, sections))
