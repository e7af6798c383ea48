"""The private watchdogs (ARM DDI 0407, 4.2)."""

from __future__ import annotations

import pytest
from a9_testing import CYCLE, Board, copy_board, make_board
from hypothesis import given
from hypothesis import strategies as st
from realview_testing import accesses, perform, take_checkpoint
from vmsim_core.exits import Reset

LOAD, COUNTER, CONTROL, STATUS, RESET_STATUS, DISABLE = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14
ENABLE, AUTO_RELOAD, INTERRUPT, WATCHDOG = 1, 2, 4, 8
PRIVATE_INTERRUPT = 30


def guarding_board() -> Board:
    board = make_board()
    board.enable_all()
    board.watchdog.write(LOAD, 4, 100)
    board.watchdog.write(CONTROL, 4, WATCHDOG | INTERRUPT | AUTO_RELOAD | ENABLE)
    return board


def test_as_a_timer_it_interrupts() -> None:
    board = make_board()
    board.enable_all()
    board.watchdog.write(LOAD, 4, 9)
    board.watchdog.write(CONTROL, 4, INTERRUPT | AUTO_RELOAD | ENABLE)
    board.advance(9 * CYCLE)
    assert board.acknowledge() == PRIVATE_INTERRUPT
    assert board.watchdog.read(STATUS, 4) == 1
    board.watchdog.write(STATUS, 4, 1)
    board.end(PRIVATE_INTERRUPT)
    assert not board.irq
    board.advance(10 * CYCLE)
    assert board.irq
    assert board.system.requested_exits == []


def test_a_watchdog_that_nobody_feeds_asks_for_a_reset() -> None:
    board = guarding_board()
    board.advance(100 * CYCLE - 1)
    assert board.system.requested_exits == []
    board.advance(1)
    assert board.system.requested_exits == [Reset(source="private_watchdog.cpu0")]
    assert board.models[0].stops == 1
    assert (board.watchdog.read(RESET_STATUS, 4), board.watchdog.read(STATUS, 4), board.irq) == (1, 0, False)
    assert board.watchdog.read(COUNTER, 4) == 0
    board.watchdog.write(RESET_STATUS, 4, 0)
    assert board.watchdog.read(RESET_STATUS, 4) == 1
    board.watchdog.write(RESET_STATUS, 4, 1)
    assert board.watchdog.read(RESET_STATUS, 4) == 0


def test_feeding_it_keeps_it_quiet() -> None:
    board = guarding_board()
    for _ in range(5):
        board.advance(99 * CYCLE)
        board.watchdog.write(LOAD, 4, 100)
    assert board.system.requested_exits == []


def test_its_counter_cannot_be_written() -> None:
    board = guarding_board()
    board.watchdog.write(COUNTER, 4, 5000)
    assert board.watchdog.read(COUNTER, 4) == 100


def test_the_control_register_does_not_end_watchdog_mode() -> None:
    board = guarding_board()
    board.watchdog.write(CONTROL, 4, ENABLE)
    assert board.watchdog.read(CONTROL, 4) == WATCHDOG | ENABLE


@pytest.mark.parametrize(
    ("words", "disabled"),
    [
        ([0x12345678, 0x87654321], True),
        ([0x12345678, 0x12345678, 0x87654321], True),
        ([0x87654321, 0x12345678], False),
        ([0x12345678, 0, 0x87654321], False),
        ([0x87654321], False),
    ],
)
def test_only_the_sequence_ends_watchdog_mode(words: list[int], disabled: bool) -> None:
    board = guarding_board()
    for word in words:
        board.watchdog.write(DISABLE, 4, word)
    assert board.watchdog.read(CONTROL, 4) & WATCHDOG == (0 if disabled else WATCHDOG)
    board.advance(100 * CYCLE)
    assert bool(board.system.requested_exits) != disabled
    assert board.irq == disabled, "as a timer it interrupts"


def test_each_core_has_its_own() -> None:
    board = make_board(2)
    board.on_core(1).watchdog.write(LOAD, 4, 10)
    board.watchdog.write(CONTROL, 4, WATCHDOG | ENABLE)
    assert board.on_core(0).watchdog.read(CONTROL, 4) == 0
    board.advance(10 * CYCLE)
    assert board.system.requested_exits == [Reset(source="private_watchdog.cpu1")]


def test_a_checkpoint_half_way_through_the_disable_sequence_and_the_count() -> None:
    board = guarding_board()
    board.advance(50 * CYCLE)
    board.watchdog.write(DISABLE, 4, 0x12345678)
    starving, saved = copy_board(board), copy_board(board)
    saved.watchdog.write(DISABLE, 4, 0x87654321)
    for each in (starving, saved):
        each.advance(50 * CYCLE)
    assert starving.system.requested_exits == [Reset(source="private_watchdog.cpu0")]
    assert saved.system.requested_exits == []


@given(st.lists(accesses, max_size=30), st.lists(accesses, max_size=30))
def test_no_guest_breaks_it_and_a_copy_goes_on_the_same(
    before: list[tuple[bool, int, int, int, int]], after: list[tuple[bool, int, int, int, int]]
) -> None:
    board = make_board()
    for access in before:
        perform(board.watchdog, access)
    board.system.requested_exits.clear()
    twin = copy_board(board)
    for access in after:
        assert perform(board.watchdog, access) == perform(twin.watchdog, access)
    assert board.system.requested_exits == twin.system.requested_exits
    assert take_checkpoint(board.system) == take_checkpoint(twin.system)
