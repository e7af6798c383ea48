"""A timed core on RAM whose accesses take fixed times: when each instruction issues, in cycles."""

from __future__ import annotations

from typing import Any

import keystone
from vmsim_arch_arm import psr
from vmsim_arch_arm.state import ArmState
from vmsim_core.debug import ExecutedInstruction
from vmsim_core.events import EventQueue
from vmsim_core.ram import Ram
from vmsim_core.testing.recording_port import RecordingPort
from vmsim_cpu_timing.latencies import interval_table, latency_table
from vmsim_cpu_timing.parameters import TimingParams
from vmsim_cpu_timing.timed_engine import TimedEngine

CYCLE = 1000
"""Ticks."""
CODE, DATA, RAM_SIZE = 0x8000, 0x40000, 1 << 20
FOREVER = 1 << 62
_ASSEMBLERS = {
    thumb: keystone.Ks(keystone.KS_ARCH_ARM, keystone.KS_MODE_THUMB if thumb else keystone.KS_MODE_ARM)
    for thumb in (False, True)
}


class Observed:
    """Notes the tick at which each instruction issues."""

    def __init__(self) -> None:
        self.ticks: list[int] = []

    def __call__(self, executed: ExecutedInstruction) -> None:
        self.ticks.append(executed.tick)


class Machine:
    """1 MiB of RAM at 0 and one core in Supervisor mode, interrupts masked, MMU off; R8 to R12 point to data."""

    def __init__(
        self,
        source: str,
        *,
        thumb: bool = False,
        read: int = 0,
        write: int = 0,
        seen: int = 0,
        fetch: int = 0,
        at: int = CODE,
        **params: Any,
    ) -> None:
        """`read`, `write` and `fetch` are the cycles that such accesses take, `seen` those until others see a write;
        `params` are the model's."""
        self.ram = Ram("ram", RAM_SIZE)
        code = bytes(_ASSEMBLERS[thumb].asm(source, CODE)[0])
        self.ram.view[CODE : CODE + len(code)] = code
        self.port = RecordingPort(self.ram)
        self.port.read_ticks, self.port.write_ticks = read * CYCLE, write * CYCLE
        self.port.fetch_ticks, self.port.seen_ticks = fetch * CYCLE, seen * CYCLE
        self.engine = TimedEngine([(0, self.ram, 0, RAM_SIZE)], lambda *read: 0, lambda *write: None, EventQueue())
        parameters = TimingParams(**params)
        latencies = latency_table(parameters.latencies)
        self.engine.configure(self.port, CYCLE, parameters, latencies, interval_table(), 0)
        self.start(thumb)

    def start(self, thumb: bool = False) -> None:
        """Begin, with nothing in the pipeline."""
        state = ArmState()
        state.pc = CODE
        state.cpsr = psr.Mode.SVC | psr.I | psr.F | (psr.T if thumb else 0)
        state.cpacr = 0xF << 20
        state.fpexc = 1 << 30
        for number in range(5):
            state.r8_12_usr[number] = DATA + 0x1000 * number
        self.engine.load_state(state)

    def issue_cycles(self, count: int) -> list[int]:
        """Execute `count` instructions; return the cycles at which they issue, counted from the first."""
        observed = Observed()
        self.engine.observe(observed)
        self.engine.run(FOREVER, count)
        self.engine.observe(None)
        first = observed.ticks[0]
        assert all((tick - first) % CYCLE == 0 for tick in observed.ticks)
        return [(tick - first) // CYCLE for tick in observed.ticks]

    def cycles(self, count: int) -> int:
        """Execute `count` instructions in one go; return how many cycles went by until the next one could issue."""
        before = self.engine.time
        self.engine.run(FOREVER, count)
        return (self.engine.time - before) // CYCLE
