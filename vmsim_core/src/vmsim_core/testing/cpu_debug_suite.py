"""What debuggers and traces ask of a CPU model; and what all tests of CPU models work with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from vmsim_core.cpu import CpuExit
from vmsim_core.debug import ExecutedInstruction, Watchpoint
from vmsim_core.errors import VmsimError
from vmsim_core.testing.cpu_bench import CpuBench
from vmsim_core.testing.programs import DATA, ENTRY, GuestPrograms
from vmsim_core.testing.suite import Suite, not_applicable

LONG = 3000
"""Instructions of a run that is long for a test."""


class CpuDebugSuite(Suite):
    """The part of CpuModelSuite that a model may refuse, if it does so clearly."""

    required = ("model", "programs")
    model: ClassVar[str]
    """The name by which descriptions ask for it; its plugin is installed."""
    programs: ClassVar[GuestPrograms]
    """The guest code of its architecture."""
    params: ClassVar[dict[str, Any]] = {}
    """Its parameters."""
    overrides: ClassVar[dict[str, Any]] = {}
    """More of the system's description, by dotted path, such as ``memory_hierarchy``."""

    # --- what the tests work with -------------------------------------------------------------------------------------

    @pytest.fixture
    def make(self, tmp_path: Path) -> Iterator[Callable[[], CpuBench]]:
        """Build the bench with the model on it, anew each time."""
        made: list[CpuBench] = []

        def make() -> CpuBench:
            made.append(CpuBench(tmp_path, self.model, self.programs, self.params, self.overrides))
            return made[-1]

        yield make
        for bench in made:
            bench.close()

    @pytest.fixture
    def bench(self, make: Callable[[], CpuBench]) -> CpuBench:
        """Build one bench."""
        return make()

    # --- the contract -------------------------------------------------------------------------------------------------

    def test_breakpoints_work_or_are_refused(self, bench: CpuBench) -> None:
        """The run ends before an instruction with a breakpoint, every time; the model goes on without it."""
        program, _ = self.programs.storing()
        bench.load(program)
        bench.run_through(1)
        with self._refused_clearly():
            bench.cpu.set_breakpoints(frozenset({ENTRY}))
            for number in range(1, 4):
                assert bench.run(LONG) is CpuExit.BREAKPOINT
                assert (bench.pc, bench.cpu.retired) == (ENTRY, number * program.instructions)
                assert bench.run(LONG) is CpuExit.BREAKPOINT, "the instruction was executed all the same"
                bench.cpu.set_breakpoints(frozenset())
                bench.run_through(1)
                bench.cpu.set_breakpoints(frozenset({ENTRY}))
        bench.cpu.set_breakpoints(frozenset())
        bench.run_through(LONG)

    def test_watchpoints_work_or_are_refused(self, bench: CpuBench) -> None:
        """The run ends after the instruction that touches what is watched, and says how."""
        program, store = self.programs.storing()
        bench.load(program)
        with self._refused_clearly():
            bench.cpu.set_watchpoints((Watchpoint(DATA, 4, reads=False, writes=True),))
            assert bench.run(LONG) is CpuExit.WATCHPOINT
            assert bench.cpu.retired == 2
            assert bench.cpu.watch_hit == store
            bench.cpu.set_watchpoints(
                (Watchpoint(DATA, 4, reads=True, writes=False), Watchpoint(DATA + 4, 4, True, True))
            )
            bench.run_through(LONG)
        bench.cpu.set_watchpoints(())
        bench.run_through(LONG)

    def test_an_observer_sees_every_instruction_or_is_refused(self, make: Callable[[], CpuBench]) -> None:
        """Every instruction is shown, with its start, its address and its encoding; and seeing changes nothing."""
        plain, bench = make(), make()
        program, store = self.programs.storing()
        for each in (plain, bench):
            each.load(program)
        seen: list[ExecutedInstruction] = []
        with self._refused_clearly():
            bench.cpu.observe(seen.append)
            bench.run_through(4 * program.instructions)
            assert len(seen) == bench.cpu.retired
            assert [each.tick for each in seen] == sorted(each.tick for each in seen)
            assert [each.address for each in seen] == [each.address for each in seen[: program.instructions]] * 4
            code = program.parts[ENTRY]
            assert b"".join(each.code for each in seen[: program.instructions]) == code
            assert seen[1].accesses == (store,)
            plain.run_through(4 * program.instructions)
            assert bench.remains().differences(plain.remains()) == []
        bench.cpu.observe(None)
        bench.run_through(10)

    def _refused_clearly(self) -> _RefusedClearly:
        return _RefusedClearly(self.model)


class _RefusedClearly:
    """Lets a model refuse what it cannot do, in one line that names it."""

    def __init__(self, model: str) -> None:
        self.model = model

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: object) -> None:
        if isinstance(error, VmsimError):
            assert len(error.lines()) == 1 and self.model in str(error), f"refused, but not clearly: {error}"
            not_applicable(str(error))
