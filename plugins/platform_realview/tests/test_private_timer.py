"""The private timers (ARM DDI 0407, 4.2)."""

from __future__ import annotations

import pytest
from a9_testing import CYCLE, copy_board, make_board
from hypothesis import given
from hypothesis import strategies as st
from realview_testing import accesses, perform, take_checkpoint
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.private_timer import PrivateTimer

LOAD, COUNTER, CONTROL, STATUS = 0x00, 0x04, 0x08, 0x0C
ENABLE, AUTO_RELOAD, INTERRUPT = 1, 2, 4
PRIVATE_INTERRUPT = 29


def test_one_shot_counts_down_and_stops_at_zero() -> None:
    board = make_board()
    board.enable_all()
    board.timer.write(LOAD, 4, 100)
    board.timer.write(CONTROL, 4, ENABLE | INTERRUPT)
    board.advance(30 * CYCLE)
    assert board.timer.read(COUNTER, 4) == 70
    board.advance(70 * CYCLE - 1)
    assert (board.timer.read(COUNTER, 4), board.timer.read(STATUS, 4), board.irq) == (1, 0, False)
    board.advance(1)
    assert (board.timer.read(COUNTER, 4), board.timer.read(STATUS, 4), board.irq) == (0, 1, True)
    board.advance(1000 * CYCLE)
    assert board.timer.read(COUNTER, 4) == 0
    assert board.acknowledge() == PRIVATE_INTERRUPT


def test_auto_reload_has_a_period_of_one_more_than_the_load_value() -> None:
    board = make_board()
    board.timer.write(LOAD, 4, 9)
    board.timer.write(CONTROL, 4, ENABLE | AUTO_RELOAD)
    seen = []
    for _ in range(12):
        seen.append(board.timer.read(COUNTER, 4))
        board.advance(CYCLE)
    assert seen == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 8]


def test_each_handled_expiry_is_followed_by_another_at_the_exact_period() -> None:
    board = make_board()
    board.enable_all()
    board.timer.write(LOAD, 4, 99)
    board.timer.write(CONTROL, 4, ENABLE | AUTO_RELOAD | INTERRUPT)
    expiries = []
    for _ in range(550):
        board.advance(CYCLE)
        if board.irq:
            expiries.append(board.system.events.now // CYCLE)
            board.timer.write(STATUS, 4, 1)
            board.end(board.acknowledge())
    assert expiries == [99, 199, 299, 399, 499]


def test_an_expiry_that_nobody_handles_costs_no_more_events() -> None:
    board = make_board()
    board.timer.write(CONTROL, 4, ENABLE | AUTO_RELOAD)
    board.advance(CYCLE)
    assert board.timer.read(STATUS, 4) == 1
    assert board.system.events.pending() == []


def test_the_interrupt_is_an_edge() -> None:
    board = make_board()
    board.enable_all()
    board.timer.write(LOAD, 4, 1)
    board.timer.write(CONTROL, 4, ENABLE | INTERRUPT)
    board.advance(CYCLE)
    board.end(board.acknowledge())
    assert not board.irq, "the flag is still set, but there was one edge"


@pytest.mark.parametrize("prescaler", [0, 1, 9, 255])
def test_the_prescaler_divides_the_clock(prescaler: int) -> None:
    board = make_board()
    board.timer.write(LOAD, 4, 1000)
    board.timer.write(CONTROL, 4, prescaler << 8 | ENABLE)
    board.advance(500 * (prescaler + 1) * CYCLE - 1)
    assert board.timer.read(COUNTER, 4) == 501
    board.advance(1)
    assert board.timer.read(COUNTER, 4) == 500


def test_a_clock_whose_period_is_no_whole_number_of_ticks_does_not_drift() -> None:
    system = make_board().system
    timer = PrivateTimer(system, "other", PrivateTimer.Params.model_validate({"at": 0, "clock": "33333333Hz"}))
    timer.write(LOAD, 4, 0xFFFFFFFF)
    timer.write(CONTROL, 4, ENABLE)
    system.events.run_until(100 * TICKS_PER_SECOND)
    assert 0xFFFFFFFF - timer.read(COUNTER, 4) == 3333333300


def test_stopping_keeps_the_count_and_the_load_value() -> None:
    board = make_board()
    board.timer.write(LOAD, 4, 100)
    board.timer.write(CONTROL, 4, ENABLE)
    board.advance(40 * CYCLE)
    board.timer.write(CONTROL, 4, 0)
    board.advance(40 * CYCLE)
    assert (board.timer.read(COUNTER, 4), board.timer.read(LOAD, 4)) == (60, 100)
    board.timer.write(CONTROL, 4, ENABLE)
    board.advance(60 * CYCLE)
    assert board.timer.read(STATUS, 4) == 1


def test_changing_the_interrupt_enable_does_not_disturb_the_count() -> None:
    board = make_board()
    board.timer.write(LOAD, 4, 10)
    board.timer.write(CONTROL, 4, 99 << 8 | ENABLE)
    board.advance(150 * CYCLE)
    board.timer.write(CONTROL, 4, 99 << 8 | ENABLE | INTERRUPT)
    board.advance(850 * CYCLE - 1)
    assert board.timer.read(STATUS, 4) == 0
    board.advance(1)
    assert board.timer.read(STATUS, 4) == 1


def test_writing_the_counter_leaves_the_load_value() -> None:
    board = make_board()
    board.timer.write(LOAD, 4, 50)
    board.timer.write(CONTROL, 4, ENABLE | AUTO_RELOAD)
    board.timer.write(COUNTER, 4, 10)
    board.advance(11 * CYCLE)
    assert (board.timer.read(COUNTER, 4), board.timer.read(LOAD, 4)) == (50, 50)


def test_each_core_has_its_own() -> None:
    board = make_board(2)
    for cpu in range(2):
        board.on_core(cpu).enable_all()
        board.timer.write(LOAD, 4, 100 * (cpu + 1))
        board.timer.write(CONTROL, 4, ENABLE | INTERRUPT)
    board.advance(100 * CYCLE)
    assert [core.irq_level for core in board.system.cores] == [True, False]
    assert [board.on_core(cpu).timer.read(COUNTER, 4) for cpu in range(2)] == [0, 100]
    board.advance(100 * CYCLE)
    assert [board.on_core(cpu).acknowledge() for cpu in range(2)] == [PRIVATE_INTERRUPT, PRIVATE_INTERRUPT]


def test_a_checkpoint_in_the_middle_of_a_count() -> None:
    board = make_board()
    board.enable_all()
    board.timer.write(LOAD, 4, 100)
    board.timer.write(CONTROL, 4, 3 << 8 | ENABLE | AUTO_RELOAD | INTERRUPT)
    board.advance(150 * CYCLE + 7)
    twin = copy_board(board)
    for each in (board, twin):
        each.advance(250 * CYCLE - 8)
        assert not each.irq
        each.advance(1)
        assert each.irq
        assert each.timer.read(COUNTER, 4) == 0


@given(st.lists(accesses, max_size=30), st.lists(accesses, max_size=30))
def test_no_guest_breaks_it_and_a_copy_goes_on_the_same(
    before: list[tuple[bool, int, int, int, int]], after: list[tuple[bool, int, int, int, int]]
) -> None:
    board = make_board()
    board.enable_all()
    for access in before:
        perform(board.timer, access)
    twin = copy_board(board)
    assert twin.irq == board.irq
    for access in after:
        assert perform(board.timer, access) == perform(twin.timer, access)
    assert take_checkpoint(board.system) == take_checkpoint(twin.system)


@given(
    load=st.integers(0, 30),
    count=st.integers(0, 30),
    prescaler=st.integers(0, 3),
    reload=st.booleans(),
    cycles=st.integers(0, 300),
)
def test_it_counts_like_one_that_does_it_step_by_step(
    load: int, count: int, prescaler: int, reload: bool, cycles: int
) -> None:
    board = make_board()
    board.timer.write(LOAD, 4, load)
    board.timer.write(COUNTER, 4, count)
    board.timer.write(CONTROL, 4, prescaler << 8 | (AUTO_RELOAD if reload else 0) | ENABLE)
    board.advance(cycles * CYCLE)
    expired = False
    for _ in range(cycles // (prescaler + 1)):
        if count == 0 and not reload:
            break
        count = count - 1 if count else load
        expired |= count == 0
    assert (board.timer.read(COUNTER, 4), board.timer.read(STATUS, 4)) == (count, expired)


def test_reset_stops_it() -> None:
    board = make_board()
    board.timer.write(LOAD, 4, 100)
    board.timer.write(CONTROL, 4, ENABLE | INTERRUPT)
    for component in board.system.components.values():
        component.reset()
    board.advance(200 * CYCLE)
    assert [board.timer.read(offset, 4) for offset in (LOAD, COUNTER, CONTROL, STATUS)] == [0, 0, 0, 0]


def test_registers_keep_the_bits_that_exist() -> None:
    board = make_board()
    board.timer.write(CONTROL, 4, 0xFFFFFFFE)
    assert board.timer.read(CONTROL, 4) == 0xFF06
    assert board.timer.read(0x1C, 4) == 0
