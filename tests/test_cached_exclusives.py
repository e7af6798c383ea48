"""Exclusive accesses through the caches: the monitor does not depend on where the line is."""

from __future__ import annotations

import pytest
from bare_machine import BareMachine
from cached_machine import (
    DCCIMVAC,
    DESTINATION,
    DMA,
    L2_FLUSH,
    L2_ON,
    MODELS,
    NEW,
    OLD,
    SOURCE,
    machine_for,
    put,
)

pytestmark = pytest.mark.parametrize("model", MODELS)

TRAFFIC = 0x12_0000


def exclusive(model: str, between: str, dma: str = "incoherent", **caches: str) -> tuple[BareMachine, list[int]]:
    """Load OLD exclusively, do something, store NEW exclusively; return what was loaded, whether the store failed, and
    what is read then."""
    program = f"""
        {L2_ON}
        ldr r4, =0x{DESTINATION:x}
        ldr r3, =0x{NEW:x}
        ldrex r5, [r4]
        {between}
        strex r6, r3, [r4]
        ldr r7, [r4]
    """
    machine = machine_for(model, program, dma, **caches)
    put(machine, SOURCE, 0x333)
    put(machine, DESTINATION, OLD)
    return machine, machine.finish()[5:8]


def test_an_exclusive_store_succeeds_though_its_line_has_left_the_caches(model: str) -> None:
    small = {"l1d": "{size: 1KiB, ways: 2}", "l2": "{size: 4KiB, ways: 2}"}
    traffic = f"ldr r2, =0x{TRAFFIC:x}\n ldr r1, =2048\nfilling:\n str r1, [r2], #32\n subs r1, #1\n bne filling\n"
    for between in (DCCIMVAC + L2_FLUSH, traffic):
        assert exclusive(model, between, **small)[1] == [OLD, 0, NEW]


@pytest.mark.parametrize("between", ["clrex", f"ldr r2, =0x{SOURCE:x}\n strex r1, r3, [r2]"], ids=["clrex", "strex"])
def test_an_exclusive_store_fails_when_the_monitor_was_cleared(model: str, between: str) -> None:
    assert exclusive(model, between)[1] == [OLD, 1, OLD]


def test_a_write_of_a_device_does_not_clear_the_local_monitor(model: str) -> None:
    """As on the Cortex-A9, whose monitor watches its own core (DDI 0406C, A3.4.1)."""
    assert exclusive(model, DMA, "coherent")[1] == [OLD, 0, NEW]
    machine, values = exclusive(model, DMA)
    assert values == [OLD, 0, NEW]
    assert machine.word(DESTINATION) == 0x333
