"""What a user reads on a machine that cannot fetch or build: one line with what is missing and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from vmsim_guests.errors import GuestError
from vmsim_guests.store import GuestStore

needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="the host has no apt")


def message_for(name: str) -> str:
    with pytest.raises(GuestError) as caught:
        GuestStore().path(name)
    text = str(caught.value)
    assert "\n" not in text
    return text


@needs_apt
@pytest.mark.usefixtures("empty_cache", "offline")
def test_no_source_has_the_package() -> None:
    assert "cannot fetch Debian package busybox-static (armhf)" in message_for("busybox")
    text = message_for("debian-armmp")
    assert "linux-image-armmp" in text
    assert "--kernel" in text


@needs_apt
@pytest.mark.usefixtures("empty_cache", "offline")
def test_nothing_half_made_is_left(empty_cache: Path) -> None:
    message_for("busybox")
    assert not (empty_cache / "busybox").exists()
    assert not (empty_cache / "packages").exists()


@pytest.mark.usefixtures("empty_cache")
def test_no_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    text = message_for("busybox")
    assert "apt-get, apt-cache, dpkg-deb not found" in text
    assert "--kernel" in text


@pytest.mark.usefixtures("empty_cache")
def test_no_build_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    text = message_for("realview")
    assert "apt install" in text
    assert "gcc-arm-linux-gnueabihf" in text
    assert "guest:debian-armmp" in text


@pytest.mark.usefixtures("empty_cache")
def test_no_compiler_for_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    text = message_for("hello")
    assert "arm-linux-gnueabihf-gcc" in text
    assert "pip install ziglang" in text
