"""Input scripts: what is typed, when, and the mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from vmsim_core.console.script import InputScript, read_script
from vmsim_core.console.script_parser import parse_script
from vmsim_core.console.script_steps import Key
from vmsim_core.errors import VmsimError
from vmsim_core.events import EventQueue
from vmsim_core.serial_port import SerialPort
from vmsim_core.units import TICKS_PER_SECOND


class Guest:
    """A serial port and an event queue with a script at the other end."""

    def __init__(self, script: str) -> None:
        self.port = SerialPort("uart0")
        self.events = EventQueue()
        self.script = InputScript(parse_script(script, Path("boot.txt")), self.port, self.events)

    def typed(self) -> bytes:
        data, self.port.waiting = self.port.waiting, b""
        return data


def test_lines_are_typed_with_enter() -> None:
    assert Guest("ls -l \\n\n\n@@home\nlast").typed() == b"ls -l \\n\r\r@home\rlast\r"


def test_a_file_with_crlf_is_the_same_script() -> None:
    assert Guest("@wait x\r\nls\r\n").script.pending == "boot.txt:1:1: waits for 'x'"
    assert Guest("ls\r\n").typed() == b"ls\r"


def test_send_types_bytes_without_enter() -> None:
    assert Guest(r"@send a\n\r\t\e\\\x03\xff é").typed() == b"a\n\r\t\x1b\\\x03\xff \xc3\xa9"


def test_comments_are_skipped() -> None:
    assert Guest("@# log in\n@#wait x\nroot\n").typed() == b"root\r"


def test_a_reaction_comes_with_the_last_byte_awaited() -> None:
    guest = Guest("@wait login: \nroot\n@wait # \npoweroff\n")
    guest.port.send(b"pbx login:")
    assert guest.typed() == b""
    guest.port.send(b" ")
    assert guest.typed() == b"root\r"
    assert guest.script.pending == "boot.txt:3:1: waits for '# '"
    guest.port.send(b"\r\n# ")
    assert guest.typed() == b"poweroff\r"
    assert guest.script.pending is None


def test_a_text_counts_once_and_only_after_the_one_before() -> None:
    guest = Guest("@wait ##\none\n@wait ##\ntwo\n@wait ##\nthree\n")
    guest.port.send(b"###")
    assert guest.typed() == b"one\r"
    guest.port.send(b"###")
    assert guest.typed() == b"two\rthree\r"


def test_one_access_may_satisfy_several_waits() -> None:
    guest = Guest("@wait a\n1\n@wait b\n2\n")
    guest.port.send(b"xxaxxb")
    assert guest.typed() == b"1\r2\r"


def test_simulated_time_passes() -> None:
    guest = Guest("one\n@after 1.5s\ntwo\n@after 10us\nthree\n")
    assert guest.typed() == b"one\r"
    assert guest.script.pending == "boot.txt:2:1: waits for the time to pass"
    guest.events.run_until(3 * TICKS_PER_SECOND // 2 - 1)
    assert guest.typed() == b""
    guest.events.run_until(3 * TICKS_PER_SECOND // 2)
    assert guest.typed() == b"two\r"
    assert guest.events.next_tick == 3 * TICKS_PER_SECOND // 2 + 10**7
    guest.events.run_until(2 * TICKS_PER_SECOND)
    assert guest.typed() == b"three\r"


def test_a_text_that_comes_during_a_pause_is_not_missed() -> None:
    guest = Guest("@wait A\n@after 1s\nx\n@wait B\ny\n@wait C\nz\n")
    guest.port.send(b"AB")
    assert guest.typed() == b""
    guest.events.run_until(TICKS_PER_SECOND)
    assert guest.typed() == b"x\ry\r"
    guest.port.send(b"C")
    assert guest.typed() == b"z\r"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("ls\n@wiat x", "s.txt:2:1: there is no @wiat; use @wait"),
        ("@wait", "s.txt:1:7: the text is missing"),
        ("@wait ", "s.txt:1:7: the text is missing"),
        ("\n\n@send ab\\q", "s.txt:3:9: no such escape"),
        ("@send \\x0", "s.txt:1:7: no such escape"),
        ("@send \\", "s.txt:1:7: no such escape"),
        ("@after", "s.txt:1:8: '' is not a time"),
        ("@after 5", "s.txt:1:8: '5' is not a time"),
        ("@after soon", "s.txt:1:8: 'soon' is not a time"),
    ],
)
def test_a_mistake_is_shown_with_its_place(script: str, message: str) -> None:
    with pytest.raises(VmsimError) as caught:
        parse_script(script, Path("s.txt"))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_an_argument_with_a_line_end_is_the_text_itself() -> None:
    expected = parse_script("@wait # \nls\n", Path("--input"))
    assert read_script("@wait # \\nls\\n") == expected
    assert read_script("@wait # \nls\n") == expected


def test_any_other_argument_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "boot.txt"
    path.write_text("@wait # \nls\n")
    assert read_script(str(path)) == parse_script("@wait # \nls\n", path)
    with pytest.raises(VmsimError, match=r"cannot read .*missing: No such file .*ends with \\n"):
        read_script(str(tmp_path / "missing"))
    path.write_bytes(b"ls \xff\n")
    with pytest.raises(VmsimError, match="no text in UTF-8"):
        read_script(str(path))


class Hands:
    """A keyboard and a mouse that write down what is done to them, and when."""

    keys = ("a", "c", "1", "leftctrl", "leftshift", "enter", "space", "semicolon")
    buttons = ("left", "right")

    def __init__(self, events: EventQueue) -> None:
        self.events = events
        self.done: list[str] = []

    def key(self, name: str, pressed: bool) -> None:
        self._write(f"{name} {'down' if pressed else 'up'}")

    def move(self, right: int, down: int, wheel: int = 0) -> None:
        self._write(f"move {right} {down} {wheel}")

    def button(self, name: str, pressed: bool) -> None:
        self.key(name, pressed)

    def _write(self, what: str) -> None:
        self.done.append(f"{self.events.now // 10**9} ms: {what}")


class GuestWithHands:
    """A guest with a keyboard and a mouse."""

    def __init__(self, script: str) -> None:
        self.port = SerialPort("uart0")
        self.events = EventQueue()
        self.hands = Hands(self.events)
        InputScript(
            parse_script(script, Path("boot.txt")),
            self.port,
            self.events,
            {"keyboard": self.hands},
            {"mouse": self.hands},
        )

    def done(self) -> list[str]:
        self.events.run_until(10 * TICKS_PER_SECOND)
        return self.hands.done


def test_keys_are_pressed_together_and_released() -> None:
    guest = GuestWithHands("@press leftctrl c\n@press  a \ntext\n")
    assert guest.port.waiting == b""
    assert guest.done() == [
        "0 ms: leftctrl down", "0 ms: c down", "50 ms: c up", "50 ms: leftctrl up", "70 ms: a down", "120 ms: a up",
    ]  # fmt: skip
    assert guest.port.waiting == b"text\r"


def test_keys_and_buttons_are_held() -> None:
    script = "@key-down leftshift a\n@button-down left\n@after 2s\n@mouse 3 -4\n@button-up left\n@key-up leftshift a\n"
    assert GuestWithHands(script).done() == [
        "0 ms: leftshift down", "0 ms: a down", "0 ms: left down", "2000 ms: move 3 -4 0", "2010 ms: left up",
        "2010 ms: leftshift up", "2010 ms: a up",
    ]  # fmt: skip


def test_buttons_are_clicked() -> None:
    assert GuestWithHands("@click right\n@click left right\n").done() == [
        "0 ms: right down", "50 ms: right up", "70 ms: left down", "70 ms: right down", "120 ms: right up",
        "120 ms: left up",
    ]  # fmt: skip


def test_a_text_is_typed_on_a_us_keyboard() -> None:
    assert GuestWithHands(r"@type aA ! :\n").done() == [
        "0 ms: a down", "50 ms: a up",
        "70 ms: leftshift down", "70 ms: a down", "120 ms: a up", "120 ms: leftshift up",
        "140 ms: space down", "190 ms: space up",
        "210 ms: leftshift down", "210 ms: 1 down", "260 ms: 1 up", "260 ms: leftshift up",
        "280 ms: space down", "330 ms: space up",
        "350 ms: leftshift down", "350 ms: semicolon down", "400 ms: semicolon up", "400 ms: leftshift up",
        "420 ms: enter down", "470 ms: enter up",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("script", "moves"),
    [
        ("@mouse 0 0", []),
        ("@mouse 100 -100 4", ["0 ms: move 100 -100 4"]),
        ("@mouse 250 -3", ["0 ms: move 83 -1 0", "10 ms: move 83 -1 0", "20 ms: move 84 -1 0"]),
        ("@mouse 0 0 -5", ["0 ms: move 0 0 -3", "10 ms: move 0 0 -2"]),
    ],
)
def test_a_mouse_moves_no_faster_than_it_can_count(script: str, moves: list[str]) -> None:
    assert GuestWithHands(script).done() == moves


def test_keys_wait_for_the_guest_as_lines_do() -> None:
    guest = GuestWithHands("@wait login:\n@press a\n@wait ok\n@press c\n")
    assert guest.done() == []
    guest.port.send(b"login: ok")
    guest.events.run_until(11 * TICKS_PER_SECOND)
    assert guest.hands.done == [
        "10000 ms: a down", "10050 ms: a up", "10070 ms: c down", "10120 ms: c up",
    ]  # fmt: skip


def test_every_printable_character_is_on_the_keyboard() -> None:
    printable = "".join(chr(code) for code in range(0x20, 0x7F))
    steps = parse_script("@type " + printable.replace("\\", "\\\\"), Path("s.txt"))
    pressed = [step.name for step in steps if isinstance(step, Key) and step.pressed]
    assert len(pressed) == len(printable) + len([name for name in pressed if name == "leftshift"])
    assert pressed.count("leftshift") == 26 + len('~!@#$%^&*()_+{}|:"<>?')
    assert len(set(pressed)) == 36 + len("`-=[]\\;',./ ") + 1


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("@press", "s.txt:1:8: a name is missing"),
        ("ls\n@key-down  ", "s.txt:2:11: a name is missing"),
        ("@type", "s.txt:1:7: the text is missing"),
        ("@type é", "s.txt:1:7: there is no key for 'é' on a US keyboard"),
        ("@mouse 1", "s.txt:1:8: how far to the right and down is needed"),
        ("@mouse 1 2 3 4", "s.txt:1:8: how far to the right and down is needed"),
        ("@mouse 1 left", "s.txt:1:10: 'left' is not a number of counts from -100000 to 100000"),
        ("@mouse 1 100001", "s.txt:1:10: '100001' is not a number of counts"),
    ],
)
def test_a_mistake_with_keys_is_shown_with_its_place(script: str, message: str) -> None:
    with pytest.raises(VmsimError) as caught:
        parse_script(script, Path("s.txt"))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("ls\n@press leftctrl lefctrl", "boot.txt:2:17: there is no key 'lefctrl'; did you mean leftctrl?"),
        ("@key-up 5", "boot.txt:1:9: there is no key '5'; there are a, c, 1, leftctrl,"),
        ("@click middle", "boot.txt:1:8: there is no button 'middle'; there are left, right"),
    ],
)
def test_a_key_that_the_system_does_not_have_is_shown_before_anything_is_typed(script: str, message: str) -> None:
    with pytest.raises(VmsimError) as caught:
        GuestWithHands(script)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("ls\n@press a", "boot.txt:2:8: the system has no keyboard"),
        ("@mouse 1 1", "boot.txt:1:8: the system has no mouse"),
        ("@click left", "boot.txt:1:8: the system has no mouse"),
    ],
)
def test_a_system_without_keyboard_or_mouse(script: str, message: str) -> None:
    with pytest.raises(VmsimError) as caught:
        Guest(script)
    assert str(caught.value) == message
