"""What every CPU model must do: take and give states, keep to its limits, take interrupts, see what memory holds."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from vmsim_core.cpu import CpuExit
from vmsim_core.instruction_clock import InstructionClockCpu
from vmsim_core.testing.cpu_bench import CpuBench
from vmsim_core.testing.cpu_debug_suite import LONG, CpuDebugSuite
from vmsim_core.testing.programs import DATA, ENTRY
from vmsim_core.testing.suite import not_applicable

_TWO_CACHES = pytest.mark.parametrize("cached", [False, True], ids=["uncached", "cached"])


class CpuModelSuite(CpuDebugSuite):
    """The contract of a CPU model. A subclass says which, and brings the guest programs of its architecture::

    class TestAcmeCpu(CpuModelSuite):
        model = "acme-cpu"
        programs = ArmPrograms()
    """

    # --- states -------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("seed", range(10))
    def test_a_state_comes_back_bit_for_bit(self, bench: CpuBench, seed: int) -> None:
        """Any state that is taken is given back, but for what a host's CPU fixes."""
        state = self.programs.random_state(bench.system.architecture.reset_state(0), Random(seed))
        bench.core.activate(bench.cpu, state, 0)
        found = [each for each in state.differences(bench.state) if not each.host_dependent]
        assert found == []

    def test_a_state_that_was_given_is_independent(self, bench: CpuBench) -> None:
        """A state is a copy: the model runs on without changing it."""
        bench.load(self.programs.counting())
        bench.run_through(10)
        taken = bench.state
        before = taken.copy()
        bench.run_through(10)
        assert taken.differences(before) == []

    @_TWO_CACHES
    @pytest.mark.parametrize("seed", range(3))
    def test_a_fresh_instance_goes_on_as_if_nothing_had_been(
        self, make: Callable[[], CpuBench], cached: bool, seed: int
    ) -> None:
        """Handed over again and again, between any two instructions, a program computes what it would have."""
        whole, cut = make(), make()
        for bench in (whole, cut):
            bench.load(self.programs.busy(), cached)
        random = Random(seed)
        done = 0
        while done < LONG:
            piece = min(random.choice((1, 1, 2, 5, 30, 200)), LONG - done)
            cut.run_through(piece)
            cut.hand_over()
            done = cut.core.instructions
        whole.run_through(done)
        timed = whole.direct  # what a pipeline or a cache must drain takes its time
        assert cut.remains().differences(whole.remains(), timed) == []

    # --- limits -------------------------------------------------------------------------------------------------------

    def test_it_runs_to_the_very_instruction(self, bench: CpuBench) -> None:
        """A limit on instructions is kept exactly, whatever it is."""
        program = self.programs.counting()
        bench.load(program)
        done = 0
        for number in (1, 2, 7, 1, 64, 1000, 3, 1):
            assert bench.run(number) is CpuExit.DEADLINE
            done += number
            assert bench.cpu.retired == bench.core.instructions == done
            assert bench.count == -(-done // program.instructions)
        assert bench.run(0) is CpuExit.DEADLINE
        assert bench.cpu.retired == done

    @_TWO_CACHES
    def test_slices_change_nothing(self, make: Callable[[], CpuBench], cached: bool) -> None:
        """How a run is cut into calls is invisible to the guest, its clock included."""
        whole, cut = make(), make()
        for bench in (whole, cut):
            bench.load(self.programs.busy(), cached)
        random = Random(1)
        while cut.core.instructions < LONG:
            cut.run(min(random.randint(1, 60), LONG - cut.core.instructions))
        whole.run_through(LONG)
        assert cut.remains().differences(whole.remains()) == []

    def test_it_stops_at_the_first_instruction_boundary_after_the_deadline(self, make: Callable[[], CpuBench]) -> None:
        """What starts before the deadline is executed, and nothing that starts later."""
        stepped = make()
        stepped.load(self.programs.counting())
        starts = []
        for _ in range(60):
            starts.append(stepped.cpu.time)
            stepped.run(1)
        for deadline in (starts[0] + 1, starts[5], starts[5] + 1, starts[40] - 1, starts[50]):
            bench = make()
            bench.load(self.programs.counting())
            assert bench.run(LONG, deadline) is CpuExit.DEADLINE
            assert bench.cpu.retired == sum(start < deadline for start in starts), f"deadline {deadline}"
            assert bench.cpu.time >= deadline

    def test_its_clock_goes_on_with_its_instructions(self, bench: CpuBench) -> None:
        """Time never goes back; a model whose clock is the instruction is exact about it."""
        bench.load(self.programs.busy())
        before = bench.cpu.time
        for _ in range(200):
            bench.run(1)
            assert bench.cpu.time >= before
            before = bench.cpu.time
        assert before > 0
        if isinstance(bench.cpu, InstructionClockCpu):
            assert bench.cpu.time == bench.cpu.retired * bench.cpu.period

    def test_a_device_sees_the_time_of_the_access(self, make: Callable[[], CpuBench]) -> None:
        """Reads of a device are seen in order, each at or after the start of its instruction, however a run is cut."""
        program = self.programs.reading()
        whole, stepped = make(), make()
        for bench in (whole, stepped):
            bench.load(program)
        whole.run_through(20 * program.instructions)
        for number in range(20):
            start = stepped.cpu.time
            stepped.run(program.instructions)
            assert start <= stepped.probe.read_at[number] < stepped.cpu.time
        assert whole.probe.read_at == stepped.probe.read_at
        assert whole.count == 20
        if isinstance(whole.cpu, InstructionClockCpu):
            assert whole.probe.read_at == [pass_ * program.instructions * whole.cpu.period for pass_ in range(20)]

    def test_an_event_that_an_access_schedules_pulls_the_deadline_in(self, bench: CpuBench) -> None:
        """The model comes back for an event that its own device access has brought up."""
        bench.load(self.programs.alarming())
        assert bench.run(LONG) is CpuExit.DEADLINE
        assert bench.cpu.retired < LONG
        [rung] = bench.probe.rung_at
        bench.run(LONG)
        assert bench.probe.rung_at == [rung]
        assert rung <= bench.cpu.time

    def test_a_stop_in_an_access_ends_the_run_after_that_instruction(self, bench: CpuBench) -> None:
        """`stop` is obeyed at once, and once."""
        program = self.programs.stopping()
        bench.load(program)
        assert bench.run(LONG) is CpuExit.STOPPED
        assert bench.cpu.retired == program.before
        assert bench.run(10) is CpuExit.DEADLINE
        assert bench.cpu.retired == program.before + 10

    # --- interrupts and waiting ---------------------------------------------------------------------------------------

    def test_an_interrupt_that_an_access_raises_is_taken_before_the_next_instruction(self, bench: CpuBench) -> None:
        """The line rises in the access; the count has not gone up when the handler is entered."""
        program = self.programs.raising()
        bench.load(program, interrupts=True)
        bench.run_through(program.before)
        for _ in range(10):
            bench.run(1)
            if self.programs.interrupts_taken(bench.state):
                break
        assert (self.programs.interrupts_taken(bench.state), bench.count) == (1, 0)
        bench.run_through(LONG)
        assert self.programs.interrupts_taken(bench.state) == 1, "the line fell, but the interrupt is taken again"
        assert bench.count > 0, "the handler does not return"

    def test_a_masked_interrupt_waits(self, bench: CpuBench) -> None:
        """A line that is up is no interrupt while the program has them masked."""
        bench.load(self.programs.raising())
        bench.run_through(LONG)
        assert self.programs.interrupts_taken(bench.state) == 0
        assert bench.count > 0

    def test_a_line_that_rises_between_runs_is_seen_and_one_that_falls_too(self, bench: CpuBench) -> None:
        """The levels of the inputs count, not their edges."""
        program = self.programs.raising()
        bench.load(program, interrupts=True)
        bench.run_through(LONG)
        for taken in range(2, 6):
            bench.core.set_irq(True)
            bench.core.set_irq(False)
            bench.run_through(50)
            assert self.programs.interrupts_taken(bench.state) == taken - 1
            bench.core.set_irq(True)
            bench.run_through(50)
            assert self.programs.interrupts_taken(bench.state) == taken

    def test_it_waits_for_an_interrupt_and_wakes_up(self, bench: CpuBench) -> None:
        """A wait lets no instruction pass; a masked interrupt ends it too."""
        bench.load(self.programs.waiting())
        assert bench.run(LONG) is CpuExit.WAITING
        waited = bench.cpu.retired
        assert bench.run(LONG) is CpuExit.WAITING
        assert (bench.cpu.retired, bench.count) == (waited, 0)
        bench.core.set_irq(True)
        bench.run_through(21)
        assert bench.count > 0
        assert self.programs.interrupts_taken(bench.state) == 0

    def test_a_wait_is_carried_to_a_fresh_instance(self, bench: CpuBench) -> None:
        """Waiting is part of the state."""
        bench.load(self.programs.waiting(), interrupts=True)
        assert bench.run(LONG) is CpuExit.WAITING
        bench.hand_over()
        assert bench.run(LONG) is CpuExit.WAITING
        bench.core.set_irq(True)
        bench.run_through(100)
        assert self.programs.interrupts_taken(bench.state) == 1
        assert bench.count > 0

    def test_idle_time_is_skipped_to_the_first_moment_of_its_clock(self, bench: CpuBench) -> None:
        """`skip_to` goes to the tick or just after it, and never back."""
        bench.load(self.programs.waiting())
        bench.run(LONG)
        for tick in (bench.cpu.time + 12_345, bench.cpu.time + 10**9 + 1):
            bench.cpu.skip_to(tick)
            assert tick <= bench.cpu.time < tick + 10**6, "further than any clock's period"
        before = bench.cpu.time
        bench.cpu.skip_to(before)
        bench.cpu.skip_to(0)
        assert bench.cpu.time == before
        bench.core.set_irq(True)
        bench.run(10)
        assert bench.cpu.time > before

    def test_a_program_that_can_never_go_on_is_halted(self, bench: CpuBench) -> None:
        """A branch to itself with interrupts masked ends the run, and the message says where."""
        bench.load(self.programs.halting())
        assert bench.run(LONG) is CpuExit.HALTED
        assert f"{ENTRY:x}" in bench.cpu.exit_detail

    # --- memory -------------------------------------------------------------------------------------------------------

    def test_code_that_a_device_writes_is_executed(self, bench: CpuBench) -> None:
        """What was decoded is dropped when somebody else writes to it."""
        one, two = self.programs.counting(1), self.programs.counting(2)
        bench.load(one)
        for step, program in ((1, one), (2, two), (1, one), (2, two)):
            bench.write(program)
            before = bench.count
            bench.run_through(10 * program.instructions)
            assert bench.count == before + 10 * step

    def test_code_that_changed_while_another_model_ran_is_executed(self, bench: CpuBench) -> None:
        """After `suspend`, memory may have changed unseen."""
        program, new = self.programs.counting(1), self.programs.counting(2)
        bench.load(program)
        bench.run_through(10 * program.instructions)
        with bench.simulation.at_rest():
            bench.simulation.write_back_caches()
            bench.simulation.invalidate_caches()
            state = bench.state
            bench.cpu.suspend()
            code = new.parts[ENTRY]
            bench.ram.view[ENTRY : ENTRY + len(code)] = code
            bench.core.activate(bench.cpu, state, bench.cpu.time)
        bench.run_through(10 * program.instructions)
        assert bench.count == 30

    @_TWO_CACHES
    def test_a_program_modifies_itself(self, bench: CpuBench, cached: bool) -> None:
        """Code that a program writes, with the maintenance that its architecture demands, is executed."""
        program = self.programs.modifying_itself()
        bench.load(program, cached)
        bench.run_through(program.before)
        for passes in (1, 2, 17, 100):
            before = bench.count
            bench.run_through(passes * program.instructions)
            assert bench.count == before + 3 * passes

    def test_a_debugger_reads_memory_as_the_program_sees_it(self, bench: CpuBench) -> None:
        """`read_memory` gives the bytes, or None from a model that cannot tell."""
        program, _ = self.programs.storing()
        bench.load(program, cached=True)
        bench.run_through(10 * program.instructions)
        found = bench.cpu.read_memory(DATA, 4)
        if found is None:
            not_applicable(f"{self.model} does not read memory for debuggers")
        assert int.from_bytes(found, "little") == bench.count

    # --- drain, repetition --------------------------------------------------------------------------------------------

    @_TWO_CACHES
    def test_it_comes_to_rest_and_goes_on(self, make: Callable[[], CpuBench], cached: bool) -> None:
        """A drain ends at an instruction boundary; a model that goes straight to RAM takes no time for it."""
        plain, drained = make(), make()
        for bench in (plain, drained):
            bench.load(self.programs.busy(), cached)
        random = Random(2)
        while drained.core.instructions < LONG:
            drained.run(random.randint(1, 90))
            before = (drained.cpu.time, drained.cpu.retired)
            with drained.simulation.at_rest():
                if drained.direct:
                    assert (drained.cpu.time, drained.cpu.retired) == before
                assert drained.cpu.drain() is True, f"drained, and not any more: {drained.cpu.drain_pending()}"
                drained.cpu.drain_sanity_check()
        plain.run_through(drained.core.instructions)
        assert drained.remains().differences(plain.remains(), timed=plain.direct) == []

    @_TWO_CACHES
    def test_the_same_run_twice_is_the_same(self, make: Callable[[], CpuBench], cached: bool) -> None:
        """Nothing of the host, and nothing of an earlier run, is seen."""
        remains = []
        for _ in range(2):
            bench = make()
            bench.load(self.programs.busy(), cached)
            bench.run_through(LONG)
            remains.append(bench.remains())
        assert remains[0].differences(remains[1]) == []

    def test_two_machines_in_one_process_do_not_disturb_each_other(self, make: Callable[[], CpuBench]) -> None:
        """Run turn by turn, each computes what it computes alone."""
        alone, one, other = make(), make(), make()
        for bench in (alone, one):
            bench.load(self.programs.busy())
        other.load(self.programs.counting())
        alone.run_through(LONG)
        while one.core.instructions < LONG:
            one.run_through(min(100, LONG - one.core.instructions))
            other.run_through(77)
        assert one.remains().differences(alone.remains()) == []
