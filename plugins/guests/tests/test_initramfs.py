from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from vmsim_guests.errors import GuestError
from vmsim_guests.initramfs import Addition, build_initramfs, read_init, write_initramfs

BUSYBOX = b"\x7fELF pretending to be busybox"


def test_an_initramfs_holds_what_was_asked_for(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_bytes(b"tool")
    tool.chmod(0o700)
    archive = build_initramfs(BUSYBOX, b"#!/bin/sh\n", [Addition(tool, "/opt/tool")]).to_bytes()
    for expected in (BUSYBOX, b"bin/busybox\0", b"dev/console\0", b"init\0", b"opt/tool\0", b"#!/bin/sh\n"):
        assert expected in archive
    assert archive == build_initramfs(BUSYBOX, b"#!/bin/sh\n", [Addition(tool, "opt/tool")]).to_bytes()


def test_addition_syntax() -> None:
    assert Addition.parse("a:/b") == Addition(Path("a"), "/b")
    assert Addition.parse("with:colon:/b") == Addition(Path("with:colon"), "/b")
    for wrong in ("a", ":/b", "a:", "a:/"):
        with pytest.raises(GuestError, match="HOSTFILE:GUESTPATH"):
            Addition.parse(wrong)


def test_a_host_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GuestError, match="No such file"):
        build_initramfs(BUSYBOX, b"", [Addition(tmp_path / "none", "/x")])
    with pytest.raises(GuestError, match="Is a directory"):
        build_initramfs(BUSYBOX, b"", [Addition(tmp_path, "/x")])
    with pytest.raises(GuestError, match="No such file"):
        read_init(tmp_path / "none")


def test_a_guest_path_that_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(GuestError, match="/bin/busybox is in the archive already"):
        build_initramfs(BUSYBOX, b"", [Addition(file, "/bin/busybox")])


def test_the_name_says_whether_it_is_compressed(tmp_path: Path) -> None:
    archive = build_initramfs(BUSYBOX, read_init(None))
    write_initramfs(archive, tmp_path / "plain.cpio")
    write_initramfs(archive, tmp_path / "small.cpio.gz")
    plain = (tmp_path / "plain.cpio").read_bytes()
    assert plain == archive.to_bytes()
    assert gzip.decompress((tmp_path / "small.cpio.gz").read_bytes()) == plain
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain.cpio", "small.cpio.gz"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(GuestError, match="-o"):
        write_initramfs(build_initramfs(BUSYBOX, b""), tmp_path / "none" / "out")
