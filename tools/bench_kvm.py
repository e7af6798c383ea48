"""What the engine for /dev/kvm costs: exits to a device and back, the guest between exits, switches; and its peers.

On a machine that has no such KVM it runs itself in the emulated ARM server. There all times are those of an emulator;
what they say is how the costs relate to each other.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from armserver.image import boot
from rich.console import Console
from rich.table import Table
from vmsim_arch_arm.state import ArmState
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_cpu_kvm.kvm_probe import why_not
from vmsim_guests.errors import GuestError

SYSTEM = "realview-pbx-a9.yaml"
ENGINES = {
    "kvm": ("kvm", "kvm", 2_000_000),
    "unicorn": ("kvm", "unicorn", 200_000),
    "atomic": ("atomic", "auto", 200_000),
}
"""The CPU model, the engine of the virtual CPU, and the turns of the loop that computes."""
ACCESSES = 1000
CODE, SYS_ID = 0x8000, 0x1000_0000
DECREMENT = 0xE254_4001  # subs r4, r4, #1
LOAD = 0xE591_0000  # ldr r0, [r1]
EXCLUSIVE_OR = 0xE022_2063  # eor r2, r2, r3, rrx
FOR_EVER = 0xEAFF_FFFE  # b .
COMPUTE = [EXCLUSIVE_OR] * 30
ACCESS = [LOAD]
SWITCHES = 20
TIMEOUT = 300


def counted(body: list[int]) -> bytes:
    """Return the code of a loop around ARM instructions that r4 counts, and behind it the end of the run."""
    offset = -(len(body) + 3)  # a branch counts from two instructions further on
    back = 0x1A00_0000 | offset & 0xFF_FFFF  # bne
    return b"".join(word.to_bytes(4, "little") for word in [*body, DECREMENT, back, FOR_EVER])


def machine(model: str, engine: str, body: list[int], turns: int) -> Simulation:
    """Return a machine with nothing but a loop to run."""
    simulation = Simulation.from_yaml(SYSTEM, model, (("cpus.0.models.kvm.engine", engine),))
    simulation.system.address_map.write_block(CODE, counted(body))
    core = simulation.system.cores[0]
    state = core.active.save_state()
    assert isinstance(state, ArmState)
    state.pc, state.r[1], state.r[4] = CODE, SYS_ID, turns
    core.activate(core.active, state, 0)
    return simulation


def seconds_per_turn(model: str, engine: str, body: list[int], turns: int) -> float:
    """Return what a turn takes of the host: what many take, less what one takes with the start and the end of a run."""
    taken = []
    for count in (1, turns):
        with machine(model, engine, body, count) as simulation:
            started = time.monotonic()
            simulation.run(RunLimits(host_seconds=100))
            taken.append(time.monotonic() - started)
    return (taken[1] - taken[0]) / (turns - 1)


def seconds_per_switch() -> dict[str, float]:
    """Hand a core to and fro; return the mean of each direction."""
    taken: dict[str, list[float]] = {"kvm": [], "atomic": []}
    with machine("kvm", "kvm", COMPUTE, 2**31) as simulation:
        for _ in range(SWITCHES):
            for model in ("atomic", "kvm"):
                simulation.run(RunLimits(instructions=20_000))
                taken[model].append(simulation.switch(model).host_seconds)
    return {model: sum(times) / len(times) for model, times in taken.items()}


def bench(console: Console) -> None:
    """Print the tables."""
    table = Table("engine", "access to a device and back", "guest between exits")
    for name, (model, engine, turns) in ENGINES.items():
        access = seconds_per_turn(model, engine, ACCESS, ACCESSES)
        compute = seconds_per_turn(model, engine, COMPUTE, turns)
        table.add_row(name, f"{access * 1e6:.1f} µs", f"{(len(COMPUTE) + 2) / compute / 1e6:.0f} MIPS")
    console.print(table)
    for model, seconds in seconds_per_switch().items():
        console.print(f"a switch to {model}: {seconds * 1e3:.2f} ms")


def bench_in_server() -> int:
    """Run this in the ARM server, and return its exit status."""
    command = ["python3", "tools/bench_kvm.py"]
    environment = {"PYTHONPATH": "/work/tools"}
    with tempfile.TemporaryDirectory() as unwanted, boot(command, {}, environment, timeout=TIMEOUT) as server:
        return server.wait(Path(unwanted)).status


def main() -> None:
    """Measure here, or in the server."""
    if why_not() is not None:
        try:
            sys.exit(bench_in_server())
        except GuestError as error:
            sys.exit(f"no KVM for 32-bit ARM here, and no ARM server: {error}")
    bench(Console(width=100))


if __name__ == "__main__":
    main()
