"""The DMA controller PL081: registers, interrupts, errors, memory to memory against a plain model."""

from __future__ import annotations

import struct

import pytest
from dma_testing import (
    ACTIVE,
    BOTH_INCREMENT,
    BURSTS,
    BYTES,
    CHANNEL_CONFIGURATION,
    CONFIGURATION,
    CONTROL,
    DESTINATION,
    DESTINATION_INCREMENTS,
    DMAC,
    ENABLE,
    ENABLED,
    ERROR_CLEAR,
    ERROR_MASK,
    ERROR_STATUS,
    HALFWORDS,
    HALT,
    INT_STATUS,
    INTERRUPT,
    LOCK,
    NEXT,
    PERIPHERAL,
    RAM_SIZE,
    RAW_ERROR,
    RAW_TC,
    SOFT_BURST,
    SOURCE,
    SOURCE_INCREMENTS,
    SYNC,
    TC_CLEAR,
    TC_MASK,
    TC_STATUS,
    UNMASKED,
    WORDS,
    Machine,
    control,
    ticks,
)  # fmt: skip
from hypothesis import given, settings
from hypothesis import strategies as st
from realview_testing import accesses, any_guest, check_any_guest, make_device, perform, take_checkpoint
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Field
from vmsim_platform_realview.pl081 import Pl081
from vmsim_platform_realview.pl081_flow import Request

NOWHERE = 0x5000_0000
TO = 0x8000
"""The destination in RAM: what is below is source, and items of linked lists from ITEMS on."""
ITEMS = 0x7000


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    for offset in range(0, RAM_SIZE // 2, 4):
        machine.ram.view[offset : offset + 4] = struct.pack("<I", offset * 0x9E3779B1 & 0xFFFF_FFFF)
    return machine


# --- registers --------------------------------------------------------------------------------------------------------


def test_reset_values(machine: Machine) -> None:
    for offset in (*range(0, 0x38, 4), *range(0x100, 0x114, 4), *range(0x120, 0x134, 4)):
        assert machine.read(offset) == 0
    assert [machine.read(offset) for offset in range(0xFE0, 0x1000, 4)] == [0x81, 0x10, 4, 0, 0x0D, 0xF0, 0x05, 0xB1]


@pytest.mark.parametrize(
    ("register", "bits"),
    [
        (SOURCE, 0xFFFF_FFFF),
        (DESTINATION, 0xFFFF_FFFF),
        (NEXT, 0xFFFF_FFFC),
        (CONTROL, 0xFCFF_FFFF),
        (CHANNEL_CONFIGURATION, 0x5FBDF),
    ],
)
def test_a_channels_registers_keep_the_bits_they_have(machine: Machine, register: int, bits: int) -> None:
    for number in (0, 1):
        machine.set_channel(number, register, 0xFFFF_FFFF)
        assert machine.channel(number, register) == bits
        assert machine.channel(1, register) == (bits if number else 0)


def test_the_controllers_registers_keep_the_bits_they_have(machine: Machine) -> None:
    for register, bits in ((CONFIGURATION, 3), (SYNC, 0xFFFF)):
        machine.write(register, 0xFFFF_FFFF)
        assert machine.read(register) == bits
    for register in (INT_STATUS, TC_STATUS, ERROR_STATUS, RAW_TC, RAW_ERROR, ENABLED):
        machine.write(register, 3)
        assert machine.read(register) == 0
    assert machine.dmac.undefined_accesses.value == 6


def test_narrow_accesses(machine: Machine) -> None:
    machine.set_channel(0, SOURCE, 0x11223344)
    assert [machine.dmac.read(0x100 + byte, 1) for byte in range(4)] == [0x44, 0x33, 0x22, 0x11]
    machine.dmac.write(0x102, 2, 0xABCD)
    assert machine.channel(0, SOURCE) == 0xABCD3344
    # A request is made by a bit written, not by one that is there already.
    machine.dmac.dma_request(0)(True)
    machine.dmac.write(SOFT_BURST + 1, 1, 0x80)
    machine.dmac.dma_request(0)(False)
    assert machine.read(SOFT_BURST) == 0x8000


# --- memory to memory -------------------------------------------------------------------------------------------------


def test_a_copy_takes_its_time_and_interrupts(machine: Machine) -> None:
    machine.begin(0x100, TO, control(100) | BOTH_INCREMENT | INTERRUPT)
    assert machine.read(ENABLED) == 1
    machine.advance(200)
    assert machine.ram.view[TO : TO + 400] == machine.ram.view[0x100 : 0x100 + 400]
    assert (machine.channel(0, SOURCE), machine.channel(0, DESTINATION)) == (0x100 + 400, TO + 400)
    assert machine.channel(0, CONTROL) & 0xFFF == machine.read(ENABLED) == 0
    assert [machine.read(status) for status in (INT_STATUS, TC_STATUS, RAW_TC, ERROR_STATUS, RAW_ERROR)] == [
        1,
        1,
        1,
        0,
        0,
    ]
    assert machine.dmac.irq.level
    machine.write(TC_CLEAR, 2)
    assert machine.dmac.irq.level
    machine.write(TC_CLEAR, 1)
    assert not machine.dmac.irq.level
    assert machine.read(RAW_TC) == 0
    assert machine.dmac.bytes_transferred.value == 400


def test_the_interrupt_comes_in_the_very_cycle(machine: Machine) -> None:
    machine.begin(0, TO, control(1000, (BYTES, WORDS)) | BOTH_INCREMENT | INTERRUPT)
    last = machine.dmac.now + ticks(1000 + 250)
    machine.dmac.system.events.run_until(last - 1)
    assert not machine.dmac.irq.level
    machine.dmac.system.events.run_until(last)
    assert machine.dmac.irq.level


@pytest.mark.parametrize("masks", [0, TC_MASK, ERROR_MASK, UNMASKED])
def test_a_masked_interrupt_is_seen_raw(machine: Machine, masks: int) -> None:
    machine.begin(0, TO, control(1) | INTERRUPT, masks)
    machine.begin(NOWHERE, TO, control(1) | INTERRUPT, masks, number=1)
    machine.advance(10)
    assert (machine.read(RAW_TC), machine.read(RAW_ERROR)) == (1, 2)
    assert machine.read(TC_STATUS) == bool(masks & TC_MASK)
    assert machine.read(ERROR_STATUS) == 2 * bool(masks & ERROR_MASK)
    assert machine.read(INT_STATUS) == machine.read(TC_STATUS) | machine.read(ERROR_STATUS)
    assert machine.dmac.irq.level == bool(masks)
    for number in (0, 1):
        machine.set_channel(number, CHANNEL_CONFIGURATION, UNMASKED)
    assert machine.dmac.irq.level
    machine.write(TC_CLEAR, 3)
    machine.write(ERROR_CLEAR, 3)
    assert not machine.dmac.irq.level


def test_without_the_interrupt_bit_the_end_is_silent(machine: Machine) -> None:
    machine.begin(0, TO, control(1) | BOTH_INCREMENT)
    machine.advance(2)
    assert (machine.read(ENABLED), machine.read(RAW_TC)) == (0, 0)


def test_nothing_moves_while_the_controller_is_off(machine: Machine) -> None:
    machine.begin(0, TO, control(600) | BOTH_INCREMENT)
    machine.advance(600)
    machine.write(CONFIGURATION, 0)
    left = machine.channel(0, CONTROL) & 0xFFF
    assert 0 < left < 600
    machine.advance(10_000)
    assert machine.channel(0, CONTROL) & 0xFFF == left
    machine.write(CONFIGURATION, 1)
    machine.advance(1200)
    assert machine.ram.view[TO : TO + 2400] == machine.ram.view[:2400]


def test_a_halted_channel_waits_and_goes_on(machine: Machine) -> None:
    machine.begin(0, TO, control(600) | BOTH_INCREMENT | INTERRUPT, UNMASKED | LOCK)
    machine.advance(700)
    machine.set_channel(0, CHANNEL_CONFIGURATION, UNMASKED | LOCK | HALT | ENABLE)
    # Linux's driver waits for the end of activity before it takes the channel away.
    assert not machine.channel(0, CHANNEL_CONFIGURATION) & ACTIVE
    left = machine.channel(0, CONTROL) & 0xFFF
    assert 0 < left < 600
    machine.advance(10_000)
    assert machine.channel(0, CONTROL) & 0xFFF == left
    machine.set_channel(0, CHANNEL_CONFIGURATION, UNMASKED | LOCK | ENABLE)
    machine.advance(2 * left)
    assert machine.dmac.irq.level
    assert machine.ram.view[TO : TO + 2400] == machine.ram.view[:2400]
    assert machine.channel(0, CHANNEL_CONFIGURATION) == UNMASKED | LOCK


def test_a_disabled_channel_stops(machine: Machine) -> None:
    machine.begin(0, TO, control(600) | BOTH_INCREMENT | INTERRUPT)
    machine.advance(100)
    machine.set_channel(0, CHANNEL_CONFIGURATION, UNMASKED)
    machine.advance(10_000)
    assert machine.read(RAW_TC) == 0
    assert not any(machine.ram.view[TO : TO + 2400])
    assert machine.dmac.system.events.pending() == []


def test_channel_0_goes_first(machine: Machine) -> None:
    machine.begin(0, TO, control(0xFFF) | BOTH_INCREMENT, number=1)
    machine.advance(2000)
    left = machine.channel(1, CONTROL) & 0xFFF
    machine.begin(0x4000, TO + 0x4000, control(0x800) | BOTH_INCREMENT, number=0)
    machine.advance(512 + 2 * 0x800)
    assert machine.read(ENABLED) == 2
    # The piece that was on the bus is the only one that channel 1 got.
    assert machine.channel(1, CONTROL) & 0xFFF == left - 256
    machine.advance(2 * left)
    assert machine.read(ENABLED) == 0
    assert machine.ram.view[TO : TO + 0x3FFC] == machine.ram.view[:0x3FFC]
    assert machine.ram.view[TO + 0x4000 : TO + 0x6000] == machine.ram.view[0x4000:0x6000]


ITEM_CONTROLS = st.builds(
    lambda size, widths, bursts, increments: control(size, widths, bursts) | increments,
    st.one_of(st.integers(0, 20), st.integers(0, 700)),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.sampled_from(BURSTS), st.sampled_from(BURSTS)),
    st.sampled_from([0, SOURCE_INCREMENTS, DESTINATION_INCREMENTS, BOTH_INCREMENT]),
)
ITEM = st.tuples(st.integers(0, 0x5FFF), st.integers(TO, RAM_SIZE - 0x2000), ITEM_CONTROLS)


def plain_copy(ram: bytearray, source: int, destination: int, control: int) -> int:
    """Do what an item says with a plain stream of bytes; return the bus cycles it takes."""
    size, source_width, destination_width = control & 0xFFF, 1 << (control >> 18 & 7), 1 << (control >> 21 & 7)
    stream: list[int] = []
    source -= source % source_width
    for _ in range(size):
        stream.extend(ram[source : source + source_width])
        source += source_width if control & SOURCE_INCREMENTS else 0
    destination -= destination % destination_width
    cycles = size
    while len(stream) >= destination_width:
        portion, stream = stream[:destination_width], stream[destination_width:]
        ram[destination : destination + destination_width] = bytes(portion)
        destination += destination_width if control & DESTINATION_INCREMENTS else 0
        cycles += 1
    return cycles or 1


@settings(max_examples=120, deadline=None)
@given(st.lists(ITEM, min_size=1, max_size=5), st.integers(0, 3000))
def test_like_a_plain_copy(items: list[tuple[int, int, int]], checkpoint_at: int) -> None:
    machine = Machine()
    machine.ram.view[:ITEMS] = bytes(index * 167 >> 3 & 0xFF for index in range(ITEMS))
    places = [ITEMS + 16 * index for index in range(len(items))]
    for index, (source, destination, word) in enumerate(items[1:], 1):
        following = [*places, 0][index + 1]
        interrupt = 0 if following else INTERRUPT
        machine.ram.view[places[index] : places[index] + 16] = struct.pack(
            "<4I", source, destination, following, word | interrupt
        )
    expected = bytearray(machine.ram.view)
    cycles = sum(plain_copy(expected, *item) for item in items) + 4 * (len(items) - 1)

    (source, destination, word), more = items[0], len(items) > 1
    machine.begin(source, destination, word | (0 if more else INTERRUPT), next_item=places[1] if more else 0)
    machine.advance(min(checkpoint_at, cycles - 1))
    assert not machine.dmac.irq.level
    machine = machine.copy()
    machine.dmac.system.events.run_until(ticks(cycles))
    assert machine.dmac.irq.level
    assert machine.read(RAW_ERROR) == machine.read(ENABLED) == 0
    assert machine.ram.view == expected


def test_each_item_of_a_list_may_interrupt(machine: Machine) -> None:
    for place, following in ((ITEMS, ITEMS + 16), (ITEMS + 16, 0)):
        machine.ram.view[place : place + 16] = struct.pack("<4I", 0, TO, following, control(10) | INTERRUPT)
    machine.begin(0, TO, control(10) | INTERRUPT, next_item=ITEMS)
    for enabled in (1, 1, 0):
        machine.advance(24)
        assert (machine.read(RAW_TC), machine.read(ENABLED)) == (1, enabled)
        machine.write(TC_CLEAR, 1)


# --- where a transfer cannot go ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [NOWHERE, DMAC + 0x100, DMAC + 0xFFC, 0xFFFF_FFFC, RAM_SIZE])
@pytest.mark.parametrize("increments", [0, BOTH_INCREMENT])
@pytest.mark.parametrize("role", ["source", "destination", "item"])
def test_an_error_ends_the_channel_and_interrupts(machine: Machine, bad: int, increments: int, role: str) -> None:
    source, destination = (bad if role == end else good for end, good in (("source", 0), ("destination", TO)))
    machine.begin(source, destination, control(4) | increments | INTERRUPT, next_item=bad if role == "item" else 0)
    machine.begin(0x40, TO + 0x40, control(4) | BOTH_INCREMENT, number=1)
    registers = [machine.channel(0, register) for register in (SOURCE, DESTINATION, NEXT)]
    machine.advance(100)
    assert (machine.read(RAW_ERROR), machine.read(ERROR_STATUS), machine.read(ENABLED)) == (1, 1, 0)
    assert machine.read(RAW_TC) == (role == "item")
    assert machine.dmac.irq.level
    if role != "item":
        assert [machine.channel(0, register) for register in (SOURCE, DESTINATION, NEXT)] == registers
    assert machine.ram.view[TO + 0x40 : TO + 0x50] == machine.ram.view[0x40:0x50]
    machine.write(ERROR_CLEAR, 1)
    machine.write(TC_CLEAR, 1)
    assert not machine.dmac.irq.level
    # The channel works again.
    machine.begin(0, TO, control(4) | BOTH_INCREMENT)
    machine.advance(8)
    assert machine.ram.view[TO : TO + 0x10] == machine.ram.view[:0x10]
    assert machine.read(RAW_ERROR) == 0


def test_what_was_written_before_the_error_stays(machine: Machine) -> None:
    machine.begin(0x1000, RAM_SIZE - 8, control(4) | BOTH_INCREMENT)
    machine.advance(8)
    assert machine.ram.view[RAM_SIZE - 8 :] == machine.ram.view[0x1000:0x1008]
    assert machine.read(RAW_ERROR) == 1


def test_a_block_may_go_from_ram_to_a_device_and_back(machine: Machine) -> None:
    # The configuration of another device's registers is DMA like any other.
    machine.port.room = 4
    machine.port.to_give = [1, 2, 3, 4]
    machine.begin(0, PERIPHERAL, control(4) | BOTH_INCREMENT)
    machine.begin(PERIPHERAL, TO, control(4, (HALFWORDS, HALFWORDS)) | BOTH_INCREMENT, number=1)
    machine.advance(16)
    assert machine.port.taken == list(struct.unpack("<4I", machine.ram.view[:16]))
    assert machine.ram.view[TO : TO + 8] == struct.pack("<4H", 1, 2, 3, 4)


@pytest.mark.parametrize("size", [0, 1, 0xFFF])
def test_a_list_without_end_costs_no_more_than_its_time(machine: Machine, size: int) -> None:
    word = control(size) | BOTH_INCREMENT
    machine.ram.view[ITEMS : ITEMS + 16] = struct.pack("<4I", 0, TO, ITEMS, word)
    pieces: list[int] = []
    use_bus = machine.dmac.channels[0].use_bus
    machine.dmac.channels[0].use_bus = lambda: pieces.append(machine.dmac.now) or use_bus()  # type: ignore[method-assign, func-returns-value]
    machine.begin(0, TO, word, next_item=ITEMS)
    machine.advance(10_000)
    assert machine.read(ENABLED) == 1
    assert len(pieces) <= 10_000
    assert len(pieces) == len(set(pieces)), "time passes between any two"
    machine.set_channel(0, CHANNEL_CONFIGURATION, 0)
    assert machine.dmac.system.events.pending() == []


# --- any guest --------------------------------------------------------------------------------------------------------

OFFSETS = [*range(0, 0x38, 4), *range(0x100, 0x114, 4), *range(0x120, 0x134, 4)]
WORDS_OF_A_GUEST = st.one_of(
    ITEM_CONTROLS,
    st.integers(0, 7).map(lambda flow: flow << 11 | UNMASKED | ENABLE),
    st.sampled_from([0, 1, 3, ITEMS, TO, DMAC, NOWHERE, 0xFFFF_FFFF, HALT | ENABLE, RAM_SIZE - 4]),
    st.integers(0, 0xFFFF_FFFF),
)
PAUSES = st.sampled_from([0, 1, 30, 600, 2000]).map(ticks)
GUEST = st.tuples(st.booleans(), st.sampled_from([1, 2, 4]), st.sampled_from(OFFSETS), WORDS_OF_A_GUEST, PAUSES)
LINE = st.tuples(st.integers(0, 3), st.sampled_from(list(Request)), st.booleans())
ADDRESSES = st.sampled_from([0, 0x101, 0x4002, TO, TO + 3, RAM_SIZE - 4, DMAC + 0x100, NOWHERE])
BEGIN = st.tuples(
    ADDRESSES,
    ADDRESSES,
    ITEM_CONTROLS,
    st.builds(
        lambda flow, ends: flow << 11 | ends | UNMASKED, st.integers(0, 7), st.integers(0, 3).map(lambda n: n * 0x42)
    ),
    st.integers(0, 1),
    st.sampled_from([0, ITEMS]),
)
STEP = st.one_of(BEGIN, LINE, GUEST)


def take_step(machine: Machine, step: tuple[int, ...]) -> int | None:
    if len(step) == 3:
        peripheral, kind, level = step
        machine.dmac.dma_request(peripheral, Request(kind))(bool(level))
        return None
    if len(step) == 6:
        machine.begin(*step)
        machine.advance(100)
        return None
    write, size, offset, value, duration = step
    return perform(machine.dmac, (bool(write), size, offset, value, duration))


@settings(max_examples=100, deadline=None)
@given(st.lists(STEP, min_size=12, max_size=40), st.tuples(ADDRESSES, ADDRESSES, ADDRESSES, ITEM_CONTROLS))
def test_any_guest_with_ram(steps: list[tuple[int, ...]], item: tuple[int, int, int, int]) -> None:
    machine = Machine()
    machine.ram.view[:ITEMS] = bytes(index * 167 >> 3 & 0xFF for index in range(ITEMS))
    machine.ram.view[ITEMS : ITEMS + 16] = struct.pack("<4I", *item)
    machine.write(CONFIGURATION, 1)
    for step in steps[: len(steps) // 2]:
        take_step(machine, step)
    twin = machine.copy()
    for step in steps[len(steps) // 2 :]:
        assert take_step(machine, step) == take_step(twin, step)
    assert twin.state() == machine.state()


@any_guest
@given(st.lists(accesses, max_size=40))
def test_any_guest(sequence: list[tuple[bool, int, int, int, int]]) -> None:
    check_any_guest(make_device(Pl081), sequence)


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("device", "bus_user", 2),
        ("device", "bus_user", -2),
        ("device", "bus_user", 0),
        ("device", "event.piece-done", 1000),
        ("device", "request_lines", [0] * 3),
        ("device", "request_lines", [0, 0, 0, 0x10000]),
        ("device.channel1", "fifo", bytes(2049)),
    ],
)
def test_a_checkpoint_with_an_impossible_state_is_refused(
    machine: Machine, path: str, field: str, value: int | list[int] | bytes
) -> None:
    section = take_checkpoint(machine.dmac.system)[1][path]
    section.fields[field] = Field(value)
    with pytest.raises(CheckpointError):
        machine.dmac.system.components[path].deserialize(section)
