"""Executes single instructions by the simulator's own engine, where an engine of this plugin cannot.

An ARM processor tells the hypervisor what an access to device space is only for plain loads and stores of one register
(ARM DDI 0487, D13.2.37: ISS encoding for a Data Abort, ISV). For the others, such as LDM, LDRD or a load with
writeback, the kernel gives up; they are executed here. Unicorn does not say which virtual address an access has that
the bus refuses: the instruction is executed here once more, for DFSR and DFAR.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vmsim_arch_arm.engine.arm_engine import ArmEngine
from vmsim_arch_arm.engine.loop import RunResult
from vmsim_arch_arm.state import ArmState
from vmsim_core.units import NEVER

if TYPE_CHECKING:
    from vmsim_core.debug import TakenException
    from vmsim_core.system import System

Read = Callable[[int, int], int]
Write = Callable[[int, int, int], None]


class Interpreter:
    """The engine, made when it is needed for the first time.

    `read(address, size)` and `write(address, size, value)` serve the accesses to what is no RAM.
    """

    def __init__(self, system: System, period: int, read: Read, write: Write) -> None:
        self._system = system
        self._period = period
        self._read, self._write = read, write
        self._engine: ArmEngine | None = None
        self.took_exception = False
        """Whether the last instruction did not retire: the state is that in which the handler begins."""
        self.failure = ""

    def execute(self, state: ArmState, time: int) -> ArmState | None:
        """Return the state after the next instruction, which begins at tick `time`, or after the exception that it
        takes; None if it cannot be executed, `failure` saying why."""
        engine = self._engine = self._engine or self._make_engine()
        engine.set_clock(time, self._period)
        engine.load_state(state)
        self.took_exception = False
        result = engine.run(NEVER, 1)
        engine.suspend()
        if result is RunResult.FAILED:
            self.failure = engine.failure
            return None
        return engine.save_state(ArmState())

    @property
    def accessing(self) -> int | None:
        """The address of the instruction whose device access is being served; None when none is."""
        return None if self._engine is None else self._engine.accessing

    def close(self) -> None:
        """Let go of the engine."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _make_engine(self) -> ArmEngine:
        regions = [
            (region.base, region.ram, region.offset, region.size) for region in self._system.address_map.ram_regions
        ]
        engine = ArmEngine(regions, self._read, self._write, self._system.events)
        engine.observe_exceptions(self._stop_at_exception)
        return engine

    def _stop_at_exception(self, _: TakenException) -> None:
        self.took_exception = True
        if self._engine is not None:
            self._engine.stop()
