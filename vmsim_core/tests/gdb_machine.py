"""A machine that counts, with registers and memory for a debugger, and the debugger's end of the protocol."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from types import TracebackType

from core_testing import CountingCpu, CountingState
from fake_plugins import CountingArchitecture, Cpu, Parts, simulate
from vmsim_core.architecture import Architecture, ArchState
from vmsim_core.cpu import CpuExit
from vmsim_core.debugger import DebuggerFeature, DebuggerRegister, DebuggerView, ReadMemory
from vmsim_core.errors import VmsimError
from vmsim_core.exits import ExitCause
from vmsim_core.gdb.debugged_run import DebuggedRun
from vmsim_core.gdb.packets import Mark, PacketReader, encode
from vmsim_core.markers import hookimpl
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.simulation import RunLimits, Simulation

UNMAPPED = 0x8000
ALIAS = 0x9000
ALIASED = 0x3000
DEVICE = 0x20000


class CountingView(DebuggerView):
    """PC is the count; memory is as physical, but for a hole and a page that shows another one."""

    gdb_architecture = "counting"

    @property
    def features(self) -> tuple[DebuggerFeature, ...]:
        return (
            DebuggerFeature("org.test.first", (DebuggerRegister("pc"), DebuggerRegister("twice", 64, "ieee_double"))),
            DebuggerFeature("org.test.empty", ()),
            DebuggerFeature("org.test.last", (DebuggerRegister("one", group="system", saved=False),)),
        )

    def read(self, state: ArchState, register: str) -> int:
        assert isinstance(state, CountingState)
        return {"pc": state.count, "twice": 2 * state.count, "one": 1}[register]

    def write(self, state: ArchState, register: str, value: int) -> None:
        assert isinstance(state, CountingState)
        if value >= 1000:
            raise VmsimError(f"{register} is below 1000")
        if register == "pc":
            state.count = value

    def translate(self, state: ArchState, address: int, read: ReadMemory) -> int | None:
        if address >> 12 == UNMAPPED >> 12:
            return None
        return address - ALIAS + ALIASED if address >> 12 == ALIAS >> 12 else address


class DebuggableArchitecture(CountingArchitecture):
    @property
    def debugger_view(self) -> DebuggerView:
        return CountingView()


class DebuggableCpu(Cpu):
    """Has breakpoints, and no watchpoints; `halt_at` is an instruction that it cannot get over."""

    breakpoints: frozenset[int] = frozenset()
    halt_at: int | None = None

    def set_breakpoints(self, addresses: frozenset[int]) -> None:
        self.breakpoints = addresses

    def run(self, deadline: int, instructions: int) -> CpuExit:
        for _ in range(instructions):
            if self.state.count in self.breakpoints:
                return CpuExit.BREAKPOINT
            if self.state.count == self.halt_at:
                self.exit_detail = "it is the end"
                return CpuExit.HALTED
            result = super().run(deadline, 1)
            if result is not CpuExit.DEADLINE or self.time >= min(deadline, self.system.events.next_tick):
                return result
        return CpuExit.DEADLINE


class DebuggableParts(Parts):
    """`Parts` with an architecture and a CPU model for debuggers."""

    @hookimpl
    def vmsim_architectures(self) -> list[type[Architecture]]:
        return [DebuggableArchitecture]

    @hookimpl
    def vmsim_cpu_models(self) -> list[type[CountingCpu]]:
        return [DebuggableCpu]


def debuggable_plugins() -> PluginManager:
    """Return a manager with all of the above."""
    plugins = PluginManager(installed=[])
    plugins.register(DebuggableParts(), "parts", "test-parts")
    return plugins


def cpu_of(simulation: Simulation) -> DebuggableCpu:
    """Return the CPU model that runs."""
    model = simulation.system.cores[0].active
    assert isinstance(model, DebuggableCpu)
    return model


class Session:
    """A debugged run in a thread of its own, and a debugger that is attached to it."""

    def __init__(self, folder: Path, limits: RunLimits | None = None, slice_instructions: int = 1000) -> None:
        self.simulation = simulate(folder, plugins=debuggable_plugins())
        self.simulation.slice_instructions = slice_instructions
        self.cpu = cpu_of(self.simulation)
        self.debugged = DebuggedRun(self.simulation, 0, limits or RunLimits(host_seconds=30))
        self.cause: ExitCause | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def attach(self) -> Debugger:
        """Attach a debugger."""
        return Debugger(self.debugged.port.number)

    def ended(self) -> ExitCause:
        """Wait for the end of the run; return why it ended."""
        self._thread.join(20)
        assert not self._thread.is_alive(), "the run goes on"
        assert self.cause is not None
        return self.cause

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._thread.is_alive():
            with self.attach() as debugger:
                debugger.send_raw(encode(b"k"))
                debugger.socket.shutdown(socket.SHUT_WR)
                self._thread.join(20)

    def _run(self) -> None:
        with self.debugged:
            self.cause = self.debugged.run()


class Debugger:
    """Speaks the protocol."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._reader = PacketReader()
        self._items: list[bytes | Mark] = []

    def send_raw(self, data: bytes) -> None:
        """Send anything."""
        self.socket.sendall(data)

    def next_item(self) -> bytes | Mark | None:
        """Return the next packet or mark; None at the end of the connection."""
        while not self._items:
            try:
                data = self.socket.recv(4096)
            except ConnectionError:
                data = b""
            if not data:
                return None
            self._items += self._reader.feed(data)
        return self._items.pop(0)

    def packet(self) -> bytes | None:
        """Return the next packet, past acknowledgements."""
        while isinstance(item := self.next_item(), Mark):
            pass
        return item

    def ask(self, contents: bytes) -> bytes | None:
        """Send a packet; return the reply."""
        self.send_raw(encode(contents))
        return self.packet()

    def close(self) -> None:
        """Leave without a word."""
        self.socket.close()

    def __enter__(self) -> Debugger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
