"""The global timer (ARM DDI 0407, 4.3)."""

from __future__ import annotations

import pytest
from a9_testing import CYCLE, Board, copy_board, make_board
from hypothesis import given
from hypothesis import strategies as st
from realview_testing import accesses, perform, take_checkpoint

COUNTER, CONTROL, STATUS, COMPARE, INCREMENT = 0x00, 0x08, 0x0C, 0x10, 0x18
ENABLE, COMPARE_ENABLE, INTERRUPT, AUTO_INCREMENT = 1, 2, 4, 8
PRIVATE_INTERRUPT = 27


def write_pair(board: Board, offset: int, value: int) -> None:
    board.global_timer.write(offset, 4, value & 0xFFFFFFFF)
    board.global_timer.write(offset + 4, 4, value >> 32)


def read_pair(board: Board, offset: int) -> int:
    return board.global_timer.read(offset, 4) | board.global_timer.read(offset + 4, 4) << 32


def comparing_board(compare: int, control: int = ENABLE | COMPARE_ENABLE | INTERRUPT, increment: int = 0) -> Board:
    board = make_board()
    board.enable_all()
    write_pair(board, COMPARE, compare)
    board.global_timer.write(INCREMENT, 4, increment)
    board.global_timer.write(CONTROL, 4, control)
    return board


def test_it_counts_64_bits() -> None:
    board = make_board()
    write_pair(board, COUNTER, 0xFFFFFFF0)
    assert read_pair(board, COUNTER) == 0xFFFFFFF0
    board.global_timer.write(CONTROL, 4, ENABLE)
    board.advance(0x20 * CYCLE)
    assert read_pair(board, COUNTER) == 0x100000010
    write_pair(board, COUNTER, (1 << 64) - 1)
    board.advance(2 * CYCLE)
    assert read_pair(board, COUNTER) == 1


@pytest.mark.parametrize("prescaler", [0, 3, 255])
def test_the_prescaler_divides_the_clock(prescaler: int) -> None:
    board = make_board()
    board.global_timer.write(CONTROL, 4, prescaler << 8 | ENABLE)
    board.advance(10 * (prescaler + 1) * CYCLE - 1)
    assert read_pair(board, COUNTER) == 9
    board.advance(1)
    assert read_pair(board, COUNTER) == 10


def test_stopping_keeps_the_count() -> None:
    board = make_board()
    board.global_timer.write(CONTROL, 4, ENABLE)
    board.advance(10 * CYCLE)
    board.global_timer.write(CONTROL, 4, 0)
    board.advance(10 * CYCLE)
    assert read_pair(board, COUNTER) == 10
    board.global_timer.write(CONTROL, 4, ENABLE)
    board.advance(10 * CYCLE)
    assert read_pair(board, COUNTER) == 20


def test_it_interrupts_when_the_comparator_is_reached() -> None:
    board = comparing_board(100)
    board.advance(100 * CYCLE - 1)
    assert not board.irq
    board.advance(1)
    assert board.global_timer.read(STATUS, 4) == 1
    assert board.acknowledge() == PRIVATE_INTERRUPT


def test_clearing_the_flag_takes_a_later_comparator() -> None:
    board = comparing_board(100)
    board.advance(150 * CYCLE)
    board.end(board.acknowledge())
    board.global_timer.write(STATUS, 4, 1)
    assert board.global_timer.read(STATUS, 4) == 1, "the counter is still above it"
    assert board.irq
    write_pair(board, COMPARE, 200)
    board.global_timer.write(STATUS, 4, 1)
    board.end(board.acknowledge())
    assert board.global_timer.read(STATUS, 4) == 0
    board.advance(50 * CYCLE)
    assert board.irq


def test_auto_increment_gives_a_period() -> None:
    board = comparing_board(100, ENABLE | COMPARE_ENABLE | INTERRUPT | AUTO_INCREMENT, increment=40)
    fired = []
    for _ in range(230):
        board.advance(CYCLE)
        if board.irq:
            fired.append(read_pair(board, COUNTER))
            board.global_timer.write(STATUS, 4, 1)
            board.end(board.acknowledge())
    assert fired == [100, 140, 180, 220]


def test_auto_increment_goes_on_while_nobody_clears_the_flag_without_costing_events() -> None:
    board = comparing_board(100, ENABLE | COMPARE_ENABLE | INTERRUPT | AUTO_INCREMENT, increment=40)
    board.advance(150 * CYCLE)
    assert board.system.events.pending() == []
    assert read_pair(board, COMPARE) == 180


def test_nothing_fires_while_comparing_is_disabled() -> None:
    board = comparing_board(100, ENABLE | INTERRUPT)
    board.advance(200 * CYCLE)
    assert board.global_timer.read(STATUS, 4) == 0
    board.global_timer.write(CONTROL, 4, ENABLE | COMPARE_ENABLE | INTERRUPT)
    assert board.irq


def test_a_comparator_beyond_all_time_is_harmless() -> None:
    board = comparing_board((1 << 64) - 1)
    assert board.system.events.pending() == []


def test_a_comparator_that_the_counter_wrapped_around_past_is_reached_in_the_next_round() -> None:
    board = comparing_board(compare=(1 << 64) - 5)
    write_pair(board, COUNTER, (1 << 64) - 10)
    board.advance(100 * CYCLE)
    assert board.global_timer.read(STATUS, 4) == 1
    board.global_timer.write(STATUS, 4, 1)
    assert read_pair(board, COUNTER) == 90
    assert board.global_timer.read(STATUS, 4) == 0


def test_the_counter_is_shared_and_the_comparators_are_not() -> None:
    board = make_board(2)
    for cpu in range(2):
        board.on_core(cpu).enable_all()
        write_pair(board, COMPARE, 100 * (cpu + 1))
        board.global_timer.write(CONTROL, 4, ENABLE | COMPARE_ENABLE | (INTERRUPT if cpu else 0))
    assert [board.on_core(cpu).global_timer.read(CONTROL, 4) for cpu in range(2)] == [3, 7]
    board.advance(100 * CYCLE)
    assert [board.on_core(cpu).global_timer.read(STATUS, 4) for cpu in range(2)] == [1, 0]
    board.advance(100 * CYCLE)
    assert [core.irq_level for core in board.system.cores] == [False, True]
    board.on_core(0).global_timer.write(CONTROL, 4, 0)
    assert board.on_core(1).global_timer.read(CONTROL, 4) == COMPARE_ENABLE | INTERRUPT


def test_a_checkpoint_in_the_middle_of_a_count() -> None:
    board = comparing_board(100, 3 << 8 | ENABLE | COMPARE_ENABLE | INTERRUPT | AUTO_INCREMENT, increment=7)
    board.advance(150 * CYCLE + 7)
    twin = copy_board(board)
    for each in (board, twin):
        each.advance(250 * CYCLE - 8)
        assert not each.irq
        each.advance(1)
        assert each.irq
        assert read_pair(each, COMPARE) == 107


@given(st.lists(st.tuples(st.integers(0, 1), accesses), max_size=30),
       st.lists(st.tuples(st.integers(0, 1), accesses), max_size=30))  # fmt: skip
def test_no_guest_breaks_it_and_a_copy_goes_on_the_same(
    before: list[tuple[int, tuple[bool, int, int, int, int]]], after: list[tuple[int, tuple[bool, int, int, int, int]]]
) -> None:
    board = make_board(2)
    for cpu, access in before:
        perform(board.on_core(cpu).global_timer, access)
    twin = copy_board(board)
    for cpu, access in after:
        assert perform(board.on_core(cpu).global_timer, access) == perform(twin.on_core(cpu).global_timer, access)
    assert take_checkpoint(board.system) == take_checkpoint(twin.system)
