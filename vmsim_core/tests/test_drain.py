"""The drain protocol, against the faults that gem5's once had."""

from __future__ import annotations

import pytest
from vmsim_core.drain import LONGEST_DRAIN, Drainable, DrainManager, DrainState
from vmsim_core.errors import DrainError
from vmsim_core.units import TICKS_PER_SECOND


class Busy(Drainable):
    """Needs `rounds` askings until it is at rest, and may disturb others."""

    def __init__(self, rounds: int = 0) -> None:
        self.rounds = rounds
        self.resumed = 0
        self.on_drained = lambda: None

    def drain(self) -> bool:
        if self.rounds:
            self.rounds -= 1
            if not self.rounds:
                self.on_drained()
            return False
        return True

    def drain_pending(self) -> str:
        return f"waits for {self.rounds} more"

    def drain_resume(self) -> None:
        self.resumed += 1


def manager_of(*members: Busy) -> DrainManager:
    manager = DrainManager()
    for index, member in enumerate(members):
        manager.register(member, f"m{index}")
    return manager


def test_all_must_be_drained_on_the_first_asking_of_one_round() -> None:
    first, second = Busy(0), Busy(2)
    # Draining the second one gives the first one work again.
    second.on_drained = lambda: setattr(first, "rounds", 3)
    manager = manager_of(first, second)
    manager.drain(lambda: True)
    assert (first.rounds, second.rounds) == (0, 0)
    assert manager.state is DrainState.DRAINED


def test_a_member_made_while_draining_takes_part_and_is_resumed() -> None:
    late, early = Busy(3), Busy(1)
    manager = manager_of(early)
    early.on_drained = lambda: manager.register(late, "late")
    manager.drain(lambda: True)
    assert late.drain_state is DrainState.DRAINED
    manager.resume()
    assert (early.resumed, late.resumed) == (1, 1)
    assert late.drain_state is DrainState.RUNNING


def test_a_stuck_drain_names_who_and_why() -> None:
    manager = manager_of(Busy(0), Busy(5))
    with pytest.raises(DrainError, match=r"m1 waits for 4 more, since 1\.000 ms"):
        manager.drain(lambda: False, lambda: 10**9)


def test_a_drain_gives_up_within_a_bounded_simulated_time() -> None:
    """The events of a machine never end: its timers go on."""
    time = 0

    def advance() -> bool:
        nonlocal time
        time += TICKS_PER_SECOND // 100
        return True

    with pytest.raises(DrainError, match=r"m0 waits for \d+ more, since 0 ps"):
        manager_of(Busy(1 << 40)).drain(advance, lambda: time)
    assert time == LONGEST_DRAIN


def test_memory_phases_need_a_drained_machine_and_count_lines() -> None:
    class Cache(Busy):
        def mem_writeback(self) -> int:
            return 7

    manager = manager_of(Busy(), Cache())
    with pytest.raises(DrainError, match="drained machine"):
        manager.mem_writeback()
    manager.drain(lambda: True)
    assert manager.mem_writeback() == {"m1": 7}
    assert manager.mem_invalidate() == {}


def test_a_sanity_check_that_fails_ends_the_drain() -> None:
    class Liar(Busy):
        def drain_sanity_check(self) -> None:
            raise DrainError("m0 says drained but holds a request")

    with pytest.raises(DrainError, match="holds a request"):
        manager_of(Liar()).drain(lambda: True)


class Lines(Busy):
    """A cache that can forget what it is asked to do."""

    def __init__(self) -> None:
        super().__init__()
        self.dirty = self.held = 3
        self.forgets = ""

    def mem_writeback(self) -> int:
        if self.forgets != "mem_writeback":
            self.dirty = 0
        return 0

    def mem_invalidate(self) -> int:
        if self.forgets != "mem_invalidate":
            self.held = 0
        return 0

    def unwritten(self) -> str:
        return f"{self.dirty} dirty lines" if self.dirty else ""

    def copied(self) -> str:
        return f"{self.held} lines" if self.held else ""


@pytest.mark.parametrize(
    ("forgets", "message"),
    [
        ("mem_writeback", "^mem_writeback .*: m0: 3 dirty"),
        ("mem_invalidate", "^mem_invalidate .*: m0: 3 lines$"),
    ],
)
def test_a_phase_that_leaves_something_is_refused(forgets: str, message: str) -> None:
    lines = Lines()
    manager = manager_of(lines)
    manager.drain(lambda: True)
    lines.forgets = forgets
    with pytest.raises(DrainError, match=message):
        manager.mem_writeback()
        manager.mem_invalidate()


def test_nothing_is_dropped_that_was_not_written() -> None:
    lines = Lines()
    manager = manager_of(lines)
    manager.drain(lambda: True)
    with pytest.raises(DrainError, match="3 dirty lines"):
        manager.mem_invalidate()
    assert lines.held == 3
