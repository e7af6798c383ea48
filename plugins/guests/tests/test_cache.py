from __future__ import annotations

import json
import multiprocessing
import multiprocessing.synchronize
import time
from pathlib import Path

import pytest
from vmsim_guests.cache import INDEX_NAME, Folder, cache_root, sha256_of
from vmsim_guests.errors import GuestError


def make_file(work: Path) -> str:
    (work / "file").write_bytes(b"content")
    return "a test"


def never(work: Path) -> str:
    raise AssertionError("the cache should have been used")


def test_xdg_cache_home_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_root() == Path("/somewhere/vmsim/guests")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_root() == Path.home() / ".cache/vmsim/guests"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_root() == Path.home() / ".cache/vmsim/guests"


def test_made_once_then_found(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "thing")
    index = folder.ensure("1", make_file)
    assert index.origin == "a test"
    path = folder.verified(index, "file")
    assert path == tmp_path / "thing" / "file"
    assert index.files["file"].sha256 == sha256_of(path)
    assert Folder(tmp_path, "thing").ensure("1", never) == index


def test_another_recipe_or_a_fresh_one_makes_it_again(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "thing")
    folder.ensure("1", make_file)

    def make_other(work: Path) -> str:
        (work / "other").write_bytes(b"")
        return "another"

    assert folder.ensure("2", make_other).origin == "another"
    assert sorted(path.name for path in folder.path.iterdir()) == [INDEX_NAME, "other"]
    assert folder.ensure("2", make_file, fresh=True).origin == "a test"


@pytest.mark.parametrize("damage", [b"CONTENT", b"content and more", b""])
def test_damage_is_noticed(tmp_path: Path, damage: bytes) -> None:
    folder = Folder(tmp_path, "thing")
    index = folder.ensure("1", make_file)
    (folder.path / "file").write_bytes(damage)
    with pytest.raises(GuestError, match=rf"{folder.path / 'file'}: damaged.*delete {folder.path} "):
        folder.verified(index, "file")


def test_a_missing_file_is_noticed(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "thing")
    index = folder.ensure("1", make_file)
    (folder.path / "file").unlink()
    with pytest.raises(GuestError, match="missing"):
        folder.verified(index, "file")
    with pytest.raises(GuestError, match="missing"):
        folder.verified(index, "never-made")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", json.dumps({"version": 999, "files": {}})])
def test_an_unreadable_index_counts_as_nothing_there(tmp_path: Path, text: str) -> None:
    folder = Folder(tmp_path, "thing")
    folder.ensure("1", make_file)
    (folder.path / INDEX_NAME).write_text(text)
    assert folder.index() is None
    assert folder.ensure("1", make_file).origin == "a test"


def test_a_failure_leaves_nothing_and_keeps_the_old(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "thing")
    index = folder.ensure("1", make_file)

    def fail(work: Path) -> str:
        (work / "half").write_bytes(b"")
        raise GuestError("broken")

    with pytest.raises(GuestError, match="broken"):
        folder.ensure("2", fail)
    assert folder.index() == index
    assert list((tmp_path / "tmp").iterdir()) == []


def test_leftovers_of_a_killed_process_are_swept_up(tmp_path: Path) -> None:
    (tmp_path / "tmp" / "thing").mkdir(parents=True)
    (tmp_path / "tmp" / "thing" / "leftover").write_bytes(b"")
    index = Folder(tmp_path, "thing").ensure("1", make_file)
    assert set(index.files) == {"file"}


def _make_slowly(root: Path, barrier: multiprocessing.synchronize.Barrier) -> None:
    def make(work: Path) -> str:
        time.sleep(0.3)
        with (root / "made").open("a") as log:
            log.write("x")
        return make_file(work)

    barrier.wait()
    Folder(root, "thing").ensure("1", make)


def test_two_processes_make_it_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(2)
    processes = [context.Process(target=_make_slowly, args=(tmp_path, barrier)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert (tmp_path / "made").read_text() == "x"
