"""The card interface PL181: registers, the slot, commands in time, any guest, checkpoints in mid-transfer."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
import sd_testing as sd
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from realview_testing import (
    accesses,
    add_device,
    advance,
    any_guest,
    check_any_guest,
    make_copy,
    make_device,
    make_system,
    restore_checkpoint,
    take_checkpoint,
)
from sd_testing import (
    ARGUMENT,
    CARD_SIZE,
    CLEAR,
    CLOCK,
    COMMAND,
    CYCLE,
    DATA_CNT,
    DATA_CTRL,
    DATA_LENGTH,
    DATA_TIMER,
    FIFO,
    FIFO_CNT,
    MASK0,
    MASK1,
    POWER,
    RESPCMD,
    RESPONSE0,
    RESPONSE2,
    RESPONSE3,
    SELECT,
    STATUS,
    WORD,
    begin_read,
    begin_write,
    contents,
    fill,
    finish,
    give,
    identify,
    issue,
    issue_application,
    make_ready,
    make_slot,
    send,
    set_up,
    take,
)
from vmsim_core.disk_image import SECTOR
from vmsim_core.errors import CheckpointError, VmsimError
from vmsim_core.section import Field
from vmsim_platform_realview.pl181 import Pl181
from vmsim_platform_realview.sd_registers import cid, csd
from vmsim_platform_realview.system_registers import SystemRegisters

SYS_MCI = 0x48

# --- registers ------------------------------------------------------------------------------------------------------


def test_reset_values() -> None:
    device = make_device(Pl181)
    for offset in (*range(0, 0x38, 4), MASK0, MASK1, SELECT, FIFO_CNT, *range(0x80, 0xC0, 4)):
        assert device.read(offset, 4) == 0
    assert [device.read(offset, 4) for offset in range(0xFE0, 0x1000, 4)] == [
        0x81, 0x11, 0x04, 0x00, 0x0D, 0xF0, 0x05, 0xB1,
    ]  # fmt: skip
    assert device.undefined_accesses.value == 0


@pytest.mark.parametrize(
    ("offset", "bits"),
    [
        (POWER, 0xFF), (CLOCK, 0xFFF), (ARGUMENT, 0xFFFF_FFFF), (COMMAND, 0x7FF), (DATA_TIMER, 0xFFFF_FFFF),
        (DATA_LENGTH, 0xFFFF), (DATA_CTRL, 0xFF), (MASK0, 0x3F_FFFF), (MASK1, 0x3F_FFFF), (SELECT, 0xF),
    ],
)  # fmt: skip
def test_registers_keep_the_bits_they_have(offset: int, bits: int) -> None:
    device = make_device(Pl181)
    device.write(offset, 4, 0xFFFF_FFFF)
    assert device.read(offset, 4) == bits
    device.write(offset, 4, 0)
    assert device.read(offset, 4) == 0


@pytest.mark.parametrize("offset", [RESPCMD, RESPONSE0, RESPONSE3, DATA_CNT, STATUS, FIFO_CNT, 0x4C, 0x7C, 0xC0])
def test_what_cannot_be_written(offset: int) -> None:
    device = make_device(Pl181)
    device.write(offset, 4, 0xFFFF_FFFF)
    assert device.undefined_accesses.value == 1
    assert device.read(offset, 4) == 0


# --- the slot -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "status"), [({}, 0), ({"size": CARD_SIZE}, 1), ({"size": CARD_SIZE, "read_only": True}, 3)]
)
def test_the_switches_of_the_slot_are_in_the_system_registers(params: dict[str, Any], status: int) -> None:
    system = make_system()
    board = add_device(system, SystemRegisters, "sysregs")
    assert board.read(SYS_MCI, 4) == 0, "a board without an interface"
    add_device(system, Pl181, "mmci", at=0x1000_5000, **params)
    assert board.read(SYS_MCI, 4) == status


def test_images_that_no_card_has(tmp_path: Path) -> None:
    image = tmp_path / "card.img"
    image.write_bytes(bytes(5 * SECTOR))
    with pytest.raises(VmsimError, match="give it a size of 4KiB"):
        make_device(Pl181, image=image)
    assert contents(make_device(Pl181, image=image, size=4096)) == bytes(4096)
    with pytest.raises(VmsimError, match=r"missing\.img: No such file"):
        make_device(Pl181, image=tmp_path / "missing.img")


def test_the_two_interrupts_are_two() -> None:
    assert make_device(Pl181).interrupt_outputs() == {}
    device = make_device(Pl181, irq=49, irq1=50)
    assert device.interrupt_outputs() == {49: device.irq, 50: device.irq1}
    assert make_device(Pl181, irq=49).interrupt_outputs().keys() == {49}
    with pytest.raises(ValidationError, match="two interrupts"):
        make_device(Pl181, irq=49, irq1=49)


# --- commands -------------------------------------------------------------------------------------------------------


def check_over_after(interface: Pl181, cycles: int, flags: int, cycle: int = CYCLE) -> None:
    advance(interface, cycles * cycle - 1)
    assert interface.read(STATUS, 4) == sd.CMD_ACTIVE
    advance(interface, 1)
    assert interface.read(STATUS, 4) == flags


def test_a_command_takes_its_time() -> None:
    interface = make_slot()
    set_up(interface)
    send(interface, 0, flags=0)
    check_over_after(interface, 48, sd.CMD_SENT)
    interface.write(CLEAR, 4, sd.CMD_SENT)
    send(interface, 8, 0x1AA)
    check_over_after(interface, 48 + 5 + 48, sd.CMD_RESP_END)
    assert interface.read(RESPCMD, 4) == 8
    assert [interface.read(offset, 4) for offset in range(RESPONSE0, RESPONSE3 + 4, 4)] == [0x1AA, 0, 0, 0]
    interface.write(CLEAR, 4, sd.CMD_RESP_END)
    send(interface, 1)
    check_over_after(interface, 48 + 64, sd.CMD_TIME_OUT)


@pytest.mark.parametrize(("clock", "mclks"), [(0, 2), (3, 8), (0xFF, 512), (sd.BYPASS | 7, 1)])
def test_the_clock_divider(clock: int, mclks: int) -> None:
    interface = make_slot()
    interface.write(POWER, 4, sd.POWER_ON)
    interface.write(CLOCK, 4, sd.CLOCK_ENABLE | clock)
    send(interface, 0, flags=0)
    check_over_after(interface, 48, sd.CMD_SENT, mclks * CYCLE)


def test_nobody_answers_in_an_empty_slot() -> None:
    interface = make_slot(size=None)
    set_up(interface)
    assert issue(interface, 0, flags=0) == sd.CMD_SENT
    assert issue(interface, 8, 0x1AA) == issue(interface, 55) == sd.CMD_TIME_OUT


def test_without_power_or_clock_a_command_waits() -> None:
    interface = make_slot()
    for offset, value in ((POWER, sd.POWER_ON), (POWER, 2), (CLOCK, sd.CLOCK_ENABLE | sd.BYPASS)):
        interface.write(offset, 4, value)
        send(interface, 0, flags=0)
        advance(interface, 1000 * CYCLE)
        assert interface.read(STATUS, 4) == sd.CMD_ACTIVE
    interface.write(POWER, 4, sd.POWER_ON)
    check_over_after(interface, 48, sd.CMD_SENT)
    send(interface, 8, 0x1AA)
    advance(interface, 20 * CYCLE)
    interface.write(CLEAR, 4, sd.CMD_SENT)
    interface.write(CLOCK, 4, 0)
    advance(interface, 1000 * CYCLE)
    interface.write(CLOCK, 4, sd.CLOCK_ENABLE | sd.BYPASS)
    check_over_after(interface, 48 + 5 + 48, sd.CMD_RESP_END)


def test_power_off_restarts_the_card_and_keeps_its_contents() -> None:
    interface = make_ready()
    data = fill(interface)
    assert issue(interface, 15, 1 << 16, flags=0) == sd.CMD_SENT
    assert issue(interface, 0, flags=0) == sd.CMD_SENT
    assert issue(interface, 8, 0x1AA) == sd.CMD_TIME_OUT, "it is inactive"
    interface.write(POWER, 4, 0)
    identify(interface)
    assert contents(interface) == data


def test_long_responses() -> None:
    interface = make_slot()
    set_up(interface)
    issue(interface, 0, flags=0)
    issue_application(interface, 41, sd.VOLTAGES, address=0)
    for index, argument, register in ((2, 0, cid()), (9, 1 << 16, csd(CARD_SIZE, False, False))):
        assert issue(interface, index, argument, sd.RESPONSE | sd.LONG) == sd.CMD_RESP_END
        assert interface.read(RESPCMD, 4) == 0x3F
        shown = b"".join(interface.read(offset, 4).to_bytes(4, "big") for offset in range(RESPONSE0, 0x24, 4))
        assert shown == register[:15] + bytes([register[15] & 0xFE])
        issue(interface, 3)


def test_responses_with_a_crc_that_fails() -> None:
    interface = make_slot()
    set_up(interface)
    issue(interface, 0, flags=0)
    issue(interface, 55)
    assert issue(interface, 41, sd.VOLTAGES) == sd.CMD_CRC_FAIL, "OCR has none"
    assert interface.read(RESPCMD, 4) == 0x3F
    assert interface.read(RESPONSE0, 4) == sd.VOLTAGES | sd.POWERED_UP
    assert issue(interface, 2) == sd.CMD_CRC_FAIL, "a long response taken for a short one"
    assert interface.read(RESPONSE0, 4) == int.from_bytes(cid()[:4], "big")
    assert issue(interface, 3, flags=sd.RESPONSE | sd.LONG) == sd.CMD_CRC_FAIL, "and the other way round"
    assert interface.read(RESPONSE0, 4) >> 16 == 1
    assert interface.read(RESPONSE2, 4) == 0xFFFF_FFFF


def test_a_response_that_is_not_asked_for() -> None:
    interface = make_ready()
    before = interface.read(RESPONSE0, 4)
    assert issue(interface, 16, 64, flags=0) == sd.CMD_SENT
    assert interface.read(RESPONSE0, 4) == before


def test_interrupt_mode_waits_for_ever() -> None:
    interface = make_slot()
    set_up(interface)
    send(interface, 40, flags=sd.RESPONSE | sd.INTERRUPT)
    advance(interface, 10**6 * CYCLE)
    assert interface.read(STATUS, 4) == sd.CMD_ACTIVE
    interface.write(CLOCK, 4, sd.CLOCK_ENABLE)
    advance(interface, 10**6 * CYCLE)
    assert interface.read(STATUS, 4) == sd.CMD_ACTIVE
    interface.write(COMMAND, 4, 0)
    assert interface.read(STATUS, 4) == 0
    assert interface.system.events.pending() == []


def test_a_pending_command_follows_the_data() -> None:
    interface = make_ready()
    data = fill(interface)
    begin_read(interface, 0, 2)
    send(interface, 12, flags=sd.RESPONSE | sd.PENDING)
    interface.write(CLEAR, 4, 0x7FF)
    assert take(interface, 2 * SECTOR) == data[: 2 * SECTOR]
    assert interface.read(STATUS, 4) & sd.CMD_ACTIVE
    assert not interface.read(STATUS, 4) & sd.CMD_RESP_END
    advance(interface, 120 * CYCLE)
    assert interface.read(STATUS, 4) & (sd.CMD_RESP_END | sd.DATA_END) == sd.CMD_RESP_END | sd.DATA_END
    assert issue(interface, 13, 1 << 16) == sd.CMD_RESP_END
    assert interface.read(RESPONSE0, 4) >> 9 & 0xF == sd.TRAN


def test_disabling_a_command_ends_it() -> None:
    interface = make_slot()
    set_up(interface)
    send(interface, 8, 0x1AA)
    advance(interface, 60 * CYCLE)
    interface.write(COMMAND, 4, 0)
    advance(interface, 1000 * CYCLE)
    assert interface.read(STATUS, 4) == 0
    assert interface.read(RESPONSE0, 4) == 0


# --- any guest, and checkpoints -------------------------------------------------------------------------------------

Access = tuple[bool, int, int, int, int]

registers = st.tuples(
    st.just(True),
    st.just(4),
    st.sampled_from([POWER, CLOCK, ARGUMENT, DATA_TIMER, DATA_LENGTH, DATA_CTRL, CLEAR, MASK0, MASK1]),
    st.sampled_from([0, 1, 3, 0x93, 0x91, 0x100, 0x500, 0xD00, 0x200, 1 << 16, sd.VOLTAGES, 0xFFFF_FFFF]),
    st.integers(0, 300 * CYCLE),
)
commands = st.tuples(
    st.just(True),
    st.just(4),
    st.just(COMMAND),
    st.one_of(
        st.sampled_from([0, 8, 55, 41, 2, 3, 7, 6, 17, 18, 24, 25, 12]).map(lambda index: 0x440 | index),
        st.integers(0, 0x7FF),
    ),
    st.integers(0, 200 * CYCLE),
)


@st.composite
def transfers(draw: st.DrawFn) -> list[Access]:
    """A transfer with a sound command, and some accesses to the FIFO, more or less in time."""
    writing = draw(st.booleans())
    blocks = draw(st.integers(1, 2))
    control = sd.DATA_ENABLE | sd.BLOCKS_OF_512 | (0 if writing else sd.FROM_CARD)
    index = (24 if writing else 17) + blocks - 1
    command = [(ARGUMENT, draw(st.sampled_from([0, SECTOR, CARD_SIZE - SECTOR]))), (COMMAND, 0x440 | index)]
    data = [(DATA_TIMER, 1000), (DATA_LENGTH, blocks * SECTOR), (DATA_CTRL, 0), (DATA_CTRL, control)]
    setup = [(True, 4, offset, value, 110 * CYCLE if offset == COMMAND else 0)
             for offset, value in (command + data if writing else data + command)]  # fmt: skip
    pause = draw(st.sampled_from([WORD, 7 * CYCLE, 9 * CYCLE]))
    value = draw(st.integers(0, 0xFFFF_FFFF))
    return setup + [(writing, 4, FIFO, value, pause)] * draw(st.sampled_from([3, 20, 140, 270]))


guests = st.lists(
    transfers() | st.one_of(accesses, registers, commands).map(lambda access: [access]), max_size=12
)  # fmt: skip


@any_guest
@given(guests, st.sampled_from(["empty", "fresh", "ready"]))
def test_any_guest(sequence: list[list[Access]], slot: str) -> None:
    if slot == "empty":
        device = make_slot(size=None)
    else:
        device = (make_ready if slot == "ready" else make_slot)(overlay_limit="8KiB")
    check_any_guest(device, [access for accesses in sequence for access in accesses])


@pytest.mark.parametrize("writing", [False, True])
@pytest.mark.parametrize("moved", [0, 20, 100, SECTOR - 4, SECTOR, 2 * SECTOR + 36])
@pytest.mark.parametrize("late", [0, 5 * CYCLE, 3 * WORD + 1])
def test_checkpoint_in_the_middle_of_a_transfer(writing: bool, moved: int, late: int) -> None:
    interface = make_ready(irq=49, irq1=50)
    before = fill(interface)
    new = Random(2).randbytes(3 * SECTOR)
    begin = begin_write if writing else begin_read
    begin(interface, SECTOR, 3)
    interface.write(MASK1, 4, sd.RX_HALF_FULL | sd.TX_HALF_EMPTY)
    if writing:
        give(interface, new[:moved])
    else:
        assert take(interface, moved) == before[SECTOR : SECTOR + moved]
    advance(interface, late)
    twin = make_copy(interface)
    for component in twin.system.walk():
        component.on_run_started()
    assert twin.irq1.level == interface.irq1.level
    assert take_checkpoint(twin.system) == take_checkpoint(interface.system)
    for each in (interface, twin):
        if writing:
            give(each, new[moved:])
        else:
            assert take(each, 3 * SECTOR - moved) == before[SECTOR + moved : 4 * SECTOR]
        assert finish(each, 3) == sd.DATA_END
        assert contents(each)[SECTOR : 4 * SECTOR] == (new if writing else before[SECTOR : 4 * SECTOR])
    assert take_checkpoint(twin.system) == take_checkpoint(interface.system)


@pytest.mark.parametrize("cycles", [0, 20, 48, 50, 80, 101])
def test_checkpoint_in_the_middle_of_a_command(cycles: int) -> None:
    interface = make_slot()
    set_up(interface)
    send(interface, 8, 0x1AA)
    advance(interface, cycles * CYCLE)
    twin = make_copy(interface)
    for each in (interface, twin):
        advance(each, (101 - cycles) * CYCLE)
        assert each.read(STATUS, 4) == sd.CMD_RESP_END
        assert each.read(RESPONSE0, 4) == 0x1AA
    assert take_checkpoint(twin.system) == take_checkpoint(interface.system)


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("device", "phase", 5), ("device", "response", b"123456"), ("device", "phase", 4), ("device", "flags", 1 << 11),
        ("device", "flags", -1), ("device", "event.command-step", 10**12), ("device.data-path", "phase", 5),
        ("device.data-path", "due", 10**12), ("device.data-path", "fifo", [0] * 17),
        ("device.data-path", "fifo", [1 << 32]), ("device.data-path", "count", -1),
        ("device.data-path", "count", 1 << 16), ("device.data-path", "left", 1), ("device.data-path", "word", b"1234"),
        ("device.data-path", "block", bytes(1 << 16)), ("device.data-path", "event.timeout", 10**12),
        ("device.data-path", "event.change", 10**12),
    ],
)  # fmt: skip
def test_a_checkpoint_of_no_interface_is_refused(path: str, name: str, value: int | bytes | list[int]) -> None:
    now, sections = take_checkpoint(make_ready().system)
    sections[path].fields[name] = Field(value)
    with pytest.raises(CheckpointError, match=path):
        restore_checkpoint(make_slot().system, (now, sections))
