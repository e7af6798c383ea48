"""Units, clocks and the event queue."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError
from vmsim_core.clock import Clock
from vmsim_core.component import ComponentParams
from vmsim_core.events import Event, EventQueue
from vmsim_core.units import (
    NEVER,
    Duration,
    format_size,
    format_time,
    parse_address,
    parse_frequency,
    parse_size,
    parse_time,
)


def test_quantities_are_exact() -> None:
    assert parse_time("1.5ms") == 1_500_000_000
    assert parse_time("0.1 s") == 100_000_000_000
    assert parse_time("250ms") == parse_time("0.25s")
    assert parse_frequency("24MHz") == 24_000_000
    assert parse_frequency(32768) == 32768
    assert parse_size("256MiB") == 256 << 20
    assert parse_size(4096) == 4096
    assert parse_address("0x1000_0000") == 0x10000000


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_time, "5"),
        (parse_time, 5),
        (parse_time, "0.5ps"),
        (parse_time, "-1s"),
        (parse_time, "1 fortnight"),
        (parse_frequency, "0Hz"),
        (parse_frequency, True),
        (parse_size, "12 XB"),
        (parse_size, -1),
        (parse_size, "0.3B"),
        (parse_address, "twelve"),
        (parse_address, -4),
    ],
)
def test_what_is_no_quantity_is_refused(parse: object, text: object) -> None:
    with pytest.raises(ValueError):
        parse(text)  # type: ignore[operator]


def test_a_bound_of_a_parameter_holds_for_a_quantity() -> None:
    class Params(ComponentParams):
        period: Duration = Field(gt=0)

    assert Params.model_validate({"period": "1ns"}).period == 1000
    with pytest.raises(ValidationError, match="greater than 0"):
        Params.model_validate({"period": "0s"})


def test_quantities_for_people() -> None:
    assert format_time(1_250_000_000) == "1.250 ms"
    assert format_time(7) == "7 ps"
    assert format_size(256 << 20) == "256MiB"
    assert format_size(1000) == "1000B"


@given(hertz=st.integers(1, 3 * 10**9), ticks=st.integers(0, 10**17), cycles=st.integers(1, 10**9))
def test_a_clock_never_drifts(hertz: int, ticks: int, cycles: int) -> None:
    clock = Clock(hertz)
    assert clock.cycles(ticks) == int(Fraction(ticks * hertz, 10**12))
    due = clock.after(ticks, cycles)
    assert clock.elapsed(ticks, due) == cycles
    assert clock.elapsed(ticks, due - 1) == cycles - 1


def order_of_ties(reverse: bool) -> list[tuple[str, str]]:
    queue = EventQueue()
    order: list[tuple[str, str]] = []

    def remember(path: str, name: str) -> Callable[[], None]:
        return lambda: order.append((path, name))

    parts = [("b", "x", 50), ("a", "y", 50), ("a", "x", 50), ("z", "first", 1)]
    for path, name, priority in reversed(parts) if reverse else parts:
        queue.schedule(Event(path, name, remember(path, name), priority), 10)
    queue.run_until(10)
    return order


def test_events_at_one_tick_run_by_priority_path_and_name_whatever_the_order_of_scheduling() -> None:
    expected = [("z", "first"), ("a", "x"), ("a", "y"), ("b", "x")]
    assert order_of_ties(False) == order_of_ties(True) == expected


def test_an_event_runs_at_its_own_tick_and_may_schedule_others() -> None:
    queue = EventQueue()
    seen: list[int] = []

    def first_action() -> None:
        seen.append(queue.now)
        queue.schedule(second, queue.now + 5)

    first = Event("a", "first", first_action)
    second = Event("a", "second", lambda: seen.append(queue.now))
    queue.schedule(first, 10)
    queue.run_until(100)
    assert (seen, queue.now, queue.next_tick) == ([10, 15], 100, NEVER)


def test_a_moved_or_cancelled_event_happens_once_or_not_at_all() -> None:
    queue = EventQueue()
    seen: list[int] = []
    event = Event("a", "e", lambda: seen.append(queue.now))
    queue.schedule(event, 10)
    queue.schedule(event, 20)
    assert queue.next_tick == 20
    queue.schedule(event, 5)
    assert queue.next_tick == 5
    queue.run_until(30)
    assert seen == [5]
    queue.schedule(event, 40)
    queue.cancel(event)
    assert not queue.pending()
    queue.run_until(50)
    assert seen == [5]
    with pytest.raises(ValueError, match="cannot happen"):
        queue.schedule(event, 49)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50)), max_size=60))
def test_the_queue_agrees_with_a_sorted_list(moves: list[tuple[int, int]]) -> None:
    queue = EventQueue()
    seen: list[tuple[int, str]] = []
    events = [Event("p", str(n), lambda n=n: seen.append((queue.now, str(n)))) for n in range(6)]  # type: ignore[misc]
    due: dict[int, int] = {}
    for index, tick in moves:
        queue.schedule(events[index], tick)
        due[index] = tick
        assert queue.next_tick == min(due.values())
    queue.run_until(1000)
    assert seen == sorted((tick, str(index)) for index, tick in due.items())


def test_an_event_that_is_moved_for_ever_takes_no_more_memory() -> None:
    queue = EventQueue()
    event, far = Event("a", "e", lambda: None), Event("a", "far", lambda: None)
    for tick in range(20_000):
        queue.schedule(far, 10**12 - tick)
        queue.schedule(event, 10**9 - tick)
    assert len(queue._heap) < 3000
    assert [(each.name, each.tick) for each in queue.pending()] == [("e", 10**9 - 19_999), ("far", 10**12 - 19_999)]
