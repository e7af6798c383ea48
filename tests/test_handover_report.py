"""What `--verbose` tells of each switch, and what the statistics say of all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from vmsim_program import read_statistics, vmsim
from whole_system import SYSTEM

SWITCH = re.compile(
    r"vmsim: cpu0: (\w+) to (\w+) at \S+ [a-z]+, \S+ [a-z]+ of draining(?: \(.*?\))?, lines written back: (\d+)(.*?), "
    r"invalidated: (\d+)(.*?), (?:begun anew: (.*), )?[\d.]+ ms"
)


@pytest.mark.guest
def test_each_switch_is_reported_and_all_are_counted(tmp_path: Path) -> None:
    options = ["--switch-at", "3ms=timing", "--switch-at", "6ms=kvm", "--max-time", "7ms", "--console", "none"]
    done = vmsim(
        "run", SYSTEM, "--kernel", "guest:realview", "--initrd", "guest:busybox", "--cpu", "timing", *options,
        "--verbose", "--no-progress", "--stats", "s.json", folder=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    same, bypassing = (found.groups() for found in map(SWITCH.fullmatch, done.errors) if found)
    assert same == ("timing", "timing", "0", "", "0", "", "TLBs, branch predictor")
    written, dropped = int(bypassing[2]), int(bypassing[4])
    assert (bypassing[:2], bypassing[6]) == (("timing", "kvm"), None)
    assert 0 < written < dropped
    for count, parts in [(written, bypassing[3]), (dropped, bypassing[5])]:
        assert sum(map(int, re.findall(r"caches\.l\w+ (\d+)", parts))) == count
    statistics = read_statistics(tmp_path / "s.json")
    assert statistics["switches"] == 2
    assert statistics["handovers"]["lines_written_back"] == written
    assert statistics["handovers"]["lines_invalidated"] == dropped
    assert 0 <= statistics["handovers"]["drain_seconds"] < 1e-4
    assert list(statistics["handovers"]["by_models"]) == ["timing to kvm", "timing to timing"]


def test_switches_of_the_script_are_reported_too(tmp_path: Path) -> None:
    script = "script=[{at: 1us, do: switch timing}, {at: 3us, do: switch kvm}]"
    done = vmsim(
        "run", SYSTEM, "--kernel", "guest:hello", "--cpu", "kvm", "--set", script, "--verbose", "--no-progress",
        folder=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    found = [each.groups()[:2] for each in map(SWITCH.fullmatch, done.errors) if each]
    assert found == [("kvm", "timing"), ("timing", "kvm")]


@pytest.mark.guest
def test_switches_of_the_guest_are_reported_too(tmp_path: Path) -> None:
    (tmp_path / "job").write_text("")
    done = vmsim(
        "run", SYSTEM, "--kernel", "guest:guest-control", "--arg", "timing", "--arg", "kvm",
        "--set", "workload.readfile=job", "--checkpoint-dir", "c", "--stats", "s.json", "--verbose", "--no-progress",
        folder=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    found = [each.groups()[:2] for each in map(SWITCH.fullmatch, done.errors) if each]
    assert found == [("kvm", "timing"), ("timing", "kvm")]
    assert read_statistics(tmp_path / "s.json")["handovers"]["switches"] == 2
