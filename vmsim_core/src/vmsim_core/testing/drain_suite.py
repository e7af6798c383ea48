"""What everything must do that may have to come to rest before a switch or a checkpoint."""

from __future__ import annotations

from random import Random
from typing import Any, ClassVar

import pytest

from vmsim_core.drain import Drainable, DrainManager, DrainState
from vmsim_core.testing.suite import Suite

_ROUNDS = 10_000
_SEEDS = pytest.mark.parametrize("seed", range(5))


class DrainSuite(Suite):
    """The contract of a Drainable. A subclass makes one, and gives it something to do::

    class TestStoreBuffer(DrainSuite):
        def make(self): return StoreBuffer(...)
        def disturb(self, subject, random): subject.push(random.getrandbits(32))
        def advance(self, subject): subject.tick()
    """

    at_once: ClassVar[bool] = False
    """Whether it is at rest at any time, as a device must be."""

    def make(self) -> Drainable:
        """Make a new one, at rest."""
        raise NotImplementedError("a DrainSuite makes what it tests: override make()")

    def disturb(self, subject: Any, random: Random) -> None:
        """Give it something to do."""

    def advance(self, subject: Any) -> None:
        """Let time pass, so that it gets on with what it does."""

    def _busy(self, seed: int) -> Drainable:
        subject, random = self.make(), Random(seed)
        for _ in range(random.randrange(1, 30)):
            self.disturb(subject, random)
            if random.random() < 0.5:
                self.advance(subject)
        return subject

    def _rounds(self, subject: Drainable) -> int:
        for number in range(_ROUNDS):
            answer = subject.drain()
            assert isinstance(answer, bool), f"drain() answers {answer!r}, neither True nor False"
            if answer:
                return number
            reason = subject.drain_pending()
            assert reason and "\n" not in reason, (
                f"drain_pending() is {reason!r}: it says what is waited for, in a line"
            )
            self.advance(subject)
        raise AssertionError(f"it does not come to rest: {subject.drain_pending()}")

    # --- the contract -------------------------------------------------------------------------------------------------

    @_SEEDS
    def test_it_comes_to_rest(self, seed: int) -> None:
        """Asked again and again, with time passing, it is drained at last, and says until then what it waits for."""
        rounds = self._rounds(self._busy(seed))
        assert rounds == 0 or not self.at_once, f"it needs {rounds} rounds; work in flight is state"

    @_SEEDS
    def test_at_rest_it_stays_at_rest(self, seed: int) -> None:
        """Nothing begins by itself in a drained machine."""
        subject = self._busy(seed)
        self._rounds(subject)
        for _ in range(3):
            assert subject.drain() is True
            subject.drain_sanity_check()
            self.advance(subject)

    @_SEEDS
    def test_memory_is_written_back_once_and_dropped_once(self, seed: int) -> None:
        """The phases count lines, and leave nothing for a second time."""
        subject = self._busy(seed)
        self._rounds(subject)
        for phase in (subject.mem_writeback, subject.mem_invalidate):
            lines = phase()
            assert isinstance(lines, int) and lines >= 0, f"{phase.__name__}() gives {lines!r}, no number of lines"
            assert phase() == 0, f"{phase.__name__}() finds lines again"
        assert subject.mem_writeback() == 0, "lines are dirty after all were dropped"
        assert subject.drain() is True, "the phases have set something going"

    @_SEEDS
    def test_it_goes_on_and_comes_to_rest_again(self, seed: int) -> None:
        """After a drain everything is as before, as often as wanted."""
        subject, random = self._busy(seed), Random(seed)
        for _ in range(3):
            self._rounds(subject)
            subject.drain_resume()
            self.disturb(subject, random)
            self.advance(subject)

    @_SEEDS
    def test_a_drain_that_changes_nothing_may_come_at_any_time(self, seed: int) -> None:
        """It may be asked to drain when it has done nothing yet, and told to go on without a drain's phases."""
        subject = self.make()
        assert self._rounds(subject) >= 0
        subject.drain_sanity_check()
        subject.drain_resume()
        self.disturb(subject, Random(seed))
        self._rounds(subject)

    @_SEEDS
    def test_a_manager_drains_and_resumes_it(self, seed: int) -> None:
        """With the manager that the simulator has: its states are the protocol's."""
        subject, manager = self._busy(seed), DrainManager(_ROUNDS)
        manager.register(subject, "subject")

        def advance() -> bool:
            self.advance(subject)
            return True

        states = []
        assert manager.drain(advance) >= 1
        states.append(subject.drain_state)
        manager.mem_writeback()
        manager.mem_invalidate()
        manager.resume()
        states.append(subject.drain_state)
        assert states == [DrainState.DRAINED, DrainState.RUNNING]
