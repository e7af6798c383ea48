"""The DMA controller PL081 with peripherals that ask for service, and software that asks for them."""

from __future__ import annotations

import struct

import pytest
from dma_testing import (
    ACTIVE,
    BYTES,
    CHANNEL_CONFIGURATION,
    CONTROL,
    DESTINATION_INCREMENTS,
    ENABLED,
    FROM_PERIPHERAL_THAT_ENDS,
    HALFWORDS,
    HALT,
    INTERRUPT,
    MEMORY_TO_PERIPHERAL,
    MEMORY_TO_PERIPHERAL_THAT_ENDS,
    PERIPHERAL,
    PERIPHERAL_THAT_ENDS_TO_MEMORY,
    PERIPHERAL_TO_MEMORY,
    PERIPHERAL_TO_PERIPHERAL,
    RAW_ERROR,
    RAW_TC,
    SOFT_BURST,
    SOFT_LAST_BURST,
    SOFT_LAST_SINGLE,
    SOFT_SINGLE,
    SOURCE,
    SOURCE_INCREMENTS,
    TC_CLEAR,
    TO_PERIPHERAL_THAT_ENDS,
    UNMASKED,
    WORDS,
    Machine,
    control,
)  # fmt: skip
from hypothesis import given, settings
from hypothesis import strategies as st
from vmsim_core.interrupts import InterruptLine
from vmsim_platform_realview.pl081_flow import Request

TO = 0x8000
FROM, AT = 5, 9
"""The numbers of the peripherals that the port's two halves are."""
PERIPHERALS = FROM << 1 | AT << 6 | UNMASKED
TEXT = b"The quick brown fox jumps over the lazy dog. 0123456789"


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    machine.connect(FROM, AT)
    machine.ram.view[: len(TEXT)] = TEXT
    return machine


def written(machine: Machine, size: int) -> bytes:
    return bytes(machine.ram.view[TO : TO + size])


# --- the controller counts --------------------------------------------------------------------------------------------


def test_bursts_and_then_singles_from_a_peripheral(machine: Machine) -> None:
    machine.port.burst = 4
    word = control(19, (BYTES, BYTES), (4, 4)) | DESTINATION_INCREMENTS | INTERRUPT
    machine.begin(PERIPHERAL, TO, word, PERIPHERAL_TO_MEMORY | PERIPHERALS)
    machine.advance(1000)
    assert machine.channel(0, CONTROL) & 0xFFF == 19
    for arrived in (2, 3, 11, 3):
        machine.port.to_give += TEXT[len(written(machine, 19).rstrip(b"\0")) + len(machine.port.to_give) :][:arrived]
        machine.port.ask()
        machine.advance(1000)
    # 2: not a burst. 5: one burst. 12: all three. Then less than a burst is to come, and singles count.
    assert written(machine, 20) == TEXT[:19] + b"\0"
    assert machine.port.to_give == []
    assert (machine.read(ENABLED), machine.read(RAW_TC), machine.read(RAW_ERROR)) == (0, 1, 0)


def test_a_single_request_waits_while_a_burst_is_to_come(machine: Machine) -> None:
    machine.port.burst = 4
    machine.begin(
        PERIPHERAL, TO, control(8, (BYTES, BYTES), (4, 1)) | DESTINATION_INCREMENTS, PERIPHERAL_TO_MEMORY | PERIPHERALS
    )
    machine.port.to_give = list(TEXT[:3])
    machine.port.ask()
    machine.advance(1000)
    assert len(machine.port.to_give) == 3
    machine.port.to_give += TEXT[3:7]
    machine.port.ask()
    machine.advance(1000)
    # A burst is still to come.
    assert len(machine.port.to_give) == 3
    assert machine.channel(0, CONTROL) & 0xFFF == 4


def test_a_peripheral_gets_a_burst_for_each_request(machine: Machine) -> None:
    machine.port.burst = 8
    machine.begin(
        0, PERIPHERAL, control(20, (BYTES, BYTES), (1, 8)) | SOURCE_INCREMENTS | INTERRUPT,
        MEMORY_TO_PERIPHERAL | PERIPHERALS,
    )  # fmt: skip
    machine.port.room = 7
    machine.port.ask()
    machine.advance(1000)
    # Nothing is read from memory, and a single request does not count.
    assert (machine.port.taken, machine.channel(0, SOURCE)) == ([], 0)
    for room, taken in ((8, 8), (16, 20)):
        machine.port.room = room
        machine.port.ask()
        machine.advance(1000)
        assert bytes(machine.port.taken) == TEXT[:taken]
    assert machine.port.room == 4
    assert machine.read(RAW_TC) == 1


def test_words_go_to_a_narrow_peripheral_one_byte_for_each_request(machine: Machine) -> None:
    machine.begin(
        0, PERIPHERAL, control(2, (WORDS, BYTES)) | SOURCE_INCREMENTS | INTERRUPT, MEMORY_TO_PERIPHERAL | PERIPHERALS
    )
    for count in range(1, 9):
        machine.port.room = 1
        machine.port.ask()
        machine.advance(100)
        assert bytes(machine.port.taken) == TEXT[:count]
        assert machine.channel(0, SOURCE) == (4 if count <= 4 else 8)
        assert bool(machine.channel(0, CHANNEL_CONFIGURATION) & ACTIVE) == (count not in (4, 8))
        assert machine.read(RAW_TC) == (count == 8)


def test_bytes_from_a_peripheral_are_packed(machine: Machine) -> None:
    machine.begin(
        PERIPHERAL, TO, control(8, (BYTES, WORDS)) | DESTINATION_INCREMENTS, PERIPHERAL_TO_MEMORY | PERIPHERALS
    )
    machine.port.to_give = list(TEXT[:6])
    machine.port.ask()
    machine.advance(100)
    assert written(machine, 8) == TEXT[:4] + bytes(4)
    assert machine.channel(0, CHANNEL_CONFIGURATION) & ACTIVE
    machine.set_channel(0, CHANNEL_CONFIGURATION, 0)
    assert not machine.channel(0, CHANNEL_CONFIGURATION) & ACTIVE


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(0, 60),
    widths=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    bursts=st.tuples(st.sampled_from([1, 4, 8, 16]), st.sampled_from([1, 4, 8, 16])),
    feed=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 200)), max_size=40),
)
def test_from_peripheral_to_peripheral(
    size: int, widths: tuple[int, int], bursts: tuple[int, int], feed: list[tuple[int, int, int]]
) -> None:
    machine = Machine()
    source, destination = 1 << widths[0], 1 << widths[1]
    values = [(index + 1) * 0x01020304 & ((1 << 8 * source) - 1) for index in range(size)]
    stream = b"".join(value.to_bytes(source, "little") for value in values)
    portions = [stream[start : start + destination] for start in range(0, len(stream), destination)]
    expected = [int.from_bytes(portion, "little") for portion in portions if len(portion) == destination]
    # Two ports, so that each has the burst size of its own side.
    giver, taker = machine.port, Machine().port
    machine.dmac.system.address_map.regions[-1].device.write = taker.write  # type: ignore[union-attr, method-assign]
    giver.burst, taker.burst = bursts
    giver.receive_burst.connect(machine.dmac.dma_request(FROM))
    giver.receive_single.connect(machine.dmac.dma_request(FROM, Request.SINGLE))
    taker.transmit_burst.connect(machine.dmac.dma_request(AT))
    machine.begin(
        PERIPHERAL, PERIPHERAL, control(size, widths, bursts) | INTERRUPT, PERIPHERAL_TO_PERIPHERAL | PERIPHERALS
    )
    waiting = list(values)
    for arrived, room, cycles in [*feed, (size, 0, 5000), *[(0, 16, 5000)] * (4 * size)]:
        giver.to_give += waiting[:arrived]
        del waiting[:arrived]
        taker.room += room
        giver.ask()
        taker.ask()
        machine.advance(cycles)
    machine.advance(10)
    assert taker.taken == expected
    assert (machine.read(RAW_TC), machine.read(RAW_ERROR), giver.to_give) == (1, 0, [])


def test_a_destination_gets_its_burst_in_one_go() -> None:
    machine = Machine()
    machine.port.room = 4
    machine.begin(
        PERIPHERAL, PERIPHERAL, control(6, (BYTES, BYTES), (1, 4)) | INTERRUPT, PERIPHERAL_TO_PERIPHERAL | PERIPHERALS
    )
    machine.write(SOFT_BURST, 1 << AT)
    for count, byte in enumerate(TEXT[:4], 1):
        machine.port.to_give = [byte]
        machine.write(SOFT_BURST, 1 << FROM)
        machine.advance(10)
        assert bytes(machine.port.taken) == (TEXT[:4] if count == 4 else b"")
        assert bool(machine.read(SOFT_BURST) & 1 << AT) == (count < 4)


def test_a_request_that_is_withdrawn_is_not_served(machine: Machine) -> None:
    line = InterruptLine("request")
    line.connect(machine.dmac.dma_request(3))
    machine.begin(PERIPHERAL, TO, control(1), PERIPHERAL_TO_MEMORY | 3 << 1)
    line.set(True)
    machine.advance(1)
    line.set(False)
    machine.advance(100)
    assert machine.channel(0, CONTROL) & 0xFFF == 1


def test_a_halted_channel_takes_no_more_and_gives_what_it_has(machine: Machine) -> None:
    machine.port.burst = 4
    flow = PERIPHERAL_TO_PERIPHERAL | PERIPHERALS
    machine.begin(PERIPHERAL, PERIPHERAL, control(8, (BYTES, BYTES), (4, 4)), flow)
    machine.port.to_give = list(TEXT[:6])
    machine.port.ask()
    machine.advance(100)
    assert len(machine.port.to_give) == 2
    machine.set_channel(0, CHANNEL_CONFIGURATION, flow | HALT | 1)
    machine.port.to_give = list(TEXT[4:8])
    machine.port.room = 8
    machine.port.ask()
    machine.advance(100)
    assert bytes(machine.port.taken) == TEXT[:4]
    assert not machine.channel(0, CHANNEL_CONFIGURATION) & ACTIVE
    machine.set_channel(0, CHANNEL_CONFIGURATION, flow | 1)
    machine.advance(100)
    assert bytes(machine.port.taken) == TEXT[:8]
    assert machine.read(ENABLED) == 0


# --- a peripheral says when it is over --------------------------------------------------------------------------------


def test_the_source_ends_the_transfer(machine: Machine) -> None:
    machine.port.burst = 4
    flow = PERIPHERAL_THAT_ENDS_TO_MEMORY | PERIPHERALS
    machine.begin(PERIPHERAL, TO, control(0, (BYTES, BYTES), (4, 1)) | DESTINATION_INCREMENTS | INTERRUPT, flow)
    machine.port.to_give = list(TEXT[:10])
    machine.port.ask()
    machine.advance(1000)
    assert (machine.read(ENABLED), written(machine, 11)) == (1, TEXT[:10] + b"\0")
    last = InterruptLine("last")
    last.connect(machine.dmac.dma_request(FROM, Request.LAST_SINGLE))
    machine.port.to_give = [*TEXT[10:11]]
    last.set(True)
    machine.advance(3)
    assert (machine.read(ENABLED), machine.read(RAW_TC), written(machine, 12)) == (0, 1, TEXT[:11] + b"\0")


def test_the_destination_ends_the_transfer(machine: Machine) -> None:
    machine.port.burst = 8
    flow = MEMORY_TO_PERIPHERAL_THAT_ENDS | PERIPHERALS
    machine.begin(0, PERIPHERAL, control(0, (WORDS, BYTES), (1, 8)) | SOURCE_INCREMENTS | INTERRUPT, flow)
    machine.port.room = 11
    machine.port.ask()
    machine.advance(1000)
    assert (machine.read(ENABLED), bytes(machine.port.taken)) == (1, TEXT[:11])
    machine.port.room = 8
    machine.write(SOFT_LAST_BURST, 1 << AT)
    machine.advance(1000)
    assert (machine.read(ENABLED), machine.read(RAW_TC), bytes(machine.port.taken)) == (0, 1, TEXT[:19])
    assert machine.read(SOFT_LAST_BURST) == 0


def test_the_source_of_two_peripherals_ends_the_transfer() -> None:
    machine = Machine()
    flow = FROM_PERIPHERAL_THAT_ENDS | PERIPHERALS
    machine.begin(PERIPHERAL, PERIPHERAL, control(0, (BYTES, BYTES), (4, 4)) | INTERRUPT, flow)
    machine.port.to_give = list(TEXT[:3])
    machine.write(SOFT_SINGLE, 1 << FROM)
    machine.advance(100)
    machine.write(SOFT_SINGLE, 1 << FROM)
    machine.advance(100)
    machine.write(SOFT_LAST_SINGLE, 1 << FROM)
    machine.advance(100)
    # All is in the FIFO, until the destination asks.
    assert (machine.port.taken, machine.port.to_give, machine.read(ENABLED)) == ([], [], 1)
    machine = machine.copy()
    machine.port.room = 4
    machine.write(SOFT_BURST, 1 << AT)
    machine.advance(100)
    assert (bytes(machine.port.taken), machine.read(ENABLED), machine.read(RAW_TC)) == (TEXT[:3], 0, 1)


def test_the_destination_of_two_peripherals_ends_the_transfer(machine: Machine) -> None:
    machine.port.burst = 4
    flow = TO_PERIPHERAL_THAT_ENDS | PERIPHERALS
    machine.begin(PERIPHERAL, PERIPHERAL, control(0, (BYTES, HALFWORDS), (4, 4)) | INTERRUPT, flow)
    machine.port.to_give = list(TEXT[:9])
    machine.port.ask()
    machine.advance(100)
    assert len(machine.port.to_give) == 9
    machine.port.room = 2
    machine.port.ask()
    machine.advance(100)
    assert machine.port.taken == [*struct.unpack("<2H", TEXT[:4])]
    machine.port.room = 1
    machine.write(SOFT_LAST_SINGLE, 1 << AT)
    machine.advance(100)
    assert machine.port.taken == [*struct.unpack("<3H", TEXT[:6])]
    assert (machine.read(ENABLED), machine.read(RAW_TC)) == (0, 1)


# --- software asks ----------------------------------------------------------------------------------------------------


def test_software_makes_requests(machine: Machine) -> None:
    machine.begin(0, TO, control(6, (BYTES, BYTES), (4, 1)) | DESTINATION_INCREMENTS | SOURCE_INCREMENTS | INTERRUPT,
                  PERIPHERAL_TO_MEMORY | PERIPHERALS)  # fmt: skip
    machine.write(SOFT_BURST, 1 << FROM)
    assert machine.read(SOFT_BURST) == 1 << FROM
    machine.advance(8)
    assert machine.read(SOFT_BURST) == 0
    assert written(machine, 5) == TEXT[:4] + b"\0"
    for count in (5, 6):
        machine.write(SOFT_SINGLE, 1 << FROM)
        machine.advance(2)
        assert written(machine, count + 1) == TEXT[:count] + b"\0"
    assert machine.read(RAW_TC) == 1
    machine.write(TC_CLEAR, 1)
    # For a peripheral that no channel serves, the request stays.
    machine.write(SOFT_SINGLE, 1 << 15)
    machine.advance(100)
    assert machine.read(SOFT_SINGLE) == 1 << 15


def test_the_request_registers_show_the_lines(machine: Machine) -> None:
    for kind, register in zip(Request, (SOFT_BURST, SOFT_SINGLE, SOFT_LAST_BURST, SOFT_LAST_SINGLE), strict=True):
        machine.dmac.dma_request(2 + kind, kind)(True)
        assert machine.read(register) == 4 << kind
        machine.dmac.dma_request(2 + kind, kind)(False)
        assert machine.read(register) == 0


def test_there_are_sixteen_peripherals(machine: Machine) -> None:
    machine.dmac.dma_request(15)
    for number in (16, -1):
        with pytest.raises(ValueError, match="0 to 15"):
            machine.dmac.dma_request(number)
