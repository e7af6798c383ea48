"""docs/testing-plugins.md is true: its tables are the standard tests, and its examples run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import DOCS, THERMOMETER, blocks_of
from vmsim_core.testing import CheckpointSuite, CpuModelSuite, DeviceSuite, DrainSuite, MemorySuite, Suite

PAGE = DOCS / "testing-plugins.md"
SUITES = (CheckpointSuite, CpuModelSuite, DeviceSuite, DrainSuite, MemorySuite)


def told_tests(suite: type[Suite]) -> list[str]:
    """Return the tests in the table under a suite's heading."""
    text = PAGE.read_text().partition(f"### {suite.__name__}\n")[2].partition("\n#")[0]
    return re.findall(r"^\| `(test_\w+)` \|", text, re.MULTILINE)


@pytest.mark.parametrize("suite", SUITES)
def test_the_standard_tests_are_told(suite: type[Suite]) -> None:
    assert sorted(told_tests(suite)) == sorted(suite.standard_tests())


@pytest.mark.parametrize("suite", SUITES)
def test_each_standard_test_says_what_the_contract_is(suite: type[Suite]) -> None:
    assert [name for name, test in suite.standard_tests().items() if not test.__doc__] == []


def run_example(folder: Path, word: str) -> str:
    """Run the example that has a word in it, in a folder tests beside the thermometer; return what pytest printed."""
    [block] = [each for each in blocks_of(PAGE) if each.language == "python" and word in each.text]
    shutil.copy(THERMOMETER / "acme_thermometer.py", folder)
    (folder / "tests").mkdir()
    (folder / "tests" / "test_example.py").write_text(block.text)
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("word", ["celsius", "class TestTheBoard", "duration"])
def test_an_example_of_a_suite_passes(tmp_path: Path, word: str) -> None:
    assert " passed" in run_example(tmp_path, word)


def test_the_waiver_of_the_page_is_reported(tmp_path: Path) -> None:
    assert "test_a_reset_brings_the_power_on_state: it stays warm, as things do" in run_example(tmp_path, "waived")


@pytest.mark.guest
def test_the_thermometer_is_read_in_a_test_of_ten_lines(tmp_path: Path) -> None:
    assert "1 passed" in run_example(tmp_path, "vmsim_machine")
