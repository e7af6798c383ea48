"""Linux maintains the caches for a DMA controller that sees RAM alone (`dma: incoherent`)."""

from __future__ import annotations

import re

import pytest
from cached_machine import MODELS
from driver_guests import output, prepare
from test_dma_and_clock_drivers import COPY, check_copies, dma_controller
from vmsim_core.simulation import RunLimits
from vmsim_mem_cache.hierarchy import CacheHierarchy
from whole_system import run

pytestmark = pytest.mark.guest


@pytest.mark.parametrize("model", MODELS)
def test_linux_maintains_the_caches_for_its_devices(model: str) -> None:
    """Its DMA test compares every byte that a controller copied which sees RAM alone."""
    simulation = prepare(*COPY, sets={"memory_hierarchy.dma": "incoherent", **MODELS[model]}, cpu=model)
    outcome = run(simulation, RunLimits(host_seconds=280))
    check_copies(output(outcome))
    assert dma_controller(simulation).bytes_transferred.value > 100_000


def test_linux_needs_the_operations_of_cp15_alone_without_l2() -> None:
    sets = {"memory_hierarchy.dma": "incoherent", "memory_hierarchy.l2": "~"}
    check_copies(output(run(prepare(*COPY, sets=sets, cpu="timing"), RunLimits(host_seconds=280))))


def test_linux_notices_a_controller_that_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sets = {"memory_hierarchy.dma": "incoherent", **MODELS["atomic"]}
    monkeypatch.setattr(CacheHierarchy, "maintain_outer", lambda *_: None)
    outcome = run(prepare(*COPY, sets=sets, cpu="atomic"), RunLimits(host_seconds=280))
    results = re.findall(r"copy0: summary 20 tests, (\d+) failures", outcome.text)
    assert any(map(int, results)), outcome.text
