"""What the guest's TLB maintenance costs a core with micro TLBs: all of them are flushed (DDI 0388, 6.2.1)."""

from __future__ import annotations

import pytest
from pipeline_machine import DATA, Machine
from vmsim_arch_arm.state import ArmState

TABLE = 0x4000
FULL_ACCESS_SECTION = 3 << 10 | 0b10
ELSEWHERE = 0x1234_5000


def machine_with(operation: str) -> Machine:
    """A machine with its MMU on that reads, does the operation with R9, and reads twice again."""
    machine = Machine(f"ldr r0, [r8]; {operation}; isb; ldr r0, [r8]; ldr r0, [r8]")
    machine.ram.view[TABLE : TABLE + 4] = FULL_ACCESS_SECTION.to_bytes(4, "little")
    state = machine.engine.save_state(ArmState())
    state.sctlr |= 1
    state.ttbr0, state.dacr = TABLE, 1
    state.r8_12_usr[:2] = [DATA, ELSEWHERE]
    machine.engine.load_state(state)
    return machine


@pytest.mark.parametrize(
    ("operation", "micro", "main"),
    [
        ("nop", 1, 1),
        ("mcr p15, 0, r9, c8, c7, 1", 2, 1),  # TLBIMVA of another address
        ("mcr p15, 0, r9, c8, c7, 2", 2, 1),  # TLBIASID of an address space that has nothing
        ("mcr p15, 0, r9, c8, c7, 0", 2, 2),  # TLBIALL
        ("mcr p15, 0, r9, c13, c0, 1", 2, 1),  # CONTEXTIDR
        ("mcr p15, 0, r9, c13, c0, 2", 1, 1),  # TPIDRURW
    ],
)
def test_every_operation_flushes_the_micro_tlbs(operation: str, micro: int, main: int) -> None:
    """One section has code and data, so that the main TLB is asked first for the code."""
    machine = machine_with(operation)
    machine.cycles(5)
    counters = machine.engine.timing_counters()
    assert counters["data_micro_tlb_misses"] == micro
    assert counters["main_tlb_misses"] == main
