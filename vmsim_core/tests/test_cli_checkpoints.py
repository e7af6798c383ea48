"""Checkpoints from the command line."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from cli_driver import Vmsim
from fake_plugins import Cpu
from vmsim_core.architecture import ArchState
from vmsim_core.checkpoint.folder import FolderWriter
from vmsim_core.errors import VmsimError

RUN = ("run", "s.yaml", "--console", "none", "--stats", "s.json")


def names(folder: str) -> list[str]:
    return sorted(each.name for each in Path(folder).iterdir())


def statistics() -> dict[str, object]:
    content: dict[str, object] = json.loads(Path("s.json").read_text())
    return content


def test_checkpoints_at_times_and_regularly(vmsim: Vmsim) -> None:
    outcome = vmsim(
        *RUN, "--max-time", "10ns", "--checkpoint-dir", "d", "--checkpoint-every", "4ns",
        "--checkpoint-at", "10ns", "--checkpoint-at", "1ns",
    )  # fmt: skip
    assert outcome.code == 0
    assert names("d") == [f"at-000000.0000000{time:02}000s" for time in (1, 4, 8, 10)]
    assert statistics()["checkpoints"] == 4


def test_a_run_goes_on_from_a_checkpoint(vmsim: Vmsim) -> None:
    vmsim(*RUN, "--max-time", "10ns", "--checkpoint-dir", "d", "--checkpoint-at", "4ns")
    [name] = names("d")
    outcome = vmsim(
        *RUN, "--restore", f"d/{name}", "--max-time", "10ns", "--checkpoint-dir", "e", "--checkpoint-every", "3ns"
    )
    assert outcome.code == 0
    found = statistics()
    assert (found["instructions"], found["instructions_run"], found["sim_seconds"]) == (10, 6, 1e-8)
    assert names("e") == ["at-000000.000000006000s", "at-000000.000000009000s"]


def test_the_workload_comes_from_the_checkpoint(vmsim: Vmsim) -> None:
    """Its files may be gone, and what the program was given is still there."""
    Path("kernel").write_text("k")
    vmsim(*RUN, "--kernel", "kernel", "--arg", "a b", "--semihosting", "--max-time", "10ns",
          "--checkpoint-dir", "d", "--checkpoint-at", "4ns")  # fmt: skip
    [name] = names("d")
    Path("kernel").unlink()
    Path("t.yaml").write_text("include: s.yaml\nworkload: {kernel: kernel}\n")
    assert vmsim("run", "t.yaml", "--max-time", "20ns").code == 1
    outcome = vmsim("run", "t.yaml", "--restore", f"d/{name}", "--max-time", "20ns", "--checkpoint-dir", "e",
                    "--checkpoint-at", "5ns")  # fmt: skip
    assert outcome.code == 0
    [again] = names("e")
    index = json.loads(Path("e", again, "index.json").read_text())
    assert (index["arguments"], index["semihosting"]) == (["a b"], True)


def test_a_checkpoint_before_the_restored_time_is_refused(vmsim: Vmsim) -> None:
    vmsim(*RUN, "--max-time", "10ns", "--checkpoint-dir", "d", "--checkpoint-at", "4ns")
    [name] = names("d")
    outcome = vmsim("run", "s.yaml", "--restore", f"d/{name}", "--checkpoint-at", "3ns", "--checkpoint-dir", "e")
    assert (outcome.code, outcome.err) == (1, "--checkpoint-at 3.000 ns is before 4.000 ns, where the run goes on\n")


def test_a_full_disk_is_reported_and_the_run_goes_on(
    vmsim: Vmsim, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(folder: FolderWriter, name: str, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(FolderWriter, "_write", full)
    outcome = vmsim(*RUN, "--max-time", "10ns", "--checkpoint-dir", "d", "--checkpoint-at", "4ns")
    assert outcome.code == 1
    assert "d/at-000000.000000004000s cannot be written: No space left on device" in caplog.text
    assert (statistics()["exit_cause"], statistics()["checkpoints"]) == ("time-limit", 0)
    assert names("d") == []


def test_info_verify_and_diff(vmsim: Vmsim) -> None:
    vmsim(*RUN, "--max-time", "10ns", "--checkpoint-dir", "d", "--checkpoint-every", "4ns")
    first, second = (f"d/{name}" for name in names("d"))
    info = vmsim("checkpoint", "info", first)
    assert (info.code, info.out.splitlines()[0]) == (0, "time           4.000 ns")
    verified = vmsim("checkpoint", "verify", first)
    assert verified.code == 0
    assert verified.out.startswith(f"{first}: complete and undamaged, ")
    assert vmsim("checkpoint", "diff", first, first) == type(info)(0, "", "")
    different = vmsim("checkpoint", "diff", first, second)
    assert different.code == 4
    assert "time: 4.000 ns / 8.000 ns" in different.out.splitlines()
    Path(first, "state.json").write_text("{}")
    for command in (["verify", first], ["info", first], ["diff", second, first]):
        outcome = vmsim("checkpoint", *command)
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err.startswith(f"{first} is damaged: state.json has 2 bytes instead of ")


def test_a_model_that_cannot_give_its_state_fails_the_checkpoint_only(
    vmsim: Vmsim, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As the virtual CPU on a host whose kernel does not give the registers."""

    def refuse(cpu: Cpu) -> ArchState:
        raise VmsimError("the kernel does not give the registers")

    monkeypatch.setattr(Cpu, "save_state", refuse)
    outcome = vmsim(*RUN, "--max-time", "10ns", "--checkpoint-dir", "d", "--checkpoint-at", "4ns")
    assert outcome.code == 1
    assert "the kernel does not give the registers" in caplog.text
    assert (statistics()["instructions"], names("d")) == (10, [])
