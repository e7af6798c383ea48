"""Recording what is typed, and feeding it again at the very same ticks."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from core_testing import PERIOD, CountingCpu, add_counting_core, make_system
from vmsim_core.console.attach import attach_console
from vmsim_core.console.backends import open_console
from vmsim_core.console.console import Console, NoConsole
from vmsim_core.console.recording import HEADER, Recorder, Replay, read_recording
from vmsim_core.console.remote import TcpConsole
from vmsim_core.errors import VmsimError
from vmsim_core.events import Event, EventQueue
from vmsim_core.exits import ExitCause, UserQuit
from vmsim_core.serial_port import SerialPort
from vmsim_core.simulation import RunLimits, Simulation

PORTS = {"uart0": SerialPort("uart0"), "uart1": SerialPort("uart1")}


class Typist(NoConsole):
    """A live console at which somebody types at moments that no simulated time decides."""

    def __init__(self, port: SerialPort, recorder: Recorder, seed: int, on_quit: Any) -> None:
        super().__init__(port, port.feed)
        self._chance = random.Random(seed)
        self._port = port
        self._recorder = recorder
        self._keys = list(b"poweroff")
        self._on_quit = on_quit

    @property
    def interactive(self) -> bool:
        return True

    @property
    def live(self) -> bool:
        return True

    def wait(self, seconds: float) -> bool:
        return self._chance.random() < 0.5

    def _receive(self) -> None:
        if self._chance.random() < 0.3:
            return
        if self._keys:
            data = bytes([self._keys.pop(0)])
            self._recorder.fed(self._port.name, data)
            self._port.feed(data)
        else:
            self._recorder.quit()
            self._on_quit()


class Machine:
    """A simulation whose guest, when a key arrives, runs for as many instructions as the key says, then waits."""

    def __init__(self) -> None:
        self.system = make_system()
        self.cpu: CountingCpu = add_counting_core(self.system)
        self.cpu.wait_at = 100
        self.port = self.system.serial_port("uart0")
        self.trace: list[tuple[int, int, int]] = []
        self.port.attach_uart(self._key)
        self.tick = Event("device", "tick", self._tick)
        self.system.events.schedule(self.tick, 70 * PERIOD + 1)
        self.simulation = Simulation(
            self.system,
            SimpleNamespace(hook=SimpleNamespace(vmsim_run_started=_ignore, vmsim_run_ended=_ignore)),  # type: ignore[arg-type]
        )

    def _key(self) -> None:
        while (key := self.port.take()) is not None:
            self.trace.append((self.system.events.now, self.cpu.retired, key))
            assert self.cpu.wait_at is not None
            self.cpu.wait_at = max(self.cpu.wait_at, self.cpu.state.count + key)

    def _tick(self) -> None:
        self.trace.append((self.system.events.now, self.cpu.retired, -1))
        self.system.events.schedule(self.tick, self.system.events.now + 70 * PERIOD + 1)

    def quit(self) -> None:
        self.system.request_exit(UserQuit())

    def run(self) -> tuple[ExitCause, int, int]:
        cause = self.simulation.run(RunLimits(host_seconds=60))
        return cause, self.cpu.time, self.cpu.retired


def _ignore(**arguments: Any) -> None:
    pass


@pytest.mark.parametrize("seed", range(5))
def test_a_replay_is_exact(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "session.txt"
    live = Machine()
    recorder = Recorder(path, live.system.events)
    attach_console(live.simulation, Typist(live.port, recorder, seed, live.quit))
    lived = live.run()
    recorder.close()
    assert bytes(key for *_, key in live.trace if key >= 0) == b"poweroff"

    again = Machine()
    replay = Replay(path, again.system.serial_ports, again.system.events, again.quit)
    assert again.run() == lived
    assert again.trace == live.trace
    assert replay.finished


def test_what_live_consoles_feed_is_recorded_before_it_is_fed(tmp_path: Path) -> None:
    path = tmp_path / "session.txt"
    port, events = SerialPort("uart0"), EventQueue()
    events.now = 1234
    recorder = Recorder(path, events)
    at_arrival: list[str] = []
    port.attach_uart(lambda: at_arrival.append(path.read_text()))
    with open_console("tcp:0", port, lambda: None, recorder) as console:
        assert isinstance(console, TcpConsole)
        type_at(console, b"ls\r")
    assert at_arrival == [f"{HEADER}\n1234 uart0 6c730d\n"]


def type_at(console: TcpConsole, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", console.number), timeout=10) as client:
        client.sendall(data)
        console.poll()
        assert console.wait(10)
        console.poll()


def test_replayed_input_comes_last_at_its_tick_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "session.txt"
    path.write_text(f"{HEADER}\n5 uart0 61\n5 uart1 62\n5 uart0 63\n9 quit\n")
    events = EventQueue()
    order: list[str] = []
    ports = {name: SerialPort(name) for name in ("uart0", "uart1")}
    ports["uart0"].attach_uart(lambda: order.append("uart0"))
    ports["uart1"].attach_uart(lambda: order.append("uart1"))
    Replay(path, ports, events, lambda: order.append(f"quit at {events.now}"))
    events.schedule(Event("z.late", "event", lambda: order.append("device"), 999), 5)
    events.run_until(10)
    assert order == ["device", "uart0", "uart1", "uart0", "quit at 9"]
    assert ports["uart0"].waiting == b"ac"


def test_what_a_checkpoint_has_is_not_typed_again(tmp_path: Path) -> None:
    path = tmp_path / "session.txt"
    path.write_text(f"{HEADER}\n5 uart0 61\n7 uart0 62\n")
    events = EventQueue()
    events.now = 7
    port = SerialPort("uart0")
    Replay(path, {"uart0": port}, events, lambda: None)
    events.run_until(100)
    assert port.waiting == b"b"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "r.txt:1:1: this is no input recording"),
        ("something else\n", "r.txt:1:1: this is no input recording"),
        (HEADER[:-1] + "2\n", "r.txt:1:1: this is no input recording of this version"),
        (HEADER + "\n5 uart0\n", "r.txt:2:1: this is neither"),
        (HEADER + "\n5 uart0 6\n", "r.txt:2:1: this is neither"),
        (HEADER + "\n5 uart0 xy\n", "r.txt:2:1: this is neither"),
        (HEADER + "\n-5 uart0 61\n", "r.txt:2:1: this is neither"),
        (HEADER + "\n" + "5" * 9999 + " quit\n", "r.txt:2:1: this is neither"),
        (HEADER + "\n5 uart0 61\n\n", "r.txt:3:1: this is neither"),
        (HEADER + "\n5 uart0 \0\n", "r.txt:2:1: this is neither"),
        (HEADER + "\n5 uart0 é\n", "r.txt:2:1: this is neither"),
        (HEADER + "\n5 uart7 61\n", "r.txt:2:3: the machine has no serial port 'uart7' (it has uart0, uart1)"),
        (HEADER + "\n5 uart0 61\n4 uart0 61\n", "r.txt:3:1: tick 4 is earlier than 5"),
        (HEADER + "\n5 uart0 61\n6 uart0 6", "r.txt:3:1: the last line is cut off"),
    ],
)
def test_a_damaged_recording_is_shown_with_its_place(
    content: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.txt").write_text(content)
    with pytest.raises(VmsimError) as caught:
        read_recording(Path("r.txt"), PORTS)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_used_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(VmsimError, match=r"cannot read .*missing: No such file"):
        read_recording(tmp_path / "missing", PORTS)
    with pytest.raises(VmsimError, match=r"cannot write to .*: Is a directory"):
        Recorder(tmp_path, EventQueue())
    with pytest.raises(VmsimError, match="cannot write to /dev/full: No space left"):
        Recorder(Path("/dev/full"), EventQueue())


def test_attaching_tells_the_run_loop_whether_somebody_may_type() -> None:
    machine = Machine()

    class Leaving(NoConsole):
        """Somebody who closes the connection."""

        here = True

        @property
        def live(self) -> bool:
            return self.here

        def _receive(self) -> None:
            self.here = False

    console: Console = Leaving(machine.port, machine.port.feed)
    attach_console(machine.simulation, console)
    assert machine.simulation.live_input
    for callback in machine.simulation.between_slices:
        callback()
    assert not machine.simulation.live_input
