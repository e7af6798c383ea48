"""Checkpoints of Linux and of programs: a run that goes on from one ends as the run that was never stopped."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from vmsim_core.checkpoint.restore import read_checkpoint
from vmsim_core.errors import CheckpointError
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_program import vmsim
from whole_system import SYSTEM, Outcome, linux, make_simulation, outcome, run

pytestmark = pytest.mark.guest

MILLISECOND = TICKS_PER_SECOND // 1000
WORK = "dd if=/dev/zero of=/tmp/a bs=64k count=8 2>/dev/null; md5sum /bin/busybox /tmp/a; sleep 0.2; date; poweroff -f"
"""Computes, fills memory, waits in WFI, looks at the clock and ends."""


def comparable(what: Outcome, console_from: int = 0) -> tuple[object, ...]:
    """Return what must be the same; statistics count from the start of the process."""
    return what.cause, what.instructions, what.time, what.console[console_from:], what.ram


@pytest.fixture(scope="module")
def never_stopped() -> Outcome:
    return run(make_simulation(*linux(append=f'vmsim.run="{WORK}"')))


def take_at(ticks: list[int], folder: Path) -> tuple[Outcome, list[tuple[Path, int]]]:
    """Run to the end and take checkpoints at `ticks`; return them with the console's length at that moment."""
    simulation = make_simulation(*linux(append=f'vmsim.run="{WORK}"'))
    console = bytearray()
    simulation.console.listen(console.extend)
    taken: list[tuple[Path, int]] = []
    for tick in ticks:
        simulation.at(tick, lambda: taken.append((simulation.take_checkpoint(folder), len(console))))
    cause = simulation.run(RunLimits(host_seconds=300))
    return outcome(simulation, cause, bytes(console)), taken


def go_on(checkpoint: Path) -> Outcome:
    simulation = Simulation.from_yaml(SYSTEM)
    simulation.restore(checkpoint)
    result = run(simulation)
    simulation.system.cores[0].active.release()
    return result


def test_a_run_that_goes_on_from_a_checkpoint_ends_the_same(tmp_path: Path, never_stopped: Outcome) -> None:
    rng = random.Random(3)
    ticks = sorted(rng.randrange(never_stopped.time) for _ in range(12))
    ticks.append(never_stopped.time - 100 * MILLISECOND)  # while the guest sleeps
    ended, taken = take_at(ticks, tmp_path)
    assert comparable(ended) == comparable(never_stopped)
    for checkpoint, sent in taken:
        assert comparable(go_on(checkpoint)) == comparable(never_stopped, sent), checkpoint.name


@pytest.mark.slow
def test_two_hundred_moments(tmp_path: Path, never_stopped: Outcome) -> None:
    rng = random.Random(4)
    _, taken = take_at(sorted(rng.randrange(never_stopped.time) for _ in range(200)), tmp_path)
    for checkpoint, sent in taken:
        assert comparable(go_on(checkpoint)) == comparable(never_stopped, sent), checkpoint.name


def test_a_new_process_goes_on_as_well_and_again(tmp_path: Path, never_stopped: Outcome) -> None:
    """From the command line, from a checkpoint of a run that went on from a checkpoint."""
    _, [(first, _)] = take_at([20 * MILLISECOND], tmp_path / "1")
    console = tmp_path / "console"
    options = ["--restore", str(first), "--checkpoint-at", "60ms", "--checkpoint-dir", str(tmp_path / "2")]
    done = vmsim("run", "realview-pbx-a9.yaml", *options, "--console", f"file:{console}", "--host-timeout", "100")
    assert done.code == 0, done.err
    assert never_stopped.console.endswith(console.read_bytes())
    [second] = (tmp_path / "2").iterdir()
    assert comparable(go_on(second)) == comparable(
        never_stopped, len(never_stopped.console) - len(go_on(second).console)
    )


def test_between_an_exclusive_load_and_its_store(tmp_path: Path, never_stopped: Outcome) -> None:
    """A monitor that is lost makes the guest try again: more instructions than in the run that was never stopped."""
    simulation = make_simulation(*linux(append=f'vmsim.run="{WORK}"'))
    simulation.run(RunLimits(time=30 * MILLISECOND))
    core = simulation.system.cores[0]
    for _ in range(200_000):
        section = core.active.save_state()
        if getattr(section, "monitor_valid"):  # noqa: B009 (the core knows nothing of ARM)
            break
        simulation.run(RunLimits(instructions=1))
    else:
        pytest.fail("the guest makes no exclusive accesses")
    checkpoint = simulation.take_checkpoint(tmp_path)
    restored = go_on(checkpoint)
    assert replace(restored, console=b"", statistics={}) == replace(never_stopped, console=b"", statistics={})


def test_a_checkpoint_is_quick_and_small(tmp_path: Path, never_stopped: Outcome) -> None:
    """Its size follows what the guest has touched: what it is compared with is the same pages under zstd by itself."""
    _, [(checkpoint, _)] = take_at([40 * MILLISECOND], tmp_path)
    touched = read_checkpoint(checkpoint).sections["ram.board"].attachments.values()
    on_disk = sum(file.stat().st_size for file in checkpoint.iterdir())
    assert sum(each.size for each in touched) < 16 << 20
    assert on_disk < sum(each.size for each in touched) / 2


def test_a_program_gets_its_arguments_after_a_restore(tmp_path: Path) -> None:
    options = ["--kernel", "guest:exit-code", "--arg", "exit-code", "--arg", "7"]
    taking = ["--checkpoint-at", "1us", "--checkpoint-dir", str(tmp_path / "c")]
    assert vmsim("run", "realview-pbx-a9.yaml", *options, *taking, "--console", "none").code == 1
    [checkpoint] = (tmp_path / "c").iterdir()
    done = vmsim("run", "realview-pbx-a9.yaml", "--restore", str(checkpoint), "--console", "none")
    assert done.code == 1
    assert "guest-exit with code 7" in done.err


def in_a_child(work: Callable[[], object]) -> int:
    """Fork a process that does some work and ends; return its number."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def take_checkpoints(simulation: Simulation, folder: Path) -> None:
    """Take one after the other, for ever."""
    while True:
        simulation.take_checkpoint(folder)


def test_a_process_that_is_killed_leaves_a_complete_checkpoint_or_none(tmp_path: Path) -> None:
    simulation = make_simulation(*linux())
    simulation.run(RunLimits(time=40 * MILLISECOND))
    # In a child, as below: one of a large process is slow to begin with, since it copies each page that it touches.
    started = time.perf_counter()
    os.waitpid(in_a_child(lambda: simulation.take_checkpoint(tmp_path / "whole")), 0)
    needed = time.perf_counter() - started
    rng = random.Random(1)
    folder = tmp_path / "killed"
    folder.mkdir()
    complete = attempts = 0
    # A busy host is slower at some times than at others: both ends must have been seen.
    while attempts < 50 or not 5 < complete < attempts:
        assert attempts < 500
        attempts += 1
        child = in_a_child(lambda: take_checkpoints(simulation, folder))
        time.sleep(rng.uniform(0, 2.5 * needed))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for each in folder.iterdir():
            read_checkpoint(each)
            complete += 1
            subprocess.run(["rm", "-r", each], check=True)
    simulation.take_checkpoint(folder)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["killed", "whole"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        options = ["--checkpoint-at", "40ms", "--checkpoint-dir", str(small / "d")]
        done = vmsim("run", "realview-linux.yaml", *options, "--until-text", "user space reached", "--console", "none")
        assert done.code == 1
        assert "cannot be written: No space left on device" in done.err
        assert "text-seen" in done.err
        assert [each.name for each in small.iterdir()] == ["d"]
        assert list((small / "d").iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_checkpoint_of_another_memory_size_is_refused(tmp_path: Path) -> None:
    _, [(checkpoint, _)] = take_at([MILLISECOND], tmp_path)
    larger = Simulation.from_yaml(SYSTEM, None, (("memory", "512MiB"),))
    with pytest.raises(CheckpointError, match="the memory is 256MiB there and 512MiB here"):
        larger.restore(checkpoint)


@pytest.mark.slow
def test_debian(tmp_path: Path) -> None:
    """Debian's kernel, unpacked by the guest itself, stopped at ten moments."""
    options = linux(kernel="debian-armmp", append='vmsim.run="md5sum /bin/busybox; poweroff -f"')
    expected = run(make_simulation(*options))
    simulation = make_simulation(*options)
    console = bytearray()
    simulation.console.listen(console.extend)
    taken: list[tuple[Path, int]] = []
    rng = random.Random(9)
    for _ in range(10):
        tick = rng.randrange(expected.time)
        simulation.at(tick, lambda: taken.append((simulation.take_checkpoint(tmp_path), len(console))))
    cause = simulation.run(RunLimits(host_seconds=300))
    assert comparable(outcome(simulation, cause, bytes(console))) == comparable(expected)
    for checkpoint, sent in taken:
        assert comparable(go_on(checkpoint)) == comparable(expected, sent), checkpoint.name
