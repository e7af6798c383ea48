"""The emulated ARM server: what runs in it, and how its tests come back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from armserver.image import boot
from armserver.machine import NO_STATUS, TIME_WAS_UP, Outcome
from armserver.remote import RemoteRun

PROJECT = Path(__file__).parent.parent
SAMPLES = "tests/arm_server_samples.py"
NAMES = (
    *(
        "test_passes",
        "test_fails",
        "test_of_parameters[a b/c]",
        "test_of_parameters[2]",
        "test_is_skipped",
        "test_errs",
    ),
    *("test_errs_after", "TestOfClass::test_is_expected_to_fail"),
    *("TestOfClass::test_switches_the_server_off", "TestOfClass::test_comes_too_late"),
)
CAPABILITIES = """
import fcntl, os
kvm = os.open("/dev/kvm", os.O_RDWR)
print("version", fcntl.ioctl(kvm, 0xAE00, 0), "32 bits", fcntl.ioctl(kvm, 0xAE03, 93))
"""

pytestmark = [pytest.mark.guest, pytest.mark.armserver, pytest.mark.usefixtures("arm_server")]


def run(folder: Path, *command: str, timeout: float = 100) -> tuple[Outcome, str]:
    """Run a command in the server; also return what it has said."""
    log = folder / "log"
    with log.open("wb") as output, boot(command, {}, {"GREETING": "hello"}, timeout=timeout, output=output) as server:
        outcome = server.wait(folder)
    return outcome, log.read_text()


def test_the_server_runs_32_bit_guests(tmp_path: Path) -> None:
    outcome, said = run(tmp_path, "python3", "-c", CAPABILITIES)
    assert (outcome.status, said) == (0, "version 12 32 bits 1\n")


def test_a_command_its_environment_status_and_results(tmp_path: Path) -> None:
    outcome, said = run(tmp_path, "sh", "-c", "echo $GREETING; vmsim plugins; echo kept >/results/file; exit 3")
    assert outcome.status == 3
    assert said.startswith("hello\n")
    assert {line.split()[0] for line in said.splitlines()[2:]} >= {"arm", "atomic", "kvm", "realview"}
    assert (tmp_path / "file").read_text() == "kept\n"


def test_a_command_without_an_end(tmp_path: Path) -> None:
    """The server boots in some seconds; the time is up before the command is."""
    outcome, _ = run(tmp_path, "sleep", "1000", timeout=5)
    assert outcome.status == TIME_WAS_UP


def test_a_server_that_ends_before_its_command(tmp_path: Path) -> None:
    outcome, _ = run(tmp_path, "sh", "-c", "echo c >/proc/sysrq-trigger; sleep 100")
    assert outcome.status == NO_STATUS
    assert "Kernel panic" in outcome.console


def test_the_command_line_tool() -> None:
    command = [sys.executable, "tools/arm_server.py", "run", "--timeout", "100", "--", "sh", "-c", "uname -m; exit 4"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=200, check=False)
    assert (done.returncode, done.stdout) == (4, "aarch64\n")


@pytest.fixture(scope="module")
def samples(request: pytest.FixtureRequest) -> Iterator[RemoteRun]:
    remote = RemoteRun(request.config, [f"{SAMPLES}::{name}" for name in NAMES], timeout=200)
    yield remote
    remote.close()


def test_each_report_comes_back(samples: RemoteRun) -> None:
    reports = {name: samples.report(f"{SAMPLES}::{name}") for name in NAMES[:-2]}
    assert [report.outcome for report in reports.values()] == [
        *("passed", "failed", "passed", "passed", "skipped", "failed", "failed", "skipped"),
    ]
    assert {report.when for report in reports.values()} == {"call"}
    assert "assert 1 == 2" in reports["test_fails"].longreprtext
    assert "said before" in reports["test_fails"].capstdout
    assert reports["test_is_skipped"].longrepr == (str(PROJECT / SAMPLES), 39, "Skipped: on purpose")
    assert "the fixture" in reports["test_errs"].longreprtext
    assert "the fixture's end" in reports["test_errs_after"].longreprtext
    assert reports["TestOfClass::test_is_expected_to_fail"].wasxfail == "known"


def test_what_has_no_report_fails_and_shows_the_log_and_the_console(samples: RemoteRun) -> None:
    expected = [(-2, "the server ended while the test ran"), (-1, "the test was not run in the server")]
    for index, reason in expected:
        with pytest.raises(pytest.fail.Exception) as raised:
            samples.report(f"{SAMPLES}::{NAMES[index]}")
        text = str(raised.value)
        assert text.startswith(f"{reason} (the server ended before its command did)\n")
        assert "collected 10 items" in text
        assert "reboot: Power down" in text


def test_a_test_that_is_not_there_fails(request: pytest.FixtureRequest) -> None:
    remote = RemoteRun(request.config, [f"{SAMPLES}::test_nowhere"], timeout=200)
    try:
        with pytest.raises(pytest.fail.Exception, match=r"not found: .*test_nowhere"):
            remote.report(f"{SAMPLES}::test_nowhere")
    finally:
        remote.close()
