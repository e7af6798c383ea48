"""The run loop, with a CPU model that only counts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from core_testing import PERIOD, CountingCpu, add_counting_core, make_system
from vmsim_core.component import Component, ComponentParams
from vmsim_core.cpu import Core, CoreParams
from vmsim_core.exits import (
    GuestExit,
    Halt,
    HostTimeLimit,
    InstructionLimit,
    PowerOff,
    TextSeen,
    TimeLimit,
    UserQuit,
)
from vmsim_core.simulation import RunLimits, Simulation


class Hooks:
    """Takes every hook call."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda **arguments: self.calls.append(name)


def make_simulation() -> tuple[Simulation, CountingCpu]:
    system = make_system()
    cpu = add_counting_core(system)
    system.platform = SimpleNamespace(console_name="uart0")  # type: ignore[assignment]
    return Simulation(system, SimpleNamespace(hook=Hooks())), cpu  # type: ignore[arg-type]


def test_limits_are_exact_and_a_run_goes_on() -> None:
    simulation, cpu = make_simulation()
    assert simulation.run(RunLimits(instructions=10)) == InstructionLimit()
    assert (cpu.retired, simulation.instructions) == (10, 10)
    assert simulation.run(RunLimits(instructions=5)) == InstructionLimit()
    assert cpu.retired == 15
    assert simulation.run(RunLimits(time=20 * PERIOD + 1)) == TimeLimit()
    assert cpu.retired == 21, "an instruction that starts before the limit is executed"


def test_events_happen_between_instructions_at_their_own_tick() -> None:
    simulation, cpu = make_simulation()
    clock = Component(simulation.system, "clock", ComponentParams())
    seen: list[tuple[int, int]] = []
    event = clock.event("tick", lambda: seen.append((clock.now, cpu.retired)))
    clock.schedule(event, 3 * PERIOD + 1)
    simulation.run(RunLimits(instructions=10))
    assert seen == [(3 * PERIOD + 1, 4)]


def test_a_wait_skips_to_the_next_event_and_ends_with_the_interrupt() -> None:
    simulation, cpu = make_simulation()
    cpu.wait_at = 5
    clock = Component(simulation.system, "clock", ComponentParams())
    event = clock.event("tick", lambda: simulation.system.cores[0].set_irq(True))
    clock.schedule(event, 1_000_000 * PERIOD)
    simulation.run(RunLimits(instructions=7))
    assert cpu.retired == 7
    assert cpu.time == 1_000_002 * PERIOD


def test_a_wait_that_nothing_can_end_is_a_halt() -> None:
    simulation, cpu = make_simulation()
    cpu.wait_at = 5
    cause = simulation.run()
    assert isinstance(cause, Halt)
    assert cause.ended_by_guest
    assert simulation.exit_cause is cause


def test_with_live_input_the_machine_waits_for_it() -> None:
    simulation, cpu = make_simulation()
    cpu.wait_at = 5
    simulation.live_input = True

    def somebody_types(now: int, target: int) -> int:
        simulation.system.cores[0].set_irq(True)
        return now + 100 * PERIOD

    simulation.idle = somebody_types
    simulation.run(RunLimits(instructions=6))
    assert cpu.time == 106 * PERIOD


def test_a_request_in_an_access_ends_the_run_after_that_instruction() -> None:
    simulation, cpu = make_simulation()
    cpu.access_at = 3
    cpu.access = lambda: simulation.system.request_exit(GuestExit(7))
    assert simulation.run() == GuestExit(7)
    assert (cpu.retired, simulation.guest_exit_code) == (4, 7)


def test_the_first_request_is_the_cause_and_later_ones_are_kept() -> None:
    simulation, cpu = make_simulation()
    simulation.system.request_exit(PowerOff())
    simulation.system.request_exit(UserQuit())
    assert simulation.run() == PowerOff()
    assert simulation.run() == UserQuit()
    assert cpu.retired == 0


def test_text_is_seen_across_writes_at_the_very_instruction() -> None:
    simulation, cpu = make_simulation()
    port = simulation.system.serial_port("uart0")
    cpu.access_at = 2
    cpu.access = lambda: (port.send(b"log"), port.send(b"in: more"))
    assert simulation.run(RunLimits(text="login:")) == TextSeen("login:")
    assert cpu.retired == 3


def test_host_time_is_a_limit_too() -> None:
    simulation, _ = make_simulation()
    assert simulation.run(RunLimits(host_seconds=0)) == HostTimeLimit()


def test_the_host_is_looked_after_between_slices() -> None:
    simulation, _ = make_simulation()
    polls: list[int] = []
    simulation.between_slices.append(lambda: polls.append(simulation.time))
    simulation.run(RunLimits(instructions=10))
    assert polls == [0]


def test_hooks_tell_of_the_start_once_and_of_every_end() -> None:
    simulation, _ = make_simulation()
    simulation.run(RunLimits(instructions=1))
    simulation.run(RunLimits(instructions=1))
    calls = simulation.plugins.hook.calls  # type: ignore[attr-defined]
    assert calls == ["vmsim_run_started", "vmsim_run_ended", "vmsim_run_ended"]


@pytest.mark.parametrize("pieces", [[1] * 20, [7, 13], [20]])
def test_how_a_run_is_cut_changes_nothing(pieces: list[int]) -> None:
    simulation, cpu = make_simulation()
    clock = Component(simulation.system, "clock", ComponentParams())
    seen: list[int] = []

    def again() -> None:
        seen.append(cpu.retired)
        clock.schedule(event, clock.now + 2500)

    event = clock.event("tick", again)
    clock.schedule(event, 2500)
    for piece in pieces:
        simulation.run(RunLimits(instructions=piece))
    assert seen == [3, 5, 8, 10, 13, 15, 18, 20]


def test_a_core_that_does_not_run_is_named(caplog: pytest.LogCaptureFixture) -> None:
    simulation, _ = make_simulation()
    simulation.run(RunLimits(instructions=1))
    assert caplog.messages == []
    simulation, _ = make_simulation()
    simulation.system.cores.append(Core(simulation.system, "cpu1", CoreParams(start="counting"), 1))
    simulation.run(RunLimits(instructions=1))
    assert caplog.messages == ["cpu1 stays in reset: this version of vmsim runs one core"]
