"""Loops of one kind of instruction on the atomic CPU, and what caches, timing and switches cost: all in one process."""

from __future__ import annotations

import time

import keystone
from bench_caches import bench_caches
from bench_costs import bench_decode
from rich.console import Console
from rich.table import Table
from vmsim_arch_arm.state import ArmState
from vmsim_core.simulation import RunLimits, Simulation

SYSTEM = "systems/realview-pbx-a9.yaml"
CODE = 0x8000
INSTRUCTIONS = 8_000_000
FLOAT_OF_INTEGER = 0.25
"""The least share of the integer loop's speed that VFP and NEON loops have."""

LOOPS = {
    "integer": "add r0, r0, r1\neor r2, r2, r0, ror #3\nsub r3, r2, r1\nadds r4, r4, r3\nldr r6, [r7]\nstr r4, [r7]",
    "VFP double": "vadd.f64 d0, d0, d1\nvmul.f64 d2, d0, d1\nvsub.f64 d3, d2, d0\nvmla.f64 d4, d0, d1",
    "VFP single": "vadd.f32 s0, s0, s2\nvmul.f32 s4, s0, s2\nvsub.f32 s6, s4, s0\nvmla.f32 s8, s0, s2",
    "NEON integer": "vadd.i32 q0, q0, q1\nveor q2, q0, q1\nvmul.i16 q3, q0, q1\nvshl.i32 q4, q0, #3",
    "NEON float": "vadd.f32 q0, q0, q1\nvmul.f32 q2, q0, q1\nvsub.f32 q3, q2, q0\nvmla.f32 q4, q0, q1",
}


def bench_loops(console: Console) -> list[str]:
    """Compare loops on the atomic CPU; return what is slower than promised."""
    table = Table("loop on atomic", "MIPS", "of integer's")
    # Turn about, so that a busy second of the machine hits all of them.
    rounds = [{name: _loop_mips(source) for name, source in LOOPS.items()} for _ in range(5)]
    mips = {name: max(each[name] for each in rounds) for name in LOOPS}
    for name, value in mips.items():
        table.add_row(name, f"{value:.0f}", f"{value / mips['integer']:.2f}")
    console.print(table)
    return [
        f"{name}: {value / mips['integer']:.2f} of the integer loop's MIPS, promised is {FLOAT_OF_INTEGER}"
        for name, value in mips.items()
        if value < FLOAT_OF_INTEGER * mips["integer"]
    ]


def _loop_mips(source: str) -> float:
    body = "\n".join([source] * 8)
    assembler = keystone.Ks(keystone.KS_ARCH_ARM, keystone.KS_MODE_ARM)
    code, _ = assembler.asm(f"again:\n{body}\nb again", CODE, as_bytes=True)
    with Simulation.from_yaml(SYSTEM, "atomic") as simulation:
        simulation.system.address_map.write_block(CODE, code)
        core = simulation.system.cores[0]
        state = core.active.save_state()
        assert isinstance(state, ArmState)
        state.pc, state.cpacr, state.fpexc = CODE, 0x00F0_0000, 1 << 30
        state.r[7] = 0x20000
        state.fpscr = 0x10  # inexact has been seen, as in any program after a few operations
        state.d[:] = [0x3FF0_0000_3F80_0000 + number for number in range(32)]
        core.activate(core.active, state, 0)
        simulation.run(RunLimits(instructions=INSTRUCTIONS // 8))
        # The processor's time: these are compared with each other, not with another program.
        started = time.process_time()
        simulation.run(RunLimits(instructions=INSTRUCTIONS))
        return INSTRUCTIONS / (time.process_time() - started) / 1e6


def main() -> None:
    """Run every comparison that needs no other process."""
    console = Console(width=120)
    broken = bench_loops(console)
    bench_decode(console)
    broken += bench_caches(console)
    for line in broken:
        console.print(line)
    raise SystemExit(1 if broken else 0)


if __name__ == "__main__":
    main()
