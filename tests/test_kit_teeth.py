"""The suites of the kit have teeth: a CPU model, a memory hierarchy or a system with a fault fails the right test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CPU_FAULTS = {
    "LosesRegister": (
        "def save_state(self): state = super().save_state(); state.tpidrurw = 0; return state",
        "test_a_state_comes_back_bit_for_bit",
    ),
    "LosesMonitor": (
        "def save_state(self): state = super().save_state(); state.monitor_valid = 0; return state",
        "test_a_fresh_instance_goes_on_as_if_nothing_had_been",
    ),
    "LosesWait": (
        "def load_state(self, state): state = state.copy(); state.waiting = 0; super().load_state(state)",
        "test_a_wait_is_carried_to_a_fresh_instance",
    ),
    "RunsOneMore": (
        "def run(self, deadline, instructions): return super().run(deadline, instructions + 1)",
        "test_it_runs_to_the_very_instruction",
    ),
    "Late": (
        "def run(self, deadline, instructions): return super().run(deadline + self.period, instructions)",
        "test_it_stops_at_the_first_instruction_boundary_after_the_deadline",
    ),
    "Unstoppable": ("def stop(self): pass", "test_a_stop_in_an_access_ends_the_run_after_that_instruction"),
    "Deaf": (
        "def set_interrupts(self, irq, fiq): super().set_interrupts(False, False)",
        "test_an_interrupt_that_an_access_raises_is_taken_before_the_next_instruction",
    ),
    "Stale": ("def memory_written(self, ram, offset, size): pass", "test_code_that_a_device_writes_is_executed"),
    "StaleAfterSuspend": ("def suspend(self): pass", "test_code_that_changed_while_another_model_ran_is_executed"),
    "NeverSkips": ("def skip_to(self, tick): pass", "test_idle_time_is_skipped_to_the_first_moment_of_its_clock"),
    "DrainsSlowly": (
        "def drain(self): self.asked = not getattr(self, 'asked', False); return not self.asked",
        "test_it_comes_to_rest_and_goes_on",
    ),
    "NoBreakpoints": ("def set_breakpoints(self, addresses): pass", "test_breakpoints_work_or_are_refused"),
    "NoWatchpoints": ("def set_watchpoints(self, watchpoints): pass", "test_watchpoints_work_or_are_refused"),
    "NoObserver": ("def observe(self, observer): pass", "test_an_observer_sees_every_instruction_or_is_refused"),
    "RefusesObscurely": (
        "def observe(self, observer): raise VmsimError('no')",
        "test_an_observer_sees_every_instruction_or_is_refused",
    ),
    "ReadsZero": (
        "def read_memory(self, address, size): return bytes(size)",
        "test_a_debugger_reads_memory_as_the_program_sees_it",
    ),
}
"""What is wrong with a CPU model, and a test that must find it."""

MEMORY_FAULTS = {
    "KeepsDirtyLines": ("def mem_writeback(self): return 0", "test_memory_holds_the_truth_after_a_writeback"),
    "CountsNoLines": (
        "def mem_writeback(self): super().mem_writeback(); return 0",
        "test_memory_holds_the_truth_after_a_writeback",
    ),
    "KeepsLines": ("def mem_invalidate(self): return 0", "test_nothing_is_kept_after_an_invalidation"),
    "InvalidatesBefore": (
        "def mem_writeback(self): self.mem_invalidate(); return 0",
        "test_memory_holds_the_truth_after_a_writeback",
    ),
    "HidesFromDevices": ("def device_reads(self, ram, offset, size): pass", "test_devices_and_caches_agree"),
    "IgnoresDevices": ("def device_writes(self, ram, offset, size): pass", "test_devices_and_caches_agree"),
    "LosesDirtyBytes": (
        "def device_writes(self, ram, offset, size): self.mem_invalidate()",
        "test_a_device_that_writes_a_part_of_a_dirty_line_leaves_the_rest",
    ),
    "LiesAboutDrain": ("def drain(self): return True", "test_it_comes_to_rest_at_any_time"),
    "IgnoresOuter": (
        "def maintain_outer(self, operation, physical): pass",
        "test_a_guest_cleans_and_invalidates_lines",
    ),
    "SurvivesRestore": (
        "def restored(self): pass",
        "test_nothing_of_it_is_in_a_checkpoint_and_a_restore_drops_it",
    ),
}
"""What is wrong with a memory hierarchy, and a test that must find it."""


def run_suites(folder: Path, source: str, *tests: str) -> set[str]:
    """Run a module with suites, or these tests of it, in a process of its own; return the tests that failed."""
    (folder / "test_faults.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rfE",
         *([f"test_faults.py::{test}" for test in tests] or ["test_faults.py"])],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, timeout=550,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    return set(re.findall(r"^(?:FAILED|ERROR) test_faults\.py::([\w:]+)", done.stdout, re.MULTILINE))


def offer(folder: Path, name: str, group: str, source: str) -> None:
    """Put a plugin where Python finds it as if it were installed."""
    (folder / f"{name}.py").write_text(source)
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{name} = {name}\n")


@pytest.fixture(scope="module")
def failed_cpu_tests(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Run the tests that must find them on the models with a fault."""
    folder = tmp_path_factory.mktemp("cpus")
    models = "".join(
        f"class {name}(AtomicCpu):\n    type_name = 'faulty-{name}'\n    {fault}\n"
        for name, (fault, _) in CPU_FAULTS.items()
    )
    offer(
        folder, "acme_faulty_models", "vmsim.cpu",
        "from vmsim_core import VmsimError, hookimpl\nfrom vmsim_cpu_atomic.atomic_cpu import AtomicCpu\n" + models
        + f"@hookimpl\ndef vmsim_cpu_models():\n    return [{', '.join(CPU_FAULTS)}]\n",
    )  # fmt: skip
    suites = "".join(
        f"class Test{name}(CpuModelSuite):\n    model = 'faulty-{name}'\n    programs = ArmPrograms()\n"
        for name in CPU_FAULTS
    )
    head = "from vmsim_arch_arm.testing import ArmPrograms\nfrom vmsim_core.testing import CpuModelSuite\n"
    # Whether a sound model passes all of it is another test's business.
    return run_suites(folder, head + suites, *(f"Test{name}::{test}" for name, (_, test) in CPU_FAULTS.items()))


@pytest.mark.parametrize("fault", CPU_FAULTS)
def test_a_cpu_model_with_a_fault_fails(failed_cpu_tests: set[str], fault: str) -> None:
    assert f"Test{fault}::{CPU_FAULTS[fault][1]}" in failed_cpu_tests


@pytest.fixture(scope="module")
def failed_memory_tests(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Run the suite on every hierarchy with a fault, and on the one without."""
    pytest.importorskip("vmsim_mem_cache")
    source = "from vmsim_core.testing import MemorySuite\nfrom vmsim_mem_cache.hierarchy import CacheHierarchy\n"
    for name, (fault, _) in {"Sound": ("pass", ""), **MEMORY_FAULTS}.items():
        source += f"class {name}(CacheHierarchy):\n    type_name = 'faulty-{name}'\n    {fault}\n"
        source += f"class Test{name}(MemorySuite):\n    hierarchy = {name}\n    params = {{'l2': {{'size': 4096}}}}\n"
    return run_suites(tmp_path_factory.mktemp("memories"), source)


@pytest.mark.parametrize("fault", MEMORY_FAULTS)
def test_a_memory_hierarchy_with_a_fault_fails(failed_memory_tests: set[str], fault: str) -> None:
    assert f"Test{fault}::{MEMORY_FAULTS[fault][1]}" in failed_memory_tests


def test_a_memory_hierarchy_without_a_fault_passes(failed_memory_tests: set[str]) -> None:
    assert not [test for test in failed_memory_tests if test.startswith("TestSound::")]


SECRETIVE = """
import vmsim_core as vmsim

class Beacon(vmsim.Device):
    type_name = "beacon"
    registers = vmsim.RegisterTable(size=0x1000)
    sent = vmsim.State(0, "count", "bytes that were sent")

    def __init__(self, system, path, params):
        super().__init__(system, path, params)
        self.port = system.serial_port("uart0")
        self.hidden = 0
        self.send = self.event("send", self._send)

    def reset(self):
        super().reset()
        self.schedule(self.send, self.now + 10**7)

    def _send(self):
        self.{where} += 1
        self.port.send(bytes([65 + self.{where} % 26]))
        self.schedule(self.send, self.now + 10**7)

@vmsim.hookimpl
def vmsim_devices():
    return [Beacon]
"""
BOARD_SUITE = """
from vmsim_core.testing import CheckpointSuite

class TestBoard(CheckpointSuite):
    description = '''
        include: realview-pbx-a9.yaml
        memory: 1MiB
        cpus: [{start: atomic}]
        plugins: [beacon.py]
        devices: {beacon: {type: beacon, at: 0x1e000000}}
    '''
    program = bytes.fromhex("010080e2fdffffea")
    duration = "1ms"

def test_that_fails():
    assert False
"""


@pytest.mark.parametrize(("where", "found"), [("sent", False), ("hidden", True)])
def test_a_device_that_keeps_state_to_itself_fails_the_checkpoint_suite(
    tmp_path: Path, where: str, found: bool
) -> None:
    (tmp_path / "beacon.py").write_text(SECRETIVE.replace("{where}", where))
    failed = run_suites(tmp_path, BOARD_SUITE)
    assert ("TestBoard::test_what_goes_on_from_a_checkpoint_is_the_run_that_went_on" in failed) == found
    assert len(failed) > 1 or not found
    assert "test_that_fails" in failed
