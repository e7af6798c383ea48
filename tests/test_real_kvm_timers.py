"""Timers that run out between two accesses of the guest, which the host has let run past that moment."""

from __future__ import annotations

import pytest
from real_kvm_machine import KVM, needs_real_kvm
from vmsim_arch_arm.state import ArmState
from vmsim_core.exits import Halt
from vmsim_core.simulation import RunLimits, Simulation
from whole_system import SYSTEM

pytestmark = needs_real_kvm

CODE, TIMER = 0x8000, 0x1001_1000
ONE_SHOT = 0xA3
"""SP804: enabled, with its interrupt, 32 bits, once (ARM DDI 0271, 3.3.3)."""
PROGRAM = (
    0xE581_2000,  # again: str r2, [r1]         TimerLoad
    0xE581_3008,  #        str r3, [r1, #8]     TimerControl
    0xE591_0010,  # wait:  ldr r0, [r1, #0x10]  TimerRIS
    0xE350_0000,  #        cmp r0, #0
    0x0AFF_FFFC,  #        beq wait
    0xE581_000C,  #        str r0, [r1, #0xc]   TimerIntClr
    0xE254_4001,  #        subs r4, r4, #1
    0x1AFF_FFF7,  #        bne again
    0xEAFF_FFFE,  #        b .
)
ROUNDS = 40


@pytest.mark.parametrize("microseconds", [1, 5, 20, 100])
def test_no_expiry_is_lost(microseconds: int) -> None:
    """However long the host takes from the store that starts the timer to the one that enables it."""
    with Simulation.from_yaml(SYSTEM, "kvm", (KVM,)) as simulation:
        code = b"".join(word.to_bytes(4, "little") for word in PROGRAM)
        simulation.system.address_map.write_block(CODE, code)
        core = simulation.system.cores[0]
        state = core.active.save_state()
        assert isinstance(state, ArmState)
        state.pc, state.r[1:5] = CODE, [TIMER, microseconds, ONE_SHOT, ROUNDS]
        core.activate(core.active, state, 0)
        cause = simulation.run(RunLimits(host_seconds=30))
        after = core.active.save_state()
        assert isinstance(after, ArmState)
        assert after.r[4] == 0, f"{cause}, {ROUNDS - after.r[4]} of {ROUNDS} rounds"
        assert isinstance(cause, Halt)
