"""Runs of a real KVM guest: how they end, what they leave, and what they do not leave behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from real_kvm_bench import FREELY, LOOP, bench_on, needs_kvm, program, state_of, vcpu_of
from vmsim_core.cpu import CpuExit
from vmsim_core.debug import Watchpoint
from vmsim_core.errors import VmsimError
from vmsim_core.testing.cpu_bench import CpuBench
from vmsim_core.units import NEVER
from vmsim_cpu_kvm import kvm_api as api

pytestmark = needs_kvm
MILLISECOND = 1_000_000_000
COUNTING = (0xE2800001, 0xEAFFFFFD)  # add r0, r0, #1; b
WAITING = (0xE320F003, 0xE2800001, 0xEAFFFFFC)  # wfi; add r0, r0, #1; b


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CpuBench]:
    made = bench_on(tmp_path, "kvm")
    yield made
    made.close()


def test_a_guest_that_never_comes_out_is_brought_out_at_the_deadline(bench: CpuBench) -> None:
    bench.load(program(*COUNTING))
    for number in range(1, 4):
        assert bench.run(1 << 40, 5 * number * MILLISECOND) is CpuExit.DEADLINE
        assert 5 * number * MILLISECOND <= bench.cpu.time
    assert bench.count > 1000


def test_a_limit_of_many_instructions_is_an_estimate_and_never_less(bench: CpuBench) -> None:
    bench.load(program(*COUNTING))
    assert bench.run(FREELY) is CpuExit.DEADLINE
    assert bench.cpu.retired >= FREELY
    assert sum(vcpu_of(bench).levels().values()) == 1, "statistics say where time comes from"


def test_it_waits_when_it_runs_freely_and_wakes_up(bench: CpuBench) -> None:
    bench.load(program(*WAITING))
    assert bench.run(1 << 40) is CpuExit.WAITING
    assert bench.pc == 0x8004
    before = bench.cpu.retired, bench.count  # a wait may end early (ARM DDI 0406C, B1.8.14), but seldom does
    assert bench.run(1 << 40) is CpuExit.WAITING
    assert (bench.cpu.retired, bench.count) == before
    bench.core.set_irq(True)
    assert bench.run(1 << 40, bench.cpu.time + MILLISECOND) is CpuExit.DEADLINE
    assert bench.count > before[1]
    bench.core.set_irq(False)
    assert bench.run(1 << 40) is CpuExit.WAITING


def test_a_loop_behind_a_wait_is_no_wait(bench: CpuBench) -> None:
    bench.load(program(0xE320F003, *COUNTING, at=0x8000))
    state = state_of(bench)
    state.pc = 0x8004
    bench.core.activate(bench.cpu, state, 0)
    assert bench.run(1 << 40, 50 * MILLISECOND) is CpuExit.DEADLINE


def test_it_ends_where_nothing_can_go_on(bench: CpuBench) -> None:
    bench.load(program(LOOP))
    assert bench.run(1 << 40) is CpuExit.HALTED
    assert "0x00008000" in bench.cpu.exit_detail


@pytest.mark.parametrize("instructions", [100, 1 << 40], ids=["stepped", "freely"])
def test_exceptions_without_end_are_noticed(bench: CpuBench, instructions: int) -> None:
    bench.load(program(0xE7F000F0, x4=0xE7F000F0))  # udf #0, there and at the vector
    assert bench.run(instructions) is CpuExit.HALTED
    assert "exception" in bench.cpu.exit_detail


def test_a_stop_by_a_signal_handler_ends_the_run(bench: CpuBench) -> None:
    bench.load(program(*COUNTING))
    before = signal.signal(signal.SIGALRM, lambda number, frame: bench.cpu.stop())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        assert bench.run(1 << 50) is CpuExit.STOPPED
    finally:
        signal.signal(signal.SIGALRM, before)
    assert bench.run(10) is CpuExit.DEADLINE


def test_ctrl_c_comes_through_and_the_guest_can_go_on(bench: CpuBench) -> None:
    bench.load(program(*COUNTING))
    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        bench.run(1 << 50)
    timer.join()
    before = bench.count
    assert bench.run(FREELY) is CpuExit.DEADLINE
    assert bench.count > before


def test_another_thread_can_run_it(bench: CpuBench) -> None:
    bench.load(program(*COUNTING))
    results: list[CpuExit] = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: results.append(bench.run(FREELY)))
        thread.start()
        thread.join(60)
        results.append(bench.run(FREELY))
    assert results == [CpuExit.DEADLINE] * 4
    assert bench.count > 1000


def test_breakpoints_are_met_freely_in_both_instruction_sets(bench: CpuBench) -> None:
    # nop; nop; add r1, pc, #1 (0x8014 | 1); bx r1; then Thumb: nop; nop; adds r0, #1; b back to the first nop
    bench.load(program(0xE320F000, 0xE320F000, 0xE28F1001, 0xE12FFF11, 0xBF00BF00, 0xE7FC3001))
    for address in (0x8004, 0x8012, 0x8014, 0x8012):
        bench.cpu.set_breakpoints(frozenset({address}))
        assert bench.run(FREELY) is CpuExit.BREAKPOINT
        assert bench.pc == address
        assert bench.run(FREELY) is CpuExit.BREAKPOINT
        bench.cpu.set_breakpoints(frozenset())
        bench.run(1)
    with pytest.raises(VmsimError, match="breakpoints on this host"):
        bench.cpu.set_breakpoints(frozenset(range(0x8000, 0x8100, 4)))


def test_what_it_cannot_show_is_refused_in_one_line_each(bench: CpuBench) -> None:
    cpu = bench.cpu
    wanted: list[tuple[Callable[[], None], str]] = [
        (lambda: cpu.set_watchpoints((Watchpoint(0x4000, 4, reads=True, writes=True),)), "cannot watch memory"),
        (lambda: cpu.observe(lambda executed: None), "cannot show its instructions"),
        (lambda: cpu.observe_exceptions(lambda taken: None), "cannot show its exceptions with engine: kvm"),
    ]
    for ask, answer in wanted:
        with pytest.raises(VmsimError, match=answer) as error:
            ask()
        assert len(error.value.lines()) == 1 and "kvm" in str(error.value)
    cpu.set_watchpoints(())
    cpu.observe(None)
    cpu.observe_exceptions(None)


def test_two_machines_take_turns_freely(tmp_path: Path) -> None:
    one, other = bench_on(tmp_path / "one", "kvm"), bench_on(tmp_path / "other", "kvm")
    one.load(program(0xE2800001, 0xE2822001, 0xEAFFFFFC))  # add r0, r0, #1; add r2, r2, #1; b
    other.load(program(0xE2800002, 0xEAFFFFFD))  # add r0, r0, #2; b
    start = state_of(one).r[2]
    for _ in range(5):
        for each in (one, other):
            each.run(FREELY)
    state = state_of(one)
    assert state.r[2] - start in (state.r[0], state.r[0] - 1)
    assert state_of(other).r[0] % 2 == 0 and state_of(other).r[0] > 0
    one.close()
    other.close()


def test_everything_is_given_back(tmp_path: Path) -> None:
    def held() -> tuple[int, int]:
        maps = Path("/proc/self/maps").read_text()
        return sum(1 for _ in Path("/proc/self/fd").iterdir()), maps.count("kvm-vcpu")

    warm_up = bench_on(tmp_path / "warm-up", "kvm")
    warm_up.load(program(*COUNTING))
    warm_up.run(FREELY)
    warm_up.close()
    before = held()
    for number in range(3):
        bench = bench_on(tmp_path / str(number), "kvm")
        bench.load(program(*COUNTING))
        bench.run(FREELY)
        bench.close()
    assert held() == before


FAULTS = {
    api.EXIT_INTERNAL_ERROR: "KVM_EXIT_INTERNAL_ERROR, suberror 3, data 0x11 0x0 0x0 0x0",
    api.EXIT_FAIL_ENTRY: "KVM_EXIT_FAIL_ENTRY: the host's processor does not enter the guest, reason 0x3",
    api.EXIT_SYSTEM_EVENT: "KVM_EXIT_SYSTEM_EVENT, type 3",
    8: "KVM_EXIT_SHUTDOWN",
    77: "KVM_EXIT_77",
}


@pytest.mark.parametrize("instructions", [100, FREELY], ids=["stepped", "freely"])
@pytest.mark.parametrize("reason", FAULTS)
def test_an_exit_that_has_no_answer_ends_the_run(
    bench: CpuBench, monkeypatch: pytest.MonkeyPatch, reason: int, instructions: int
) -> None:
    bench.load(program(*COUNTING))
    machine = vcpu_of(bench)._machine

    def fault() -> bool:
        monkeypatch.undo()
        machine.run.exit_reason = reason
        machine.words.first, machine.words.data[0], machine.words.data[1] = 3, 0x11, 0
        machine.words.data[2] = machine.words.data[3] = 0
        return True

    monkeypatch.setattr(machine, "enter", fault)
    assert bench.run(instructions) is CpuExit.FAILED
    assert bench.cpu.exit_detail.startswith(FAULTS[reason])
    assert bench.cpu.exit_detail.endswith("(pc 0x00008000)")
    assert "\n" not in bench.cpu.exit_detail


def test_a_vcpu_whose_registers_cannot_be_read_ends_the_run(bench: CpuBench) -> None:
    bench.load(program(*COUNTING))
    bench.run(10)
    null = os.open("/dev/null", os.O_RDWR)
    vcpu = vcpu_of(bench)._machine.vcpu
    kept = os.dup(vcpu)
    os.dup2(null, vcpu)
    assert bench.run(FREELY) is CpuExit.FAILED
    assert bench.cpu.exit_detail.endswith("(pc unknown)")
    with pytest.raises(VmsimError, match="hides the registers") as error:
        bench.cpu.save_state()
    assert len(error.value.lines()) == 1
    with pytest.raises(VmsimError, match="refuses the registers"):
        bench.cpu.load_state(bench.system.architecture.reset_state(0))
    os.dup2(kept, vcpu)
    os.close(kept)
    os.close(null)


def test_time_is_taken_from_the_host_where_that_is_asked_for(tmp_path: Path) -> None:
    bench = bench_on(tmp_path, "kvm")
    vcpu = vcpu_of(bench)
    del vcpu._clock._clocks[:-1]
    bench.load(program(*COUNTING))
    started = time.perf_counter_ns()
    assert bench.run(1 << 40, 20 * MILLISECOND) is CpuExit.DEADLINE
    assert vcpu.levels() == {"time_from_instructions": 0, "time_from_cycles": 0, "time_from_host": 1}
    assert 20_000_000 <= bench.cpu.time // 1000 <= time.perf_counter_ns() - started
    assert bench.run(NEVER, bench.cpu.time) is CpuExit.DEADLINE
    bench.close()
