"""The data path of the card interface PL181: blocks, FIFO, time, what goes wrong, interrupts."""

from __future__ import annotations

from random import Random

import pytest
import sd_testing as sd
from hypothesis import given, settings
from hypothesis import strategies as st
from realview_testing import advance, any_guest, interrupts
from sd_testing import (
    CARD_SIZE,
    CLEAR,
    CLOCK,
    CYCLE,
    DATA_CNT,
    DATA_CTRL,
    DATA_TIMER,
    FIFO,
    FIFO_CNT,
    MASK0,
    MASK1,
    RESPONSE0,
    STATUS,
    WORD,
    begin_data,
    begin_read,
    begin_write,
    contents,
    fill,
    finish,
    give,
    issue,
    issue_application,
    make_ready,
    make_slot,
    send,
    set_up,
    take,
)
from vmsim_core.disk_image import SECTOR
from vmsim_platform_realview.pl181 import Pl181

# --- data -----------------------------------------------------------------------------------------------------------


@settings(any_guest, max_examples=25)
@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 40), st.integers(1, 5), st.integers(1, 9), st.integers(0, 1 << 32)),
        max_size=5,
    )
)
def test_blocks_read_are_those_written(transfers: list[tuple[bool, int, int, int, int]]) -> None:
    """PIO in any order, however late the guest looks after the FIFO, as long as it is not too late."""
    interface = make_ready()
    oracle = bytearray(fill(interface))
    for writing, block, blocks, pause, seed in transfers:
        place = slice(block * SECTOR, (block + blocks) * SECTOR)
        if writing:
            oracle[place] = Random(seed).randbytes(blocks * SECTOR)
            begin_write(interface, place.start, blocks)
            assert give(interface, bytes(oracle[place]), pause * WORD + seed % WORD) == blocks * SECTOR
        else:
            begin_read(interface, place.start, blocks)
            assert take(interface, blocks * SECTOR, pause * WORD + seed % WORD) == oracle[place]
        assert finish(interface, blocks) == sd.DATA_END
        assert interface.read(DATA_CNT, 4) == interface.read(FIFO_CNT, 4) == 0
    assert contents(interface) == oracle


def test_registers_of_the_card_are_data() -> None:
    interface = make_ready()
    begin_data(interface, 8, sd.FROM_CARD | 3 << 4)
    assert issue_application(interface, 51) == sd.CMD_RESP_END
    assert take(interface, 8) == bytes.fromhex("0205000000000000")
    assert finish(interface, 1) == sd.DATA_END


def test_receiving_in_time() -> None:
    interface = make_ready()
    data = fill(interface)
    begin_data(interface, 2 * SECTOR, sd.FROM_CARD | sd.BLOCKS_OF_512)
    send(interface, 18)
    advance(interface, 48 * CYCLE)
    advance(interface, 9 * CYCLE + WORD - 1)
    idle = sd.RX_ACTIVE | sd.RX_EMPTY | sd.CMD_ACTIVE
    assert interface.read(STATUS, 4) & ~0x7FF == idle
    assert (interface.read(DATA_CNT, 4), interface.read(FIFO_CNT, 4)) == (1024, 256)
    advance(interface, 1)
    assert interface.read(STATUS, 4) & sd.RX_AVAILABLE
    assert (interface.read(DATA_CNT, 4), interface.read(FIFO_CNT, 4)) == (1020, 255)
    advance(interface, 7 * WORD - 1)
    assert not interface.read(STATUS, 4) & sd.RX_HALF_FULL
    advance(interface, 1)
    assert interface.read(STATUS, 4) & (sd.RX_HALF_FULL | sd.RX_FULL) == sd.RX_HALF_FULL
    advance(interface, 8 * WORD)
    assert interface.read(STATUS, 4) & sd.RX_FULL
    assert [interface.read(FIFO, 4) for _ in range(16)] == [
        int.from_bytes(data[at : at + 4], "little") for at in range(0, 64, 4)
    ]
    assert interface.read(FIFO, 4) == 0, "there is no more"
    interface.write(CLEAR, 4, 0x7FF)
    assert take(interface, SECTOR - 64) == data[64:SECTOR]
    assert not interface.read(STATUS, 4) & sd.DATA_BLOCK_END
    advance(interface, 17 * CYCLE)
    assert interface.read(STATUS, 4) & (sd.DATA_BLOCK_END | sd.DATA_END) == sd.DATA_BLOCK_END


def test_the_receiver_is_active_until_all_is_read() -> None:
    interface = make_ready()
    begin_data(interface, 64, sd.FROM_CARD | 6 << 4)
    assert issue(interface, 6, 0xFF_FFFF) == sd.CMD_RESP_END
    advance(interface, 20 * WORD)
    assert interface.read(STATUS, 4) & ~sd.CMD_RESP_END == (
        sd.DATA_END | sd.DATA_BLOCK_END | sd.RX_ACTIVE | sd.RX_HALF_FULL | sd.RX_FULL | sd.RX_AVAILABLE
    )
    take(interface, 64)
    assert interface.read(STATUS, 4) & ~sd.CMD_RESP_END == sd.DATA_END | sd.DATA_BLOCK_END


def test_sending_in_time() -> None:
    interface = make_ready()
    begin_write(interface, 0, 2)
    ready = sd.TX_ACTIVE | sd.TX_EMPTY | sd.TX_HALF_EMPTY
    advance(interface, 1000 * WORD)
    assert interface.read(STATUS, 4) == ready, "it waits for the first word"
    for number in range(16):
        assert not interface.read(STATUS, 4) & sd.TX_FULL
        interface.write(FIFO, 4, number)
    assert interface.read(STATUS, 4) == sd.TX_ACTIVE | sd.TX_AVAILABLE | sd.TX_FULL
    interface.write(FIFO, 4, 0xFFFF)
    advance(interface, 3 * CYCLE - 1)
    assert (interface.read(DATA_CNT, 4), interface.read(FIFO_CNT, 4)) == (1024, 256)
    advance(interface, 1)
    assert interface.read(STATUS, 4) == sd.TX_ACTIVE | sd.TX_AVAILABLE
    assert (interface.read(DATA_CNT, 4), interface.read(FIFO_CNT, 4)) == (1020, 255)
    advance(interface, 7 * WORD - 1)
    assert not interface.read(STATUS, 4) & sd.TX_HALF_EMPTY
    advance(interface, 1)
    assert interface.read(STATUS, 4) & sd.TX_HALF_EMPTY
    advance(interface, 8 * WORD - 1)
    give(interface, bytes(SECTOR - 64 + 32), WORD)
    advance(interface, 9 * WORD)
    assert contents(interface)[:4] == bytes(4), "the block is not complete"
    advance(interface, 26 * CYCLE)
    assert interface.read(STATUS, 4) & (sd.DATA_BLOCK_END | sd.DATA_END) == sd.DATA_BLOCK_END
    block = b"".join(number.to_bytes(4, "little") for number in range(16)) + bytes(SECTOR - 64)
    assert contents(interface)[:SECTOR] == block, "a word written to a full FIFO is lost"


def test_overrun() -> None:
    interface = make_ready()
    begin_read(interface, 0, 1)
    advance(interface, 40 * WORD)
    assert interface.read(STATUS, 4) & ~sd.CMD_RESP_END == sd.RX_OVERRUN
    assert interface.read(DATA_CNT, 4) == SECTOR - 17 * 4
    assert interface.read(FIFO, 4) == 0


def test_underrun() -> None:
    interface = make_ready()
    begin_write(interface, 0, 1)
    give(interface, bytes(100), WORD)
    advance(interface, 30 * WORD)
    assert interface.read(STATUS, 4) == sd.TX_UNDERRUN
    assert interface.read(DATA_CNT, 4) == SECTOR - 100
    interface.write(FIFO, 4, 1)
    assert interface.read(STATUS, 4) == sd.TX_UNDERRUN


def test_data_that_do_not_come() -> None:
    interface = make_ready()
    begin_data(interface, SECTOR, sd.FROM_CARD | sd.BLOCKS_OF_512)
    advance(interface, 10_000 * CYCLE - 1)
    assert interface.read(STATUS, 4) == sd.RX_ACTIVE | sd.RX_EMPTY
    advance(interface, 1)
    assert interface.read(STATUS, 4) == sd.DATA_TIME_OUT
    interface.write(DATA_CTRL, 4, 0)
    begin_read(interface, CARD_SIZE - SECTOR, 2)
    take(interface, 2 * SECTOR)
    assert finish(interface, 2) == sd.DATA_TIME_OUT, "the card ends there"
    assert interface.read(RESPONSE0, 4) & sd.OUT_OF_RANGE
    interface.write(DATA_TIMER, 4, 0)
    interface.write(CLEAR, 4, 0x7FF)
    interface.write(DATA_CTRL, 4, sd.FROM_CARD | sd.DATA_ENABLE)
    advance(interface, 2 * CYCLE)
    assert interface.read(STATUS, 4) == sd.DATA_TIME_OUT


@pytest.mark.parametrize(("size", "flags"), [(8, sd.DATA_CRC_FAIL), (10, sd.DATA_CRC_FAIL), (9, sd.DATA_END)])
def test_blocks_of_another_size_fail(size: int, flags: int) -> None:
    interface = make_ready()
    data = fill(interface)
    length = 1 << size
    begin_data(interface, length, sd.FROM_CARD | size << 4)
    issue(interface, 17)
    assert take(interface, length) == data[: min(SECTOR, length)].ljust(length, b"\xff")
    assert finish(interface, 1) == flags
    issue(interface, 24)
    begin_data(interface, length, size << 4)
    give(interface, bytes(length))
    assert finish(interface, 1) == flags
    assert contents(interface)[:SECTOR] == (bytes(SECTOR) if size == 9 else data[:SECTOR])


@pytest.mark.parametrize("card_wide", [False, True])
def test_another_width_than_the_card_s_fails(card_wide: bool) -> None:
    interface = make_ready()
    if not card_wide:
        issue_application(interface, 6, 0)
    interface.write(CLOCK, 4, sd.CLOCK_ENABLE | sd.BYPASS | (0 if card_wide else sd.WIDE_BUS))
    begin_read(interface, 0, 1)
    take(interface, SECTOR)
    advance(interface, 100 * CYCLE)
    failed = interface.read(STATUS, 4) & ~sd.CMD_RESP_END
    assert failed == (sd.DATA_CRC_FAIL if card_wide else sd.START_BIT_ERROR), "three lines have no start bit"
    begin_write(interface, 0, 1)
    give(interface, bytes(SECTOR))
    assert finish(interface, 1) == sd.DATA_CRC_FAIL


def test_data_to_an_empty_slot() -> None:
    interface = make_slot(size=None)
    set_up(interface)
    begin_data(interface, SECTOR, sd.BLOCKS_OF_512)
    give(interface, bytes(SECTOR), WORD)
    assert finish(interface, 1) == sd.DATA_CRC_FAIL


def test_no_data_at_all() -> None:
    interface = make_ready()
    for direction in (0, sd.FROM_CARD):
        begin_data(interface, 0, direction)
        assert interface.read(STATUS, 4) == sd.DATA_END


def test_a_stream_is_one_block_without_a_crc() -> None:
    interface = make_ready()
    data = fill(interface)
    begin_data(interface, 64, sd.FROM_CARD | sd.STREAM)
    issue(interface, 17)
    assert take(interface, 64) == data[:64]
    assert finish(interface, 1) == sd.DATA_END
    issue(interface, 24)
    begin_data(interface, 66, sd.STREAM)
    give(interface, bytes(68))
    assert finish(interface, 1) == sd.DATA_END
    assert contents(interface) == data, "the card knows no streams"


@pytest.mark.parametrize(("size", "length"), [(0, 7), (1, 10), (2, 6), (3, 20)])
def test_blocks_that_are_no_words_are_packed(size: int, length: int) -> None:
    """The card does not send so small blocks, but with a CRC that fails one is on the lines."""
    interface = make_ready()
    data = fill(interface)
    issue(interface, 16, 1 << size)
    begin_data(interface, length, sd.FROM_CARD | size << 4)
    issue(interface, 18)
    words = -(-length // 4)
    assert interface.read(FIFO_CNT, 4) <= words
    received = take(interface, 4 * words)
    whole = length // (1 << size) * (1 << size)
    assert received[:whole] == data[:whole]
    assert finish(interface, 2) == (sd.DATA_END if whole == length else sd.DATA_CRC_FAIL)


def test_a_transfer_that_is_stopped() -> None:
    interface = make_ready()
    fill(interface)
    begin_read(interface, 0, 2)
    take(interface, 100)
    interface.write(DATA_CTRL, 4, 0)
    assert interface.read(STATUS, 4) & (sd.RX_ACTIVE | sd.RX_AVAILABLE) == 0
    assert interface.system.events.pending() == []
    assert issue(interface, 12) == sd.CMD_RESP_END
    begin_write(interface, 0, 1)
    give(interface, b"new!" * 128)
    assert finish(interface, 1) == sd.DATA_END
    assert contents(interface)[:SECTOR] == b"new!" * 128


def test_a_clock_that_stops_in_the_middle() -> None:
    interface = make_ready()
    data = fill(interface)
    begin_read(interface, 0, 1)
    received = take(interface, 100)
    clock = interface.read(CLOCK, 4)
    interface.write(CLOCK, 4, 0)
    advance(interface, 10**6 * CYCLE)
    interface.write(CLOCK, 4, clock)
    assert received + take(interface, SECTOR - 100) == data[:SECTOR]
    assert finish(interface, 1) == sd.DATA_END
    begin_write(interface, 0, 1)
    interface.write(CLOCK, 4, 0)
    interface.write(FIFO, 4, 1)
    advance(interface, 10**6 * CYCLE)
    assert interface.read(DATA_CNT, 4) == SECTOR
    interface.write(CLOCK, 4, clock)
    give(interface, bytes(SECTOR - 4))
    assert finish(interface, 1) == sd.DATA_END
    begin_data(interface, SECTOR, sd.FROM_CARD | sd.BLOCKS_OF_512)
    interface.write(CLOCK, 4, 0)
    advance(interface, 10**6 * CYCLE)
    assert interface.read(STATUS, 4) & sd.RX_ACTIVE, "nor does time run out"


# --- interrupts -----------------------------------------------------------------------------------------------------


def test_two_masks() -> None:
    interface = make_slot()
    set_up(interface)
    interface.write(MASK0, 4, sd.CMD_SENT)
    interface.write(MASK1, 4, sd.CMD_ACTIVE)
    send(interface, 0, flags=0)
    assert (interface.irq.level, interface.irq1.level) == (False, True)
    advance(interface, 48 * CYCLE)
    assert (interface.irq.level, interface.irq1.level) == (True, False)
    interface.write(CLEAR, 4, sd.CMD_SENT)
    assert not interrupts(interface)


def watch(interface: Pl181) -> list[tuple[int, str, bool]]:
    """Return a list that gets every change of the interrupt lines, with its time."""
    changes: list[tuple[int, str, bool]] = []
    for line in (interface.irq, interface.irq1):
        name = line.name
        line.connect(lambda level, name=name: changes.append((interface.now, name, level)))  # type: ignore[misc]
    return changes


def first_change(interface: Pl181, flag: int) -> tuple[int, bool]:
    """Return after how long the interrupt for a flag changes, and to what, when nobody does anything."""
    interface.write(CLEAR, 4, 0x7FF)
    interface.write(MASK0, 4, flag)
    before, changes = interface.now, watch(interface)
    changes.clear()
    advance(interface, 100 * WORD)
    assert changes[0][1] == interface.irq.name
    return changes[0][0] - before, changes[0][2]


@pytest.mark.parametrize(
    ("flag", "words", "level"),
    [
        (sd.RX_AVAILABLE, 1, True), (sd.RX_EMPTY, 1, False), (sd.RX_HALF_FULL, 8, True), (sd.RX_FULL, 16, True),
        (sd.RX_OVERRUN, 17, True), (sd.RX_ACTIVE, 17, False),
    ],
)  # fmt: skip
def test_an_interrupt_comes_with_the_word_that_causes_it(flag: int, words: int, level: bool) -> None:
    interface = make_ready()
    begin_data(interface, SECTOR, sd.FROM_CARD | sd.BLOCKS_OF_512)
    send(interface, 17, flags=0)
    advance(interface, 48 * CYCLE)
    assert first_change(interface, flag) == (9 * CYCLE + words * WORD, level)


@pytest.mark.parametrize(
    ("flag", "words", "level"),
    [
        (sd.TX_FULL, 0, False), (sd.TX_HALF_EMPTY, 7, True), (sd.TX_EMPTY, 15, True), (sd.TX_AVAILABLE, 15, False),
        (sd.TX_UNDERRUN, 16, True), (sd.TX_ACTIVE, 16, False),
    ],
)  # fmt: skip
def test_an_interrupt_comes_with_the_word_that_is_wanted(flag: int, words: int, level: bool) -> None:
    interface = make_ready()
    begin_write(interface, 0, 1)
    for _ in range(16):
        interface.write(FIFO, 4, 0)
    assert first_change(interface, flag) == (3 * CYCLE + words * WORD, level)


fifo_masks = st.one_of(
    st.sampled_from([sd.RX_HALF_FULL, sd.TX_HALF_EMPTY, sd.RX_AVAILABLE, sd.TX_EMPTY]), st.integers(0, 0x3F_FFFF)
)
pauses = st.tuples(st.sampled_from([1, 5, 9, 20]), st.integers(0, WORD)).map(lambda pair: pair[0] * WORD + pair[1])


@any_guest
@given(st.booleans(), fifo_masks, fifo_masks, pauses, st.lists(st.integers(0, 16), min_size=2, max_size=8))
def test_interrupts_come_when_they_are_due(
    writing: bool, mask0: int, mask1: int, pause: int, served: list[int]
) -> None:
    """Whether anybody looks in between makes no difference to what the lines do, and when."""
    seen = []
    for looking in (False, True):
        interface = make_ready()
        fill(interface)
        (begin_write if writing else begin_read)(interface, 0, 2)
        changes = watch(interface)
        interface.write(MASK0, 4, mask0)
        interface.write(MASK1, 4, mask1)
        for words in served:
            for _ in range(words):
                interface.write(FIFO, 4, 7) if writing else interface.read(FIFO, 4)
            end = interface.now + pause
            while looking and interface.now + WORD // 2 < end:
                advance(interface, WORD // 2)
                interface.write(CLEAR, 4, 0)
            advance(interface, end - interface.now)
        seen.append((changes, interface.read(STATUS, 4), interface.read(DATA_CNT, 4)))
    assert seen[0] == seen[1]
