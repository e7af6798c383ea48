"""Switches placed on purpose: at every instruction of a program that goes through the hardest moments for one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import pytest
from bare_machine import BareMachine
from moments_program import RESULTS, moments_machine
from switch_machine import EXACT, MICROSECOND, MODELS, TWINS, Switcher
from vmsim_core.debug import DeviceAccess
from vmsim_core.exits import Halt, InstructionLimit
from vmsim_mem_cache.hierarchy import CacheHierarchy

MOST = 100_000
STRIDE = 4
IT_STATE = 0x0600_FC00
"""CPSR.IT (DDI 0406C, B1.3.3)."""
MOMENTS = {
    "with an interrupt pending", "between LDREX and STREX", "in an IT block", "in the middle of a DMA transfer",
    "after a device access", "after a TLB operation", "after a cache operation",
    "before the walk for a table that was written",
}  # fmt: skip
CACHED_MOMENTS = {"with a dirty L1", "with a dirty L2"}
_TLBIMVA, _DCCMVAC, _LAST_BARRIER = 0xEE080F37, 0xEE071F3A, 0xE12FFF1E
"""Encodings of what the program does to its tables; after the barriers it returns, to the load that walks."""


def machine(model: str) -> BareMachine:
    """Return the program's machine on one of `MODELS`; all can take over."""
    return moments_machine(model, *TWINS)


def results(made: BareMachine) -> dict[int, int]:
    return {number: made.state.read_gpr(number) for number in RESULTS}


def ended(made: BareMachine) -> tuple[object, ...]:
    """Return everything that models whose clock is the instruction have in common at the end."""
    simulation = made.simulation
    with simulation.at_rest():
        simulation.write_back_caches()
    [board] = [ram for ram in made.system.rams() if ram.name == "board"]
    return simulation.instructions, simulation.time, bytes(board.view[:0x41_0000])


def moments(made: BareMachine) -> Iterator[str]:
    """Name the moments that the machine is in."""
    state, core = made.state, made.system.cores[0]
    if core.irq_level and state.cpsr & 1 << 7:
        yield "with an interrupt pending"
    if state.monitor_valid:
        yield "between LDREX and STREX"
    if state.cpsr & IT_STATE:
        yield "in an IT block"
    if made.system.address_map.read(0x1003_001C, 4) & 1:
        yield "in the middle of a DMA transfer"
    last = int.from_bytes(core.active.read_memory(state.pc - 4, 4) or b"", "little")
    following = int.from_bytes(core.active.read_memory(state.pc, 4) or b"", "little")
    if last == _TLBIMVA:
        yield "after a TLB operation"
    if last == _DCCMVAC:
        yield "after a cache operation"
    if following == _LAST_BARRIER:
        yield "before the walk for a table that was written"
    hierarchy = made.system.memory_hierarchy
    assert isinstance(hierarchy, CacheHierarchy)
    if hierarchy.data[0].dirty:
        yield "with a dirty L1"
    if hierarchy.shared[0].dirty:
        yield "with a dirty L2"


@pytest.fixture(scope="module")
def never_switched() -> tuple[object, ...]:
    made = machine("kvm")
    assert isinstance(made.run(MOST), Halt)
    assert results(made) == RESULTS
    return ended(made)


def step_through(made: BareMachine, rotation: tuple[str, ...]) -> set[str]:
    """Switch after every instruction; return the moments at which there was a switch."""
    seen: set[str] = set()
    accesses: list[DeviceAccess] = []
    made.system.address_map.observe_devices(accesses.append)
    for _ in range(MOST):
        for name in rotation:
            cause = made.run(1)
            if not isinstance(cause, InstructionLimit):
                assert isinstance(cause, Halt)
                return seen
            if accesses:
                seen.add("after a device access")
            seen.update(moments(made))
            accesses.clear()
            made.simulation.switch(name)
    pytest.fail("the program does not end")


@pytest.mark.parametrize("rotation", [*combinations(MODELS, 2), MODELS], ids="-".join)
@pytest.mark.parametrize("offset", [0, 1])
def test_after_every_instruction(never_switched: tuple[object, ...], rotation: tuple[str, ...], offset: int) -> None:
    """Starting on either of two, every moment meets a switch in both directions."""
    rotation = rotation[offset:] + rotation[:offset]
    made = machine(rotation[-1])
    seen = step_through(made, rotation)
    assert results(made) == RESULTS
    cached = {"warming", "timing"} & {*rotation}
    assert seen >= MOMENTS | (CACHED_MOMENTS if cached == {*rotation} else set())
    if "timing" not in rotation:
        assert ended(made) == never_switched


@pytest.mark.parametrize(("old", "new"), [*product(("warming", "timing"), ("kvm", "atomic"))])
def test_from_two_dirty_levels_to_a_model_that_bypasses_them(
    never_switched: tuple[object, ...], old: str, new: str
) -> None:
    """The talk's sore point: what is written there is read afterwards."""
    made = machine(old)
    while not {*moments(made)} >= CACHED_MOMENTS:
        assert isinstance(made.run(10), InstructionLimit)
    report = made.simulation.switch(new)
    assert {"caches.l1d", "caches.l2"} <= {*report.lines_written_back}
    assert isinstance(made.run(MOST), Halt)
    assert results(made) == RESULTS
    if old in EXACT:
        assert ended(made) == never_switched


@pytest.mark.parametrize("model", MODELS)
def test_after_every_instruction_to_a_fresh_instance(never_switched: tuple[object, ...], model: str) -> None:
    made = machine(model)
    step_through(made, (f"{model}-2", model))
    assert results(made) == RESULTS
    if model in EXACT:
        assert ended(made) == never_switched


@pytest.mark.parametrize(("old", "new"), [pair for pair in product(MODELS, MODELS) if pair[0] != pair[1]])
def test_while_it_waits_for_an_interrupt(never_switched: tuple[object, ...], old: str, new: str) -> None:
    """Twice within the wait, there and back: an instruction that waits is not executed again."""
    made = machine(old)
    simulation = made.simulation
    waits = []

    def there_and_back() -> None:
        waits.append(made.state.waiting)
        simulation.switch(new)
        waits.append(made.state.waiting)
        simulation.switch(old)

    for number in range(1, 40):
        simulation.at(number * MICROSECOND, there_and_back)
    assert isinstance(made.run(MOST), Halt)
    assert (results(made), waits.count(1) >= 8) == (RESULTS, True)
    if "timing" not in (old, new):
        assert ended(made) == never_switched


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), [*product(MODELS, MODELS)])
def test_once_after_each_instruction(never_switched: tuple[object, ...], old: str, new: str) -> None:
    """A single switch, so that nothing that a later one does hides what it has left behind."""
    fresh = f"{new}-2" if new == old else new
    for count in range(1 + (MODELS.index(old) + MODELS.index(new)) % STRIDE, MOST, STRIDE):
        made = machine(old)
        if not isinstance(made.run(count), InstructionLimit):
            return
        made.simulation.switch(fresh)
        assert isinstance(made.run(MOST), Halt), f"after instruction {count}"
        assert results(made) == RESULTS, f"after instruction {count}"
        if "timing" not in (old, new):
            assert ended(made) == never_switched, f"after instruction {count}"


@pytest.mark.parametrize("model", ["kvm", "atomic", "timing"])
def test_the_instructions_executed_stay_the_same(model: str) -> None:
    """The trace with a fresh instance after every 7th instruction is the trace without; of timing without polling."""
    traces = []
    for switches in (False, True):
        made = machine(model)
        switcher = Switcher(made.simulation, (f"{model}-2", model))
        trace: list[int] = []
        count = 0
        while isinstance(made.run(1), InstructionLimit):
            trace.append(made.state.pc)
            count += 1
            if switches and count % 7 == 0:
                switcher.switch()
        polling = {here for here, after in zip(trace, trace[3:], strict=False) if here == after}
        traces.append([pc for pc in trace if model != "timing" or pc not in polling])
    assert traces[0] == traces[1]
    assert len(traces[0]) > 300
