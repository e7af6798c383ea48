"""How host time passes while the guest is idle, with clocks that only the tests move."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from vmsim_core.console.console import NoConsole
from vmsim_core.console.pacing import CATCH_UP, LOOK_AROUND, Pacer
from vmsim_core.events import Event, EventQueue
from vmsim_core.serial_port import SerialPort
from vmsim_core.units import NEVER, TICKS_PER_SECOND

MS = TICKS_PER_SECOND // 1000


class Host(NoConsole):
    """A console together with the clock of its host; input arrives at a host time."""

    def __init__(self, here: bool = True) -> None:
        self.port = SerialPort("uart0")
        super().__init__(self.port, self.port.feed)
        self.here = here
        self.time = 1000.0
        self.input_at = float("inf")
        self.waits: list[float] = []

    @property
    def interactive(self) -> bool:
        return self.here

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        woken = self.input_at <= self.time + seconds
        self.time = max(self.time, self.input_at) if woken else self.time + seconds
        return woken

    def _receive(self) -> None:
        if self.time >= self.input_at:
            self.port.feed(b"k")
            self.input_at = float("inf")


def make(here: bool = True, realtime: bool = False) -> tuple[Host, EventQueue, Callable[[int, int], int]]:
    host, events = Host(here), EventQueue()
    return host, events, Pacer(host, events, realtime, lambda: host.time).idle_until


def idle(idle_until: Callable[[int, int], int], now: int, target: int) -> None:
    """Be idle until `target`, as the run loop is."""
    while now < target:
        now = idle_until(now, target)


def test_with_nobody_there_idle_time_is_skipped() -> None:
    host, _, idle_until = make(here=False)
    assert idle_until(5, 3600 * TICKS_PER_SECOND) == 3600 * TICKS_PER_SECOND
    assert host.waits == []


@pytest.mark.parametrize(("here", "realtime"), [(True, False), (False, True)])
def test_a_second_of_sleep_takes_a_second(here: bool, realtime: bool) -> None:
    host, _, idle_until = make(here, realtime)
    idle(idle_until, 0, TICKS_PER_SECOND)
    assert host.time == pytest.approx(1001)
    assert len(host.waits) <= 12, "and no busy waiting"


def test_the_run_loop_gets_a_look_in() -> None:
    host, _, idle_until = make()
    assert idle_until(0, TICKS_PER_SECOND) == pytest.approx(LOOK_AROUND * TICKS_PER_SECOND)
    assert host.waits == [LOOK_AROUND]


def test_a_sleep_of_many_naps_makes_up_for_the_work_between_them() -> None:
    host, _, idle_until = make()
    for now in range(0, 1000, 10):
        idle(idle_until, now * MS, (now + 10) * MS)
        host.time += 0.004
    assert host.time == pytest.approx(1001.004)


def test_a_long_computation_is_not_deducted_from_the_next_sleep() -> None:
    host, _, idle_until = make()
    idle(idle_until, 0, 10 * MS)
    host.time += 60
    before = host.time
    idle(idle_until, 20 * MS, 1020 * MS)
    assert host.time - before == pytest.approx(1 - CATCH_UP)


def test_a_fast_computation_does_not_prolong_the_next_sleep() -> None:
    host, _, idle_until = make()
    idle(idle_until, 0, 10 * MS)
    before = host.time
    idle(idle_until, 5000 * MS, 6000 * MS)
    assert host.time - before == pytest.approx(1)


def test_input_ends_the_wait_and_is_fed_at_the_tick_where_the_guest_goes_on() -> None:
    host, events, idle_until = make()
    host.input_at = host.time + 0.03
    tick = idle_until(0, 90 * MS)
    assert tick == pytest.approx(30 * MS)
    assert host.port.waiting == b""
    fed_at: list[int] = []
    host.port.attach_uart(lambda: fed_at.append(events.now))
    events.schedule(Event("a", "device", lambda: fed_at.append(-1)), tick)
    events.run_until(tick + 1000)
    assert fed_at == [-1, tick], "after the machine's own events at that tick"
    assert idle_until(tick, 90 * MS) == 90 * MS
    assert host.time == pytest.approx(1000.09)


def test_a_guest_that_waits_for_nothing_but_input_gets_it_even_unpaced() -> None:
    host, events, idle_until = make(here=False)
    host.input_at = host.time + 7
    now = 0
    while not host.port.waiting:
        now = idle_until(now, NEVER)
        events.run_until(now)
    assert now == pytest.approx(7 * TICKS_PER_SECOND)
    assert len(host.waits) <= 71


def test_somebody_who_comes_later_finds_no_debt() -> None:
    host, _, idle_until = make()
    idle(idle_until, 0, 10 * MS)
    host.here = False
    idle_until(10 * MS, 50_000 * MS)
    host.here = True
    before = host.time
    idle(idle_until, 50_000 * MS, 50_100 * MS)
    assert host.time - before == pytest.approx(0.1)
