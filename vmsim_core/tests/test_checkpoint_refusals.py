"""Checkpoints that must be refused, each with its own message, before anything of the machine is touched."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from checkpoint_testing import (
    MACHINE,
    Store,
    Weather,
    machine_plugins,
    make_machine,
    rehash,
    snapshot,
    tamper_with_index,
    tamper_with_state,
)
from fake_plugins import SYSTEM, fake_plugins, plugin
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vmsim_core.checkpoint.restore import read_checkpoint
from vmsim_core.errors import CheckpointError
from vmsim_core.simulation import RunLimits, Simulation

same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    simulation = make_machine(tmp_path)
    simulation.run(RunLimits(instructions=3))
    return simulation.take_checkpoint(tmp_path / "c")


def refusal(simulation: Simulation, checkpoint: Path) -> str:
    """Return why a checkpoint is refused, without its path, having seen that nothing was changed."""
    before = snapshot(simulation)
    with pytest.raises(CheckpointError) as caught:
        simulation.restore(checkpoint)
    assert snapshot(simulation) == before
    [line] = caught.value.lines()
    assert str(checkpoint) in line
    return line.replace(str(checkpoint), "C")


# --- damaged --------------------------------------------------------------------------------------------------------


def test_what_is_no_checkpoint(tmp_path: Path, checkpoint: Path) -> None:
    machine = make_machine(tmp_path)
    assert refusal(machine, tmp_path / "nowhere").endswith("is no checkpoint: there is no such folder")
    assert "is no checkpoint: it has no index.json; there are checkpoints in it, the last is" in refusal(
        machine, checkpoint.parent
    )
    (checkpoint / "index.json").write_text('{"format": "elsewhere"}')
    assert refusal(machine, checkpoint) == "C is no checkpoint of vmsim: index.json has another format"
    for nonsense in ("", "[]", "[" * 100_000, "9" * 10_000, "\0"):
        (checkpoint / "index.json").write_text(nonsense)
        assert refusal(machine, checkpoint).startswith(("C is no checkpoint", "C: index.json is damaged"))


def test_a_newer_format(tmp_path: Path, checkpoint: Path) -> None:
    tamper_with_index(checkpoint, lambda index: index.update(format_version=2))
    assert refusal(make_machine(tmp_path), checkpoint) == (
        "C has format version 2, from a newer vmsim; this one knows versions up to 1"
    )


def test_files_that_are_missing_truncated_changed_or_too_many(tmp_path: Path, checkpoint: Path) -> None:
    machine = make_machine(tmp_path)
    for name in sorted(each.name for each in checkpoint.iterdir()):
        good = (checkpoint / name).read_bytes()
        (checkpoint / name).unlink()
        assert refusal(machine, checkpoint) in (
            f"C is damaged: {name} is missing",
            "C is no checkpoint: it has no index.json",
        )
        for length in (0, 1, len(good) // 2, len(good) - 3):
            (checkpoint / name).write_bytes(good[:length])
            assert re.match(rf"C( is damaged)?: {name} ", refusal(machine, checkpoint))
        (checkpoint / name).write_bytes(good)
    (checkpoint / "extra").write_text("")
    assert refusal(machine, checkpoint) == "C is damaged: it has a file extra that its index does not know"
    (checkpoint / "extra").unlink()
    machine.restore(checkpoint)


@same_folder
@given(data=st.data())
def test_no_flipped_bit_goes_unseen(tmp_path: Path, data: st.DataObject) -> None:
    place = tmp_path / "flipped"
    if not place.exists():
        shutil.copytree(make_machine(tmp_path).take_checkpoint(tmp_path / "c"), place)
    machine = make_machine(tmp_path, busy=False)
    file = data.draw(st.sampled_from(sorted(place.iterdir())))
    good = file.read_bytes()
    position = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[position] ^= 1 << data.draw(st.integers(0, 7))
    file.write_bytes(bad)
    try:
        machine.restore(place)
    except CheckpointError:
        pass
    else:
        # The layout of the index, such as the kind of a blank, is not part of what it says.
        assert file.name == "index.json"
        assert json.loads(bad) == json.loads(good)
    finally:
        file.write_bytes(good)


# --- strange folders ------------------------------------------------------------------------------------------------


def test_a_name_that_leads_out_of_the_folder(tmp_path: Path, checkpoint: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    for name in ("../../secret", str(secret), "sub/secret", "..", ".hidden"):
        spoiled = tmp_path / "spoiled"
        shutil.rmtree(spoiled, ignore_errors=True)
        shutil.copytree(checkpoint, spoiled)

        def lead_out(index: dict[str, Any], name: str = name) -> None:
            index["files"][name] = index["files"]["state.json"]

        tamper_with_index(spoiled, lead_out)
        assert refusal(make_machine(tmp_path), spoiled).startswith(f"C: index.json: files.{name}")

        def attach(state: dict[str, Any], name: str = name) -> None:
            state["store"]["attachments"]["blob"]["file"] = name

        shutil.rmtree(spoiled)
        shutil.copytree(checkpoint, spoiled)
        tamper_with_state(spoiled, attach)
        assert "store.attachments.blob.file" in refusal(make_machine(tmp_path), spoiled)


@pytest.mark.parametrize("make", [lambda file: file.symlink_to("/dev/zero"), os.mkfifo, Path.mkdir])
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path, checkpoint: Path, make: Callable[[Path], None]) -> None:
    for name in ("state.json", "index.json"):
        good = (checkpoint / name).read_bytes()
        (checkpoint / name).unlink()
        make(checkpoint / name)
        assert refusal(make_machine(tmp_path), checkpoint).startswith(f"C: {name} ")
        if (checkpoint / name).is_dir() and not (checkpoint / name).is_symlink():
            (checkpoint / name).rmdir()
        else:
            (checkpoint / name).unlink()
        (checkpoint / name).write_bytes(good)


def test_data_that_unpacks_to_another_size(tmp_path: Path, checkpoint: Path) -> None:
    machine = make_machine(tmp_path)
    blob = checkpoint / "store_blob.zst"
    for content in (
        zstandard.ZstdCompressor().compress(bytes(1 << 28)),  # claims the truth, 256 MiB
        zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 28)),
        b"no zstandard frame",
    ):
        blob.write_bytes(content)
        rehash(checkpoint)
        assert refusal(machine, checkpoint) == "C: store_blob.zst is not 2304 compressed bytes"

    def enlarge(state: dict[str, Any]) -> None:
        state["store"]["attachments"]["blob"]["size"] = 1 << 40

    tamper_with_state(checkpoint, enlarge)
    assert refusal(machine, checkpoint) == "C: store: blob has 1099511627776 bytes, more than the 65536 there can be"


# --- another machine ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MACHINE.replace("64KiB", "32KiB"), "the memory is 64KiB there and 32KiB here"),
        (MACHINE.replace("cpus: [", "cpus: [{start: test-cpu}, "), "the number of cores is 1 there and 2 here"),
        (MACHINE.replace("0x30000", "0x40000"), "store.at is 196608 there and 262144 here"),
        (MACHINE.replace("irq: 2", "depth: 9, irq: 2"), "store.depth is 4 there and 9 here"),
        (MACHINE.replace("type: test-uart, at: 0x20000", "type: test-store, at: 0x20000"),
         "uart0 is a test-uart there and a test-store here"),
        (MACHINE + "  more: {type: test-uart, at: 0x50000}\n", "this one has more (test-uart), it does not"),
        (SYSTEM, "it has store (test-store), this one does not"),
    ],
)  # fmt: skip
def test_another_system(tmp_path: Path, checkpoint: Path, text: str, expected: str) -> None:
    machine = make_machine(tmp_path, text, busy=False)
    assert refusal(machine, checkpoint) == f"C was taken of another system: {expected}"


def test_a_plugin_that_is_missing(tmp_path: Path, checkpoint: Path) -> None:
    machine = make_machine(tmp_path, SYSTEM, fake_plugins(), busy=False)
    assert refusal(machine, checkpoint) == (
        "C: store is a test-store of the plugin store (test-store), which is not installed or left out here: install it"
    )
    tamper_with_index(checkpoint, lambda index: index["plugins"].update({"test-store": "7.1"}))
    assert "of the plugin store (test-store) 7.1, which" in refusal(machine, checkpoint)


def test_a_serializer_that_is_missing(tmp_path: Path) -> None:
    weather = plugin(vmsim_checkpoint_serializers=lambda: [Weather])
    checkpoint = make_machine(tmp_path, plugins=machine_plugins(weather=weather)).take_checkpoint(tmp_path / "c")
    assert refusal(make_machine(tmp_path), checkpoint).startswith(
        "C: weather is a serializer:weather of the plugin weather (test-weather), which is not installed"
    )


def test_a_section_from_a_newer_plugin(tmp_path: Path, checkpoint: Path) -> None:
    tamper_with_state(checkpoint, lambda state: state["store"].update(version=2))
    assert refusal(make_machine(tmp_path), checkpoint) == (
        "C: store has version 2 of test-store, from a newer store (test-store); "
        "the one that is installed knows versions up to 1: update it"
    )


def test_a_section_that_nothing_can_upgrade(tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "section_version", 2)
    assert refusal(make_machine(tmp_path), checkpoint) == (
        "C: store has version 1 of test-store, and store (test-store) offers no way from there to version 2"
    )


# --- hostile, with every hash right ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("store", "fields", "count", "type"), "str", "C: state.json: store.count: '1180"),
        (("store", "fields", "count", "type"), "pickle", "C: state.json: store.count: '1180"),
        (("store", "fields", "count", "value"), "0x" + "f" * 1000, "C: state.json: store.count: '0xff"),
        (("store", "fields", "count", "value"), None, "C: state.json: store.fields.count.value"),
        (("store", "fields", "key", "value"), "xyz", "C: state.json: store.key: 'xyz' is no value of type bytes"),
        (("store", "fields", "extra"), {"type": "int", "value": 1}, "C: store: the field 'extra' is unknown here"),
        (("store", "fields", "flag"), {"type": "int", "value": 1}, "C: store.flag: is of type int, not bool"),
        (("store", "fields", "register.level", "value"), 1 << 32, "C: store.register.level: is not 1 times 32 bits"),
        (("store", "fields", "register.bank", "value"), [1], "C: store.register.bank: is not 4 times 32 bits"),
        (("store", "fields", "queue", "value"), [0] * 9, "C: store: its state cannot be taken: the queue is too long"),
        (("store", "fields", "event.rung", "value"), 1, "C: store: its state cannot be taken: <Event store.rung"),
        (("store", "version"), 0, "C: state.json: store.version"),
        (("ram.ram", "fields", "piece0.runs", "value"), [16, 2], "C: ram.ram.piece0.runs: pages that are not in this"),
        (("ram.ram", "fields", "piece0.runs", "value"), [1, 1], "C: ram.ram: piece0 has 8192 bytes instead of 4096"),
        (("ram.ram", "fields", "piece0.runs", "value"), [1, 1, 1, 1], "C: ram.ram.piece0.runs: pages that are not in"),
        (("ram.ram", "fields", "piece0.runs", "value"), [1], "C: ram.ram.piece0.runs: is no list of pairs"),
        (("ram.ram", "fields", "piece0.runs", "value"), [-1, 2], "C: ram.ram.piece0.runs: pages that are not in this"),
    ],
)
def test_impossible_state(
    tmp_path: Path, checkpoint: Path, path: tuple[str, ...], value: object, expected: str
) -> None:
    def change(state: dict[str, Any]) -> None:
        place: Any = state
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    tamper_with_state(checkpoint, change)
    assert refusal(make_machine(tmp_path), checkpoint).startswith(expected)


def test_a_missing_field_and_a_missing_section(tmp_path: Path, checkpoint: Path) -> None:
    tamper_with_state(checkpoint, lambda state: state["store"]["fields"].pop("flag"))
    assert refusal(make_machine(tmp_path), checkpoint) == "C: store: the field 'flag' is missing"
    tamper_with_state(checkpoint, lambda state: state.pop("store"))
    assert "this one has store (test-store), it does not" in refusal(make_machine(tmp_path), checkpoint)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)


@same_folder
@given(data=st.data())
def test_any_state_is_taken_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """Somebody changes anything in the sections and makes the hashes right: it is taken, or refused in one line."""
    good, bad = tmp_path / "good", tmp_path / "bad"
    if not good.exists():
        shutil.copytree(make_machine(tmp_path).take_checkpoint(tmp_path / "c"), good)
    shutil.rmtree(bad, ignore_errors=True)
    shutil.copytree(good, bad)

    def change(state: dict[str, Any]) -> None:
        place: Any = state
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            inner = place[key]
            if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 5)) == 0:
                place[key] = data.draw(json_values)
                return
            place = inner

    tamper_with_state(bad, change)
    machine = make_machine(tmp_path)
    before = snapshot(machine)
    try:
        machine.restore(bad)
    except CheckpointError as error:
        assert "\n" not in error.lines()[0]
        assert snapshot(machine) == before
    else:
        machine.run(RunLimits(instructions=20))


def test_verifying_reads_everything(checkpoint: Path) -> None:
    assert read_checkpoint(checkpoint).index.machine.memory == 1 << 16
