"""The consoles that are no terminal of ours: none, file, pty and tcp; and what a user may ask for."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from vmsim_core.console.backends import open_console
from vmsim_core.console.console import Console
from vmsim_core.console.remote import BACKLOG, LOOPBACK, PtyConsole, TcpConsole
from vmsim_core.errors import VmsimError
from vmsim_core.serial_port import SerialPort


@pytest.fixture
def port() -> SerialPort:
    return SerialPort("uart0")


@pytest.fixture
def tcp(port: SerialPort) -> Iterator[TcpConsole]:
    with open_console("tcp:0", port, lambda: None) as console:
        assert isinstance(console, TcpConsole)
        yield console


@pytest.fixture
def pty(port: SerialPort) -> Iterator[PtyConsole]:
    with open_console("pty", port, lambda: None) as console:
        assert isinstance(console, PtyConsole)
        yield console


def connect(console: TcpConsole) -> socket.socket:
    return socket.create_connection((LOOPBACK, console.number), timeout=10)


def poll_until(console: Console, condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up
        console.wait(0.01)
        console.poll()


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("serial", "no such console"),
        ("", "no such console"),
        ("stdio:1", "no such console"),
        ("none:", "no such console"),
        ("tcp", "no such console"),
        ("file:", "no such console"),
        ("tcp:", "'' is no port"),
        ("tcp:65536", "'65536' is no port"),
        ("tcp:-1", "'-1' is no port"),
        ("tcp:" + "9" * 5000, "is no port"),
        ("tcp:1.2.3.4:80", "is no port"),
        ("file:/nowhere/at/all", "cannot write to /nowhere/at/all: No such file or directory"),
    ],
)
def test_a_mistake_in_the_console_is_one_clear_line(spec: str, complaint: str, port: SerialPort) -> None:
    with pytest.raises(VmsimError, match="console") as caught:
        open_console(spec, port, lambda: None)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_none_takes_everything_and_gives_nothing(port: SerialPort) -> None:
    with open_console("none", port, lambda: None) as console:
        port.send(b"lost")
        console.poll()
        assert not console.wait(0)
        assert (console.interactive, console.live, console.on_terminal) == (False, False, False)


def test_a_file_holds_exactly_what_was_sent(port: SerialPort, tmp_path: Path) -> None:
    path = tmp_path / "console.txt"
    path.write_text("from an earlier run")
    with open_console(f"file:{path}", port, lambda: None) as console:
        assert path.read_bytes() == b"", "opened and emptied before the run"
        everything = bytes(range(256)) * 1000
        port.send(everything)
        console.poll()
        assert path.read_bytes() == everything
        port.send(b"\r\nthe end")
    assert path.read_bytes() == everything + b"\r\nthe end"
    port.send(b"after closing")
    console.close()
    assert path.read_bytes().endswith(b"the end")


def test_a_full_disk_is_one_clear_line(port: SerialPort) -> None:
    console = open_console("file:/dev/full", port, lambda: None)
    port.send(b"x")
    with pytest.raises(VmsimError, match="cannot write to /dev/full: No space left on device"):
        console.poll()
    console.close()


def test_a_remote_console_says_where_it_is(port: SerialPort, capsys: pytest.CaptureFixture[str]) -> None:
    with open_console("tcp:0", port, lambda: None) as tcp, open_console("pty", port, lambda: None) as pty:
        assert isinstance(tcp, TcpConsole)
        assert isinstance(pty, PtyConsole)
        captured = capsys.readouterr()
    assert captured.err == f"console: 127.0.0.1:{tcp.number}\nconsole: {pty.name}\n"
    assert captured.out == ""


def test_tcp_carries_both_ways(tcp: TcpConsole, port: SerialPort) -> None:
    assert (tcp.interactive, tcp.live) == (False, True)
    port.send(b"booting\r\n")
    tcp.poll()
    with connect(tcp) as client:
        poll_until(tcp, lambda: tcp.interactive)
        port.send(b"login: ")
        tcp.poll()
        assert client.recv(9, socket.MSG_WAITALL) == b"booting\r\n", "what came before the client is not lost"
        assert client.recv(7, socket.MSG_WAITALL) == b"login: "
        client.sendall(b"\x01x\xff\x00")
        poll_until(tcp, lambda: port.waiting == b"\x01x\xff\x00")


def test_tcp_clients_come_and_go_one_at_a_time(tcp: TcpConsole, port: SerialPort) -> None:
    with connect(tcp) as first:
        poll_until(tcp, lambda: tcp.interactive)
        with connect(tcp) as second:
            poll_until(tcp, lambda: True)
            tcp.wait(1)
            tcp.poll()
            assert b"in use" in second.recv(100)
            assert second.recv(100) == b""
        port.send(b"still here")
        tcp.poll()
        assert first.recv(10, socket.MSG_WAITALL) == b"still here"
    poll_until(tcp, lambda: not tcp.interactive)
    with connect(tcp) as again:
        poll_until(tcp, lambda: tcp.interactive)
        port.send(b"welcome back")
        tcp.poll()
        assert again.recv(12, socket.MSG_WAITALL) == b"welcome back"


def test_tcp_is_reachable_from_this_host_only(tcp: TcpConsole) -> None:
    assert tcp._server.getsockname()[0] == "127.0.0.1"


def test_a_tcp_port_in_use_is_one_clear_line(tcp: TcpConsole, port: SerialPort) -> None:
    with pytest.raises(VmsimError, match=f"port {tcp.number}: it is in use"):
        open_console(f"tcp:{tcp.number}", port, lambda: None)


def test_a_client_that_does_not_read_stops_nobody(tcp: TcpConsole, port: SerialPort) -> None:
    with connect(tcp):
        poll_until(tcp, lambda: tcp.interactive)
        for _ in range(200):
            port.send(b"x" * 100_000)
            tcp.poll()
        assert len(tcp._unwritten) == BACKLOG


def test_a_pty_carries_both_ways_and_echoes_nothing(pty: PtyConsole, port: SerialPort) -> None:
    port.send(b"before anybody came\r\n")
    pty.poll()
    assert (pty.interactive, pty.live) == (False, True)
    assert visit(pty, port, b"first") == b"before anybody came\r\nfirst\n"
    assert visit(pty, port, b"second") == b"second\n"
    assert port.waiting == b"\x03\rfirst\x03\rsecond"


def visit(pty: PtyConsole, port: SerialPort, greeting: bytes) -> bytes:
    """Open the pseudo-terminal, exchange `greeting` both ways, and leave; return what was received."""
    visitor = os.open(pty.name, os.O_RDWR | os.O_NOCTTY)
    poll_until(pty, lambda: pty.interactive)
    port.send(greeting + b"\n")
    pty.poll()
    received = b""
    while not received.endswith(greeting + b"\n"):
        received += os.read(visitor, 1000)
    os.write(visitor, b"\x03\r" + greeting)
    poll_until(pty, lambda: port.waiting.endswith(greeting))
    os.close(visitor)
    poll_until(pty, lambda: not pty.interactive)
    return received


def test_waiting_writes_first_and_ends_with_input(tcp: TcpConsole, port: SerialPort) -> None:
    with connect(tcp) as client:
        poll_until(tcp, lambda: tcp.interactive)
        port.send(b"# ")
        assert not tcp.wait(0.01)
        assert client.recv(2, socket.MSG_WAITALL) == b"# ", "a prompt is seen although the guest goes idle after it"
        client.sendall(b"l")
        started = time.monotonic()
        assert tcp.wait(20)
        assert time.monotonic() - started < 10
        assert port.waiting == b"", "only poll feeds the guest"
