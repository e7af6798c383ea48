"""Debugging a guest: with a real GDB, on every CPU model; and that it changes nothing."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pexpect
import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from gdb_program import GDB, GDB_IS_THERE, DebuggedMachine, debug, session_of, without_places
from pages import DOCS, blocks_of
from vmsim_core.cpu import CpuExit
from vmsim_core.debug import Watchpoint
from vmsim_core.errors import VmsimError
from vmsim_core.exits import BreakpointReached, TextSeen, WatchpointHit
from vmsim_core.gdb.target import Target
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_guests import guest_path
from vmsim_program import read_statistics, vmsim
from whole_system import PROJECT, SYSTEM, USER_SPACE, linux, make_simulation

LINUX = PROJECT / "systems" / "realview-linux.yaml"
CPUS = ["kvm", "atomic"]
needs_gdb = pytest.mark.skipif(not GDB_IS_THERE, reason="gdb-multiarch is not installed")
every_cpu = pytest.mark.parametrize("cpu", CPUS)


def program(folder: Path, name: str, cpu: str, *options: str) -> DebuggedMachine:
    return DebuggedMachine(folder, SYSTEM, "--kernel", f"guest:{name}", "--cpu", cpu, *options)


def attach(machine: DebuggedMachine) -> str:
    return f"target remote 127.0.0.1:{machine.port}"


# --- a bare-metal program ---------------------------------------------------------------------------------------------


@needs_gdb
@every_cpu
def test_a_session_with_a_program(tmp_path: Path, cpu: str) -> None:
    with program(tmp_path, "hello", cpu) as machine:
        said = debug(
            guest_path("hello"), attach(machine), "break main", "continue", "print/x $sctlr", "x/2i $pc", "stepi",
            "print $pc", "set $r5 = 0x12345678", "print $r5 == 0x12345678", "set $d20 = 0.5", "print $d20",
            "set var *(unsigned *)0x100ffe = 123456", "x/dw 0x100ffe", "print $cpsr & 0x1f", "print $sp_svc == $sp",
            "hbreak finish", "delete 1", "continue", "info registers fpscr ttbr0", "detach",
        )  # fmt: skip
        assert not [answer for answer in said if "warning" in answer.lower()]
        assert [without_places(answer) for answer in said] == [
            "0x... in _start ()", "Breakpoint 1 at 0x...", "Breakpoint 1, 0x... in main ()", "$1 = 0x...",
            "=> 0x... <main>:\tmovw\tr0, #...\t@ 0x...\n   0x... <main+4>:\tpush\t{r4, lr}", "0x... in main ()",
            "$2 = (void (*)()) 0x... <main+4>", "", "$3 = 1", "", "$4 = 0.5", "", "0x...:\t123456", "$5 = 19", "$6 = 1",
            "Hardware assisted breakpoint 2 at 0x...", "", "Breakpoint 2, 0x... in finish ()",
            "fpscr          0x0                 0\nttbr0          0x0                 0",
            "[Inferior 1 (Remote target) detached]",
        ]  # fmt: skip
        assert said[3] == "$1 = 0xc50078"
        assert machine.ends_with() == 0
        assert "hello" in machine.console.read_text()


@needs_gdb
@every_cpu
def test_the_same_steps_on_every_model(tmp_path: Path, cpu: str) -> None:
    with program(tmp_path, "vfp-neon", cpu) as machine:
        said = debug(
            guest_path("vfp-neon"), attach(machine), "break vfp_double_chain", "continue", *["stepi"] * 12,
            "print $d0", "print/x $r4", "delete", "set $pc = (char *)vfp_double_chain + 4", "stepi", "print $d0",
            "kill",
        )  # fmt: skip
        places = [int(answer.split()[0], 16) for answer in said[3:15]]
        assert [place - places[0] for place in places] == list(range(0, 48, 4))
        assert said[15:19] == ["$1 = 0.9797958971132712", "$2 = 0xecdb684a", "", ""]
        assert said[20:] == ["$3 = 1", "[Inferior 1 (Remote target) killed]"]
        assert machine.ends_with() == 0


@needs_gdb
def test_watchpoints_show_the_very_instruction(tmp_path: Path) -> None:
    with program(tmp_path, "hello", "atomic") as machine:
        said = debug(
            guest_path("hello"), attach(machine), "break main", "continue", "stepi",
            "watch -location ((int *)$sp)[-1]", "continue", "x/i $pc - 4", "delete", "break simctl_write", "continue",
            "rwatch -location *((char *)$r0 + 3)", "delete 3", "continue", "print *((char *)$r0 + 3)", "delete", "kill",
        )  # fmt: skip
    assert re.search(r"^Old value = .*\nNew value = .*\n0x.* in main \(\)$", said[5], re.MULTILINE)
    assert re.search(r"<main\+4>:\tpush\t\{r4, lr\}", said[6])
    assert re.search(r"^Hardware read watchpoint 4: .*\nValue = 108 'l'\n0x.* in simctl_write \(\)$", said[12])


@needs_gdb
def test_a_model_without_watchpoints_says_so_and_another_one_helps(tmp_path: Path) -> None:
    with program(tmp_path, "hello", "kvm") as machine:
        said = debug(
            guest_path("hello"), attach(machine), "break main", "continue",
            "watch -location ((int *)$sp)[-1]", "continue", "monitor switch atomic", "continue", "delete",
            "monitor sw kvm", "break finish", "continue", "kill",
        )  # fmt: skip
        assert "Could not insert hardware watchpoint 2." in said[4]
        refusal = "cpu0.kvm: the CPU model kvm cannot watch memory; atomic can"
        assert re.sub(r"at .*", "", said[5]) == f"vmsim: {refusal}\ncpu0: kvm to atomic "
        assert re.search(r"^New value = .*\n0x.* in main \(\)$", said[6], re.MULTILINE)
        assert re.search(r"^Breakpoint 3, 0x.* in finish \(\)$", said[10])
        assert refusal in machine.errors


@needs_gdb
@every_cpu
def test_control_c_stops_a_program_that_never_ends(tmp_path: Path, cpu: str) -> None:
    with program(tmp_path, "compute", cpu, "--arg", "4000000000") as machine:
        gdb = pexpect.spawn(GDB, ["-nx", "-q", str(guest_path("compute"))], timeout=60, encoding="utf-8")
        for command in ("set confirm off", attach(machine)):
            gdb.expect_exact("(gdb) ")
            gdb.sendline(command)
        for _ in range(3):
            gdb.expect_exact("(gdb) ")
            gdb.sendline("continue")
            gdb.expect_exact("Continuing.")
            time.sleep(0.3)
            gdb.sendintr()
            gdb.expect_exact("Program received signal SIGINT, Interrupt.")
        gdb.expect_exact("(gdb) ")
        gdb.sendline("kill")
        gdb.expect_exact("killed")
        assert machine.ends_with() == 0
        gdb.close(force=True)


@needs_gdb
@every_cpu
@pytest.mark.parametrize(
    ("guest", "options", "told", "code"),
    [
        ("exit-code", ("--arg", "5"), "exited with code 05", 1),
        ("power-off", (), "exited normally", 0),
        ("reset", (), "exited normally", 0),
        ("halt", (), "Program received signal SIGTRAP", 0),
        ("hello", ("--max-insts", "100"), "exited normally", 0),
        ("hello", ("--until-text", "never"), "exited normally", 1),
    ],
)
def test_the_end_of_the_guest(
    tmp_path: Path, cpu: str, guest: str, options: tuple[str, ...], told: str, code: int
) -> None:
    with program(tmp_path, guest, cpu, *options) as machine:
        said = debug(guest_path(guest), attach(machine), "continue")
        assert told in said[1]
        assert machine.ends_with() == code


@needs_gdb
def test_a_machine_without_a_program_file(tmp_path: Path) -> None:
    with program(tmp_path, "hello", "kvm") as machine:
        said = debug(None, attach(machine), "x/2i $pc", "show architecture", "monitor checkpoint saved", "kill")
        assert "_start" not in said[1]
        assert said[2] == 'The target architecture is set to "auto" (currently "arm").'
        place = tmp_path / said[3].removeprefix("checkpoint ")
        assert machine.ends_with() == 0
    done = vmsim("run", SYSTEM, "--restore", place, "--console", "none")
    assert "guest-exit with code 0" in done.err


# --- Linux ------------------------------------------------------------------------------------------------------------


@needs_gdb
@pytest.mark.guest
@every_cpu
def test_a_kernel_that_boots_is_stopped_and_goes_on_as_if_it_had_not_been(tmp_path: Path, cpu: str) -> None:
    options: list[str | Path] = [LINUX, "--cpu", cpu, "--until-text", USER_SPACE, "--stats"]
    undisturbed = tmp_path / "undisturbed.json"
    assert vmsim("run", *options, undisturbed, "--console", f"file:{tmp_path / 'expected'}").code == 0
    with DebuggedMachine(tmp_path, *options, tmp_path / "debugged.json") as machine:
        said = debug(
            guest_path("realview-vmlinux"), attach(machine), "hbreak start_kernel", "continue", "print $sctlr & 1",
            "monitor translate 0xc0008000", "stepi 50", "tbreak kernel_init", "continue", "backtrace",
            "tbreak workqueue_init", "continue", "finish", "stepi 50", "x/s (char *)&linux_banner", "set $kept = $r0",
            "set $r0 = 1", "set $r0 = $kept",
            "monitor switch " + CPUS[CPUS.index(cpu) - 1], "tbreak run_init_process", "continue",
            f"monitor switch {cpu}", "info registers banked", "info registers system", "detach",
        )  # fmt: skip
        assert "in start_kernel ()" in said[2]
        assert said[3:5] == ["$1 = 1", "0x00008000"]
        assert "in kernel_init ()" in said[7]
        assert "in ret_from_fork ()" in said[8]
        assert "in workqueue_init ()" in said[10]
        assert "in kernel_init_freeable ()" in said[11]
        assert "Linux version" in said[13]
        assert "in run_init_process ()" in said[19]
        assert "lr_irq" in said[21]
        assert "contextidr" in said[22]
        assert machine.ends_with() == 0
    expected, found = read_statistics(undisturbed), read_statistics(tmp_path / "debugged.json")
    assert found["instructions"] == expected["instructions"]
    assert found["sim_seconds"] == expected["sim_seconds"]
    assert machine.console.read_bytes() == (tmp_path / "expected").read_bytes()


def addresses_of(simulation: Simulation, *names: str) -> frozenset[int]:
    with guest_path("realview-vmlinux").open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab")
        assert isinstance(symbols, SymbolTableSection)
        return frozenset(
            symbol["st_value"] for name in names for symbol in symbols.get_symbol_by_name(name) or pytest.fail(name)
        )


@pytest.mark.guest
def test_all_models_stop_at_the_same_instructions() -> None:
    """Places that a boot comes by often: a system call, an interrupt, a page fault, a context switch."""
    stops: dict[str, list[tuple[int, int]]] = {}
    for cpu in CPUS:
        simulation = make_simulation(*linux(), cpu=cpu)
        core = simulation.system.cores[0]
        places = addresses_of(simulation, "__irq_svc", "do_page_fault", "vector_swi", "__switch_to")
        found = stops.setdefault(cpu, [])
        core.set_breakpoints(places)
        while len(found) < 600 and isinstance(cause := simulation.run(RunLimits(text=USER_SPACE)), BreakpointReached):
            found.append((simulation.instructions, cause.address))
            core.set_breakpoints(frozenset())
            simulation.run(RunLimits(instructions=1))
            core.set_breakpoints(places)
        assert {address for _, address in found} == places
    assert stops["kvm"] == stops["atomic"]


@pytest.mark.guest
def test_a_debugger_sees_the_memory_that_the_guest_sees() -> None:
    simulation = make_simulation(*linux())
    assert isinstance(simulation.run(RunLimits(text=USER_SPACE, host_seconds=60)), TextSeen)
    view = simulation.system.architecture.debugger_view
    assert view is not None
    target, model = Target(simulation, view), simulation.system.cores[0].active
    compared = {"user": 0, "kernel": 0}
    for address in [*range(0x8000, 0x200000, 0x1000), *range(0xBE000000, 0xC1000000, 0x10FF0)]:
        expected = model.read_memory(address, 16)
        if expected is not None:
            assert target.read_memory(address, 16) == expected, hex(address)
            compared["user" if address < 0xBF000000 else "kernel"] += 1
    assert min(compared.values()) > 20, compared


def test_watchpoints_of_the_interface() -> None:
    simulation = make_simulation(("workload.kernel", "guest:hello"), cpu="atomic")
    core = simulation.system.cores[0]
    simulation.run(RunLimits(instructions=100))
    view = simulation.system.architecture.debugger_view
    assert view is not None
    top = view.read(core.active.save_state(), "sp_svc")
    core.set_watchpoints((Watchpoint(top - 4, 4, reads=False, writes=True),))
    while isinstance(cause := simulation.run(), WatchpointHit) and not cause.access.value:
        pass  # the program's start clears this memory
    assert isinstance(cause, WatchpointHit)
    assert (cause.access.write, cause.access.address, cause.access.size) == (True, top - 4, 4)
    assert cause.access.value in range(0x8000, 0x9000)  # main keeps where it returns to
    with pytest.raises(VmsimError, match=r"kvm cannot take over: .* cannot watch memory"):
        simulation.switch("kvm")
    assert core.active.type_name == "atomic"
    assert CpuExit.WATCHPOINT.value == "watchpoint"


# --- the page ---------------------------------------------------------------------------------------------------------


@needs_gdb
def test_the_session_of_the_page_is_true(tmp_path: Path) -> None:
    session = session_of(next(block.text for block in blocks_of(DOCS / "debugging.md") if block.language == "gdb"))
    with program(tmp_path, "vfp-neon", "atomic") as machine:
        commands = [attach(machine) if typed.startswith("target remote") else typed for typed, _ in session]
        said = debug(guest_path("vfp-neon"), *commands)
        for (command, shown), answer in zip(session, said, strict=True):
            assert without_places(answer) == without_places(shown), command
        assert machine.ends_with() == 0
    assert len(session) > 15
