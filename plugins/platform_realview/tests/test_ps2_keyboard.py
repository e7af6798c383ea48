"""The PS/2 keyboard: scan codes of every key, repetition, commands, and its full buffer."""

from __future__ import annotations

import pytest
from ps2_testing import ENABLE, MILLISECOND, hexadecimal, plug_in, receive, tell
from realview_testing import advance
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.pl050 import Pl050
from vmsim_platform_realview.ps2_keyboard import Ps2Keyboard
from vmsim_platform_realview.ps2_scan_codes import KEY_NAMES

# What the keyboard controller of a PC/AT makes of the codes of set 2 to get those of set 1, from 00 on: an account of
# the same keys that is independent of ours (IBM PC/AT Technical Reference, "Scan Code Translation").
TRANSLATION = bytes.fromhex(
    "ff 43 41 3f 3d 3b 3c 58 64 44 42 40 3e 0f 29 59 65 38 2a 70 1d 10 02 5a 66 71 2c 1f 1e 11 03 5b"
    "67 2e 2d 20 12 05 04 5c 68 39 2f 21 14 13 06 5d 69 31 30 23 22 15 07 5e 6a 72 32 24 16 08 09 5f"
    "6b 33 25 17 18 0b 0a 60 6c 34 35 26 27 19 0c 61 6d 73 28 74 1a 0d 62 6e 3a 36 1c 1b 75 2b 63 76"
    "55 56 77 78 79 7a 0e 7b 7c 4f 7d 4b 47 7e 7f 6f 52 53 50 4c 4d 48 01 45 57 4e 51 4a 37 49 46 54"
)


def keyboard_of(interface: Pl050) -> Ps2Keyboard:
    assert isinstance(interface.device, Ps2Keyboard)
    return interface.device


def use(interface: Pl050, name: str) -> tuple[str, str]:
    """Return what a key sends when it is pressed and when it is released."""
    keyboard_of(interface).key(name, True)
    down = receive(interface)
    keyboard_of(interface).key(name, False)
    return hexadecimal(down), hexadecimal(receive(interface))


def translate(code: int) -> int:
    return 0x41 if code == 0x83 else TRANSLATION[code]


def test_there_are_the_keys_of_a_keyboard_with_105() -> None:
    assert len(KEY_NAMES) == len(set(KEY_NAMES)) == 105


def test_set_2_translates_to_set_1_as_a_controller_does_it() -> None:
    interface = plug_in("keyboard")
    set_2 = {name: use(interface, name) for name in KEY_NAMES}
    assert hexadecimal(tell(interface, 0xF0, 1)) == "fa fa"
    for name in KEY_NAMES:
        down, up = set_2[name]
        if name == "pause":
            continue
        make = [code if code == 0xE0 else translate(code) for code in bytes.fromhex(down)]
        break_codes = bytes.fromhex(up.replace("f0 ", ""))
        released = [code if code == 0xE0 else translate(code) | 0x80 for code in break_codes]
        assert use(interface, name) == (hexadecimal(make), hexadecimal(released)), name


@pytest.mark.parametrize(
    ("scan_code_set", "name", "down", "up"),
    [
        (2, "a", "1c", "f0 1c"),
        (2, "f7", "83", "f0 83"),
        (2, "right", "e0 74", "e0 f0 74"),
        (2, "sysrq", "e0 12 e0 7c", "e0 f0 7c e0 f0 12"),
        (2, "pause", "e1 14 77 e1 f0 14 f0 77", ""),
        (1, "sysrq", "e0 2a e0 37", "e0 b7 e0 aa"),
        (1, "pause", "e1 1d 45 e1 9d c5", ""),
        (3, "a", "1c", "f0 1c"),
        (3, "f7", "37", "f0 37"),
        (3, "right", "6a", "f0 6a"),
        (3, "sysrq", "57", "f0 57"),
        (3, "pause", "62", "f0 62"),
        (3, "kpminus", "84", "f0 84"),
        (3, "leftctrl", "11", "f0 11"),
    ],
)
def test_scan_codes(scan_code_set: int, name: str, down: str, up: str) -> None:
    interface = plug_in("keyboard")
    tell(interface, 0xF0, scan_code_set)
    assert use(interface, name) == (down, up)


def test_no_two_keys_are_alike() -> None:
    for scan_code_set in (1, 2, 3):
        interface = plug_in("keyboard")
        tell(interface, 0xF0, scan_code_set)
        assert len({use(interface, name) for name in KEY_NAMES}) == 105


def test_a_key_is_pressed_and_released_once() -> None:
    interface = plug_in("keyboard")
    for pressed in (True, True, False, False):
        keyboard_of(interface).key("a", pressed)
    assert hexadecimal(receive(interface)) == "1c f0 1c"
    with pytest.raises(ValueError, match="no key 'any'"):
        keyboard_of(interface).key("any", True)


def times_of_repetition(interface: Pl050, seconds: float) -> list[int]:
    """Return when the codes of a held key arrive, in milliseconds after it was pressed."""
    keyboard_of(interface).key("a", True)
    start, times = interface.now, []
    interface.write(0, 4, ENABLE | 0x10)
    interface.irq.connect(lambda level: times.append(interface.now - start) if level else None)
    while interface.now - start < seconds * TICKS_PER_SECOND:
        advance(interface, MILLISECOND)
        if interface.irq.level:
            assert interface.read(8, 4) == 0x1C
    return [time // MILLISECOND for time in times]


@pytest.mark.parametrize(
    ("typematic", "delay", "period"),
    [(None, 500, 91.74), (0x00, 250, 33.36), (0x1F, 250, 500.4), (0x60, 1000, 33.36), (0x74, 1000, 200.16)],
)
def test_a_held_key_repeats(typematic: int | None, delay: int, period: float) -> None:
    interface = plug_in("keyboard")
    if typematic is not None:
        tell(interface, 0xF3, typematic)
    times = times_of_repetition(interface, 3)
    assert times == [int(0.88), *(int(delay + 0.88 + index * period) for index in range(len(times) - 1))]
    assert len(times) == 2 + int((3000 - delay - 0.88) / period)


def test_the_key_pressed_last_repeats_and_another_does_not_take_its_place() -> None:
    interface = plug_in("keyboard")
    keyboard = keyboard_of(interface)
    keyboard.key("leftshift", True)
    keyboard.key("a", True)
    assert hexadecimal(receive(interface, 550 * MILLISECOND)[:4]) == "12 1c 1c 1c"
    keyboard.key("leftshift", False)
    assert hexadecimal(receive(interface, 50 * MILLISECOND)[:3]) == "f0 12 1c"
    keyboard.key("a", False)
    assert hexadecimal(receive(interface, 2000 * MILLISECOND)) == "f0 1c"


def test_keys_of_several_codes_repeat_with_the_last() -> None:
    interface = plug_in("keyboard")
    keyboard_of(interface).key("sysrq", True)
    received = []
    for _ in range(65):
        received += receive(interface, 10 * MILLISECOND)
    assert hexadecimal(received) == "e0 12 e0 7c e0 7c e0 7c"
    keyboard_of(interface).key("pause", True)
    assert hexadecimal(receive(interface, 2000 * MILLISECOND)) == "e1 14 77 e1 f0 14 f0 77"


def test_a_full_buffer_says_so() -> None:
    interface = plug_in("keyboard")
    keyboard = keyboard_of(interface)
    interface.write(0, 4, ENABLE | 1)
    for name in "abcdefgh":
        keyboard.key(name, True)
        keyboard.key(name, False)
    assert keyboard.overflows.value == 5
    interface.write(0, 4, ENABLE)
    received = receive(interface)
    assert hexadecimal(received) == "1c f0 1c 32 f0 32 21 f0 21 23 f0 23 24 f0 24 2b 00"
    keyboard.key("i", True)
    assert hexadecimal(receive(interface)) == "43"


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ("ee", "ee"),
        ("f2", "fa ab 83"),
        ("ed 05", "fa fa"),
        ("f3 20", "fa fa"),
        ("f0 00", "fa fa 02"),
        ("f0 03 f0 00", "fa fa fa fa 03"),
        ("f0 04", "fa fe"),
        ("f4", "fa"),
        ("f5", "fa"),
        ("f6", "fa"),
        ("f8", "fa"),
        ("fa", "fa"),
        # A command in the place of an argument is a command.
        ("ed f2", "fa fa ab 83"),
        ("f0 ee 03", "fa ee fe"),
        ("00", "fe"),
        ("e8", "fe"),
        ("ea", "fe"),
        ("ef", "fe"),
        ("ee fe", "ee ee"),
        ("f2 fe fe", "fa ab 83 83 83"),
        ("fe", "aa"),
    ],
)
def test_commands(sent: str, answer: str) -> None:
    assert hexadecimal(tell(plug_in("keyboard"), *bytes.fromhex(sent))) == answer


def test_reset_takes_half_a_second() -> None:
    interface = plug_in("keyboard")
    tell(interface, 0xED, 7, 0xF0, 3, 0xF5)
    begin = interface.now
    assert hexadecimal(tell(interface, 0xFF)) == "fa"
    # Nobody looks at the keys during the self-test.
    keyboard_of(interface).key("a", True)
    assert hexadecimal(receive(interface, 500 * MILLISECOND)[:1]) == "aa"
    assert 500 <= (interface.now - begin) // MILLISECOND - 500 <= 505
    keyboard = keyboard_of(interface)
    assert (keyboard.leds, keyboard.scan_code_set, keyboard.scanning) == (0, 2, True)
    assert tell(interface, 0xFE) == [0xAA]


def test_a_command_waits_for_the_end_of_the_self_test() -> None:
    interface = plug_in("keyboard")
    tell(interface, 0xFF)
    interface.write(8, 4, 0xF2)
    assert receive(interface, 480 * MILLISECOND) == []
    assert not interface.read(4, 4) & 0x40
    assert hexadecimal(receive(interface, 20 * MILLISECOND)) == "fa ab 83"


def test_leds_are_in_the_statistics() -> None:
    interface = plug_in("keyboard")
    tell(interface, 0xED, 0xFE & 0x7F)
    assert keyboard_of(interface).statistics["leds"].value == 6


def test_a_disabled_keyboard_is_silent() -> None:
    interface = plug_in("keyboard")
    keyboard_of(interface).key("a", True)
    receive(interface)
    tell(interface, 0xF5)
    keyboard_of(interface).key("b", True)
    assert receive(interface, 1000 * MILLISECOND) == []
    tell(interface, 0xF4)
    assert use(interface, "c") == ("21", "f0 21")


@pytest.mark.parametrize(
    ("command", "repeats", "released"),
    [(0xF7, True, ""), (0xF8, False, "f0 1c"), (0xF9, False, ""), (0xFA, True, "f0 1c")],
)
def test_what_keys_do_in_set_3(command: int, repeats: bool, released: str) -> None:
    interface = plug_in("keyboard")
    tell(interface, 0xF0, 3, command)
    keyboard_of(interface).key("a", True)
    assert (len(receive(interface, 505 * MILLISECOND)) > 1) == repeats
    keyboard_of(interface).key("a", False)
    assert hexadecimal(receive(interface)) == released
