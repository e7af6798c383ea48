from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from vmsim_guests import guest_path, plugin
from vmsim_guests.bare_metal import BareMetalPrograms
from vmsim_guests.cache import Folder
from vmsim_guests.commands import guest_command
from vmsim_guests.errors import GuestError


@pytest.fixture
def cached_hello(empty_cache: Path) -> Path:
    """A cache in which the programs seem to be compiled already."""

    def make(work: Path) -> str:
        (work / "hello.elf").write_bytes(b"an ELF file")
        return "a test"

    Folder(empty_cache, "programs").ensure(BareMetalPrograms().fingerprint(), make)
    return empty_cache / "programs" / "hello.elf"


def test_other_schemes_are_left_to_others() -> None:
    assert plugin.vmsim_resolve_file("file:busybox") is None
    assert plugin.vmsim_resolve_file("/path/to/zImage") is None


def test_a_cached_guest_is_resolved(cached_hello: Path) -> None:
    assert plugin.vmsim_resolve_file("guest:hello") == cached_hello
    assert guest_path("hello") == cached_hello


def test_an_unknown_guest_is_an_error() -> None:
    with pytest.raises(GuestError, match="did you mean busybox"):
        plugin.vmsim_resolve_file("guest:busyboxx")


def test_a_damaged_guest_is_an_error(cached_hello: Path) -> None:
    cached_hello.write_bytes(b"something else")
    with pytest.raises(GuestError, match="damaged"):
        plugin.vmsim_resolve_file("guest:hello")


def test_commands(cached_hello: Path) -> None:
    assert plugin.vmsim_cli_commands() == [guest_command]
    listing = CliRunner().invoke(guest_command, ["list"])
    assert listing.exit_code == 0
    assert "debian-armmp" in listing.output
    assert "programs: a test" in listing.output
    for command in ("path", "get"):
        result = CliRunner().invoke(guest_command, [command, "hello"])
        assert result.output.strip() == str(cached_hello)


def test_get_checks_all_names_before_it_fetches_any(empty_cache: Path) -> None:
    result = CliRunner().invoke(guest_command, ["get", "busybox", "busyboxx"])
    assert isinstance(result.exception, GuestError)
    assert not empty_cache.exists()


def test_loading_the_plugin_imports_nothing_slow() -> None:
    code = "import sys, vmsim_guests.plugin as p; p.vmsim_cli_commands(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "vmsim_guests.commands" in loaded
    for heavy in ("vmsim_guests.registry", "vmsim_guests.debian", "tarfile", "hashlib", "pydantic", "yaml"):
        assert heavy not in loaded
