"""What devices see of what is cached, and the guest of what devices write: cache maintenance by address."""

from __future__ import annotations

import pytest
from cached_machine import (
    ALL_L2_CLEAN,
    DCCIMVAC,
    DCCMVAC,
    DCIMVAC,
    DESTINATION,
    DMA,
    L2_CLEAN,
    L2_FLUSH,
    L2_INVALIDATE,
    L2_ON,
    MODELS,
    NEW,
    OLD,
    SOURCE,
    UNCACHED_ALIAS,
    machine_for,
    put,
)

pytestmark = pytest.mark.parametrize("model", MODELS)


def copied(model: str, l2: str, maintenance: str, dma: str = "incoherent") -> int:
    """Return what a device copies of what the program has just written, and then maintained."""
    machine = machine_for(
        model, f"{l2}\n ldr r4, =0x{SOURCE:x}\n ldr r1, =0x{NEW:x}\n str r1, [r4]\n dsb\n{maintenance}{DMA}", dma
    )
    put(machine, SOURCE, OLD)
    machine.finish()
    return int.from_bytes(machine.system.address_map.read_block(DESTINATION, 4), "little")


@pytest.mark.parametrize(
    ("l2", "maintenance", "seen"),
    [
        (L2_ON, "", OLD),
        (L2_ON, L2_CLEAN, OLD),
        (L2_ON, DCCMVAC, OLD),
        (L2_ON, DCIMVAC + L2_CLEAN, OLD),
        (L2_ON, DCCMVAC + L2_INVALIDATE, OLD),
        (L2_ON, DCCMVAC + L2_CLEAN, NEW),
        (L2_ON, DCCIMVAC + L2_FLUSH, NEW),
        (L2_ON, DCCMVAC + ALL_L2_CLEAN, NEW),
        # A controller that is not enabled has a cache that nobody need know of.
        ("", "", OLD),
        ("", DCCMVAC, NEW),
        ("", DCCMVAC + L2_INVALIDATE, NEW),
    ],
)
def test_a_device_reads_what_was_cleaned(model: str, l2: str, maintenance: str, seen: int) -> None:
    assert copied(model, l2, maintenance) == seen


def test_a_coherent_device_needs_no_cleaning(model: str) -> None:
    assert copied(model, L2_ON, "", "coherent") == NEW


def read_after_dma(model: str, l2: str, maintenance: str, dma: str = "incoherent") -> int:
    """Return what the program reads, which had read it before, after a device has written it."""
    machine = machine_for(
        model, f"{l2}\n ldr r4, =0x{DESTINATION:x}\n ldr r6, [r4]\n{DMA}{maintenance}\n ldr r7, [r4]", dma
    )
    put(machine, SOURCE, NEW)
    put(machine, DESTINATION, OLD)
    registers = machine.finish()
    assert registers[6] == OLD
    return registers[7]


@pytest.mark.parametrize(
    ("l2", "maintenance", "seen"),
    [
        (L2_ON, "", OLD),
        (L2_ON, DCIMVAC, OLD),
        (L2_ON, L2_INVALIDATE, OLD),
        (L2_ON, DCCMVAC + L2_CLEAN, OLD),
        (L2_ON, L2_INVALIDATE + DCIMVAC, NEW),
        (L2_ON, L2_FLUSH + DCCIMVAC, NEW),
        ("", "", OLD),
        ("", DCIMVAC, NEW),
    ],
)
def test_what_a_device_wrote_is_read_after_invalidation(model: str, l2: str, maintenance: str, seen: int) -> None:
    assert read_after_dma(model, l2, maintenance) == seen


def test_what_a_coherent_device_wrote_is_read_at_once(model: str) -> None:
    assert read_after_dma(model, L2_ON, "", "coherent") == NEW


def test_an_uncached_alias_sees_and_changes_what_the_caches_hold(model: str) -> None:
    """Mismatched attributes (DDI 0406C, A3.5.7): the guest may not rely on it; here it is coherent."""
    machine = machine_for(model, f"""
        {L2_ON}
        ldr r4, =0x{SOURCE:x}
        ldr r5, =0x{UNCACHED_ALIAS + SOURCE:x}
        ldr r1, =0x{NEW:x}
        str r1, [r4]
        ldr r6, [r5]
        add r1, r1, #1
        str r1, [r5, #4]
        ldr r7, [r4, #4]
    """)  # fmt: skip
    assert machine.finish()[6:8] == [NEW, NEW + 1]
    assert (machine.word(SOURCE), machine.word(SOURCE + 4)) == (0, NEW + 1)


@pytest.mark.parametrize("line", [16, 32, 64, 256])
def test_lines_of_any_length_are_maintained_as_the_32_bytes_that_the_guest_knows(model: str, line: int) -> None:
    """The second half of the line, and what lies beside it: the first is copied, the other not lost."""
    caches = dict.fromkeys(("l1i", "l1d", "l2"), f"{{line: {line}}}")
    machine = machine_for(
        model,
        f"""{L2_ON}
        ldr r4, =0x{SOURCE:x}
        ldr r1, =0x{NEW:x}
        str r1, [r4]
        str r1, [r4, #16]
        {DCCMVAC}{L2_CLEAN}
        ldr r4, =0x{DESTINATION:x}
        str r1, [r4, #32]
        {DCIMVAC}{L2_INVALIDATE}{DMA}{L2_INVALIDATE}{DCIMVAC}
        ldr r5, [r4]
        ldr r6, [r4, #16]
        ldr r7, [r4, #32]
        """,
        **caches,
    )
    assert machine.finish()[5:8] == [NEW, NEW, NEW]
