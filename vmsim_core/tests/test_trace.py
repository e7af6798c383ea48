"""Traces: what a line says, from when to when there are lines, and where they go."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import pytest
from cli_driver import Vmsim
from core_testing import PERIOD, CountingCpu
from elf_file import ElfSymbol, elf_file
from fake_plugins import CountingArchitecture, Cpu, Uart, fake_plugins, plugin, simulate
from vmsim_core.address_map import AddressMap, BusError, DeviceRegion
from vmsim_core.architecture import Architecture, Disassembly
from vmsim_core.cli.options import TRACE_KINDS
from vmsim_core.cpu import CpuExit
from vmsim_core.debug import (
    DeviceAccess,
    ExceptionObserver,
    ExecutedInstruction,
    MemoryAccess,
    Observer,
    TakenException,
)
from vmsim_core.device import DeviceParams
from vmsim_core.errors import SwitchError, VmsimError
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.trace import Symbol, Symbols, Trace
from vmsim_core.trace.formatter import Formatter
from vmsim_core.trace.sources import SOURCES

SYMBOLS = Symbols([Symbol(0x8000, 0x8100, "main"), Symbol(0x10, 0x20, "handler")])
SHOWN = ExecutedInstruction(5000, 0x8004, b"\x01\x00\xa0\xe3", "ARM", True, "", (), ())


class ShownArchitecture(CountingArchitecture):
    """Disassembles everything to the same."""

    def disassemble_executed(self, instruction: ExecutedInstruction) -> Disassembly:
        return Disassembly(instruction.code[::-1].hex(), f"mov {instruction.context}")


def line_of(instruction: ExecutedInstruction, architecture: Architecture | None = None) -> str:
    return Formatter(architecture or ShownArchitecture(), SYMBOLS).instruction("cpu0", instruction)


# --- lines ------------------------------------------------------------------------------------------------------------


def test_a_line_has_time_core_kind_place_and_instruction() -> None:
    assert line_of(SHOWN).split() == ["5000", "cpu0", "insts", "0x00008004", "main+0x4", "e3a00001", "mov", "0"]


def test_a_line_shows_registers_and_memory() -> None:
    changed = ExecutedInstruction(
        5000, 0x9000, b"\x01\x00\xa0\xe3", "ARM", True, "", (("r0", 1), ("d3", 1 << 63)),
        (MemoryAccess(True, 0x4000, 4, 0xFFFFFFFF), MemoryAccess(False, 0x4004, 1, 0)), 7,
    )  # fmt: skip
    assert line_of(changed).split()[3:] == [
        "0x00009000", "e3a00001", "mov", "7", "r0=0x1", "d3=0x8000000000000000", "W4[0x4000]=0xffffffff",
        "R1[0x4004]=0x0",
    ]  # fmt: skip


def test_a_line_says_that_a_condition_failed_and_that_an_exception_was_raised() -> None:
    failed = ExecutedInstruction(5000, 0x8004, b"\x01\x00\xa0\xe3", "ARM", False, "", (), ())
    raised = ExecutedInstruction(5000, 0x8004, b"\x01\x00\xa0\xe3", "ARM", True, "data abort", (("lr", 2),), ())
    assert line_of(failed).endswith("mov 0                            (condition failed)")
    assert line_of(raised).endswith(" lr=0x2 (data abort)")


def test_what_cannot_be_fetched_has_no_disassembly() -> None:
    unfetched = ExecutedInstruction(5000, 0x8004, b"", "ARM", True, "prefetch abort", (), ())
    assert line_of(unfetched).endswith("(cannot be fetched)              (prefetch abort)")


def test_an_architecture_without_a_disassembler_shows_bytes() -> None:
    assert line_of(SHOWN, CountingArchitecture()).split()[5:] == ["01", "00", "a0", "e3"]


def test_equal_code_in_another_instruction_set_is_disassembled_again() -> None:
    class Naming(CountingArchitecture):
        def disassemble_executed(self, instruction: ExecutedInstruction) -> Disassembly:
            return Disassembly("", instruction.instruction_set)

    formatter = Formatter(Naming(), SYMBOLS)
    for name in ("ARM", "Thumb", "ARM"):
        assert formatter.instruction("cpu0", ExecutedInstruction(0, 0, b"12", name, True, "", (), ())).endswith(name)


def test_an_exception_line_says_from_where_to_where_and_why() -> None:
    formatter = Formatter(CountingArchitecture(), SYMBOLS)
    taken = TakenException(7000, "data abort", 0x8008, "usr", 0x10, "abt", False, (("dfsr", 5), ("dfar", 0x1234)))
    assert " ".join(formatter.exception("cpu1", taken).split()) == (
        "7000 cpu1 exceptions 0x00008008 main+0x8 data abort, usr to abt, "
        "handler 0x00000010 handler dfsr=0x5 dfar=0x1234"
    )
    taken = TakenException(7000, "interrupt", 0x8008, "usr", 0x18, "irq", True)
    assert formatter.exception("cpu1", taken, 36).endswith("handler 0x00000018 handler+0x8 interrupt=36")


def uart_at(base: int) -> tuple[AddressMap, Uart, list[DeviceAccess]]:
    """A UART alone in an address map whose accesses are observed."""
    from core_testing import make_system

    address_map, seen = AddressMap(), list[DeviceAccess]()
    uart = Uart(make_system(), "uart0", DeviceParams(at=base))
    address_map.add(DeviceRegion("uart0", base, uart.window_size, uart))
    address_map.observe_devices(seen.append)
    return address_map, uart, seen


def test_a_device_access_is_observed_and_named() -> None:
    address_map, uart, seen = uart_at(0x20000)
    address_map.write(0x20000, 4, 0x41)
    address_map.write(0x20001, 1, 0x42)
    address_map.read(0x20008, 2)
    formatter = Formatter(CountingArchitecture(), SYMBOLS)
    lines = [" ".join(formatter.device_access(9, "cpu0", 0x8000, access).split()) for access in seen]
    assert lines == [
        "9 cpu0 mmio 0x00008000 main write 4 uart0.data [0x00020000] 0x00000041",
        "9 cpu0 mmio 0x00008000 main write 1 uart0.data+1 [0x00020001] 0x42",
        "9 cpu0 mmio 0x00008000 main read 2 uart0+0x8 [0x00020008] 0x0000",
    ]
    assert (uart.reads.value, uart.writes.value) == (1, 2)
    assert formatter.device_access(9, None, None, seen[0]).split()[1:5] == ["-", "mmio", "-", "write"]


def test_an_access_that_nobody_answers_is_observed() -> None:
    address_map, _, seen = uart_at(0x20000)
    with pytest.raises(BusError):
        address_map.read(0x30000, 4)
    with pytest.raises(BusError):
        address_map.write(0x30000, 4, 1)
    assert seen == [
        DeviceAccess(False, 0x30000, 4, 0, None, 0x30000, True),
        DeviceAccess(True, 0x30000, 4, 1, None, 0x30000, True),
    ]
    line = Formatter(CountingArchitecture(), SYMBOLS).device_access(9, "cpu0", 0x8000, seen[1])
    assert line.endswith("write 4 unmapped [0x00030000] 0x00000001 (bus error)")


def test_devices_are_reached_directly_when_nobody_observes() -> None:
    address_map, uart, seen = uart_at(0x20000)
    address_map.observe_devices(None)
    address_map.write(0x20000, 4, 0x41)
    region = address_map.find(0x20000)
    assert isinstance(region, DeviceRegion)
    assert (region.port, seen) == (uart, [])


# --- from when to when ------------------------------------------------------------------------------------------------


class ShownCpu(Cpu):
    """Shows its instructions, whose address is their number, and takes an exception at every tenth."""

    type_name = "shown-cpu"
    _observer: Observer | None = None
    _exceptions: ExceptionObserver | None = None

    def run(self, deadline: int, instructions: int) -> CpuExit:
        if self._observer is None and self._exceptions is None:
            return CountingCpu.run(self, deadline, instructions)
        for _ in range(instructions):
            number, before = self.state.count, self.time
            result = CountingCpu.run(self, deadline, 1)
            if self.time == before:
                return result
            if self._exceptions is not None and number % 10 == 0:
                self._exceptions(TakenException(before, "call", number, "low", 0x10, "high", False))
            if self._observer is not None:
                self._observer(ExecutedInstruction(before, number, b"\x00", "", True, "", (), ()))
        return CpuExit.DEADLINE

    def observe(self, observer: Observer | None) -> None:
        self._observer = observer

    def observe_exceptions(self, observer: ExceptionObserver | None) -> None:
        self._exceptions = observer


def machine(folder: Path, start: str = "shown-cpu") -> Simulation:
    text = f"platform: test-board\nmemory: 64KiB\ncpus: [{{start: {start}}}]\ndevices: {{}}\n"
    return simulate(folder, text, fake_plugins(shown=plugin(vmsim_cpu_models=lambda: [ShownCpu])))


def numbers(lines: list[str], kind: str = "insts") -> list[int]:
    """Return the addresses in the lines of one kind."""
    return [int(line.split()[3], 16) for line in lines if line.split()[2] == kind]


def test_a_trace_shows_what_begins_between_two_ticks(tmp_path: Path) -> None:
    simulation, lines = machine(tmp_path), list[str]()
    with Trace(simulation, ["insts"], lines.append, start=10 * PERIOD, stop="15ns"):
        simulation.run(RunLimits(instructions=100))
    assert numbers(lines) == [10, 11, 12, 13, 14]
    assert [int(line.split()[0]) for line in lines] == [PERIOD * number for number in range(10, 15)]


def test_a_time_between_two_instructions_counts_from_the_next(tmp_path: Path) -> None:
    simulation, lines = machine(tmp_path), list[str]()
    with Trace(simulation, ["insts"], lines.append, start=10 * PERIOD - 1, stop=12 * PERIOD + 1):
        simulation.run(RunLimits(instructions=100))
    assert numbers(lines) == [10, 11, 12]


def test_a_trace_without_times_shows_everything_until_it_is_closed(tmp_path: Path) -> None:
    simulation, lines = machine(tmp_path), list[str]()
    with Trace(simulation, ["insts"], lines.append):
        simulation.run(RunLimits(instructions=3))
        simulation.run(RunLimits(instructions=2))
    simulation.run(RunLimits(instructions=5))
    assert numbers(lines) == [0, 1, 2, 3, 4]


def test_kinds_go_together_in_the_order_in_which_they_happen(tmp_path: Path) -> None:
    simulation, lines = machine(tmp_path), list[str]()
    with Trace(simulation, ("insts", "exceptions"), lines.append, start=9 * PERIOD, stop=12 * PERIOD):
        simulation.run(RunLimits(instructions=100))
    assert [line.split()[2] for line in lines] == ["insts", "exceptions", "insts", "insts"]
    assert numbers(lines, "exceptions") == [10]


def test_one_kind_alone_brings_no_other(tmp_path: Path) -> None:
    simulation, lines = machine(tmp_path), list[str]()
    with Trace(simulation, "exceptions", lines.append):
        simulation.run(RunLimits(instructions=25))
    assert [line.split()[2] for line in lines] == ["exceptions"] * 3


def test_a_closed_trace_does_not_begin_any_more(tmp_path: Path) -> None:
    simulation, lines = machine(tmp_path), list[str]()
    Trace(simulation, ["insts"], lines.append, start=5 * PERIOD).close()
    simulation.run(RunLimits(instructions=10))
    assert lines == []


def test_a_model_that_cannot_show_instructions_says_so_when_the_trace_begins(tmp_path: Path) -> None:
    simulation = machine(tmp_path, "test-cpu")
    trace = Trace(simulation, ["mmio", "insts"], io.StringIO(), start=5 * PERIOD)
    with pytest.raises(VmsimError, match=r"cpu0\.test-cpu: the CPU model test-cpu cannot show its instructions"):
        trace.check()
    with pytest.raises(VmsimError, match="cannot show its instructions"):
        simulation.run(RunLimits(instructions=10))
    assert simulation.instructions == 5
    trace.close()


def test_a_trace_goes_on_under_another_model_that_can_show_it(tmp_path: Path) -> None:
    simulation, lines = machine(tmp_path, "test-cpu"), list[str]()
    simulation.at(5 * PERIOD, lambda: simulation.switch("shown-cpu"))
    with Trace(simulation, ["insts"], lines.append, start=5 * PERIOD):
        simulation.run(RunLimits(instructions=8))
        with pytest.raises(SwitchError, match="cannot show its instructions"):
            simulation.switch("test-cpu")
        simulation.run(RunLimits(instructions=1))
    assert numbers(lines) == [5, 6, 7, 8]
    simulation.switch("test-cpu")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"kinds": ["walks"]}, "'walks' cannot be traced; there are insts, exceptions, mmio"),
        ({"kinds": ["insts"], "start": "soon"}, "'soon' is not a time"),
        ({"kinds": ["insts"], "start": "5ns", "stop": "5ns"}, "from 5.000 ns to 5.000 ns is empty"),
        ({"kinds": ["insts"], "stop": 3 * PERIOD}, "to 3.000 ns is empty: the run goes on at 4.000 ns"),
        ({"kinds": ["insts"], "output": "no/such/folder"}, "no/such/folder cannot be written: No such file"),
        ({"kinds": ["insts"], "symbols": "s.yaml"}, r"s\.yaml: .*the symbols cannot be read"),
    ],
)
def test_what_makes_no_trace_is_refused(tmp_path: Path, arguments: dict[str, object], reason: str) -> None:
    simulation = machine(tmp_path)
    simulation.run(RunLimits(instructions=4))
    with pytest.raises(VmsimError, match=reason):
        Trace(simulation, **arguments)  # type: ignore[arg-type]


# --- where lines go ---------------------------------------------------------------------------------------------------


def test_a_file_appears_when_the_trace_is_closed(tmp_path: Path) -> None:
    simulation, file = machine(tmp_path), tmp_path / "trace.txt"
    file.write_text("an older trace\n")
    trace = Trace(simulation, ["insts"], file)
    simulation.run(RunLimits(instructions=5000))
    trace.flush()
    assert file.read_text() == "an older trace\n"
    trace.close()
    assert numbers(file.read_text().splitlines()) == list(range(5000))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["system.yaml", "trace.txt"]


def test_a_compressed_file_has_the_same_lines_and_no_time_of_day(tmp_path: Path) -> None:
    written = []
    for name in ("one.gz", "two.gz", "plain"):
        simulation = machine(tmp_path)
        with Trace(simulation, ["insts"], tmp_path / name):
            simulation.run(RunLimits(instructions=3000))
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    assert gzip.decompress(written[0]) == written[2]


def test_a_file_is_kept_when_the_run_fails(tmp_path: Path) -> None:
    simulation, file = machine(tmp_path), tmp_path / "trace.txt"
    simulation.at(3 * PERIOD, lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError), Trace(simulation, ["insts"], file):
        simulation.run()
    assert numbers(file.read_text().splitlines()) == [0, 1, 2]


def test_a_full_disk_is_an_error_in_a_line(tmp_path: Path) -> None:
    simulation = machine(tmp_path)
    with pytest.raises(VmsimError, match="No space left on device"), Trace(simulation, ["insts"], Path("/dev/full")):
        simulation.run(RunLimits(instructions=3000))


def test_a_device_or_a_pipe_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read_end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    simulation = machine(tmp_path)
    with Trace(simulation, ["insts"], pipe):
        simulation.run(RunLimits(instructions=3))
    assert numbers(os.read(read_end, 4096).decode().splitlines()) == [0, 1, 2]
    assert pipe.is_fifo()
    os.close(read_end)


def test_a_stream_gets_what_was_traced_when_it_is_flushed(tmp_path: Path) -> None:
    simulation, stream = machine(tmp_path), io.StringIO()
    with Trace(simulation, ["insts"], stream) as trace:
        simulation.run(RunLimits(instructions=3))
        assert stream.getvalue() == ""
        trace.flush()
        assert numbers(stream.getvalue().splitlines()) == [0, 1, 2]


def test_symbols_come_from_the_workload_when_it_is_an_elf_file(tmp_path: Path) -> None:
    kernel = tmp_path / "kernel"
    kernel.write_bytes(elf_file([ElfSymbol("begin", 0), ElfSymbol("later", 3)], code_at=0))
    text = f"platform: test-board\nmemory: 64KiB\ncpus: [{{start: shown-cpu}}]\nworkload: {{kernel: {kernel}}}\n"
    plugins = fake_plugins(shown=plugin(vmsim_cpu_models=lambda: [ShownCpu]))
    for content, symbols, expected in [
        (None, None, ["begin", "begin+0x1", "later"]),
        (None, Symbols([Symbol(0, 9, "given")]), ["given", "given+0x1", "given+0x2"]),
        (b"no ELF file", None, ["00", "00", "00"]),
        (elf_file([]), None, ["00", "00", "00"]),
    ]:
        if content is not None:
            kernel.write_bytes(content)
        simulation, lines = simulate(tmp_path, text, plugins), list[str]()
        with Trace(simulation, ["insts"], lines.append, symbols=symbols):
            simulation.run(RunLimits(instructions=3))
        assert [line.split()[4] for line in lines] == expected


# --- the command line -------------------------------------------------------------------------------------------------


def test_the_command_line_knows_every_kind() -> None:
    assert tuple(SOURCES) == TRACE_KINDS


def test_device_accesses_on_stderr(vmsim: Vmsim) -> None:
    outcome = vmsim("run", "s.yaml", "--append", "hello", "--max-insts", "9", "--trace", "mmio", "--trace-from", "1ns",
                    "--trace-to", "3ns")  # fmt: skip
    assert outcome.code == 0
    assert [line.split()[-1] for line in outcome.err.splitlines()[:-1]] == ["0x00000065", "0x0000006c"]
    assert outcome.out == "hello"


def test_a_trace_in_a_file(vmsim: Vmsim) -> None:
    outcome = vmsim("run", "s.yaml", "--append", "hello", "--max-insts", "9", "--trace", "mmio:out.txt")
    assert (outcome.code, outcome.err.count("\n")) == (0, 1)
    assert [chr(int(line.split()[-1], 16)) for line in Path("out.txt").read_text().splitlines()] == list("hello")


def test_a_model_that_cannot_show_instructions_later_is_warned_of(
    vmsim: Vmsim, caplog: pytest.LogCaptureFixture
) -> None:
    arguments = ["run", "s.yaml", "--trace", "insts:f", "--trace-from", "5ns"]
    assert vmsim(*arguments, "--max-insts", "4").code == 0
    assert "cannot show its instructions; atomic can: another CPU model must have taken over" in caplog.text
    outcome = vmsim(*arguments, "--max-insts", "9")
    assert outcome.code == 1
    assert outcome.err.splitlines()[-1].endswith("the CPU model test-cpu cannot show its instructions; atomic can")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--trace", "walks"], 2, "'walks' is not KIND or KIND:FILE; the kinds are insts, exceptions, mmio"),
        (["--trace", "mmio:"], 2, "'mmio:' is not KIND or KIND:FILE"),
        (["--trace", "mmio", "--trace", "mmio:f"], 2, "--trace mmio is given twice"),
        (["--trace-from", "1ms"], 2, "--trace-from, --trace-to and --trace-symbols need --trace"),
        (["--trace", "mmio", "--trace-from", "2ms", "--trace-to", "2ms"], 2, "--trace-to needs a time after"),
        (["--trace", "mmio", "--trace-symbols", "none"], 1, "--trace-symbols none: the symbols cannot be read"),
        (["--trace", "mmio:no/such"], 1, "the trace no/such cannot be written: No such file or directory"),
        (["--trace", "insts:f", "--trace-to", "1s"], 1, "the CPU model test-cpu cannot show its instructions"),
        (["--trace", "exceptions"], 1, "the CPU model test-cpu cannot show its exceptions"),
    ],
)
def test_a_mistake_is_one_line_before_anything_runs(
    vmsim: Vmsim, arguments: list[str], code: int, message: str
) -> None:
    outcome = vmsim("run", "s.yaml", "--max-insts", "9", "--append", "hello", *arguments)
    assert outcome.code == code
    assert message in outcome.err
    assert (outcome.err.count("\n"), outcome.out) == (1, "")
    assert not Path("f").exists()
