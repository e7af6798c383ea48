"""Code that the guest writes: the instruction cache holds the old one until the guest maintains it."""

from __future__ import annotations

import pytest
from bare_machine import assemble
from cached_machine import DCCIMVAC, MODELS, machine_for

pytestmark = pytest.mark.parametrize("model", MODELS)

FUNCTION = 0x9000
DCCMVAU, ICIMVAU = "mcr p15, 0, r4, c7, c11, 1\n dsb\n", "mcr p15, 0, r4, c7, c5, 1\n"
ICIALLU = "mcr p15, 0, r4, c7, c5, 0\n"
BPIALL = "mcr p15, 0, r4, c7, c5, 6\n dsb\n isb\n"


@pytest.mark.parametrize(
    ("maintenance", "result"),
    [
        ("", 1),
        (DCCMVAU, 1),
        (ICIMVAU, 1),
        (ICIALLU, 1),
        (DCCMVAU + ICIMVAU, 2),
        (DCCMVAU + ICIALLU, 2),
        (DCCIMVAC + ICIMVAU, 2),
    ],
)
def test_code_that_was_written_is_stale_until_it_is_maintained(model: str, maintenance: str, result: int) -> None:
    written = int.from_bytes(assemble("mov r0, #2", 0), "little")
    machine = machine_for(model, f"""
        ldr r5, =0x{FUNCTION:x}
        blx r5
        mov r6, r0
        ldr r1, =0x{written:x}
        mov r4, r5
        ldr r2, [r4]
        str r1, [r4]
        {maintenance}
        {BPIALL}
        blx r5
        mov r7, r0
    """)  # fmt: skip
    machine.load(FUNCTION, "mov r0, #1\nbx lr")
    assert machine.finish()[6:8] == [1, result]
