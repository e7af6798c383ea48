"""The debugger's port and what packets do, over a real socket: also what a broken or hostile debugger sends."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from core_testing import PERIOD
from fake_plugins import simulate
from gdb_machine import ALIAS, ALIASED, DEVICE, UNMAPPED, Debugger, Session
from vmsim_core.errors import VmsimError
from vmsim_core.exits import ExitCause, GuestExit, HostTimeLimit, InstructionLimit, PowerOff, TimeLimit, UserQuit
from vmsim_core.gdb.debugged_run import DebuggedRun
from vmsim_core.gdb.packets import PACKET_SIZE, Mark, encode
from vmsim_core.simulation import RunLimits


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session(tmp_path) as session:
        yield session


@pytest.fixture
def debugger(session: Session) -> Iterator[Debugger]:
    with session.attach() as debugger:
        yield debugger


def stopped(debugger: Debugger, contents: bytes) -> bytes:
    """Send a packet that lets the machine run; return the stop reply, texts for the console aside."""
    reply = debugger.ask(contents)
    while reply is not None and reply.startswith(b"O"):
        reply = debugger.packet()
    assert reply is not None
    return reply


def wait_until(condition: object) -> None:
    assert callable(condition)
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)


# --- attaching and leaving --------------------------------------------------------------------------------------------


def test_nothing_is_executed_before_a_debugger_says_so(session: Session) -> None:
    time.sleep(0.3)
    assert session.simulation.instructions == 0
    with session.attach() as debugger:
        assert debugger.ask(b"?") == b"T05thread:1;"
        assert session.simulation.instructions == 0
        assert stopped(debugger, b"vCont;s:1") == b"T05thread:1;"
        assert session.simulation.instructions == 1


def test_only_this_host_can_attach(session: Session) -> None:
    assert session.debugged.port._server.getsockname()[0] == "127.0.0.1"


def test_a_second_debugger_is_sent_away(session: Session, debugger: Debugger) -> None:
    assert debugger.ask(b"qC") == b"QC1"
    with session.attach() as another:
        assert another.next_item() is None
    assert debugger.ask(b"qC") == b"QC1"


def test_one_that_leaves_without_a_word_leaves_the_machine_standing(session: Session) -> None:
    with session.attach() as debugger:
        assert debugger.ask(b"Z0,5,4") == b"OK"
        assert debugger.ask(b"s") == b"T05thread:1;"
    wait_until(lambda: not session.cpu.breakpoints)
    time.sleep(0.2)
    assert session.simulation.instructions == 1
    with session.attach() as debugger:
        assert debugger.ask(b"p0") == b"01000000"


def test_one_that_leaves_while_the_machine_runs_leaves_it_running(session: Session) -> None:
    with session.attach() as debugger:
        debugger.ask(b"Z0,7fffffff,4")
        debugger.send_raw(encode(b"c"))
        wait_until(lambda: session.simulation.instructions > 1000)
    wait_until(lambda: not session.cpu.breakpoints)
    seen = session.simulation.instructions
    wait_until(lambda: session.simulation.instructions > seen)
    with session.attach() as debugger:  # attaching stops the machine
        assert debugger.ask(b"?") == b"T05thread:1;"
        seen = session.simulation.instructions
        time.sleep(0.1)
        assert session.simulation.instructions == seen


def test_detached_the_machine_runs_on(session: Session, debugger: Debugger) -> None:
    debugger.ask(b"Z1,5,4")
    assert debugger.ask(b"D") == b"OK"
    assert debugger.next_item() in (Mark.ACCEPTED, None)
    wait_until(lambda: session.simulation.instructions > 1000)


@pytest.mark.parametrize(("packet", "reply"), [(b"k", None), (b"vKill;1", b"OK")])
def test_killing_ends_the_run(session: Session, debugger: Debugger, packet: bytes, reply: bytes | None) -> None:
    assert debugger.ask(packet) == reply
    assert session.ended() == UserQuit()


@pytest.mark.parametrize(
    ("limits", "expected", "reply"),
    [
        (RunLimits(instructions=10), InstructionLimit(), b"W00"),
        (RunLimits(time=10 * PERIOD), TimeLimit(), b"W00"),
    ],
)
def test_limits_are_those_of_the_whole_run(
    tmp_path: Path, limits: RunLimits, expected: ExitCause, reply: bytes
) -> None:
    with Session(tmp_path, limits) as session, session.attach() as debugger:
        for _ in range(4):
            assert stopped(debugger, b"s") == b"T05thread:1;"
        assert stopped(debugger, b"c") == reply
        assert session.ended() == expected
        assert session.simulation.instructions == 10


def test_the_last_step_reaches_the_limit(tmp_path: Path) -> None:
    with Session(tmp_path, RunLimits(instructions=2)) as session, session.attach() as debugger:
        assert [stopped(debugger, b"s") for _ in range(2)] == [b"T05thread:1;", b"W00"]
        assert session.ended() == InstructionLimit()


def test_a_limit_of_host_time_ends_the_wait_too(tmp_path: Path) -> None:
    with Session(tmp_path, RunLimits(host_seconds=0.3)) as session:
        assert session.ended() == HostTimeLimit()


@pytest.mark.parametrize(("cause", "reply"), [(PowerOff(), b"W00"), (GuestExit(7), b"W07"), (UserQuit(), b"X02")])
def test_the_end_is_told(session: Session, debugger: Debugger, cause: ExitCause, reply: bytes) -> None:
    session.cpu.access_at, session.cpu.access = 5, lambda: session.simulation.system.request_exit(cause)
    assert stopped(debugger, b"c") == reply
    assert session.ended() == cause


def test_a_request_ends_a_machine_that_stands_still(session: Session, debugger: Debugger) -> None:
    assert debugger.ask(b"qC") == b"QC1"
    session.simulation.system.request_exit(UserQuit())
    assert debugger.packet() == b"X02"
    assert session.ended() == UserQuit()


def test_a_machine_that_halts_can_still_be_looked_at(session: Session, debugger: Debugger) -> None:
    session.cpu.halt_at = 3
    assert debugger.ask(b"c") == b"O" + b"vmsim: halt (it is the end)\n".hex().encode()
    assert debugger.packet() == b"T05thread:1;"
    assert debugger.ask(b"p0") == b"03000000"
    assert debugger.ask(b"D") == b"OK"
    assert session.ended().name == "halt"


# --- running ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resume", [b"c", b"vCont;c", b"vCont;c:1", b"C05", b"vCont;C05:1", b"vCont;s:2;c"])
def test_a_breakpoint_stops_before_its_instruction(session: Session, debugger: Debugger, resume: bytes) -> None:
    assert debugger.ask(b"Z0,2a,4") == b"OK"
    assert stopped(debugger, resume) == b"T05thread:1;"
    assert debugger.ask(b"p0") == b"2a000000"
    assert stopped(debugger, resume) == b"T05thread:1;"
    assert debugger.ask(b"p0") == b"2a000000"
    assert debugger.ask(b"z0,2a,4") == b"OK"
    assert stopped(debugger, b"s") == b"T05thread:1;"
    assert debugger.ask(b"p0") == b"2b000000"


def test_the_kind_of_breakpoint_is_told_to_who_knows_it(debugger: Debugger) -> None:
    debugger.ask(b"qSupported:multiprocess+;swbreak+;hwbreak+;xmlRegisters=i386")
    debugger.ask(b"Z0,5,4")
    assert stopped(debugger, b"c") == b"T05thread:1;swbreak:;"
    debugger.ask(b"Z1,5,4")
    assert stopped(debugger, b"c") == b"T05thread:1;hwbreak:;"
    assert debugger.ask(b"?") == b"T05thread:1;hwbreak:;"


def test_an_address_to_go_on_at(debugger: Debugger) -> None:
    assert stopped(debugger, b"s64") == b"T05thread:1;"
    assert debugger.ask(b"p0") == b"65000000"


def test_an_interrupt_stops_the_machine_while_it_runs(session: Session, debugger: Debugger) -> None:
    debugger.send_raw(encode(b"c"))
    wait_until(lambda: session.simulation.instructions > 1000)
    debugger.send_raw(b"\x03")
    assert debugger.packet() == b"T02thread:1;"
    debugger.send_raw(b"\x03")  # too late: it stands still
    assert debugger.ask(b"qC") == b"QC1"


def test_a_packet_stops_the_machine_while_it_runs(session: Session, debugger: Debugger) -> None:
    debugger.send_raw(encode(b"c"))
    wait_until(lambda: session.simulation.instructions > 1000)
    assert debugger.ask(b"qC") == b"T02thread:1;"
    assert debugger.packet() == b"QC1"


def test_a_model_without_watchpoints_says_so(
    session: Session, debugger: Debugger, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = "cpu0.test-cpu: the CPU model test-cpu cannot watch memory; atomic can"
    assert debugger.ask(b"Z2,100,4") == b"E." + refusal.encode()
    assert f"debugger: {refusal}" in caplog.text
    debugger.send_raw(encode(b"qRcmd," + b"help".hex().encode()))
    assert debugger.packet() == b"O" + f"vmsim: {refusal}\n".encode().hex().encode()


# --- registers and memory ---------------------------------------------------------------------------------------------


def test_the_description_lists_the_registers_in_pieces(debugger: Debugger) -> None:
    written, more = b"", True
    while more:
        reply = debugger.ask(b"qXfer:features:read:target.xml:%x,40" % len(written))
        assert reply is not None
        more, written = reply[:1] == b"m", written + reply[1:]
    target = ElementTree.fromstring(written.decode())
    assert target.findtext("architecture") == "counting"
    assert [(reg.get("name"), reg.get("bitsize"), reg.get("type")) for reg in target.iter("reg")] == [
        ("pc", "32", "int"), ("twice", "64", "ieee_double"), ("one", "32", "int"),
    ]  # fmt: skip
    assert [feature.get("name") for feature in target.iter("feature")] == [
        "org.test.first", "org.test.empty", "org.test.last",
    ]  # fmt: skip
    assert target.find(".//reg[@name='one']").attrib.items() >= {("group", "system"), ("save-restore", "no")}  # type: ignore[union-attr]
    assert debugger.ask(b"qXfer:features:read:other.xml:0,40") == b"E00"


def test_registers_are_read_and_written(session: Session, debugger: Debugger) -> None:
    assert debugger.ask(b"P0=05000000") == b"OK"
    assert debugger.ask(b"g") == b"05000000" + b"0a00000000000000" + b"01000000"
    assert debugger.ask(b"G" + b"06000000" + b"0a00000000000000" + b"01000000") == b"OK"
    assert debugger.ask(b"p0") == b"06000000"
    assert session.cpu.state.count == 6


def test_a_value_that_a_register_cannot_have_is_refused(session: Session, debugger: Debugger) -> None:
    assert debugger.ask(b"P0=e8030000") == b"E.pc is below 1000"
    assert debugger.ask(b"P0=07000000") == b"OK"
    assert session.cpu.state.count == 7


def test_memory_is_read_and_written_by_virtual_address(session: Session, debugger: Debugger) -> None:
    told: list[tuple[int, int]] = []
    session.simulation.system.address_map.listen_to_ram_writes(lambda ram, offset, size: told.append((offset, size)))
    assert debugger.ask(b"M%x,4:01020304" % (ALIAS + 0x10)) == b"OK"
    assert debugger.ask(b"X%x,3:" % (ALIAS + 0x14) + b"#$}") == b"OK"
    assert debugger.ask(b"m%x,7" % (ALIASED + 0x10)) == b"0102030423247d"
    assert told == [(ALIASED + 0x10, 4), (ALIASED + 0x14, 3)]
    assert debugger.ask(b"X%x,0:" % ALIAS) == b"OK"
    # Across the edge of a page, to another one.
    assert debugger.ask(b"M%x,4:aabbccdd" % (ALIASED + 0xFFE)) == b"OK"
    assert debugger.ask(b"m%x,2" % (ALIAS + 0xFFE)) == b"aabb"
    assert debugger.ask(b"m%x,4" % (ALIASED + 0xFFE)) == b"aabbccdd"


def test_what_is_not_there_is_not_read_or_written(session: Session, debugger: Debugger) -> None:
    assert debugger.ask(b"m%x,4" % UNMAPPED) == b"E0e"
    assert debugger.ask(b"m%x,8" % (UNMAPPED - 4)) == b"00000000"
    assert debugger.ask(b"M%x,8:0102030405060708" % (UNMAPPED - 4)) == b"E.there is no RAM at 0x00008000"
    assert debugger.ask(b"m%x,4" % (UNMAPPED - 4)) == b"00000000"
    reads = session.simulation.system.devices["uart0"].statistics
    before = [each.value for each in reads]
    assert debugger.ask(b"m%x,4" % DEVICE) == b"E0e"
    assert debugger.ask(b"M%x,1:41" % DEVICE) == b"E.there is no RAM at 0x00020000"
    assert [each.value for each in reads] == before
    assert debugger.ask(b"mfffffffc,8") == b"E0e"


# --- monitor ----------------------------------------------------------------------------------------------------------


def monitor(debugger: Debugger, line: str) -> str:
    debugger.send_raw(encode(b"qRcmd," + line.encode().hex().encode()))
    said = b""
    while (reply := debugger.packet()) != b"OK":
        assert reply is not None
        assert reply[:1] == b"O"
        said += bytes.fromhex(reply[1:].decode())
    return said.decode()


def test_monitor_commands(session: Session, debugger: Debugger, tmp_path: Path) -> None:
    debugger.ask(b"s")
    assert "CPU model     test-cpu (there are test-cpu)" in monitor(debugger, "info")
    assert {line.split()[0] for line in monitor(debugger, "help").splitlines()} == {
        "help", "info", "switch", "checkpoint", "stats", "translate", "peek", "poke",
    }  # fmt: skip
    assert monitor(debugger, "") == monitor(debugger, "help")
    place = monitor(debugger, f"checkpoint '{tmp_path / 'with space'}'").split(maxsplit=1)[1].strip()
    assert (Path(place) / "system.txt").exists() or list(Path(place).iterdir())
    assert monitor(debugger, "stats cpu0.instr").startswith("cpu0.instructions")
    assert monitor(debugger, f"translate {ALIAS + 4:#x}") == f"{ALIASED + 4:#010x}\n"
    assert monitor(debugger, f"poke {DEVICE:#x} 0x41") == ""
    assert monitor(debugger, f"poke {ALIASED} 0x1234 2") == ""
    assert monitor(debugger, f"peek {ALIASED} 2") == "0x1234\n"
    assert monitor(debugger, "sw test-cpu").startswith("cpu0: test-cpu to test-cpu")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("dance", "error: there is no command 'dance'; monitor help lists them"),
        ("st'ats", "error: st'ats: No closing quotation"),
        ("switch", "error: usage: monitor switch MODEL"),
        ("switch warp", "error: cpu0: warp cannot take over: cpu0: no CPU model 'warp' is installed"),
        ("info now", "error: usage: monitor info"),
        ("peek nowhere", "error: 'nowhere' is no number"),
        ("peek 0x100000000", "error: 0x100000000 is not from 0 to 0xffffffff"),
        ("peek 2", "error: an access has 1, 2 or 4 bytes and is aligned to them"),
        ("poke 0 256 1", "error: 256 is not from 0 to 0xff"),
        ("translate 0x8000", "error: 0x00008000 is not mapped"),
        ("checkpoint /proc/nowhere", "error: the checkpoint /proc/nowhere"),
    ],
)
def test_a_mistake_in_a_command_is_a_line(debugger: Debugger, line: str, answer: str) -> None:
    said = monitor(debugger, line)
    assert said.startswith(answer)
    assert said.count("\n") == 1


def test_a_long_answer_comes_in_pieces(session: Session, debugger: Debugger) -> None:
    session.debugged._monitor.execute = lambda line: "x" * 3 * PACKET_SIZE  # type: ignore[method-assign]
    assert monitor(debugger, "stats") == "x" * 3 * PACKET_SIZE


# --- broken and hostile debuggers -------------------------------------------------------------------------------------

MALFORMED = [
    b"p", b"pzz", b"p-1", b"p_1", b"pffffffffffffffff", b"p3", b"P", b"P0", b"P0=", b"P0=1", b"P0=0102030405",
    b"P0=0000000g", b"P9=00000000", b"G", b"G00", b"m", b"m0", b"m,", b"m0,", b"m0,-4", b"m100000000,4",
    b"m0," + b"f" * 1000, b"M0,4:01", b"M0,ffffffff:01", b"Mfffffffe,4:01020304", b"X0,4:x", b"Z0", b"Z0,0", b"Z,,",
    b"Z2,0,0", b"Z2,4,ffffffff", b"Z2,100000000,1", b"H", b"Hg7", b"Hx1", b"T9", b"vCont;", b"vCont;x", b"vCont;s:2",
    b"vCont;t", b"s100000000", b"qRcmd,0", b"qRcmd,xx", b"qXfer:features:read:target.xml:0",
    b"qXfer:features:read:target.xml:-1,4",
]  # fmt: skip
UNKNOWN = [
    b"",
    b"!",
    b"R00",
    b"vRun;",
    b"vMustReplyEmpty",
    b"qOffsets",
    b"Z9,0,1",
    b"\xff\x00",
    b"bs",
    b"qXfer:auxv:read::0,4",
]


def test_malformed_packets_are_errors_and_nothing_else(session: Session, debugger: Debugger) -> None:
    for packet in MALFORMED:
        reply = debugger.ask(packet)
        assert reply is not None, packet
        assert reply.startswith(b"E"), packet
    for packet in UNKNOWN:
        assert debugger.ask(packet) == b"", packet
    assert session.simulation.instructions == 0
    assert debugger.ask(b"qC") == b"QC1"


def test_random_packets_do_no_harm(session: Session, debugger: Debugger) -> None:
    rng = random.Random(4)
    letters = [letter for letter in range(256) if letter not in b"cCsSDkv"]
    for _ in range(2000):
        packet = bytes([rng.choice(letters)]) + bytes(rng.choices(b"0123456789abcdef,;:=gG-", k=rng.randrange(12)))
        debugger.ask(packet)
    assert debugger.ask(b"qC") == b"QC1"
    assert session.simulation.instructions == 0


def test_a_damaged_packet_is_asked_for_again(debugger: Debugger) -> None:
    debugger.send_raw(b"$qC#00")
    assert debugger.next_item() is Mark.REJECTED
    debugger.send_raw(encode(b"qC"))
    assert debugger.next_item() is Mark.ACCEPTED
    assert debugger.next_item() == b"QC1"
    debugger.send_raw(b"-")
    assert debugger.next_item() == b"QC1"


def test_acknowledgements_can_be_done_without(debugger: Debugger) -> None:
    assert debugger.ask(b"QStartNoAckMode") == b"OK"
    debugger.send_raw(encode(b"qC"))
    assert debugger.next_item() == b"QC1"


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.0\r\n\r\n", b"\x00" * 100, b"$" + b"x" * 2 * PACKET_SIZE])
def test_who_is_no_debugger_is_cut_off(session: Session, garbage: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with session.attach() as visitor:
        visitor.send_raw(garbage)
        assert visitor.next_item() is None
    with session.attach() as debugger:
        assert debugger.ask(b"qC") == b"QC1"
    assert "whoever connected is no debugger" in capsys.readouterr().err


def test_one_that_never_reads_is_given_up(session: Session) -> None:
    with session.attach() as visitor:
        visitor.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asked = encode(b"m0,2000") * 100
        visitor.socket.settimeout(5)
        with pytest.raises(OSError):
            for _ in range(1000):
                visitor.send_raw(asked)
                time.sleep(0.01)
    with session.attach() as debugger:
        assert debugger.ask(b"qC") == b"QC1"


def test_leaving_in_the_middle_of_anything(session: Session) -> None:
    rng = random.Random(5)
    script = b"".join(encode(each) for each in (b"qSupported:x+", b"Z0,7fff0000,4", b"m0,1000", b"g", b"s", b"vCont;c"))
    for _ in range(20):
        with session.attach() as visitor:
            visitor.send_raw(script[: rng.randrange(len(script))])
    with session.attach() as debugger:
        assert debugger.ask(b"qC") in (b"QC1", b"T02thread:1;")


def test_a_port_that_is_taken_is_a_clear_error(session: Session, tmp_path: Path) -> None:
    number = session.debugged.port.number
    with pytest.raises(
        VmsimError, match=f"--gdb {number}: cannot listen there: it is in use; --gdb 0 picks a free one"
    ):
        DebuggedRun(session.simulation, number)


def test_an_architecture_without_a_view_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(VmsimError, match="the architecture counting has nothing for debuggers"):
        DebuggedRun(simulate(tmp_path), 0)
