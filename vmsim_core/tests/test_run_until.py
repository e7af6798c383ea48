"""How a run is told to stop, who is told of events, and actions at moments of a run; with a CPU that only counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from core_testing import PERIOD
from test_simulation import make_simulation
from vmsim_core.errors import VmsimError
from vmsim_core.exits import GuestExit, InstructionLimit, PowerOff, RunEvent, TextSeen, TimeLimit
from vmsim_core.run_events import RegionBegun, RegionEnded
from vmsim_core.run_limits import RunLimits, awaited
from vmsim_core.simulation import Simulation


@dataclass(frozen=True)
class Overheated(RunEvent):
    """An event as a plugin has them."""

    degrees: int = 0
    name = "overheated"


def telling(at: int, *events: RunEvent) -> Simulation:
    """Return a simulation that tells events at the boundary after an instruction."""
    simulation, cpu = make_simulation()
    cpu.access_at = at

    def access() -> None:
        for event in events:
            simulation.system.request_action(lambda machine, event=event: machine.tell(event))

    cpu.access = access
    return simulation


def test_a_time_a_count_and_a_text() -> None:
    simulation, cpu = make_simulation()
    assert simulation.run(until="5ns") == TimeLimit()
    assert cpu.retired == 5
    assert simulation.run(until="+3 ns") == TimeLimit()
    assert cpu.retired == 8
    assert simulation.run(until=4) == InstructionLimit()
    assert cpu.retired == 12
    port = simulation.system.serial_port("uart0")
    cpu.access_at, cpu.access = 20, lambda: port.send(b"login: 5ns ")
    assert simulation.run(until="login:") == TextSeen("login:")
    assert cpu.retired == 21
    cpu.access_at = 30
    assert simulation.run(until=TextSeen("5ns")) == TextSeen("5ns")
    assert cpu.retired == 31


def test_the_first_of_several_ends_the_run() -> None:
    simulation = telling(10, Overheated(90))
    conditions = [Overheated, "20ns", 50, "login:", TextSeen("5ns")]
    assert simulation.run(until=conditions) == Overheated(90)
    assert simulation.run(until=conditions) == TimeLimit()
    assert simulation.run(RunLimits(instructions=3), until=conditions[2:]) == InstructionLimit()
    assert simulation.instructions == 23


def test_an_event_or_any_of_a_type_is_waited_for() -> None:
    events = [Overheated(80), Overheated(90)]
    assert telling(10, *events).run(until=Overheated(90)) == Overheated(90)
    assert telling(10, *events).run(until=Overheated) == Overheated(80)
    assert telling(10, *events).run(RunLimits(instructions=20), until=RunEvent) == Overheated(80)
    assert telling(10, *events).run(RunLimits(instructions=20), until=Overheated(70)) == InstructionLimit()


@pytest.mark.parametrize("wrong", [0, -1, True, 1.5, "5 parsecs", "1.5.5ms", int, ["5ns", None]])
def test_what_is_no_condition_is_refused(wrong: Any) -> None:
    simulation, cpu = make_simulation()
    with pytest.raises(VmsimError):
        simulation.run(until=wrong)
    assert cpu.retired == 0


def test_a_text_that_looks_like_a_time_is_explained() -> None:
    with pytest.raises(VmsimError, match=r"TextSeen\('7 of'\)"):
        awaited(RunLimits(), "7 of", 0)


def test_those_who_asked_are_told_in_their_order() -> None:
    simulation = telling(3, RegionBegun(1), Overheated(90))
    heard: list[tuple[str, RunEvent, int]] = []

    def hear(who: str) -> Any:
        return lambda event: heard.append((who, event, simulation.instructions))

    first = simulation.on(Overheated, hear("first"))
    simulation.on(RunEvent, hear("all"))
    simulation.on(Overheated(90), hear("equal"))
    simulation.on(Overheated(91), hear("never"))
    simulation.run(until=10)
    assert heard == [
        ("all", RegionBegun(1), 4), ("first", Overheated(90), 4), ("all", Overheated(90), 4),
        ("equal", Overheated(90), 4), ("all", InstructionLimit(), 10),
    ]  # fmt: skip
    first.close()
    first.close()
    heard.clear()
    simulation.tell(Overheated(90))
    assert [who for who, _, _ in heard] == ["all", "equal"]


def test_a_text_is_told_each_time_it_was_sent() -> None:
    simulation, cpu = make_simulation()
    port = simulation.system.serial_port("uart0")
    seen: list[int] = []
    for _ in range(2):
        simulation.on(TextSeen("ab"), lambda event: seen.append(simulation.instructions))
    cpu.access_at, cpu.access = 3, lambda: port.send(b"ab ab")
    simulation.run(until=10)
    assert seen == [4, 4, 4, 4]
    cpu.access_at = 15
    assert simulation.run(until=TextSeen("ab")) == TextSeen("ab")
    assert len(seen) == 8, "once each, though it ended the run as well"


def test_what_is_asked_for_in_an_access_is_done_before_the_next_instruction_and_before_the_end() -> None:
    simulation, cpu = make_simulation()
    done: list[tuple[str, int]] = []
    cpu.access_at = 5

    def access() -> None:
        simulation.system.request_exit(GuestExit(1))
        for name in ("one", "other"):
            simulation.system.request_action(lambda machine, name=name: done.append((name, machine.instructions)))

    cpu.access = access
    assert simulation.run() == GuestExit(1)
    assert done == [("one", 6), ("other", 6)]


def test_a_run_cannot_begin_in_a_callback() -> None:
    simulation, _ = make_simulation()
    simulation.at("3ns", simulation.run)
    with pytest.raises(VmsimError, match="runs already"):
        simulation.run(until="10ns")
    assert simulation.run(until="10ns") == TimeLimit()


def test_appointments_by_time_and_by_count() -> None:
    simulation, _ = make_simulation()
    done: list[tuple[str, int]] = []

    def note(name: str) -> Any:
        return lambda: done.append((name, simulation.instructions))

    simulation.at(7 * PERIOD, note("tick"))
    simulation.at("7ns", note("time"))
    simulation.at_instruction(5, note("count"))
    simulation.at_instruction(9, note("never")).cancel()
    simulation.at("8ns", note("never")).cancel()
    simulation.run(until=20)
    assert done == [("count", 5), ("tick", 7), ("time", 7)]


def test_regions_count_time_and_instructions() -> None:
    simulation, _ = make_simulation()
    heard: list[RunEvent] = []
    simulation.on(RegionBegun, heard.append)
    simulation.on(RegionEnded, heard.append)
    for begin, end in ((10, 15), (20, 27)):
        simulation.at_instruction(begin, lambda: simulation.begin_region(1))
        simulation.at_instruction(end, lambda: simulation.end_region(1))
    simulation.at_instruction(22, lambda: simulation.begin_region(2))
    simulation.run(until=30)
    stats = simulation.system.components["regions"].statistics
    values = {statistic.name: statistic.value for statistic in stats}
    assert values == {
        "1.times": 2, "1.ticks": 12 * PERIOD, "1.instructions": 12,
        "2.times": 1, "2.ticks": 8 * PERIOD, "2.instructions": 8,
    }  # fmt: skip
    assert heard == [RegionBegun(1), RegionEnded(1), RegionBegun(1), RegionBegun(2), RegionEnded(1)]
    assert simulation.system.open_regions == [2, 22 * PERIOD, 22]


@pytest.mark.parametrize(("region", "why"), [(1, "has begun already"), (-1, "no region"), (256, "no region")])
def test_a_region_that_cannot_begin(region: int, why: str) -> None:
    simulation, _ = make_simulation()
    simulation.begin_region(1)
    with pytest.raises(VmsimError, match=why):
        simulation.begin_region(region)
    with pytest.raises(VmsimError, match="has not begun"):
        simulation.end_region(2)


def test_an_end_is_told() -> None:
    simulation, cpu = make_simulation()
    ends: list[RunEvent] = []
    simulation.on(PowerOff, ends.append)
    cpu.access_at, cpu.access = 2, lambda: simulation.system.request_exit(PowerOff())
    simulation.run()
    assert ends == [PowerOff()]
