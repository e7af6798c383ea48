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


def test_every_figure_is_measured_and_every_measurement_has_a_figure(
    fidelity: ModuleType, measured: dict[str, float]
) -> None:
    assert list(measured) == [figure.name for figure in fidelity.FIGURES]


@pytest.mark.parametrize(
    ("names", "most"),
    [
        pytest.param(["chain-l1", "chain-l2", "pages-16", "pages-96", "pages-256"], 1, id="caches and TLBs: a cycle"),
        pytest.param(["chain-ram"], 0.05 * 147, id="RAM: 5 %"),
    ],
)
def test_what_was_asked_for_is_promised(fidelity: ModuleType, names: list[str], most: float) -> None:
    promised = {figure.name: figure.within for figure in fidelity.FIGURES}
    assert all(promised[name] is not None and promised[name] <= most for name in names)


def test_the_model_is_as_close_to_a_cortex_a9_as_is_promised(fidelity: ModuleType, measured: dict[str, float]) -> None:
    for figure in fidelity.FIGURES:
        if figure.within is not None:
            assert measured[figure.name] == pytest.approx(figure.real, abs=figure.within, rel=0), figure.name


def test_the_page_shows_what_is_measured(fidelity: ModuleType, measured: dict[str, float]) -> None:
    assert fidelity.table(measured) in (PROJECT / "docs" / "fidelity.md").read_text()
