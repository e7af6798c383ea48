"""The timing CPU of the ready system against a real Cortex-A9."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest
from whole_system import PROJECT


@pytest.fixture(scope="module")
def fidelity() -> ModuleType:
    """The tool that measures."""
    spec = importlib.util.spec_from_file_location("fidelity", PROJECT / "tools" / "fidelity.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fidelity"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def measured(fidelity: ModuleType) -> dict[str, float]:
    """What it measures, once for all tests."""
    found: dict[str, float] = fidelity.measure()
    return found


def test_latencies_are_those_of_a_cortex_a9(fidelity: ModuleType, measured: dict[str, float]) -> None:
    promised = [figure for figure in fidelity.FIGURES if figure.within is not None]
    assert len(promised) == 6
    for figure in promised:
        assert measured[figure.name] == pytest.approx(figure.real, abs=figure.within), figure.name


def test_the_page_shows_what_is_measured(fidelity: ModuleType, measured: dict[str, float]) -> None:
    assert fidelity.table(measured) in (PROJECT / "docs" / "fidelity.md").read_text()
