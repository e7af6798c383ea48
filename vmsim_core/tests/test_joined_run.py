"""Systems that run together, with a CPU model that only counts."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from core_testing import PERIOD, CountingCpu, add_counting_core, make_system
from test_simulation import Hooks
from vmsim_core.component import Component, ComponentParams
from vmsim_core.exits import GuestExit, Halt, HostTimeLimit, InstructionLimit, PowerOff, TextSeen, TimeLimit
from vmsim_core.joined_run import run_together
from vmsim_core.network import EthernetLink
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.units import NEVER

LATENCY = 10 * PERIOD


class Station(Component):
    """Answers every frame after a while, `answers` times; records when frames came."""

    def __init__(self, simulation: Simulation, answers: int = 0) -> None:
        super().__init__(simulation.system, "station", ComponentParams())
        self.port = simulation.system.ethernet_port("eth")
        self.port.attach_controller(self._wait, lambda: None)
        self.arrival = self.event("arrival", self._arrived)
        self.answer = self.event("answer", self._send)
        self.answers = answers
        self.seen: list[tuple[int, int]] = []
        self.cpu = simulation.system.cores[0].active

    def begin(self, tick: int) -> None:
        self.schedule(self.answer, tick)

    def _wait(self) -> None:
        if not self.arrival.scheduled:
            self.schedule(self.arrival, self.port.next_arrival)

    def _arrived(self) -> None:
        while self.port.take(self.now) is not None:
            self.seen.append((self.now, self.cpu.retired))
            if self.answers:
                self.answers -= 1
                self.schedule(self.answer, self.now + 3 * PERIOD + 1)
        if self.port.next_arrival < NEVER:
            self.schedule(self.arrival, self.port.next_arrival)

    def _send(self) -> None:
        self.port.send(b"frame", self.now)


def make_simulation(answers: int = 0, wait_at: int | None = None) -> tuple[Simulation, Station, CountingCpu]:
    system = make_system()
    cpu = add_counting_core(system)
    cpu.wait_at = wait_at
    system.platform = SimpleNamespace(console_name="uart0")  # type: ignore[assignment]
    simulation = Simulation(system, SimpleNamespace(hook=Hooks()))  # type: ignore[arg-type]
    return simulation, Station(simulation, answers), cpu


def join(one: Station, other: Station, latency: int = LATENCY) -> EthernetLink:
    return EthernetLink(one.port, other.port, latency=latency)


def test_frames_go_back_and_forth_at_their_times() -> None:
    (a, first, _), (b, second, _) = make_simulation(answers=2), make_simulation(answers=2)
    link = join(first, second)
    first.begin(4 * PERIOD + 500)
    causes = run_together([a, b], [link], RunLimits(time=200 * PERIOD))
    assert causes == [TimeLimit(), TimeLimit()]
    assert a.time == b.time == 200 * PERIOD
    step = LATENCY + 3 * PERIOD + 1
    start = 4 * PERIOD + 500 + LATENCY
    assert [tick for tick, _ in second.seen] == [start, start + 2 * step, start + 4 * step]
    assert [tick for tick, _ in first.seen] == [start + step, start + 3 * step]


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("cut", [None, 7 * PERIOD, 33 * PERIOD])
def test_neither_the_order_of_turns_nor_where_the_run_is_cut_changes_anything(order: int, cut: int | None) -> None:
    (a, first, _), (b, second, _) = make_simulation(answers=3), make_simulation(answers=3)
    link = join(first, second)
    first.begin(100)
    second.begin(2 * PERIOD)
    simulations = [a, b] if order == 0 else [b, a]
    if cut is not None:
        run_together(simulations, [link], RunLimits(time=cut))
    run_together(simulations, [link], RunLimits(time=300 * PERIOD))
    assert (first.seen, second.seen) == seen_in_the_shortest_turns()


def seen_in_the_shortest_turns() -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Run both as finely as can be: an instruction of each in turn."""
    (a, first, _), (b, second, _) = make_simulation(answers=3), make_simulation(answers=3)
    link = join(first, second)
    first.begin(100)
    second.begin(2 * PERIOD)
    for time in range(PERIOD, 301 * PERIOD, PERIOD):
        run_together([a, b], [link], RunLimits(time=time))
    assert len(first.seen) == len(second.seen) == 4
    return first.seen, second.seen


def test_a_system_that_waits_is_woken_by_a_frame() -> None:
    (a, first, _), (b, second, cpu) = make_simulation(), make_simulation(wait_at=5)
    link = join(first, second)
    first.begin(1000 * PERIOD)
    second._arrived = lambda: b.system.cores[0].set_irq(True)  # type: ignore[method-assign]
    second.arrival.action = second._arrived
    run_together([a, b], [link], RunLimits(time=2000 * PERIOD))
    assert cpu.retired == 5 + 2000 - 1000 - LATENCY // PERIOD


def test_idle_time_takes_few_turns() -> None:
    (a, first, _), (b, second, _) = make_simulation(wait_at=5), make_simulation(wait_at=5)
    link = join(first, second)
    first.begin(10**6 * PERIOD)
    turns: list[int] = []
    a.between_slices.append(lambda: turns.append(a.time))
    run = a.run
    a.run = lambda limits=None: (turns.append(a.time), run(limits))[1]  # type: ignore[method-assign]
    causes = run_together([a, b], [link])
    assert second.seen == [(10**6 * PERIOD + LATENCY, 5)]
    assert len(turns) < 12
    assert [type(cause) for cause in causes] == [Halt, Halt], "nobody can wake anybody any more"


def test_the_run_goes_on_when_one_has_ended() -> None:
    (a, first, cpu), (b, second, _) = make_simulation(), make_simulation()
    link = join(first, second)
    cpu.access_at = 3
    cpu.access = lambda: a.system.request_exit(PowerOff())
    assert run_together([a, b], [link], RunLimits(time=100 * PERIOD)) == [PowerOff(), TimeLimit()]
    assert b.time == 100 * PERIOD


def test_the_run_ends_when_all_have_ended() -> None:
    (a, first, one), (b, second, other) = make_simulation(), make_simulation()
    link = join(first, second)
    one.access_at, other.access_at = 3, 50
    one.access = lambda: a.system.request_exit(PowerOff())
    other.access = lambda: b.system.request_exit(GuestExit(7))
    assert run_together([a, b], [link]) == [PowerOff(), GuestExit(7)]


def test_a_text_on_any_console_ends_it_even_in_pieces() -> None:
    (a, first, _), (b, second, cpu) = make_simulation(), make_simulation()
    link = join(first, second)
    port = b.system.serial_port("uart0")
    cpu.access_at = 5

    def say() -> None:
        port.send(b"lo")
        cpu.access_at = 95
        cpu.access = lambda: port.send(b"gin:")

    cpu.access = say
    assert run_together([a, b], [link], RunLimits(text="login:")) == [None, TextSeen("login:")]
    assert cpu.retired == 96
    port.send(b"login:")
    assert b.system.requested_exits == [], "nobody waits for it any more"


def test_limits_of_instructions_and_host_time() -> None:
    (a, first, _), (b, second, _) = make_simulation(), make_simulation()
    link = join(first, second)
    causes = run_together([a, b], [link], RunLimits(instructions=33))
    assert InstructionLimit() in causes
    assert a.instructions_run == 33
    assert run_together([a, b], [link], RunLimits(host_seconds=0))[0] == HostTimeLimit()


def test_live_input_keeps_the_turns_short() -> None:
    (a, first, _), (b, second, _) = make_simulation(wait_at=5), make_simulation(wait_at=5)
    link = join(first, second)
    a.live_input = True
    causes = run_together([a, b], [link], RunLimits(time=1000 * PERIOD))
    assert causes == [TimeLimit(), TimeLimit()], "somebody may type: no halt"


def test_systems_that_are_not_joined() -> None:
    with pytest.raises(ValueError, match="not joined"):
        run_together([make_simulation()[0]], [])


def test_the_simulation_is_left_as_it_was() -> None:
    (a, first, _), (b, second, _) = make_simulation(), make_simulation()
    idle = a.idle
    run_together([a, b], [join(first, second)], RunLimits(time=PERIOD))
    assert a.idle is idle
