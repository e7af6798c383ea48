"""What decoding an instruction costs, in time and in memory."""

from __future__ import annotations

import os
import time
from pathlib import Path

import keystone
from rich.console import Console
from vmsim_arch_arm.state import ArmState
from vmsim_core.simulation import RunLimits, Simulation

SYSTEM = "systems/realview-pbx-a9.yaml"
CODE = 0x10_0000
COPIES = 1 << 17
MIXED = """
    add r0, r0, r1
    ldr r6, [r7]
    eor r2, r2, r0, ror #3
    str r4, [r7]
    adds r4, r4, r3
    cmp r4, r0
    moveq r3, r2
    ubfx r5, r4, #3, #7
"""
"""Eight instructions, one after the other `COPIES` times: each is decoded once, and all are executed again."""


def bench_decode(console: Console) -> None:
    """Print what the first execution of an instruction costs over the second."""
    assembler = keystone.Ks(keystone.KS_ARCH_ARM, keystone.KS_MODE_ARM)
    mixed, _ = assembler.asm(MIXED, CODE, as_bytes=True)
    end = CODE + COPIES * len(mixed)
    back, _ = assembler.asm(f"b 0x{CODE:x}", end, as_bytes=True)
    instructions = COPIES * len(mixed) // 4 + 1
    with Simulation.from_yaml(SYSTEM, "atomic") as simulation:
        simulation.system.address_map.write_block(CODE, mixed * COPIES + back)
        core = simulation.system.cores[0]
        state = core.active.save_state()
        assert isinstance(state, ArmState)
        state.pc, state.r[7] = CODE, 0x8000
        core.activate(core.active, state, 0)
        simulation.run(RunLimits(instructions=8))
        before = _resident()
        seconds = [_seconds(simulation, instructions) for _ in range(4)]
        after = _resident()
    decoding = (seconds[0] - min(seconds[1:])) / instructions
    console.print(
        f"decoding: {decoding * 1e9:.0f} ns for an instruction, "
        f"{(after - before) / instructions:.0f} bytes of memory; "
        f"executing it again {min(seconds[1:]) / instructions * 1e9:.1f} ns"
    )


def _seconds(simulation: Simulation, instructions: int) -> float:
    started = time.process_time()
    simulation.run(RunLimits(instructions=instructions))
    return time.process_time() - started


def _resident() -> int:
    """Return the bytes of this process that are in memory now (proc(5))."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
