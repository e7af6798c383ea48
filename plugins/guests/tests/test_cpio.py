from __future__ import annotations

import gzip
import os
import shutil
import subprocess

import pytest
from vmsim_guests.cpio import CpioArchive


def sample() -> CpioArchive:
    archive = CpioArchive()
    archive.add_file("etc/deep/motd", b"hello\n")
    archive.add_file("bin/tool", b"#!/bin/sh\n", 0o755)
    archive.add_symlink("bin/sh", "tool")
    archive.add_directory("tmp", 0o1777)
    archive.add_character_device("dev/console", 5, 1)
    return archive


@pytest.mark.skipif(shutil.which("cpio") is None, reason="the host has no cpio")
def test_the_host_reads_the_archive() -> None:
    listing = subprocess.run(
        ["cpio", "-itv", "--numeric-uid-gid", "--quiet"],
        input=sample().to_bytes(),
        capture_output=True,
        check=True,
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
    ).stdout.decode()
    rows = [line.split() for line in listing.splitlines()]
    assert [(row[0], row[-1]) for row in rows] == [
        ("drwxr-xr-x", "bin"),
        ("lrwxrwxrwx", "tool"),
        ("-rwxr-xr-x", "bin/tool"),
        ("drwxr-xr-x", "dev"),
        ("crw-------", "dev/console"),
        ("drwxr-xr-x", "etc"),
        ("drwxr-xr-x", "etc/deep"),
        ("-rw-r--r--", "etc/deep/motd"),
        ("drwxrwxrwt", "tmp"),
    ]
    console = rows[4]
    assert console[2:6] == ["0", "0", "5,", "1"]
    assert "1970" in listing


@pytest.mark.skipif(shutil.which("cpio") is None, reason="the host has no cpio")
def test_the_host_extracts_the_same_contents() -> None:
    content = subprocess.run(
        ["cpio", "-i", "--to-stdout", "--quiet", "etc/deep/motd"],
        input=sample().to_bytes(),
        capture_output=True,
        check=True,
    ).stdout
    assert content == b"hello\n"


def test_the_same_entries_in_another_order_give_the_same_bytes() -> None:
    other = CpioArchive()
    other.add_character_device("/dev/console", 5, 1)
    other.add_directory("tmp", 0o1777)
    other.add_directory("bin")
    other.add_symlink("bin/sh", "tool")
    other.add_file("bin/tool", b"#!/bin/sh\n", 0o755)
    other.add_file("etc/deep/motd", b"hello\n")
    assert other.to_bytes() == sample().to_bytes()


def test_compression_is_deterministic_and_undone_by_gzip() -> None:
    assert sample().to_gzip() == sample().to_gzip()
    assert gzip.decompress(sample().to_gzip()) == sample().to_bytes()
    modification_time = sample().to_gzip()[4:8]
    assert modification_time == bytes(4)


def test_every_part_is_aligned() -> None:
    assert len(sample().to_bytes()) % 4 == 0


@pytest.mark.parametrize("path", ["bin/tool", "bin", "bin/tool/inside"])
def test_a_name_is_used_once(path: str) -> None:
    with pytest.raises(ValueError, match="in the archive already"):
        sample().add_file(path, b"")


@pytest.mark.parametrize("path", ["../escape", "etc/../../escape"])
def test_a_path_may_not_leave_the_archive(path: str) -> None:
    with pytest.raises(ValueError, match=r"'\.\.'"):
        sample().add_file(path, b"")


def test_the_root_is_no_file() -> None:
    with pytest.raises(ValueError, match="root"):
        sample().add_file("/", b"")
