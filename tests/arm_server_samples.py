"""Tests that end in every way there is, for the tests of how they come back from the ARM server."""

from __future__ import annotations

import platform
import time
from pathlib import Path

import pytest


@pytest.fixture
def broken() -> None:
    raise ValueError("the fixture")


@pytest.fixture
def breaks_after() -> object:
    yield
    raise ValueError("the fixture's end")


def test_passes() -> None:
    assert platform.machine() == "aarch64"


def test_fails() -> None:
    print("said before")
    found = 1
    assert found == 2


@pytest.mark.parametrize("parameter", ["a b/c", 2])
def test_of_parameters(parameter: object) -> None:
    assert parameter in ("a b/c", 2)


def test_is_skipped() -> None:
    pytest.skip("on purpose")


def test_errs(broken: None) -> None:
    pass


def test_errs_after(breaks_after: None) -> None:
    pass


class TestOfClass:
    @pytest.mark.xfail(strict=True, reason="known")
    def test_is_expected_to_fail(self) -> None:
        raise AssertionError

    def test_switches_the_server_off(self) -> None:
        Path("/proc/sysrq-trigger").write_text("o")
        time.sleep(60)

    def test_comes_too_late(self) -> None:
        pass
