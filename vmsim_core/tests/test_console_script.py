"""Input scripts: what is typed, when, and the mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from vmsim_core.console.script import InputScript, parse_script, read_script
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
