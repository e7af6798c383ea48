"""Linux's drivers for the keyboard and the mouse: what a script presses and moves arrives as input events."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path

import pytest
from vmsim_core.console.script import InputScript
from vmsim_core.console.script_parser import parse_script
from vmsim_core.exits import PowerOff
from vmsim_core.simulation import Simulation
from vmsim_platform_realview.ps2_scan_codes import KEY_NAMES, SCAN_CODES
from whole_system import linux, make_simulation, run

# linux/input-event-codes.h
EV_KEY, EV_REL, EV_LED = 1, 2, 17
REL_X, REL_Y, REL_WHEEL = 0, 1, 8
BUTTONS = {"left": 0x110, "right": 0x111, "middle": 0x112, "side": 0x113, "extra": 0x114}
CAPS_LOCK_LED = 1
EVENT_CODES = {
    name: code
    for first, names in [
        (1, "esc 1 2 3 4 5 6 7 8 9 0 minus equal backspace tab q w e r t y u i o p leftbrace rightbrace enter"),
        (29, "leftctrl a s d f g h j k l semicolon apostrophe grave leftshift backslash z x c v b n m comma dot slash"),
        (54, "rightshift kpasterisk leftalt space capslock f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 numlock scrolllock"),
        (71, "kp7 kp8 kp9 kpminus kp4 kp5 kp6 kpplus kp1 kp2 kp3 kp0 kpdot"),
        (86, "102nd f11 f12"),
        (96, "kpenter rightctrl kpslash sysrq rightalt"),
        (102, "home up pageup left right end down pagedown insert delete"),
        (119, "pause"),
        (125, "leftmeta rightmeta compose"),
    ]
    for code, name in enumerate(names.split(), start=first)
}

KEYBOARD = "/sys/devices/platform/soc/10006000.kmi/serio0"
MOUSE = "/sys/devices/platform/soc/10007000.kmi/serio1"
# Writes down what the drivers report, from `ready` until a line is typed at the console.
RECORD = f"""
until ls {MOUSE}/input/input*/event*; do sleep 0.1; done; sleep 1;
cat {KEYBOARD}/description {MOUSE}/description;
K=$(basename {KEYBOARD}/input/input*/event*); M=$(basename {MOUSE}/input/input*/event*);
cat /dev/input/$K > /k & cat /dev/input/$M > /m &
sleep 0.1; echo ready; read line;
echo keyboard; od -An -v -tx1 /k; echo mouse; od -An -v -tx1 /m; echo end
"""


@dataclass(frozen=True)
class InputEvent:
    """A ``struct input_event`` of a 32-bit guest."""

    seconds: float
    kind: int
    code: int
    value: int


def decode(data: bytes) -> list[InputEvent]:
    """Return the events in what was read from /dev/input."""
    fields = struct.iter_unpack("<IIHHi", data)
    return [InputEvent(whole + micro / 1e6, kind, code, value) for whole, micro, kind, code, value in fields]


def record(script: str, before: str = "") -> tuple[Simulation, list[InputEvent], list[InputEvent]]:
    """Boot, play a script; return the simulation and the events of the keyboard and the mouse."""
    command = " ".join(f"{before} {RECORD}".split())
    simulation = make_simulation(*linux("realview-devices", append=f'quiet vmsim.run="{command}"'))
    system = simulation.system
    steps = parse_script(f"@wait ready\n{script}\n@after 500ms\n\n", Path("script"))
    InputScript(steps, simulation.console, system.events, system.keyboards, system.mice)
    outcome = run(simulation, host_seconds=120)
    assert isinstance(outcome.cause, PowerOff), outcome.text[-1000:]
    recorded = re.search(r"ready\s+keyboard([0-9a-f\s]*)mouse([0-9a-f\s]*)end", outcome.text)
    assert recorded is not None, outcome.text[-1000:]
    return simulation, decode(bytes.fromhex(recorded[1])), decode(bytes.fromhex(recorded[2]))


def keys_of(events: list[InputEvent]) -> list[tuple[int, int]]:
    """Return code and value of keys: 1 pressed, 0 released, 2 repeated."""
    return [(event.code, event.value) for event in events if event.kind == EV_KEY]


def test_linux_numbers_the_first_keys_by_their_codes_in_set_1() -> None:
    codes = {name: code.down for name, code in zip(KEY_NAMES, SCAN_CODES[1], strict=True)}
    assert set(codes) == set(EVENT_CODES)
    for name, code in EVENT_CODES.items():
        assert (codes[name] == bytes([code])) == (code < 89)


@pytest.mark.guest
@pytest.mark.parametrize("scan_code_set", [2, 3])
def test_linux_knows_every_key_by_the_name_that_the_user_does(scan_code_set: int) -> None:
    script = "\n".join(f"@press {name}" for name in KEY_NAMES)
    _, keyboard, mouse = record(script, f"echo {scan_code_set} > {KEYBOARD}/set;" if scan_code_set != 2 else "")
    expected = [(EVENT_CODES[name], value) for name in KEY_NAMES for value in (1, 0)]
    assert keys_of(keyboard) == expected
    assert mouse == []


@pytest.mark.guest
def test_keys_held_and_text_typed() -> None:
    script = "@press leftctrl leftalt delete\n@key-down a\n@after 1s\n@key-up a\n@type Hi!\n"
    _, keyboard, _ = record(script)
    keys = keys_of(keyboard)
    together = [("leftctrl", 1), ("leftalt", 1), ("delete", 1), ("delete", 0), ("leftalt", 0), ("leftctrl", 0)]
    assert keys[:6] == [(EVENT_CODES[name], value) for name, value in together]
    repeated = [event for event in keyboard if event.kind == EV_KEY and event.value == 2]
    a = EVENT_CODES["a"]
    # Linux programs a delay of 250 ms and 30 a second.
    assert keys[6 : 8 + len(repeated)] == [(a, 1), *[(a, 2)] * len(repeated), (a, 0)]
    assert len(repeated) == 1 + int((1000 - 250) / 33.36)
    assert repeated[-1].seconds - repeated[0].seconds == pytest.approx(0.03336 * (len(repeated) - 1), abs=0.001)
    typed = [("leftshift", 1), ("h", 1), ("h", 0), ("leftshift", 0), ("i", 1), ("i", 0)]
    typed += [("leftshift", 1), ("1", 1), ("1", 0), ("leftshift", 0)]
    assert keys[8 + len(repeated) :] == [(EVENT_CODES[name], value) for name, value in typed]


@pytest.mark.guest
def test_linux_switches_the_leds() -> None:
    event = struct.pack("<8xHHi", EV_LED, CAPS_LOCK_LED, 1)
    printed = "".join(rf"\\{byte:o}" for byte in event)
    switch_on = f"sleep 1; printf {printed} > /dev/input/$(basename {KEYBOARD}/input/input*/event*);"
    simulation, _, _ = record("@press a", switch_on)
    assert simulation.system.components["keyboard.ps2"].statistics["leds"].value == 4


@pytest.mark.guest
def test_the_mouse_moves_and_clicks() -> None:
    clicks = "\n".join(f"@click {name}" for name in BUTTONS)
    _, keyboard, mouse = record(f"@mouse 250 -30\n@mouse -1 0\n@mouse 0 0 3\n@mouse 0 0 -1\n@mouse 5 1200\n{clicks}\n")
    assert keyboard == []

    def moved(code: int) -> list[int]:
        return [event.value for event in mouse if event.kind == EV_REL and event.code == code]

    assert moved(REL_X)[:4] == [83, 83, 84, -1]
    assert (sum(moved(REL_X)), sum(moved(REL_Y))) == (254, 1170)
    assert moved(REL_WHEEL) == [3, -1]
    assert keys_of(mouse) == [(code, value) for code in BUTTONS.values() for value in (1, 0)]
