"""The keyboard and mouse interface PL050: registers, interrupts, and the time that frames take."""

from __future__ import annotations

import pytest
from board_testing import cells, make_board, read_tree, strings
from hypothesis import given
from hypothesis import strategies as st
from ps2_testing import (
    ACKNOWLEDGE,
    CONTROL,
    DATA,
    DIVISOR,
    ENABLE,
    FORCE_CLOCK,
    FORCE_DATA,
    INTERRUPTS,
    NO_LINE_CONTROL,
    RECEIVE_BUSY,
    RECEIVE_FULL,
    RECEIVE_INTERRUPT,
    RECEIVE_TIME,
    RESEND,
    SEND_TIME,
    STATUS,
    TRANSMIT_BUSY,
    TRANSMIT_EMPTY,
    TRANSMIT_INTERRUPT,
    hexadecimal,
    plug_in,
    receive,
    tell,
)
from pydantic import ValidationError
from realview_testing import (
    MICROSECOND,
    accesses,
    advance,
    any_guest,
    check_any_guest,
    interrupts,
    make_copy,
    make_device,
    make_system,
    perform,
    restore_checkpoint,
    take_checkpoint,
)
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Field
from vmsim_platform_realview.pl050 import Pl050

ECHO = 0xEE
IDLE = TRANSMIT_EMPTY | 0x3


def test_reset_values() -> None:
    device = make_device(Pl050, device="keyboard")
    assert [device.read(offset, 4) for offset in (CONTROL, STATUS, DATA, DIVISOR, INTERRUPTS)] == [0, IDLE, 0, 0, 0]
    assert [device.read(offset, 4) for offset in range(0xFE0, 0x1000, 4)] == [
        0x50, 0x10, 0x04, 0x00, 0x0D, 0xF0, 0x05, 0xB1,
    ]  # fmt: skip


def test_only_the_defined_bits_are_stored() -> None:
    device = make_device(Pl050, device="mouse")
    for offset in (CONTROL, DIVISOR):
        device.write(offset, 4, 0xFFFF_FFFF)
    assert (device.read(CONTROL, 4), device.read(DIVISOR, 4)) == (0x3F, 0xF)
    assert device.undefined_accesses.value == 0
    device.write(STATUS, 4, 0)
    device.write(INTERRUPTS, 4, 0)
    assert device.undefined_accesses.value == 2


@pytest.mark.parametrize("params", [{}, {"device": "trackball"}])
def test_something_is_plugged_in(params: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        make_device(Pl050, **params)


def test_the_host_finds_the_devices_under_the_interface() -> None:
    system = make_system()
    for name in ("keyboard", "mouse"):
        Pl050(system, f"my-{name}", Pl050.Params.model_validate({"at": 0, "device": name}))
    assert list(system.keyboards) == ["my-keyboard"]
    assert list(system.mice) == ["my-mouse"]


def test_a_byte_takes_its_time_to_the_device_and_back() -> None:
    device = plug_in("keyboard")
    device.write(DATA, 4, ECHO)
    assert device.read(STATUS, 4) == TRANSMIT_BUSY | 0x3
    advance(device, SEND_TIME - 1)
    assert device.read(STATUS, 4) == TRANSMIT_BUSY | 0x3
    advance(device, 1)
    assert device.read(STATUS, 4) == IDLE | RECEIVE_BUSY
    advance(device, RECEIVE_TIME - 1)
    assert device.read(STATUS, 4) == IDLE | RECEIVE_BUSY
    advance(device, 1)
    assert device.read(STATUS, 4) == IDLE | RECEIVE_FULL | 0x4
    assert device.read(DATA, 4) == ECHO
    assert device.read(STATUS, 4) == IDLE | 0x4
    # The data register keeps the byte.
    assert device.read(DATA, 4) == ECHO


def test_without_line_control_a_byte_is_a_bit_shorter() -> None:
    device = plug_in("keyboard")
    device.write(CONTROL, 4, ENABLE | NO_LINE_CONTROL)
    device.write(DATA, 4, ECHO)
    advance(device, SEND_TIME - 80 * MICROSECOND)
    assert device.read(STATUS, 4) & TRANSMIT_EMPTY


@pytest.mark.parametrize(("key", "parity"), [("a", 0), ("esc", 0), ("s", 1), ("f9", 0), ("0", 0), ("f7", 0)])
def test_parity_is_odd(key: str, parity: int) -> None:
    device = plug_in("keyboard")
    device.system.keyboards["device"].key(key, True)
    advance(device, RECEIVE_TIME)
    status, byte = device.read(STATUS, 4), device.read(DATA, 4)
    assert status >> 2 & 1 == parity
    assert bin(byte).count("1") % 2 != parity


def test_a_second_byte_waits_until_the_first_is_read() -> None:
    device = plug_in("keyboard")
    device.system.keyboards["device"].key("up", True)
    advance(device, 100 * RECEIVE_TIME)
    assert device.read(STATUS, 4) & (RECEIVE_FULL | RECEIVE_BUSY) == RECEIVE_FULL
    assert device.read(DATA, 4) == 0xE0
    assert device.read(STATUS, 4) & (RECEIVE_FULL | RECEIVE_BUSY) == RECEIVE_BUSY
    advance(device, RECEIVE_TIME)
    assert device.read(DATA, 4) == 0x75


def test_the_interface_goes_first() -> None:
    device = plug_in("keyboard")
    device.system.keyboards["device"].key("up", True)
    device.write(DATA, 4, ECHO)
    advance(device, RECEIVE_TIME)
    assert device.read(DATA, 4) == 0xE0
    assert device.read(STATUS, 4) & (RECEIVE_BUSY | TRANSMIT_BUSY) == TRANSMIT_BUSY
    # The answer comes before what the keyboard still has to say.
    assert hexadecimal(receive(device)) == "ee 75"


def test_a_byte_written_while_another_is_sent_is_lost() -> None:
    device = plug_in("keyboard")
    device.write(DATA, 4, ECHO)
    device.write(DATA, 4, 0xF2)
    assert hexadecimal(receive(device)) == "ee"


def test_interrupts() -> None:
    device = plug_in("keyboard")
    device.write(CONTROL, 4, ENABLE | RECEIVE_INTERRUPT)
    assert (device.read(INTERRUPTS, 4), interrupts(device)) == (0, False)
    device.system.keyboards["device"].key("a", True)
    advance(device, RECEIVE_TIME)
    assert (device.read(INTERRUPTS, 4), interrupts(device)) == (1, True)
    device.write(CONTROL, 4, ENABLE)
    assert (device.read(INTERRUPTS, 4), interrupts(device)) == (0, False)
    device.write(CONTROL, 4, ENABLE | RECEIVE_INTERRUPT | TRANSMIT_INTERRUPT)
    assert (device.read(INTERRUPTS, 4), interrupts(device)) == (3, True)
    device.write(DATA, 4, ECHO)
    assert (device.read(INTERRUPTS, 4), interrupts(device)) == (1, True)
    assert device.read(DATA, 1) == 0x1C
    assert (device.read(INTERRUPTS, 4), interrupts(device)) == (0, False)
    advance(device, SEND_TIME)
    assert (device.read(INTERRUPTS, 4), interrupts(device)) == (2, True)


def test_what_is_sent_to_an_interface_that_is_off_is_lost() -> None:
    device = make_device(Pl050, device="keyboard")
    device.system.keyboards["device"].key("a", True)
    advance(device, 2 * RECEIVE_TIME)
    device.write(CONTROL, 4, ENABLE)
    assert receive(device) == []
    device.system.keyboards["device"].key("a", False)
    assert hexadecimal(receive(device)) == "f0 1c"


def test_a_byte_to_send_waits_for_the_interface_to_be_enabled() -> None:
    device = make_device(Pl050, device="keyboard")
    device.write(DATA, 4, ECHO)
    advance(device, 2 * SEND_TIME)
    assert not device.read(STATUS, 4) & TRANSMIT_EMPTY
    device.write(CONTROL, 4, ENABLE)
    assert hexadecimal(receive(device, 2 * SEND_TIME)) == "ee"


def test_a_clock_forced_low_stops_the_device_and_cuts_a_frame_short() -> None:
    device = plug_in("keyboard")
    device.system.keyboards["device"].key("a", True)
    advance(device, RECEIVE_TIME - 1)
    device.write(CONTROL, 4, ENABLE | FORCE_CLOCK)
    assert device.read(STATUS, 4) == TRANSMIT_EMPTY | 0x1
    advance(device, 10 * RECEIVE_TIME)
    assert not device.read(STATUS, 4) & RECEIVE_FULL
    device.write(CONTROL, 4, ENABLE)
    advance(device, RECEIVE_TIME - 1)
    assert not device.read(STATUS, 4) & RECEIVE_FULL
    advance(device, 1)
    assert device.read(DATA, 4) == 0x1C
    device.write(DATA, 4, ECHO)
    advance(device, SEND_TIME - 1)
    device.write(CONTROL, 4, ENABLE | FORCE_CLOCK)
    advance(device, 10 * SEND_TIME)
    assert not device.read(STATUS, 4) & (TRANSMIT_EMPTY | TRANSMIT_BUSY)
    device.write(CONTROL, 4, ENABLE)
    assert hexadecimal(receive(device, 2 * SEND_TIME)) == "ee"


def test_data_forced_low_makes_frames_of_zeros() -> None:
    device = plug_in("keyboard")
    device.write(CONTROL, 4, ENABLE | FORCE_DATA)
    assert device.read(STATUS, 4) == TRANSMIT_EMPTY | 0x2
    device.system.keyboards["device"].key("s", True)
    advance(device, RECEIVE_TIME)
    assert device.read(STATUS, 4) & 0x14 == RECEIVE_FULL
    assert device.read(DATA, 4) == 0
    device.write(DATA, 4, ECHO)
    advance(device, SEND_TIME)
    device.write(CONTROL, 4, ENABLE)
    # The keyboard found no odd parity.
    assert hexadecimal(receive(device)) == f"{RESEND:02x}"


def converse(device: Pl050, step: int) -> list[int]:
    """Go on by a third of a frame in a conversation; return what the device said."""
    sent = {4: 0xF2, 18: 0xE9}
    if step in sent:
        device.write(DATA, 4, sent[step])
    advance(device, RECEIVE_TIME // 3)
    return [device.read(DATA, 4)] if device.read(STATUS, 4) & RECEIVE_FULL else []


def test_a_checkpoint_at_any_moment_of_a_conversation() -> None:
    """The conversation is a report of four bytes, cut short by a command, and another command."""
    device = plug_in("mouse")
    for rate in (200, 100, 80):
        tell(device, 0xF3, rate)
    tell(device, 0xF4)
    device.system.mice["device"].move(5, -7, 1)
    steps = 45
    moments, said = [], []
    for step in range(steps):
        moments.append(make_copy(device))
        said.append(converse(device, step))
    assert hexadecimal([byte for bytes_said in said for byte in bytes_said]) == "08 05 fa 03 fa 20 02 50"
    for start, twin in enumerate(moments):
        assert [converse(twin, step) for step in range(start, steps)] == said[start:]
        assert take_checkpoint(twin.system) == take_checkpoint(device.system)


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("device", "to_send", 256),
        ("device", "to_send", -2),
        ("device", "received", -1),
        ("device.ps2", "output", [0] * 18),
        ("device.ps2", "output", [256]),
        ("device.ps2", "answers", [1] * 9),
        ("device.ps2", "last_message", [-1]),
        ("device.ps2", "held", [105]),
        ("device.ps2", "held", [3, 3]),
        ("device.ps2", "repeating", 105),
        ("device.ps2", "scan_code_set", 0),
        ("device.ps2", "typematic", 128),
        ("device.ps2", "key_types", 0xF6),
        ("device.ps2", "leds", 8),
    ],
)
def test_a_checkpoint_that_cannot_be_is_refused(path: str, name: str, value: int | list[int]) -> None:
    device = plug_in("keyboard")
    now, sections = take_checkpoint(device.system)
    sections[path].fields[name] = Field(value)
    with pytest.raises(CheckpointError, match=f"{path}.{name}"):
        restore_checkpoint(device.system, (now, sections))


@pytest.mark.parametrize(("path", "event"), [("device", "sending"), ("device.ps2", "repeat")])
def test_an_event_without_its_byte_or_key_is_refused(path: str, event: str) -> None:
    device = plug_in("keyboard")
    now, sections = take_checkpoint(device.system)
    sections[path].fields[f"event.{event}"] = Field(now + 1)
    with pytest.raises(CheckpointError, match=r"to_send|repeating"):
        restore_checkpoint(device.system, (now, sections))


COMMANDS = st.tuples(
    st.just(True),
    st.just(4),
    st.just(DATA),
    st.one_of(st.integers(0xE6, 0xFF), st.sampled_from([0, 1, 2, 3, 80, 100, 200])),
    st.integers(0, 3000 * MICROSECOND),
)
READS = st.tuples(st.just(False), st.just(4), st.just(DATA), st.just(0), st.integers(0, 2000 * MICROSECOND))
# A guest that enables the interface and talks, mixed with one that does anything.
GUEST = st.lists(st.one_of(COMMANDS, READS, accesses), max_size=50)


@any_guest
@given(st.sampled_from(["keyboard", "mouse"]), GUEST)
def test_any_guest(kind: str, sequence: list[tuple[bool, int, int, int, int]]) -> None:
    check_any_guest(make_device(Pl050, device=kind), [(True, 4, CONTROL, 0x1C, 0), *sequence])


USERS = st.tuples(st.sampled_from(["a", "up", "pause", "sysrq", "leftshift"]), st.booleans(), st.integers(-300, 300))


@any_guest
@given(st.sampled_from(["keyboard", "mouse"]), st.lists(st.one_of(COMMANDS, READS, accesses, USERS), max_size=60))
def test_any_guest_with_any_user(kind: str, sequence: list[tuple[object, ...]]) -> None:
    device = plug_in(kind)
    twins = [device]
    for index, action in enumerate(sequence):
        if index == len(sequence) // 2:
            twins.append(make_copy(device))
        results = [act(twin, action) for twin in twins]
        assert results.count(results[0]) == len(results)
    checkpoints = [take_checkpoint(twin.system) for twin in twins]
    assert checkpoints.count(checkpoints[0]) == len(checkpoints)
    output = checkpoints[0][1]["device.ps2"].get_ints("output")
    assert len(output) <= 17


def act(device: Pl050, action: tuple[object, ...]) -> int:
    """Let the guest or the user do something."""
    match action:
        case (str(key), bool(pressed), int(counts)):
            for keyboard in device.system.keyboards.values():
                keyboard.key(key, pressed)
            for mouse in device.system.mice.values():
                mouse.move(counts, -counts // 3, counts // 40)
                mouse.button("side", pressed)
            return 0
        case (bool(write), int(size), int(offset), int(value), int(ticks)):
            # Held keys repeat: a hundred seconds of that are not needed here.
            return perform(device, (write, size, offset, value, ticks % 10**11))
    raise AssertionError(action)


@pytest.mark.parametrize(("name", "at", "interrupt"), [("keyboard", 0x10006000, 20), ("mouse", 0x10007000, 21)])
def test_the_board_has_the_nodes_of_linuxs_tree(name: str, at: int, interrupt: int) -> None:
    system = make_board()
    tree = read_tree(system.platform.device_tree(system.workload))
    node = tree[f"/soc/kmi@{at:x}"]
    assert strings(node["compatible"]) == ["arm,pl050", "arm,primecell"]
    assert cells(node["reg"]) == [at, 0x1000]
    assert cells(node["interrupts"]) == [0, interrupt, 4]
    assert strings(node["clock-names"]) == ["KMIREFCLK", "apb_pclk"]
    clocks = [cells(tree[clock]["phandle"])[0] for clock in ("/kmiclk", "/pclk")]
    assert cells(node["clocks"]) == clocks
    assert system.devices[name].params.device == name


def test_commands_are_acknowledged_by_either_device() -> None:
    for kind in ("keyboard", "mouse"):
        assert tell(plug_in(kind), 0xF4) == [ACKNOWLEDGE]
