"""The guard of the suites: a standard test that is removed, replaced or skipped is noticed; waivers are reported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAD = """
import pytest
from vmsim_core.drain import Drainable
from vmsim_core.testing import DrainSuite


class Buffer(Drainable):
    def __init__(self):
        self.held = 0

    def drain(self):
        return self.held == 0

    def drain_pending(self):
        return f"holds {self.held} stores"


class Base(DrainSuite):
    def make(self):
        return Buffer()

    def disturb(self, subject, random):
        subject.held += 1

    def advance(self, subject):
        subject.held = max(0, subject.held - 1)


"""
STANDARD = 6
"""Tests of a DrainSuite, of which five have five seeds; all have."""


def run_pytest(folder: Path, source: str, *options: str) -> str:
    """Run a test module in a process of its own; return what it printed."""
    (folder / "test_it.py").write_text(HEAD + source)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), *options]
    if "vmsim_core.testing.pytest_plugin" not in loaded_plugins():
        command += ["-p", "vmsim_core.testing.pytest_plugin"]
    done = subprocess.run([*command, "test_it.py"], cwd=folder, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def loaded_plugins() -> set[str]:
    """Return the modules of the pytest plugins that are installed: in a workspace that is older, ours is not."""
    from importlib_metadata import entry_points

    return {entry.value for entry in entry_points(group="pytest11")}


def test_the_plugin_is_installed() -> None:
    assert "vmsim_core.testing.pytest_plugin" in loaded_plugins()


def test_a_suite_that_is_filled_in_passes(tmp_path: Path) -> None:
    output = run_pytest(tmp_path, "class TestBuffer(Base):\n    pass\n", "-rA")
    assert f"{5 * STANDARD + 1} passed" in output
    assert "PASSED test_it.py::TestBuffer::standard-tests" in output


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("test_it_comes_to_rest = None", "test_it_comes_to_rest is removed"),
        ("def test_it_comes_to_rest(self): pass", "test_it_comes_to_rest is replaced"),
        (
            "test_it_comes_to_rest = pytest.mark.skip(lambda self: None)",
            "test_it_comes_to_rest is replaced",
        ),
        ("pytestmark = pytest.mark.skip(reason='no')", "test_it_comes_to_rest is marked skip"),
        ("pytestmark = pytest.mark.xfail", "test_at_rest_it_stays_at_rest is marked xfail"),
        (
            "waived = {'test_it_flies': 'too heavy'}",
            "waived names test_it_flies, which is no standard test of DrainSuite",
        ),
        ("waived = {'test_it_comes_to_rest': ' '}", "waived['test_it_comes_to_rest'] gives no reason"),
        ("def __init__(self): pass", "test_it_comes_to_rest is not collected"),
    ],
)
def test_a_standard_test_that_is_not_run_is_noticed(tmp_path: Path, body: str, complaint: str) -> None:
    output = run_pytest(tmp_path, f"class TestBuffer(Base):\n    {body}\n")
    assert "TestBuffer: not all standard tests of the suite are run:" in output
    assert complaint in output
    assert "FAILED test_it.py::TestBuffer::standard-tests" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    "statement", ["pytest.skip('not today')", "pytest.xfail('known')", "pytest.importorskip('no_such_module')"]
)
def test_a_skip_from_within_is_a_failure(tmp_path: Path, statement: str) -> None:
    source = f"class TestBuffer(Base):\n    def make(self):\n        {statement}\n"
    output = run_pytest(tmp_path, source)
    assert "is a standard test that was skipped" in output
    assert "skipped" not in output.splitlines()[-1]
    assert f"{5 * STANDARD} failed, 1 passed" in output


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("class BufferTests(Base): pass", "is a suite none of whose tests is run; call the class Test..."),
        ("class TestBuffer(Base):\n    __test__ = False", "test_it_comes_to_rest is not collected"),
    ],
)
def test_a_suite_that_is_not_collected_is_noticed(tmp_path: Path, source: str, complaint: str) -> None:
    output = run_pytest(tmp_path, source)
    assert complaint in output
    assert "1 failed" in output


def test_a_waiver_is_reported_with_its_reason_and_its_test_is_not_run(tmp_path: Path) -> None:
    source = "class TestBuffer(Base):\n    waived = {'test_it_comes_to_rest': 'it never rests'}\n"
    output = run_pytest(tmp_path, source)
    assert f"{5 * (STANDARD - 1) + 1} passed" in output
    assert "test_it.py::TestBuffer::test_it_comes_to_rest: it never rests" in output


def test_what_a_suite_itself_finds_not_applicable_is_skipped(tmp_path: Path) -> None:
    source = (
        "from vmsim_core.testing import not_applicable\n"
        "class TestBuffer(Base):\n    def make(self):\n        not_applicable('no buffer here')\n"
    )
    assert f"1 passed, {5 * STANDARD} skipped" in run_pytest(tmp_path, source)


def test_a_suite_that_is_not_filled_in_says_what_is_missing(tmp_path: Path) -> None:
    source = "from vmsim_core.testing import CheckpointSuite\nclass TestBoard(CheckpointSuite):\n    duration = '1ms'\n"
    output = run_pytest(tmp_path, "class TestBuffer(Base): pass\n" + source)
    assert (
        "TestBoard: not all standard tests of the suite are run:\n  the attribute description is not filled in"
        in output
    )
    assert "1 failed" in output


FAULTY = {
    "def drain(self): return 1": "test_it_comes_to_rest",
    "def drain(self): return False": "test_it_comes_to_rest",
    "def drain_pending(self): return ''": "test_it_comes_to_rest",
    "def mem_writeback(self): return 3": "test_memory_is_written_back_once_and_dropped_once",
    "def drain_sanity_check(self): raise AssertionError('not at rest')": "test_at_rest_it_stays_at_rest",
    "def drain_resume(self): self.drain = lambda: False": "test_it_goes_on_and_comes_to_rest_again",
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_drainable_that_breaks_the_protocol_fails(tmp_path: Path, fault: str) -> None:
    source = f"class Faulty(Buffer):\n    {fault}\nclass TestFaulty(Base):\n    def make(self): return Faulty()\n"
    output = run_pytest(tmp_path, source)
    assert f"FAILED test_it.py::TestFaulty::{FAULTY[fault]}" in output


def test_a_drainable_that_should_be_at_rest_at_once_is_held_to_it(tmp_path: Path) -> None:
    output = run_pytest(tmp_path, "class TestBuffer(Base):\n    at_once = True\n")
    assert "work in flight is state" in output
