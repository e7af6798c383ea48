"""Checkpoints of a small machine: what is in them, how they come to be, and going on from one."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from pathlib import Path
from typing import Any

import pytest
from checkpoint_testing import MACHINE, Store, Weather, machine_plugins, make_machine, snapshot, tamper_with_state
from fake_plugins import plugin
from hypothesis import given
from hypothesis import strategies as st
from vmsim_core.checkpoint import Upgrader
from vmsim_core.checkpoint.compare import compare
from vmsim_core.checkpoint.describe import describe
from vmsim_core.checkpoint.folder import FolderWriter
from vmsim_core.checkpoint.restore import read_checkpoint
from vmsim_core.checkpoint.sections import parse_sections, sections_text
from vmsim_core.drain import Drainable
from vmsim_core.errors import CheckpointError, DrainError
from vmsim_core.exits import GuestExit, InstructionLimit
from vmsim_core.section import Data, Section
from vmsim_core.simulation import RunLimits
from vmsim_core.units import TICKS_PER_SECOND


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


# --- there and back -------------------------------------------------------------------------------------------------


def test_everything_comes_back(tmp_path: Path) -> None:
    first = make_machine(tmp_path)
    first.run(RunLimits(instructions=20))
    checkpoint = first.take_checkpoint(tmp_path / "c")
    second = make_machine(tmp_path, busy=False)
    [ram] = second.system.rams()
    ram.view[0x8000] = 1  # what is zero in the checkpoint must be zero afterwards
    second.restore(checkpoint)
    assert snapshot(second) == snapshot(first)
    for simulation in (first, second):
        simulation.run(RunLimits(instructions=50))
    assert snapshot(second) == snapshot(first)
    assert (second.instructions, second.instructions_run) == (70, 50)


def test_taking_a_checkpoint_changes_nothing(tmp_path: Path) -> None:
    plain, observed = make_machine(tmp_path), make_machine(tmp_path)
    for tick in (1, 5_000, 5_000, 12_345):
        observed.at(tick, lambda: observed.take_checkpoint(tmp_path / "c"))
    for simulation in (plain, observed):
        simulation.run(RunLimits(instructions=30))
    assert snapshot(observed) == snapshot(plain)
    assert observed.checkpoints == 4
    assert sorted(each.name for each in (tmp_path / "c").iterdir()) == [
        "at-000000.000000001000s",
        "at-000000.000000005000s",
        "at-000000.000000013000s",
    ]


def test_the_same_state_gives_the_same_bytes(tmp_path: Path) -> None:
    one = make_machine(tmp_path).take_checkpoint(tmp_path / "1")
    other = make_machine(tmp_path).take_checkpoint(tmp_path / "2")
    assert files_of(one) == files_of(other)


def test_only_pages_that_are_not_zero_are_stored(tmp_path: Path) -> None:
    checkpoint = read_checkpoint(make_machine(tmp_path).take_checkpoint(tmp_path))
    section = checkpoint.sections["ram.ram"]
    assert section.get_ints("piece0.runs") == [1, 1, 15, 1]
    assert section.attachments["piece0"].size == 2 * 4096


def test_no_file_is_empty_and_a_person_can_read_the_state(tmp_path: Path) -> None:
    checkpoint = make_machine(tmp_path).take_checkpoint(tmp_path)
    assert all(files_of(checkpoint).values())
    lines = (checkpoint / "state.json").read_text().splitlines()
    assert '    "count": {"type": "int", "unit": "bytes", "value": 1180591620717411303424},' in lines
    assert '    "register.level": {"type": "int", "value": "0xdeadbeef"},' in lines
    assert '    "event.rung": {"type": "int", "unit": "ticks", "value": 5000},' in lines


def test_private_state_of_a_cpu_model_is_not_in_it(tmp_path: Path) -> None:
    sections = read_checkpoint(make_machine(tmp_path).take_checkpoint(tmp_path)).sections
    assert set(sections) == {"board", "cpu0", "pic", "store", "uart0", "ram.ram"}


def test_a_moved_file_does_not_matter(tmp_path: Path) -> None:
    here, moved = (MACHINE.replace("irq: 2", f"irq: 2, image: {name}") for name in ("a.img", "there/b.img"))
    checkpoint = make_machine(tmp_path, here).take_checkpoint(tmp_path)
    make_machine(tmp_path, moved, busy=False).restore(checkpoint)
    make_machine(tmp_path, busy=False).restore(checkpoint)


def test_a_serializer_keeps_what_belongs_to_no_component(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = {"weather": plugin(vmsim_checkpoint_serializers=lambda: [Weather])}
    monkeypatch.setattr(Weather, "today", "rain")
    checkpoint = make_machine(tmp_path, plugins=machine_plugins(**plugins)).take_checkpoint(tmp_path)
    monkeypatch.setattr(Weather, "today", "sun")
    make_machine(tmp_path, plugins=machine_plugins(**plugins)).restore(checkpoint)
    assert Weather.today == "rain"


class SecondCount(Upgrader):
    kind = "test-store"
    from_version = 1

    def upgrade(self, section: Section) -> Section:
        section.fields["total"] = section.fields.pop("amount")
        return section


class ThirdCount(Upgrader):
    kind = "test-store"
    from_version = 2

    def upgrade(self, section: Section) -> Section:
        section.fields["count"] = section.fields.pop("total")
        return section


def test_sections_of_older_versions_are_upgraded_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_machine(tmp_path)
    checkpoint = first.take_checkpoint(tmp_path / "c")

    def as_version_1(state: dict[str, Any]) -> None:
        state["store"]["fields"]["amount"] = state["store"]["fields"].pop("count")

    tamper_with_state(checkpoint, as_version_1)
    monkeypatch.setattr(Store, "section_version", 3)
    upgraders = plugin(vmsim_checkpoint_upgraders=lambda: [ThirdCount, SecondCount])
    second = make_machine(tmp_path, plugins=machine_plugins(upgraders=upgraders), busy=False)
    second.restore(checkpoint)
    assert snapshot(second) == snapshot(first)


values = st.one_of(
    st.booleans(), st.integers(-(1 << 100), 1 << 100), st.text(), st.binary(), st.lists(st.integers(0, 1 << 64))
)


@given(
    fields=st.dictionaries(st.text(), st.tuples(values, st.text())),
    params=st.dictionaries(st.text(), st.one_of(st.none(), st.booleans(), st.integers(), st.text())),
    data=st.dictionaries(st.text(), st.binary(min_size=1)),
)
def test_sections_come_back_from_their_text(
    fields: dict[str, tuple[Any, str]], params: dict[str, Any], data: dict[str, bytes]
) -> None:
    section = Section("a.b", "kind", 7, plugin="p (d)", params=params)
    for name, (value, unit) in fields.items():
        section.put(name, value, unit)
    for name, content in data.items():
        section.attach(name, content)
    names = {("a.b", name): f"f{index}" for index, name in enumerate(data)}
    contents = {names["a.b", name]: content for name, content in data.items()}
    text = sections_text([section], names)
    assert parse_sections(text, "here", lambda file, size: Data(contents[file])) == {"a.b": section}


# --- coming to rest -------------------------------------------------------------------------------------------------


def test_the_phases_come_in_order_and_as_hooks(tmp_path: Path) -> None:
    calls: list[str] = []

    class Cache(Drainable):
        def drain(self) -> bool:
            calls.append("drain")
            return True

        def mem_writeback(self) -> int:
            calls.append("writeback")
            return 3

        def drain_resume(self) -> None:
            calls.append("resume")

    hooks = {
        name: (lambda system, name=name: calls.append(name))
        for name in ("vmsim_drain", "vmsim_mem_writeback", "vmsim_mem_invalidate", "vmsim_drain_resume")
    }
    simulation = make_machine(tmp_path, plugins=machine_plugins(listener=plugin(**hooks)))
    simulation.system.drain_manager.register(Cache(), "cache")
    with simulation.at_rest():
        calls.append("at rest")
        simulation.write_back_caches()
    assert calls == [
        "vmsim_drain", "drain", "at rest", "vmsim_mem_writeback", "writeback", "resume", "vmsim_drain_resume"
    ]  # fmt: skip


def test_a_checkpoint_holds_what_the_writeback_brings_to_memory(tmp_path: Path) -> None:
    first = make_machine(tmp_path)
    [ram] = first.system.rams()

    class DirtyLine(Drainable):
        def mem_writeback(self) -> int:
            ram.view[0x2000] = 0x55
            return 1

    first.system.drain_manager.register(DirtyLine(), "cache")
    checkpoint = first.take_checkpoint(tmp_path)
    second = make_machine(tmp_path, busy=False)
    second.restore(checkpoint)
    assert second.system.rams()[0].view[0x2000] == 0x55


def test_a_drain_that_nothing_delays_takes_no_time(tmp_path: Path) -> None:
    simulation = make_machine(tmp_path)
    simulation.run(RunLimits(instructions=7))
    before = snapshot(simulation)
    with simulation.at_rest():
        assert snapshot(simulation) == before


class Slow(Drainable):
    """Needs events of the machine to come to rest."""

    def __init__(self, asked: int) -> None:
        self.asked = asked

    def drain(self) -> bool:
        self.asked -= 1
        return self.asked <= 0

    def drain_pending(self) -> str:
        return "has a write on its way"


def test_the_machine_runs_on_until_all_is_at_rest(tmp_path: Path) -> None:
    simulation = make_machine(tmp_path)
    simulation.system.drain_manager.register(Slow(3), "bus")
    with simulation.at_rest():
        assert simulation.system.events.now > 5_000
    assert simulation.instructions == 0  # the core was at rest; only time passed


def test_a_stuck_drain_names_who_and_why_and_the_run_goes_on(tmp_path: Path) -> None:
    simulation = make_machine(tmp_path, busy=False)
    simulation.system.drain_manager.register(Slow(1 << 40), "bus")
    with pytest.raises(DrainError, match="bus has a write on its way"):
        simulation.take_checkpoint(tmp_path / "c")
    assert not (tmp_path / "c").exists()
    assert simulation.run(RunLimits(instructions=5)) == InstructionLimit()


def test_a_drain_does_not_wait_for_an_event_that_is_far_away(tmp_path: Path) -> None:
    simulation = make_machine(tmp_path, busy=False)
    store = simulation.system.devices["store"]
    assert isinstance(store, Store)
    store.schedule(store.rung, 3 * TICKS_PER_SECOND)
    simulation.system.drain_manager.register(Slow(1 << 40), "bus")
    with pytest.raises(DrainError, match="bus has a write on its way"), simulation.at_rest():
        pass
    assert simulation.time == 0


def test_a_request_to_end_the_run_that_comes_up_in_a_drain_is_kept(tmp_path: Path) -> None:
    simulation = make_machine(tmp_path)

    class Asks(Drainable):
        def drain(self) -> bool:
            simulation.system.request_exit(GuestExit(7))
            return True

    simulation.system.drain_manager.register(Asks(), "asks")
    simulation.at(3_000, lambda: simulation.take_checkpoint(tmp_path / "c"))
    assert simulation.run(RunLimits(instructions=100)) == GuestExit(7)
    assert simulation.time == 3_000


# --- on the disk ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failing", range(6))
def test_a_full_disk_is_an_error_leaves_nothing_behind_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    simulation = make_machine(tmp_path)
    written = 0
    real = FolderWriter._write

    def write(folder: FolderWriter, name: str, content: bytes) -> None:
        nonlocal written
        written += 1
        real(folder, name, content[: len(content) // 2] if written > failing else content)
        if written > failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = snapshot(simulation)
    monkeypatch.setattr(FolderWriter, "_write", write)
    folder = tmp_path / "new" / "c"
    if failing >= 4:  # two attachments, the state and the index fit
        assert simulation.take_checkpoint(folder).exists()
        return
    with pytest.raises(CheckpointError, match=r"at-.* cannot be written: No space left on device"):
        simulation.take_checkpoint(folder)
    assert list(folder.iterdir()) == []
    assert list(folder.parent.iterdir()) == [folder]
    assert snapshot(simulation) == before
    assert simulation.run(RunLimits(instructions=5)) == InstructionLimit()


def test_a_checkpoint_takes_the_place_of_one_of_the_same_time(tmp_path: Path) -> None:
    simulation = make_machine(tmp_path)
    first = simulation.take_checkpoint(tmp_path / "c")
    old = files_of(first)
    simulation.system.rams()[0].view[0x3000] = 1
    assert simulation.take_checkpoint(tmp_path / "c") == first
    assert files_of(first) != old
    assert [each.name for each in (tmp_path / "c").iterdir()] == [first.name]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["c", "system.yaml"]


def test_what_a_killed_process_left_is_taken_away(tmp_path: Path) -> None:
    leftover = tmp_path / ".c-at-000000.000000001000s.partial-99999"
    leftover.mkdir()
    (leftover / "state.json").write_text("half")
    alive = tmp_path / ".c-at-000000.000000002000s.partial-1"
    alive.mkdir()
    lock = os.open(alive, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    make_machine(tmp_path).take_checkpoint(tmp_path / "c")
    os.close(lock)
    assert not leftover.exists()
    assert alive.exists()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="cannot be written: "):
        make_machine(tmp_path).take_checkpoint(tmp_path / "file")


# --- for people -----------------------------------------------------------------------------------------------------


def test_two_checkpoints_are_compared_field_by_field(tmp_path: Path) -> None:
    simulation = make_machine(tmp_path)
    one = simulation.take_checkpoint(tmp_path / "1")
    store = simulation.system.devices["store"]
    assert isinstance(store, Store)
    store.level.value, store.blob = 1, b"new"
    simulation.system.rams()[0].view[0x2004:0x2006] = b"\x01\x02"
    other = simulation.take_checkpoint(tmp_path / "2")
    assert list(compare(one, one)) == []
    assert list(compare(one, other)) == [
        "ram.ram: 2 bytes differ from offset 0x2004 on: 00 00 00 00 00 00 00 00 / 01 02 00 00 00 00 00 00",
        'store.key: "00010203" / "6e6577"',
        'store.register.level: "0xdeadbeef" / 1',
        "store: attached blob: 2304 bytes / 3 bytes, different",
    ]


def test_a_checkpoint_is_described(tmp_path: Path) -> None:
    simulation = make_machine(tmp_path)
    simulation.run(RunLimits(instructions=1234))
    checkpoint = simulation.take_checkpoint(tmp_path)
    lines = list(describe(checkpoint))
    index = json.loads((checkpoint / "index.json").read_text())
    assert lines[:2] == ["time           1.234 us", "instructions   1,234"]
    assert f"sha256         {index['sha256']}" in lines
    assert any(line.split()[:2] == ["store", "test-store"] and "blob of 2,304 bytes" in line for line in lines)
