"""What every system must do with checkpoints: go on from one as if nothing had been, and refuse what is none of its."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest

from vmsim_core.checkpoint.compare import compare
from vmsim_core.errors import CheckpointError
from vmsim_core.testing.machine import Machine, MachineMaker
from vmsim_core.testing.suite import Suite
from vmsim_core.units import format_time, parse_time

_SEEDS = pytest.mark.parametrize("seed", range(4))
Make = Callable[..., Machine]


class CheckpointSuite(Suite):
    """The contract of a system that is saved. A subclass says which, and for how long it runs::

    class TestMyBoard(CheckpointSuite):
        description = "include: my-board.yaml"
        program = HELLO
        duration = "2ms"
    """

    required = ("description", "duration")
    description: ClassVar[str]
    """The system, as YAML text; names in it count from the folder of the test."""
    duration: ClassVar[str]
    """How long it runs, at least one millisecond's worth of instructions; it must not end before."""
    program: ClassVar[bytes | None] = None
    """A bare-metal program, if the description has no workload."""
    address: ClassVar[int] = 0x8000
    """Where the program is loaded and begins."""
    overrides: ClassVar[dict[str, Any]] = {}
    """More of the description, by dotted path."""
    models: ClassVar[tuple[str, ...]] = ()
    """The CPU models that take checkpoints of each other; without, the one of the description."""
    other_memory: ClassVar[str] = "2MiB"
    """A size of RAM that the board can have and the description does not have."""

    @pytest.fixture
    def make(self, vmsim_machine: MachineMaker) -> Make:
        """Build the system anew, and load its workload unless it is told not to."""

        def make(cpu: str | None = None, load: bool = True, **more: Any) -> Machine:
            overrides = {**self.overrides, **more}
            return vmsim_machine(
                self.description, cpu=cpu, program=self.program, address=self.address, overrides=overrides, load=load
            )

        return make

    def _run_to(self, machine: Machine, tick: int) -> None:
        cause = machine.run_until_tick(tick)
        assert cause.name == "time-limit", f"the system ran only to {format_time(machine.simulation.time)}: {cause}"

    def _moment(self, seed: int) -> int:
        return Random(seed).randrange(parse_time(self.duration))

    def _save(self, machine: Machine, folder: Path) -> Path:
        return machine.simulation.take_checkpoint(folder)

    # --- the contract -------------------------------------------------------------------------------------------------

    @_SEEDS
    def test_what_goes_on_from_a_checkpoint_is_the_run_that_went_on(
        self, make: Make, tmp_path: Path, seed: int
    ) -> None:
        """Taken at any moment by any model, resumed by any other: console, state and RAM are the same in the end."""
        random, end = Random(seed), parse_time(self.duration)
        taker, resumer = (random.choice(self.models or (None,)) for _ in range(2))
        original = make(taker)
        self._run_to(original, self._moment(seed))
        sent = len(original.sent)
        taken = self._save(original, tmp_path / "taken")
        copy = make(resumer, load=False)
        copy.simulation.restore(taken)
        assert (copy.simulation.time, copy.simulation.instructions) == (
            original.simulation.time, original.simulation.instructions
        )  # fmt: skip
        for machine in (original, copy):
            self._run_to(machine, end)
        assert bytes(copy.sent) == bytes(original.sent[sent:])
        ends = [self._save(machine, tmp_path / name) for machine, name in ((original, "one"), (copy, "two"))]
        assert list(compare(*ends)) == []

    @_SEEDS
    def test_taking_one_changes_nothing(self, make: Make, tmp_path: Path, seed: int) -> None:
        """The guest cannot tell that it was saved."""
        plain, saved = make(), make()
        saved.simulation.at(self._moment(seed), lambda: self._save(saved, tmp_path / "taken"))
        for machine in (plain, saved):
            self._run_to(machine, parse_time(self.duration))
        assert plain.sent == saved.sent
        ends = [self._save(machine, tmp_path / name) for machine, name in ((plain, "one"), (saved, "two"))]
        assert list(compare(*ends)) == []

    def test_one_that_is_resumed_and_taken_again_is_the_same(self, make: Make, tmp_path: Path) -> None:
        """Nothing is lost or added on the way through a file."""
        machine = make()
        self._run_to(machine, self._moment(7))
        first = self._save(machine, tmp_path / "first")
        again = make(load=False)
        again.simulation.restore(first)
        assert list(compare(first, self._save(again, tmp_path / "second"))) == []

    def test_the_same_run_writes_the_same_bytes(self, make: Make, tmp_path: Path) -> None:
        """A checkpoint has nothing of the host in it."""
        contents = []
        for number in range(2):
            machine = make()
            self._run_to(machine, self._moment(8))
            taken = self._save(machine, tmp_path / str(number))
            contents.append({file.name: file.read_bytes() for file in sorted(taken.iterdir())})
        assert contents[0] == contents[1]

    def test_that_of_another_system_is_refused(self, make: Make, tmp_path: Path) -> None:
        """One of another machine is refused in one line, and changes nothing."""
        machine, other = make(), make(memory=self.other_memory)
        self._run_to(machine, self._moment(9))
        taken = self._save(machine, tmp_path / "taken")
        before = self._save(other, tmp_path / "before")
        with pytest.raises(CheckpointError) as refused:
            other.simulation.restore(taken)
        assert "\n" not in str(refused.value)
        assert list(compare(before, self._save(other, tmp_path / "after"))) == []

    def test_a_damaged_one_is_refused(self, make: Make, tmp_path: Path) -> None:
        """A bit that fell over in any file is noticed, and changes nothing."""
        machine = make()
        self._run_to(machine, self._moment(10))
        taken = self._save(machine, tmp_path / "taken")
        before = self._save(machine, tmp_path / "before")
        random = Random(10)
        for file in sorted(taken.iterdir()):
            intact = file.read_bytes()
            at = random.randrange(len(intact))
            file.write_bytes(intact[:at] + bytes([intact[at] ^ 1 << random.randrange(8)]) + intact[at + 1 :])
            with pytest.raises(CheckpointError):
                machine.simulation.restore(taken)
            file.write_bytes(intact)
        assert list(compare(before, self._save(machine, tmp_path / "after"))) == []
